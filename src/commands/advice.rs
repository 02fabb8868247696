//! What to tell the user: each thing that can go wrong in a login, and what to do about it.

use std::path::Path;

use crate::aws::{DurationSeconds, humanize};
use crate::aws::{Region, Session};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, FileKind, KeySource, ProfileError, Role, long_term_name};
use crate::cli::{command_names, is_command};
use crate::environment::Environment;
use crate::error::{Error, Kind, escape, shown_value};
use crate::files::shown_path;
use crate::login::address;
use crate::login::plan::{self, Call, Plan, PlanError};
use crate::output::say;
use crate::shell::startup_file::StartupLine;
use crate::shell::{Evaluator, Shell, Unsupported, command_line};
use crate::sts::{CertificateFault, Endpoint, Reason, StsError};
use jiff::SignedDuration;

pub const NOBODY_EVALUATES: &str = "the shell function isn't loaded, so mfa-env can't set this shell";

/// Nothing evaluates what we would print: how that command is meant to be called.
pub fn nobody_evaluates(shell: Shell, command: &str) -> Error {
    let how_to_load = match StartupLine::of(shell) {
        Some(StartupLine { line, file, .. }) => {
            format!("load the function: {line}; for new terminals, add that line to {file}")
        }
        None => "load the function: mfa-env init --help".to_owned(),
    };
    Error::new(Kind::Usage, NOBODY_EVALUATES)
        .hint(to_evaluate(shell, command))
        .hint(format!("or into `[default]`, for every program: {command} -w"))
        .hint(how_to_load)
}

/// How that shell evaluates what a command prints.
pub fn to_evaluate(shell: Shell, command: &str) -> String {
    match shell {
        Shell::Bash | Shell::Zsh | Shell::Posix => format!("eval \"$({command})\""),
        Shell::Fish => format!("{command} | source"),
        Shell::Elvish => format!("eval ({command} | slurp)"),
        Shell::Nu => format!("{command} | from json | load-env"),
    }
}

/// The command by which the shell that started us gets a session of that profile.
pub fn into_this_shell(evaluator: &Evaluator, profile: &str) -> String {
    match evaluator.shell {
        Ok(shell) => to_evaluate(shell, &mfa_env(profile, &[])),
        Err(unsupported) => mfa_env(profile, &["--", unsupported.name]),
    }
}

/// The command by which the shell that started us loses its session.
pub fn out_of_this_shell(evaluator: &Evaluator) -> String {
    match evaluator.shell {
        Ok(shell) => to_evaluate(shell, "mfa-env unset"),
        Err(_) => "exit".to_owned(),
    }
}

/// `command` starts that shell with a session.
pub fn cant_set(unsupported: Unsupported, command: &str) -> Error {
    let name = unsupported.name;
    Error::new(Kind::Usage, format!("mfa-env can't set variables in {name}"))
        .hint(format!("start {name} with the session: {command}"))
}

pub fn cant_unset(unsupported: Unsupported, profile: &str) -> Error {
    let name = unsupported.name;
    Error::new(Kind::Usage, format!("mfa-env can't unset variables in {name}")).hint(format!(
        "exit ends a {name} that was started with the session: {}",
        mfa_env(profile, &["--", name])
    ))
}

/// `mfa-env PROFILE ARGUMENTS`, in a form that works for every name.
pub fn mfa_env(profile: &str, arguments: &[&str]) -> String {
    let mut words = vec!["mfa-env"];
    if is_command(profile) || profile.starts_with('-') {
        words.push("--profile");
    }
    words.push(profile);
    words.extend(arguments);
    command_line(&words)
}

/// `mfa-env setup PROFILE ARGUMENTS`.
pub fn setup(profile: &str, arguments: &[&str]) -> String {
    command("setup", profile, arguments)
}

/// `mfa-env forget PROFILE ARGUMENTS`.
pub fn forget(profile: &str, arguments: &[&str]) -> String {
    command("forget", profile, arguments)
}

fn command(name: &str, profile: &str, arguments: &[&str]) -> String {
    let words = ["mfa-env", name];
    if profile.starts_with('-') {
        return command_line(&[&words[..], arguments, &["--", profile]].concat());
    }
    command_line(&[&words[..], &[profile], arguments].concat())
}

/// `again`: what follows the profile in a command that tries again.
pub fn code_needed(profile: &str, again: &[&str], why: &str) -> Error {
    Error::new(Kind::NoSession, format!("profile `{}` needs an MFA code, and {why}", escape(profile)))
        .hint(format!("give it: {}", with_code(profile, again)))
}

fn with_code(profile: &str, again: &[&str]) -> String {
    mfa_env(profile, &[again, &["-t", "CODE"]].concat())
}

pub fn cancelled(profile: &str, again: &[&str]) -> Error {
    Error::new(Kind::Cancelled, "cancelled; nothing was changed")
        .hint(format!("to do without the question: {}", with_code(profile, again)))
}

/// We sent that code within its 30 s: STS would refuse it as a wrong one.
pub fn code_used(profile: &str, again: &[&str], seconds: u64) -> Error {
    Error::new(Kind::Denied, "this code was used already, and STS takes none twice").hint(format!(
        "{}: {}",
        next_code(seconds),
        with_code(profile, again)
    ))
}

/// When the device shows another code.
pub fn next_code(seconds: u64) -> String {
    match seconds {
        0 => "the device shows another one by now".to_owned(),
        seconds => format!("the device shows the next one in {seconds} s"),
    }
}

/// Who the user is now, and for how long. Without an answer of STS the account is that of the role, or
/// of the MFA device: a device belongs to the account of its user.
pub fn started(chain: &Chain, session: &Session, is_reused: bool) -> String {
    let left = humanize(session.expiration.left(jiff::Timestamp::now()));
    let started = if is_reused { "reused" } else { "started" };
    let account = || match chain.roles.last() {
        Some(role) => account_of_arn(&role.role_arn),
        None => chain.serial_number.as_ref().and_then(|serial| account_of_arn(serial.as_str())),
    };
    let identity = session.identity.as_ref().map(ToString::to_string);
    let who = identity.or_else(|| Some(format!("account {}", account()?)));
    let who = who.map(|who| format!(": {}", escape(&who))).unwrap_or_default();
    format!("Session {started}; expires in {left} ({}{who})", escape(&chain.profile))
}

/// The account in an ARN; `None` for the serial number of a hardware token.
fn account_of_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

/// For `-v`.
pub fn explain(chain: &Chain, plan: &Plan<'_>, endpoint: &Endpoint, environment: &Environment) {
    let signer = match &chain.signer {
        KeySource::Keys { profile, keys } => {
            format!(
                "the long-term keys {} of profile `{}`",
                shown_value(keys.access_key_id.as_str()),
                escape(profile)
            )
        }
        KeySource::Process { profile, .. } => {
            format!("the credential_process of profile `{}`", escape(profile))
        }
    };
    say(&format!("profile `{}`: signed by {signer}", escape(&chain.profile)));
    say(&format!("region {}; {}", endpoint.region.as_str(), plan.why));
    say(&address::calls(endpoint, environment));
    for call in &plan.calls {
        match call {
            Call::GetSessionToken { serial_number, duration } => {
                say(&format!("GetSessionToken for {duration}, MFA device {serial_number}"));
            }
            Call::AssumeRole { role, serial_number, duration } => {
                let device = serial_number.map(|serial| format!(", MFA device {serial}")).unwrap_or_default();
                say(&format!("AssumeRole {} for {duration}{device}", escape(&role.role_arn)));
            }
        }
    }
}

/// `again` writes the command that tries another profile: [`mfa_env`], [`setup`] or [`forget`].
pub fn unusable(unusable: &ProfileError, aws_files: &AwsFiles, again: fn(&str, &[&str]) -> String) -> Error {
    let files = |error: String| Error::new(Kind::Files, error);
    match unusable {
        ProfileError::Unknown { name } => unknown(name, aws_files, again),
        ProfileError::NoKeys { name, session_keys: false } => {
            files(format!("profile `{}` has no access key", escape(name)))
                .hint(format!("add one: {}", setup(name, &[])))
        }
        ProfileError::NoKeys { name, session_keys: true } => files(format!(
            "profile `{}` holds only temporary keys, and these can't ask for a session",
            escape(name)
        ))
        .hint(format!(
            "put the long-term keys into {}",
            section_of(&long_term_name(name), &aws_files.credentials_file)
        )),
        ProfileError::HalfKeys { name, missing } => {
            files(format!("profile `{}` has no `{missing}`", escape(name)))
                .hint(format!("add `{missing} = …` to {}", credentials_of(name, aws_files)))
        }
        ProfileError::Value { name, key, length, why, file, line } => {
            let path = match file {
                FileKind::Config => &aws_files.config_file,
                FileKind::Credentials => &aws_files.credentials_file,
            };
            let error = files(format!("`{key}` of profile `{}` ({length} characters) {why}", escape(name)))
                .hint(format!("correct line {line} of `{}`", shown_path(path)));
            if ["mfa_serial", "__mfa__", "aws_mfa_device"].contains(key) {
                error.hint("find your devices: aws iam list-mfa-devices (an authenticator app's has `:mfa/` in its ARN)")
            } else {
                error
            }
        }
        ProfileError::Elsewhere { name, sso: true } => {
            files(format!("profile `{}` logs in by SSO, not by an MFA code", escape(name)))
                .hint(command_line(&["aws", "sso", "login", "--profile", name]))
        }
        ProfileError::Elsewhere { name, sso: false } => {
            files(format!("profile `{}` logs in by a web identity token, not by an MFA code", escape(name)))
                .hint("AWS's tools use it as it is; for SSO: aws sso login")
        }
        ProfileError::NoSource { name, credential_source } => {
            let why = if *credential_source {
                "takes its keys from a machine's role (`credential_source`)"
            } else {
                "has `role_arn` and no `source_profile`"
            };
            files(format!("profile `{}` {why}", escape(name))).hint(format!(
                "name the profile with your keys: `source_profile = NAME` in {}",
                home_of(name, aws_files)
            ))
        }
        ProfileError::UnknownSource { name, source } => {
            unknown_source(name, source, nearest(source, aws_files.profiles.names()), aws_files)
        }
        ProfileError::Loop { names } => {
            let names: Vec<_> = names.iter().map(|name| format!("`{}`", escape(name))).collect();
            files(format!("the profiles are each other's `source_profile`: {}", names.join(" → ")))
                .hint("one of them must have keys of its own")
        }
    }
}

/// `near` is the name that was probably meant.
pub fn unknown_source(name: &str, source: &str, near: Option<&str>, aws_files: &AwsFiles) -> Error {
    let what = format!(
        "`source_profile` of profile `{}` is `{}`, and there is no such profile",
        escape(name),
        shown_value(source)
    );
    let correct = format!("correct it in {}", home_of(name, aws_files));
    Error::new(Kind::Files, what).hint(match near {
        Some(near) => format!("did you mean `{}`? {correct}", escape(near)),
        None => correct,
    })
}

fn unknown(name: &str, aws_files: &AwsFiles, again: fn(&str, &[&str]) -> String) -> Error {
    let what = format!(
        "there is no profile `{}` in `{}` or `{}`",
        shown_value(name),
        shown_path(&aws_files.credentials_file),
        shown_path(&aws_files.config_file)
    );
    let error = Error::new(Kind::Usage, what);
    if let Some(near) = nearest(name, aws_files.profiles.names()) {
        return error.hint(format!("did you mean `{}`?", again(near, &[])));
    }
    if let Some(near) = nearest(name, command_names()) {
        return error.hint(format!("did you mean the command `mfa-env {near}`?"));
    }
    let names: Vec<_> =
        aws_files.profiles.names().take(8).map(|name| format!("`{}`", escape(name))).collect();
    match (names.len(), aws_files.profiles.names().count()) {
        (0, _) => error.hint(format!("make it: {}", setup(name, &[]))),
        (1, 1) => error.hint(format!("the only profile is {}", names.join(", "))),
        (some, all) if some == all => error.hint(format!("the profiles are {}", names.join(", "))),
        (_, all) => error.hint(format!("{all} profiles are there: {}, …", names.join(", "))),
    }
}

/// The name that was most probably meant.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    // Of short names one slip of the keyboard makes very different ones.
    let is_a_slip = |other: &str| name.len() > 2 && strsim::damerau_levenshtein(name, other) == 1;
    let rated = names
        .map(|other| (if is_a_slip(other) { 1.0 } else { likeness(other) }, other))
        .filter(|(likeness, _)| *likeness > 0.8);
    rated.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

pub fn no_way(no_way: &PlanError, chain: &Chain, aws_files: &AwsFiles) -> Error {
    let name = &chain.profile;
    match no_way {
        PlanError::NoSerialNumber => {
            Error::new(Kind::Files, format!("profile `{}` has no MFA device", escape(name)))
                .hint(format!("find it, try it and write it down: {}", setup(name, &[])))
                .hint(format!(
                    "or add to {}: mfa_serial = arn:aws:iam::123456789012:mfa/NAME",
                    home_of(name, aws_files)
                ))
                .hint(format!("or just once: {}", mfa_env(name, &["--serial-number", "ARN"])))
        }
        PlanError::ProfileDuration { why } => {
            Error::new(Kind::Files, format!("`duration_seconds` of profile `{}` {why}", escape(name)))
                .hint(format!("correct it in {}, or give `-d`", home_of(name, aws_files)))
        }
        PlanError::OverRoleLimit { asked } => {
            Error::new(Kind::Usage, format!("a role can't be assumed for {asked}: 12 hours is the most"))
                .hint(mfa_env(name, &["-d", "12h"]))
        }
        PlanError::OverChainLimit { asked } => Error::new(
            Kind::Usage,
            format!(
                "a role that is reached through another role can't be assumed for {asked}: 1 hour is the most"
            ),
        )
        .hint(mfa_env(name, &["-d", "1h"])),
    }
}

/// A new session of `duration` would not last as long as `--min-ttl` asks for.
pub fn too_short(chain: &Chain, duration: DurationSeconds, min_ttl: SignedDuration, again: &[&str]) -> Error {
    let name = &chain.profile;
    let longest = plan::longest(chain);
    let (hint, longer) = match DurationSeconds::new(min_ttl.as_secs()) {
        Ok(longer) if longer <= longest => ("ask for a longer one".to_owned(), longer),
        Ok(_) | Err(_) => (format!("{longest} is the most"), longest),
    };
    let longer = longer.argument();
    let command = mfa_env(name, &[again, &["-d", &longer, "--min-ttl", &longer]].concat());
    let what = format!("a new session of `{}` would last {duration}, less than `--min-ttl`", escape(name));
    Error::new(Kind::Usage, what).hint(format!("{hint}: {command}"))
}

pub fn failure(failure: &StsError, chain: &Chain, plan: &Plan<'_>, endpoint: &Endpoint) -> Error {
    match failure {
        StsError::Refused { reason, code, message } => refused(*reason, code, message, chain, plan, endpoint),
        other => {
            let error = unreached(other, endpoint);
            let may_be_sent = matches!(other, StsError::Unreachable { may_be_sent: true, .. });
            if may_be_sent && plan.needs_code_of().is_some() {
                error.hint("the code may be used up: take the next one")
            } else {
                error
            }
        }
    }
}

/// What is wrong on the way to STS.
pub fn unreached(failure: &StsError, endpoint: &Endpoint) -> Error {
    match failure {
        StsError::Refused { code, message, .. } => {
            Error::new(Kind::Denied, format!("STS refused: {}: {}", escape(code), escape(message)))
        }
        StsError::Unreachable { cause, .. } => {
            not_reached(endpoint, &escape(cause)).hint("check the network, HTTPS_PROXY and the region")
        }
        StsError::Certificate(CertificateFault::UnknownAuthority) => {
            not_reached(endpoint, "its certificate is of an authority that this machine does not trust")
                .hint("behind a proxy that opens TLS: set AWS_CA_BUNDLE to the file of its certificate (PEM)")
        }
        StsError::Certificate(fault @ (CertificateFault::Expired | CertificateFault::NotYetValid)) => {
            let is_expired = *fault == CertificateFault::Expired;
            let what = if is_expired { "has expired" } else { "is not valid yet" };
            not_reached(endpoint, &format!("its certificate {what}"))
                .hint("check the clock of this machine: sudo timedatectl set-ntp true")
        }
        StsError::ProfileError { cause } => Error::new(
            Kind::Unreachable,
            format!("what answered at {} is not STS: {}", address(endpoint), escape(cause)),
        )
        .hint("check HTTPS_PROXY, AWS_ENDPOINT_URL_STS and the network's log-in page"),
        StsError::CaBundle { path, cause } => Error::new(
            Kind::Files,
            format!("can't use the certificates of `{}`: {}", shown_path(path), escape(cause)),
        )
        .hint("correct AWS_CA_BUNDLE, or `ca_bundle` of the profile: a file of PEM certificates"),
    }
}

fn not_reached(endpoint: &Endpoint, why: &str) -> Error {
    Error::new(Kind::Unreachable, format!("STS was not reached at {}: {why}", address(endpoint)))
}

fn address(endpoint: &Endpoint) -> String {
    match &endpoint.url {
        Some(url) => format!("`{}`", escape(url.as_str())),
        None => format!("region {}", endpoint.region.as_str()),
    }
}

fn refused(
    reason: Reason,
    code: &str,
    message: &str,
    chain: &Chain,
    plan: &Plan<'_>,
    endpoint: &Endpoint,
) -> Error {
    let name = escape(&chain.profile);
    let denied = |what: String| Error::new(Kind::Denied, what);
    let device = plan.needs_code_of().map(ToString::to_string).unwrap_or_default();
    let key = match &chain.signer {
        KeySource::Keys { profile, keys } => {
            format!("{} of profile `{}`", shown_value(keys.access_key_id.as_str()), escape(profile))
        }
        KeySource::Process { profile, .. } => {
            format!("of the credential_process of profile `{}`", escape(profile))
        }
    };
    let role = chain.roles.last().map(|role: &Role| escape(&role.role_arn)).unwrap_or_default();
    match reason {
        Reason::InvalidCode => denied("STS did not accept the MFA code: it is mistyped, or was used before".to_owned())
            .hint(format!("wait for the next code of {device}; is the clock of the device right?")),
        Reason::UnknownDevice => Error::new(Kind::UnknownDevice, format!("STS knows no MFA device `{device}` of this user"))
            .hint(format!("correct `mfa_serial` of profile `{name}`; find it: {}", command_line(&["aws", "iam", "list-mfa-devices", "--profile", &chain.profile]))),
        Reason::MalformedRequest => denied(format!("STS found the request invalid: {}", escape(message)))
            .hint(format!("check the MFA device and the duration of profile `{name}`")),
        Reason::SessionCredentials => denied(format!("the key {key} is a temporary one, and STS gives no session for it"))
            .hint(format!("put the user's long-term keys into profile `{name}`")),
        Reason::OverChainLimit => denied(format!("STS gives `{role}` for at most 1 hour through another role or session"))
            .hint(mfa_env(&chain.profile, &["-d", "1h"])),
        Reason::OverRoleMaximum => {
            let asked = plan.calls.iter().rev().find_map(|call| match call {
                Call::AssumeRole { duration, .. } => Some(*duration),
                Call::GetSessionToken { .. } => None,
            });
            let asked = asked.unwrap_or(DurationSeconds::ROLE_DEFAULT);
            denied(format!("{asked} is more than the MaxSessionDuration of `{role}`"))
                .hint(format!("ask for less: {}", mfa_env(&chain.profile, &["-d", "1h"])))
        }
        Reason::MayNotAssume => denied(format!("STS does not let you assume `{role}`: {}", escape(message)))
            .hint("check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id"),
        Reason::InvalidKey => denied(format!("STS does not know the access key {key}"))
            .hint("it was deleted or deactivated, or belongs to another partition; see the user's access keys in IAM"),
        Reason::WrongSecret => denied(format!("the secret access key does not belong to the access key {key}"))
            .hint(format!("enter both again: {}", command_line(&["aws", "configure", "--profile", &chain.profile]))),
        Reason::Clock { ahead } => {
            let off = match ahead {
                Some(seconds) => {
                    let direction = if seconds > 0 { "ahead" } else { "behind" };
                    format!("is {} {direction}", humanize(SignedDuration::from_secs(seconds.abs())))
                }
                None => "is wrong".to_owned(),
            };
            denied(format!("the clock of this machine {off}, so STS refuses its signatures"))
                .hint("set the clock: sudo timedatectl set-ntp true (a container or WSL: restart it)")
        }
        Reason::RegionDisabled => denied(format!("STS is not activated in region {}", endpoint.region.as_str()))
            .hint(mfa_env(&chain.profile, &["--region", Region::first_of(endpoint.region.partition()).as_str()])),
        Reason::Expired => denied("STS says that the session which signs has expired".to_owned())
            .hint(format!("start a new one: {}", mfa_env(&chain.profile, &["-r"]))),
        Reason::Throttled => denied("STS refuses for now: too many requests in this account".to_owned())
            .hint("try again in a minute, with the next code"),
        Reason::Unavailable => {
            Error::new(Kind::Unreachable, format!("STS has a fault at the moment: {}", escape(code)))
                .hint("try again in a minute, with the next code; https://health.aws.amazon.com tells of outages")
        }
        Reason::Other => denied(format!("STS refused: {}: {}", escape(code), escape(message)))
            .hint("`mfa-env -v` shows what was asked for"),
    }
}

/// The section to which a setting of that profile belongs: config's if there is one, with its header
/// as it is in the file.
fn home_of(name: &str, aws_files: &AwsFiles) -> String {
    let profile = aws_files.profiles.get(name);
    match profile.and_then(|profile| profile.header_in(FileKind::Config)) {
        Some(header) => section_of(header, &aws_files.config_file),
        None => credentials_of(name, aws_files),
    }
}

/// The section to which the keys of that profile belong.
fn credentials_of(name: &str, aws_files: &AwsFiles) -> String {
    let profile = aws_files.profiles.get(name);
    let header = profile.and_then(|profile| profile.header_in(FileKind::Credentials));
    section_of(header.unwrap_or(name), &aws_files.credentials_file)
}

fn section_of(header: &str, path: &Path) -> String {
    format!("`[{}]` in `{}`", escape(header), shown_path(path))
}
