//! Finds the profile that `mfa-env setup` sets up: the named one, one without a device, or a new one.

use super::keys;
use crate::aws::LongTermKeys;
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{KeySource, ProfileError, profile_of_long_term};
use crate::cli::SetupOptions;
use crate::commands::pick;
use crate::commands::profile_error::{Retry, unusable};
use crate::error::{Error, Exit, Hint, Result};
use crate::login::Context;
use crate::output::{self, say};

/// The profile's name, and the keys that the user typed for it. `None` if all profiles have a device.
pub fn find(
    options: &SetupOptions,
    aws_files: &AwsFiles,
    context: &Context,
    may_ask: bool,
) -> Result<Option<(String, Option<LongTermKeys>)>> {
    if let Some(name) = &options.profile {
        return named(name, aws_files, may_ask).map(Some);
    }
    let without = without_device(aws_files);
    match &without[..] {
        [name] => Ok(Some((name.clone(), None))),
        [] if has_device(aws_files) => Ok(None),
        [] if may_ask => {
            say("No profile has an access key yet.");
            let name = keys::ask_name()?;
            Ok(Some((name, Some(keys::ask()?))))
        }
        [] => Err(Error::new(Exit::Files, "no profile has an access key yet")
            .hint(Hint::run("to type one, on a terminal", ["mfa-env", "setup"]))
            .hint(Hint::run("or", ["aws", "configure", "--profile", "NAME"]))),
        _ if may_ask => Ok(Some((pick::choose(&without, aws_files, &context.environment)?, None))),
        _ => {
            let names: Vec<_> = without.iter().map(|name| format!("`{name}`")).collect();
            let what = format!("more than one profile has no MFA device: {}", names.join(", "));
            Err(Error::new(Exit::Usage, what).hint(Hint::run("name one", ["mfa-env", "setup", "PROFILE"])))
        }
    }
}

fn named(name: &str, aws_files: &AwsFiles, may_ask: bool) -> Result<(String, Option<LongTermKeys>)> {
    let why = match aws_files.chain(name) {
        Ok(chain) if chain.roles.is_empty() => return Ok((chain.profile, None)),
        // A role needs the device of its source user.
        Ok(chain) => {
            let profile = chain.signer.profile().to_owned();
            say(&format!("`{name}` is a role; it uses the MFA device of `{profile}`"));
            return Ok((profile, None));
        }
        Err(why) => why,
    };
    let is_new = matches!(why, ProfileError::Unknown { .. });
    let has_no_keys = matches!(why, ProfileError::NoKeys { session_keys: false, .. });
    let error = unusable(&why, aws_files, Retry::Command("setup", &[]));
    if !may_ask || !(is_new || has_no_keys) {
        return Err(error);
    }
    if is_new {
        keys::check_name(name).map_err(|why| Error::new(Exit::Usage, why))?;
    }
    let is_other_name = |hint: &&Hint| matches!(hint, Hint::Text(text) if text.starts_with("did you mean"));
    if let Some(hint) = error.hints().iter().find(is_other_name) {
        output::print_hint(hint);
    }
    say(&format!("Profile `{name}` has no access key yet."));
    Ok((name.to_owned(), Some(keys::ask()?)))
}

/// Profiles with long-term keys in the files, but no device. Without those that have a `credential_process`:
/// it may return a session, even a session from mfa-env.
fn without_device(aws_files: &AwsFiles) -> Vec<String> {
    let lacks_device = |name: &&str| {
        aws_files.chain(name).is_ok_and(|chain| {
            let has_keys = !matches!(chain.signer, KeySource::Process { .. });
            has_keys && chain.serial_number.is_none() && chain.roles.is_empty() && chain.profile == **name
        })
    };
    let names: Vec<_> = aws_files.profiles.names().filter(lacks_device).map(str::to_owned).collect();
    // `[x-long-term]` is set up as `x`.
    let is_part_of =
        |name: &String| profile_of_long_term(name).is_some_and(|base| aws_files.profiles.get(base).is_some());
    names.iter().filter(|name| !is_part_of(name)).cloned().collect()
}

fn has_device(aws_files: &AwsFiles) -> bool {
    let of_profile = |name| aws_files.chain(name).is_ok_and(|chain| chain.serial_number.is_some());
    aws_files.profiles.names().any(of_profile)
}
