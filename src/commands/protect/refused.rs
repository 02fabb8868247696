//! The profiles that `protect` refuses, and why.

use crate::aws::LongTermKeys;
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{FileKind, KeySource, long_term_name, profile_of_long_term};
use crate::aws_files::protection::{PROCESS, STORE};
use crate::aws_files::session_section::DEFAULT;
use crate::commands::profile_error::{Retry, unusable};
use crate::error::{Error, Exit, Hint, Result};

/// The keys of the profile, which are in the credentials file.
///
/// # Errors
/// If they can't be moved.
pub fn keys_to_move(name: &str, aws_files: &AwsFiles) -> Result<LongTermKeys> {
    let refused = |what: String, hint: Hint| Err(Error::new(Exit::Usage, what).hint(hint));
    if name == DEFAULT {
        let what = "`default` can't be protected, since `mfa-env -w` writes sessions to it".to_owned();
        return refused(what, "give these keys a section of their own, e.g. `[personal]`".into());
    }
    let chain =
        aws_files.chain(name).map_err(|why| unusable(&why, aws_files, Retry::Command("protect", &[])))?;
    let of = chain.signer.profile();
    let has_long_term = aws_files.profiles.get(&long_term_name(name)).is_some();
    if profile_of_long_term(of).is_some() || has_long_term {
        let section = if has_long_term { long_term_name(name) } else { of.to_owned() };
        let what = format!("AWS's tools don't look for keys in `[{section}]`, so they are not moved");
        return refused(what, "put the keys into a section with the name of the profile".into());
    }
    if of != name {
        let what = format!("`{name}` has no keys of its own: it uses those of `{of}`");
        return refused(what, Hint::command("protect that profile", "protect", of, &[]));
    }
    if !chain.roles.is_empty() {
        let what = format!("`{name}` is a role and has keys, and AWS's tools would no longer find the keys");
        return refused(what, "put the keys into a profile of their own, as its `source_profile`".into());
    }
    let profile = aws_files.profiles.get(name).expect("its chain was read");
    let config = aws_files.config_file.display();
    let process = profile.setting(PROCESS).filter(|_| profile.get(STORE).is_none());
    let keys = match chain.signer {
        KeySource::Keys { keys, .. } => keys,
        KeySource::Process { .. } | KeySource::Store { .. } => {
            let what = format!("the keys of `{name}` are not in the credentials file");
            return refused(what, Hint::run("where they are", ["mfa-env", "list", "-v"]));
        }
    };
    if process.is_some() {
        let what = format!("`{name}` has keys and a `{PROCESS}`");
        return refused(what, format!("delete one of the two: `protect` writes its own `{PROCESS}`").into());
    }
    let is_key = |key: &str| ["aws_access_key_id", "aws_secret_access_key"].contains(&key);
    let in_config = |key: &str, file: FileKind| is_key(key) && file == FileKind::Config;
    if let Some(key) = profile.settings().iter().find(|setting| in_config(&setting.key, setting.file)) {
        let what =
            format!("`{name}` has a key in the config file, and mfa-env moves keys of the credentials file");
        return refused(what, format!("move line {} of `{config}` there", key.line).into());
    }
    if profile.get("aws_session_token").or_else(|| profile.get("aws_security_token")).is_some() {
        let what = format!("`{name}` has a session token, so its keys are temporary");
        return refused(what, "put a user's long-term keys there, without a token".into());
    }
    if profile.sections_in(FileKind::Config) > 1 {
        let what = format!(
            "`{name}` has more than one section in `{config}`, and tools disagree about which counts"
        );
        return refused(what, "join these sections".into());
    }
    if chain.serial_number.is_none() {
        let what = format!("profile `{name}` has no MFA device, so AWS's tools would get no session");
        return refused(what, Hint::command("set one up", "setup", name, &[]));
    }
    Ok(keys)
}
