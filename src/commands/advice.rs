//! What to tell the user: each thing that can go wrong in a login, and what to do about it.

use super::account::account;
use crate::aws::{Session, humanize};
use crate::aws_files::profiles::{Chain, FileKind, ProfileError, long_term_name};
use crate::aws_files::{AwsFiles, SectionRef};
use crate::cli::command_names;
use crate::error::{Error, Hint, Kind, escape, shown_value};
use crate::files::shown_path;
use crate::shell::startup_file::StartupLine;
use crate::shell::{Shell, Unsupported, command_line, hint_text, to_evaluate};

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
    hint_text(&Hint::mfa_env("", profile, arguments))
}

/// `mfa-env setup PROFILE ARGUMENTS`.
pub fn setup(profile: &str, arguments: &[&str]) -> String {
    hint_text(&Hint::command("", "setup", profile, arguments))
}

/// `mfa-env forget PROFILE ARGUMENTS`.
pub fn forget(profile: &str, arguments: &[&str]) -> String {
    hint_text(&Hint::command("", "forget", profile, arguments))
}

/// Who the user is now, and for how long.
pub fn started(chain: &Chain, session: &Session, is_reused: bool) -> String {
    let left = humanize(session.expiration.left(jiff::Timestamp::now()));
    let started = if is_reused { "reused" } else { "started" };
    let identity = session.identity.as_ref().map(ToString::to_string);
    let who = identity.or_else(|| Some(format!("account {}", account(chain, None)?)));
    let who = who.map(|who| format!(": {}", escape(&who))).unwrap_or_default();
    format!("Session {started}; expires in {left} ({}{who})", escape(&chain.profile))
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
            SectionRef { header: long_term_name(name), file: aws_files.credentials_file.clone() }
        )),
        ProfileError::HalfKeys { name, missing } => {
            files(format!("profile `{}` has no `{missing}`", escape(name)))
                .hint(format!("add `{missing} = …` to {}", aws_files.credentials_section_of(name)))
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
                aws_files.section_of(name)
            ))
        }
        ProfileError::TwoSources { name } => {
            files(format!("profile `{}` has both `source_profile` and `credential_source`", escape(name)))
                .hint(format!("delete one of the two in {}", aws_files.section_of(name)))
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
    let correct = format!("correct it in {}", aws_files.section_of(name));
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
        (0, _) if shown_value(name) != name => error.hint("make one: mfa-env setup"),
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
