//! `mfa-env [PROFILE]`: gets a session and hands it on: to the shell, to `[default]`, to a command,
//! or as JSON.

use std::io::Read;

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::{Context, FileBytes, advice, pick, write_default};
use crate::aws::{DurationSeconds, Region, SerialNumber, Session, TokenCode, parse_duration};
use crate::aws_files::AwsFiles;
use crate::cli::{Format, SessionOptions};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, shown_value};
use crate::login::export::{self, Changes};
use crate::login::{CodeSource, LoggedIn, Login, LoginRequest};
use crate::output;
use crate::process;
use crate::shell::{Shell, command_line};

/// # Errors
/// Whatever kept the session from being got or handed on; nothing is changed then.
pub fn run(options: &SessionOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let destination = Destination::of(options, context)?;
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let request = request(options, &aws_files, context)?;
    let chain = &request.chain;
    let login = Login::new(&request, environment)?;
    let region = login.region().cloned();
    let write = (destination == Destination::Default)
        .then(|| {
            write_default::Write::prepare(&aws_files, &chain.profile, region.as_ref(), options.force, context)
        })
        .transpose()?;
    let LoggedIn { session, is_reused } = login.run()?;

    match destination {
        Destination::Json => return output::print(&export::credential_process_json(&session)),
        Destination::Command => {
            return Err(run_command(options, &chain.profile, &session, region.as_ref(), context));
        }
        Destination::Shell(shell) => {
            let changes = export::login(&chain.profile, &session, region.as_ref(), environment);
            context.evaluator.send(&changes.lines(shell))?;
            say_what_is_lost(&changes, environment);
        }
        Destination::Default => write.expect("it was prepared").write(&session, context)?,
    }
    output::say(&advice::started(chain, &session, is_reused));
    Ok(())
}

/// The one step from options to what a login knows.
fn request(options: &SessionOptions, aws_files: &AwsFiles, context: &Context) -> Result<LoginRequest> {
    let duration = options.duration.as_deref().map(parse_session_duration).transpose()?;
    let min_ttl = options.min_ttl.as_deref().map(parse_min_ttl).transpose()?;
    let region = options.region.as_deref().map(parse_region).transpose()?;
    let name = pick::profile(options, aws_files, context)?;
    let code = options.token_code.as_deref().map(given_code).transpose()?;
    let mut chain =
        aws_files.chain(&name).map_err(|error| advice::unusable(&error, aws_files, advice::mfa_env))?;
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
        retry_args: if options.write_default { &["-w"] } else { &[] },
        chain,
    })
}

/// Where the session goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Destination {
    Shell(Shell),
    Default,
    Command,
    Json,
}

impl Destination {
    /// # Errors
    /// Where it would go to a shell, and none evaluates our lines.
    fn of(options: &SessionOptions, context: &Context) -> Result<Self> {
        if options.write_default {
            return Ok(Self::Default);
        }
        if !options.command.is_empty() {
            return Ok(Self::Command);
        }
        match options.format {
            Some(Format::Json) => Ok(Self::Json),
            Some(Format::Env) | None => evaluating_shell(options, context).map(Self::Shell),
        }
    }
}

/// What `unset` will not bring back.
fn say_what_is_lost(changes: &Changes, environment: &Environment) {
    if environment.has_keys_of_others() {
        output::say("replaced the keys that were set in this shell");
    }
    for name in &changes.lost {
        let why = if environment.users_own().is_unreadable(name) { "is not UTF-8" } else { "is too long" };
        output::print_warning(&format!("{name} {why}, so `mfa-env unset` won't restore it"), None);
    }
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

/// The profile of this shell's session while it is ours, else the user's `AWS_PROFILE`.
pub fn profile_of_environment(environment: &Environment) -> Option<&str> {
    let ours = environment.get("MFA_ENV_PROFILE").filter(|_| environment.holds_our_session());
    ours.or_else(|| environment.users_own().get("AWS_PROFILE"))
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

fn run_command(
    options: &SessionOptions,
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    context: &Context,
) -> Error {
    let changes = export::login(profile, session, region, &context.environment);
    let set = changes.set.iter().map(|(name, value)| (*name, value.as_str()));
    let restored = changes.restored.iter().map(|(name, value)| (*name, value.as_str()));
    let set: Vec<_> = set.chain(restored).collect();
    process::exec(&options.command, &set, &changes.unset, &context.original_limits)
}
