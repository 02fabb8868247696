//! The words for a profile that can't log in. The hints need the user's files, so they are here and not next to
//! [`ProfileError`].

use crate::aws_files::chain::SERIAL_KEYS;
use crate::aws_files::profiles::{FileKind, ProfileError, long_term_name};
use crate::aws_files::{AwsFiles, SectionRef};
use crate::cli::{command_names, is_a_slip};
use crate::error::{Error, Exit, Hint, shown_value};
use crate::shell::hint_text;

/// The command that tries another profile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retry<'a> {
    /// With these options.
    Login(&'a [&'a str]),
    /// Its name and options.
    Command(&'a str, &'a [&'a str]),
    /// No command. Doesn't look for similar names, which would compare all of them.
    Nothing,
}

/// The error for the user: why a profile can't log in, and what to do.
pub fn unusable(why: &ProfileError, aws_files: &AwsFiles, retry: Retry<'_>) -> Error {
    let hint: Hint = match why {
        ProfileError::Unknown { name } => {
            let AwsFiles { credentials_file, config_file, .. } = aws_files;
            let what = format!("{why} in `{}` or `{}`", credentials_file.display(), config_file.display());
            return Error::new(Exit::Usage, what).hint(other_name(name, aws_files, retry));
        }
        ProfileError::NoKeys { name, session_keys: false } => Hint::command("add one", "setup", name, &[]),
        ProfileError::NoKeys { name, session_keys: true } => {
            let file = aws_files.credentials_file.clone();
            let section = SectionRef { header: long_term_name(name), file };
            format!("put the long-term keys into {section}").into()
        }
        ProfileError::HalfKeys { name, missing } => {
            format!("add `{missing} = …` to {}", aws_files.credentials_section_of(name)).into()
        }
        ProfileError::Value { key, file, line, .. } => {
            let path = match file {
                FileKind::Config => &aws_files.config_file,
                FileKind::Credentials => &aws_files.credentials_file,
            };
            let error = Error::new(Exit::Files, why.to_string());
            let error = error.hint(format!("correct line {line} of `{}`", path.display()));
            if !SERIAL_KEYS.contains(key) {
                return error;
            }
            return error.hint(Hint::paste("list your devices", "aws iam list-mfa-devices"));
        }
        ProfileError::Variable { .. } => Hint::unset(&["AWS_MFA_SERIAL"]),
        ProfileError::Elsewhere { name, sso: true } => {
            Hint::run("", ["aws", "sso", "login", "--profile", name])
        }
        ProfileError::Elsewhere { sso: false, .. } => "AWS's tools use it as it is, without mfa-env".into(),
        ProfileError::NoSource { name, .. } => {
            let section = aws_files.section_of(name);
            format!("name the profile with your keys: `source_profile = NAME` in {section}").into()
        }
        ProfileError::TwoSources { name } => {
            format!("delete one of the two in {}", aws_files.section_of(name)).into()
        }
        ProfileError::UnknownSource { name, source } => {
            let near = nearest_profiles(source, aws_files, retry);
            let near = one_of(near.into_iter().map(str::to_owned));
            let near = if near.is_empty() { near } else { format!("did you mean {near}? ") };
            format!("{near}correct it in {}", aws_files.section_of(name)).into()
        }
        ProfileError::Loop { .. } => "one of them must have keys of its own".into(),
    };
    Error::new(Exit::Files, why.to_string()).hint(hint)
}

fn other_name(name: &str, aws_files: &AwsFiles, retry: Retry<'_>) -> Hint {
    let command = |near: &str| match retry {
        Retry::Login(options) => Hint::mfa_env("", near, options),
        Retry::Command(command, options) => Hint::command("", command, near, options),
        Retry::Nothing => Hint::mfa_env("", near, &[]),
    };
    let profiles = nearest_profiles(name, aws_files, retry);
    if !profiles.is_empty() {
        let commands = profiles.iter().map(|near| hint_text(&command(near)));
        return format!("did you mean {}?", one_of(commands)).into();
    }
    // Only a slip: `prod` is much like `protect`.
    let commands: Vec<_> = command_names().filter(|command| is_a_slip(name, command)).collect();
    if !commands.is_empty() {
        let commands = commands.iter().map(|command| format!("mfa-env {command}"));
        return format!("did you mean the command {}?", one_of(commands)).into();
    }
    let all = aws_files.profiles.names().count();
    let names: Vec<_> = aws_files.profiles.names().take(8).map(|name| format!("`{name}`")).collect();
    match (names.len(), all) {
        // What may be a secret key is not repeated as a name.
        (0, _) if shown_value(name) != name => Hint::paste("create one", "mfa-env setup"),
        (0, _) => Hint::command("create it", "setup", name, &[]),
        (1, 1) => format!("the only profile is {}", names.join(", ")).into(),
        (some, all) if some == all => format!("the profiles are {}", names.join(", ")).into(),
        (_, all) => format!("there are {all} profiles: {}, …", names.join(", ")).into(),
    }
}

fn nearest_profiles<'n>(name: &str, aws_files: &'n AwsFiles, retry: Retry<'_>) -> Vec<&'n str> {
    if retry == Retry::Nothing { Vec::new() } else { nearest(name, aws_files.profiles.names()) }
}

/// The names that the user most probably meant: up to three that are equally near. More would be a guess.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let likeness = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let (mut best, mut nearest) = (0.8, Vec::new());
    for other in names {
        let likeness = if is_a_slip(name, other) { 1.0 } else { likeness(other) };
        if likeness > best {
            best = likeness;
            nearest.clear();
        }
        if likeness >= best && likeness > 0.8 {
            nearest.push(other);
        }
    }
    if nearest.len() > 3 { Vec::new() } else { nearest }
}

/// "`a`, `b` or `c`"
fn one_of(texts: impl Iterator<Item = String>) -> String {
    let quoted: Vec<_> = texts.map(|text| format!("`{text}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}
