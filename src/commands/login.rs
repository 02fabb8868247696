//! `mfa-env [PROFILE]`: gets a session and hands it on: to the shell, to `[default]`, to a command,
//! or as JSON.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Context, FileBytes, advice, pick, write_default};
use crate::aws::DurationSeconds;
use crate::aws::{AccessKeyId, LongTermKeys, Region, Secret, SerialNumber, Session, TokenCode};
use crate::aws_files::profiles::{Chain, KeySource};
use crate::cli::{Format, SessionOptions};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, escape, shown_value};
use crate::login::endpoint::{Regions, cache_key, endpoint, parse_min_ttl};
use crate::login::export;
use crate::login::plan;
use crate::login::{LoggedIn, Login};
use crate::output;
use crate::process;
use crate::shell::{Shell, command_line};
use crate::store::cache::Cache;

/// # Errors
/// Whatever kept the session from being got or handed on; nothing is changed then.
pub fn run(options: &SessionOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let way = Destination::of(options, context)?;
    let duration = options.duration.as_deref().map(parse_session_duration).transpose()?;
    let min_ttl = options.min_ttl.as_deref().map(parse_min_ttl).transpose()?;

    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let name = &pick::profile(options, &aws_files, context)?;
    let given_code = options.token_code.as_deref().map(given_code).transpose()?;
    let mut chain =
        aws_files.chain(name).map_err(|unusable| advice::unusable(&unusable, &aws_files, advice::mfa_env))?;
    if let Some(serial_number) = &options.serial_number {
        chain.serial_number = Some(SerialNumber::new(serial_number).map_err(|invalid| {
            Error::new(Kind::Usage, format!("`--serial-number {}` {invalid}", shown_value(serial_number)))
                .hint("the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/NAME")
        })?);
    }
    let plan = plan::plan(&chain, duration).map_err(|no_way| advice::no_way(&no_way, &chain, &aws_files))?;
    let regions = Regions::choose(options.region.as_deref(), &chain, environment)?;
    let endpoint = Arc::new(endpoint(&chain, &regions, environment)?);
    let exported = regions.exported.as_ref();
    let write = (way == Destination::Default)
        .then(|| write_default::Write::prepare(&aws_files, &chain.profile, exported, options.force, context))
        .transpose()?;
    if options.verbose {
        advice::explain(&chain, &plan, &endpoint, environment);
    }

    let key = cache_key(&chain, &regions, &endpoint, environment);
    let cache = if options.no_cache { None } else { Cache::open(environment) };
    let login = Login {
        chain: &chain,
        plan: &plan,
        endpoint: &endpoint,
        keys: &|| long_term_keys(&chain, environment),
        cache: cache.as_ref(),
        key: &key,
        options,
        duration,
        min_ttl,
        environment,
        begun: Timestamp::now(),
    };
    let LoggedIn { session, is_reused } = login.get(given_code)?;

    match way {
        Destination::Json => return output::print(&export::credential_process_json(&session)),
        Destination::Command => {
            return Err(run_command(options, &chain.profile, &session, exported, context));
        }
        Destination::Shell(shell) => {
            let variables = export::variables(&chain.profile, &session, exported, environment);
            context.evaluator.send(&export::export_lines(shell, &variables))?;
        }
        Destination::Default => write.expect("it was prepared").write(&session, context)?,
    }
    output::say(&advice::started(&chain, &session, is_reused));
    Ok(())
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

/// The profile of this shell's session while it is ours, else `AWS_PROFILE`.
pub fn profile_of_environment(environment: &Environment) -> Option<&str> {
    let ours = environment.get("MFA_ENV_PROFILE").filter(|_| environment.holds_our_session());
    ours.or_else(|| environment.get("AWS_PROFILE"))
}

fn parse_session_duration(text: &str) -> Result<DurationSeconds> {
    DurationSeconds::parse(text).map_err(|invalid| {
        Error::new(Kind::Usage, format!("`--duration {}` {invalid}", shown_value(text)))
            .hint("for example: --duration 12h")
    })
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

pub(super) fn long_term_keys(chain: &Chain, environment: &Environment) -> Result<LongTermKeys> {
    match &chain.signer {
        KeySource::Keys { keys, .. } => Ok(keys.clone()),
        KeySource::Process { profile, command } => keys_of_process(profile, command, environment),
    }
}

/// What a `credential_process` prints (AWS SDKs and Tools Reference Guide), without the session that
/// it may also be.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

fn keys_of_process(profile: &str, command: &str, environment: &Environment) -> Result<LongTermKeys> {
    const TIME_OUT: Duration = Duration::from_secs(60);
    let output = process::output_of("credential_process", command, profile, TIME_OUT, environment)?;
    let failed = |why: &str| {
        Error::new(Kind::Files, format!("`credential_process` of profile `{}` {why}", escape(profile)))
    };
    // serde's error could repeat what it read.
    let output: ProcessOutput = serde_json::from_slice(&output).map_err(|_| {
        failed("printed no credentials in AWS's JSON form").hint("run it by hand and look at what it prints")
    })?;
    if output.session_token.is_some() {
        return Err(failed("gives a session, and only long-term keys can ask for another")
            .hint("this profile needs no mfa-env: use it as it is"));
    }
    let access_key_id = AccessKeyId::new(&output.access_key_id);
    let secret_access_key = Secret::new(output.secret_access_key.to_string());
    match (access_key_id, secret_access_key) {
        (Ok(access_key_id), Ok(secret_access_key)) => Ok(LongTermKeys { access_key_id, secret_access_key }),
        (Err(invalid), _) => Err(failed(&format!("printed an AccessKeyId that {invalid}"))),
        (_, Err(invalid)) => Err(failed(&format!("printed a SecretAccessKey that {invalid}"))),
    }
}

fn run_command(
    options: &SessionOptions,
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    context: &Context,
) -> Error {
    let variables = export::variables(profile, session, region, &context.environment);
    let set: Vec<_> = variables.set.iter().map(|(name, value)| (*name, value.as_str())).collect();
    process::exec(&options.command, &set, &variables.unset, &context.original_limits)
}
