//! `mfa-env [PROFILE]`: gets a session and hands it on: to the shell, to `[default]`, to a command,
//! or as JSON.

use std::io::Read;

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::{Context, FileBytes, advice, pick};
use crate::aws::{DurationSeconds, Region, SerialNumber, TokenCode, parse_duration};
use crate::aws_files::AwsFiles;
use crate::cli::{Format, SessionOptions};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, shown_value};
use crate::login::{CodeSource, Destination, LoggedIn, Login, LoginRequest};
use crate::output;
use crate::shell::{Shell, command_line};

/// # Errors
/// Whatever kept the session from being got or handed on; nothing is changed then.
pub fn run(options: &SessionOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    // A profile that is named must exist before anything else is said, and if nobody would evaluate
    // the lines, there is no list to choose from.
    let name = pick::profile(options, &aws_files, environment)?;
    let destination = destination(options, context)?;
    let name = name.map_or_else(|| pick::from_list(options, &aws_files, environment), Ok)?;
    let request = request(&name, options, &aws_files)?;
    let login = Login::new(&request, environment)?;
    let target = destination.prepare(&request.chain.profile, login.region(), &aws_files, context)?;
    let LoggedIn { session, is_reused } = login.run()?;
    target.deliver(&session)?;
    if !matches!(destination, Destination::Json) {
        output::say(&advice::started(&request.chain, &session, is_reused));
    }
    Ok(())
}

/// # Errors
/// Where the session would go to a shell, and none evaluates our lines.
fn destination(options: &SessionOptions, context: &Context) -> Result<Destination> {
    if options.write_default {
        return Ok(Destination::Section { force: options.force });
    }
    if !options.command.is_empty() {
        return Ok(Destination::Command(options.command.clone()));
    }
    match options.format {
        Some(Format::Json) => Ok(Destination::Json),
        Some(Format::Env) | None => evaluating_shell(options, context).map(Destination::Shell),
    }
}

/// The one step from options to what a login knows.
fn request(name: &str, options: &SessionOptions, aws_files: &AwsFiles) -> Result<LoginRequest> {
    let duration = options.duration.as_deref().map(parse_session_duration).transpose()?;
    let min_ttl = options.min_ttl.as_deref().map(parse_min_ttl).transpose()?;
    let region = options.region.as_deref().map(parse_region).transpose()?;
    let code = options.token_code.as_deref().map(given_code).transpose()?;
    let mut chain =
        aws_files.chain(name).map_err(|error| advice::unusable(&error, aws_files, advice::mfa_env))?;
    if let Some(serial_number) = &options.serial_number {
        chain.serial_number = Some(parse_serial_number(serial_number)?);
    }
    Ok(LoginRequest {
        section: aws_files.section_of(&chain.profile),
        region,
        duration,
        min_ttl,
        code: CodeSource::choose(code, &chain, options.no_input),
        renew: options.renew,
        no_cache: options.no_cache,
        verbose: options.verbose,
        retry_args: match (options.write_default, options.renew) {
            (false, false) => &[],
            (false, true) => &["-r"],
            (true, false) => &["-w"],
            (true, true) => &["-w", "-r"],
        },
        chain,
    })
}

fn evaluating_shell(options: &SessionOptions, context: &Context) -> Result<Shell> {
    let command = |arguments: &[&str]| match options.profile() {
        Some(name) => advice::mfa_env(name, arguments),
        None if options.pick => command_line(&[&["mfa-env", "--pick"], arguments].concat()),
        None => command_line(&[&["mfa-env"], arguments].concat()),
    };
    let shell = context
        .evaluator
        .shell
        .map_err(|unsupported| advice::cant_set(unsupported, &command(&["--", unsupported.name])))?;
    if options.format.is_none() && !context.evaluator.will_evaluate() {
        return Err(advice::nobody_evaluates(shell, &command(&[])));
    }
    Ok(shell)
}

/// The profile of this shell's session while it is ours.
pub fn profile_of_session(environment: &Environment) -> Option<&str> {
    environment.get("MFA_ENV_PROFILE").filter(|_| environment.holds_our_session())
}

fn parse_session_duration(text: &str) -> Result<DurationSeconds> {
    DurationSeconds::parse(text).map_err(|invalid| {
        Error::new(Kind::Usage, format!("`--duration {}` {invalid}", shown_value(text)))
            .hint("for example: --duration 12h")
    })
}

fn parse_serial_number(text: &str) -> Result<SerialNumber> {
    SerialNumber::new(text).map_err(|invalid| {
        Error::new(Kind::Usage, format!("`--serial-number {}` {invalid}", shown_value(text)))
            .hint("the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/NAME")
    })
}

pub(super) fn parse_region(text: &str) -> Result<Region> {
    Region::new(text).map_err(|invalid| {
        Error::new(Kind::Usage, format!("`--region {}` {invalid}", shown_value(text)))
            .hint("for example: --region eu-west-1")
    })
}

pub(super) fn parse_min_ttl(text: &str) -> Result<SignedDuration> {
    let longest = DurationSeconds::SESSION_LIMIT;
    let refused = |why: &str| {
        Error::new(Kind::Usage, format!("`--min-ttl {}` {why}", shown_value(text)))
            .hint("for example: --min-ttl 20m")
    };
    let min_ttl = parse_duration(text).map_err(|invalid| refused(&invalid.to_string()))?;
    if min_ttl > SignedDuration::from_secs(longest.get().into()) {
        return Err(refused(&format!("is longer than any session: {longest} is the most")));
    }
    Ok(min_ttl)
}

/// The code of `-t`; never repeated in a message.
pub(super) fn given_code(text: &str) -> Result<TokenCode> {
    let mut typed = Zeroizing::new(text.to_owned());
    if text == "-" {
        typed = code_of_stdin().map_err(|error| {
            Error::new(Kind::Files, format!("failed to read the code from standard input: {error}"))
        })?;
    }
    TokenCode::new(&typed).map_err(|invalid| {
        Error::new(Kind::Usage, format!("the code of `--token-code` {invalid}"))
            .hint("give the six digits that the MFA device shows, or leave `-t` out to be asked")
    })
}

fn code_of_stdin() -> std::io::Result<Zeroizing<String>> {
    const MOST: u64 = 1024;
    let mut typed = Zeroizing::new(String::new());
    std::io::stdin().take(MOST).read_to_string(&mut typed)?;
    Ok(typed)
}
