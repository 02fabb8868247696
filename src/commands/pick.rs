//! Chooses the profile for a session.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::account::Who;
use super::profile_error::{Retry, unusable};
use crate::aws::{SerialNumber, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{ProfileError, profile_of_long_term};
use crate::cli::SessionOptions;
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result, clean_name, shown_value};
use crate::login::endpoint::{cached, cached_key};
use crate::output;
use crate::store::cache::Cache;
use crate::terminal::{self, NoAnswer, Row};

const QUESTION: &str = "Profile:";
/// How many names fit into a message.
pub const MOST_NAMES: usize = 8;

/// The profile on the command line; else that of this shell's session; else the user's `AWS_PROFILE`; else
/// `default` or the only one that can log in. `None` if the user should choose from a list.
///
/// # Errors
/// If there is no such profile, or none can log in.
pub fn profile(
    options: &SessionOptions,
    aws_files: &AwsFiles,
    environment: &Environment,
    retry: Retry<'_>,
) -> Result<Option<String>> {
    if let Some(name) = options.profile() {
        if let Err(why @ ProfileError::Unknown { .. }) = aws_files.chain(name) {
            return Err(unusable(&why, aws_files, retry));
        }
        return Ok(Some(name.to_owned()));
    }
    if !options.pick {
        if let Some(name) = environment.profile_of_session() {
            return Ok(Some(name.to_owned()));
        }
        // Never skipped, since AWS's tools would use it.
        if let Some(name) = environment.users_own().get("AWS_PROFILE") {
            if let Err(ProfileError::Unknown { .. }) = aws_files.chain(name) {
                let name = shown_value(name);
                let what = format!("AWS_PROFILE names profile `{name}`, which doesn't exist");
                return Err(Error::new(Exit::Usage, what)
                    .hint(Hint::run("the profiles", ["mfa-env", "list"]))
                    .hint(Hint::unset(&["AWS_PROFILE"])));
            }
            return Ok(Some(name.to_owned()));
        }
        if can_log_in("default", aws_files) {
            return Ok(Some("default".to_owned()));
        }
    }
    match &that_can_log_in(aws_files)[..] {
        [] => Err(Error::new(Exit::Files, "no profile can log in with a code yet")
            .hint(Hint::run("", ["mfa-env", "setup"]))),
        [name] if !options.pick => Ok(Some(name.clone())),
        _ => Ok(None),
    }
}

/// Lets the user choose a profile that can log in.
pub fn from_list(
    options: &SessionOptions,
    aws_files: &AwsFiles,
    environment: &Environment,
) -> Result<String> {
    let names = that_can_log_in(aws_files);
    if options.may_choose() { choose(&names, aws_files, environment) } else { Err(no_list(&names)) }
}

/// Lets the user choose one of these profiles. Lists the most recent ones first.
pub fn choose(names: &[String], aws_files: &AwsFiles, environment: &Environment) -> Result<String> {
    if environment.is_dumb() {
        return Err(no_list(names));
    }
    let cache = Cache::open(environment);
    let last_started = |name: &String| {
        cache.as_ref()?.last_started(&cached_key(&aws_files.chain(name).ok()?, environment).ok()?)
    };
    let mut names = names.to_vec();
    names.sort_by_cached_key(|name| Reverse(last_started(name)));
    let row = |name: &String| row(name, aws_files, cache.as_ref(), environment);
    let rows: Vec<_> = names.iter().map(row).collect();
    let style = if environment.is_set("NO_COLOR") { "" } else { output::BOLD };
    match terminal::choose(QUESTION, &rows, style) {
        Ok(index) => Ok(names.swap_remove(index)),
        Err(NoAnswer::NoTerminal) => Err(no_list(&names)),
        Err(cancelled) => Err(cancelled.into()),
    }
}

fn no_list(names: &[String]) -> Error {
    Error::new(Exit::Usage, "no profile is named, and no list can be shown here")
        .hint(format!("name one of these: {}", listed(names)))
}

/// The names for a message; only the first ones of many.
pub fn listed(names: &[String]) -> String {
    let mut list: Vec<_> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST_NAMES {
        list.push("…".to_owned());
    }
    list.join(", ")
}

/// Whether a profile can log in, as far as the two files tell: its chain ends with keys or a
/// `credential_process`, and has a device or a role.
pub fn can_log_in(name: &str, aws_files: &AwsFiles) -> bool {
    aws_files.chain(name).is_ok_and(|chain| chain.serial_number.is_some() || !chain.roles.is_empty())
}

/// Each profile once: without `default` if it has another profile's session, and without aws-mfa's sections
/// for keys.
fn that_can_log_in(aws_files: &AwsFiles) -> Vec<String> {
    let is_itself = |name: &&str| aws_files.chain(name).is_ok_and(|chain| chain.profile == **name);
    let names = aws_files.profiles.names().filter(|name| can_log_in(name, aws_files)).filter(is_itself);
    let names: Vec<_> = names.map(str::to_owned).collect();
    let is_known_by_another = |name: &String| {
        profile_of_long_term(name).is_some_and(|base| names.iter().any(|other| other == base))
    };
    names.iter().filter(|name| !is_known_by_another(name)).cloned().collect()
}

/// The columns: name, account, time left, and the role or device.
fn row(name: &str, aws_files: &AwsFiles, cache: Option<&Cache>, environment: &Environment) -> Row {
    let Ok(chain) = aws_files.chain(name) else { return Row::default() };
    let left =
        cached(&chain, cache, environment).map(|found| found.session.expiration.left(Timestamp::now()));
    let left = left.map(|left| format!("{} left", humanize(left)));
    let Who { account, role_or_user, .. } = Who::of(&chain, None);
    let device = chain.serial_number.as_ref().filter(|_| chain.roles.is_empty());
    let what = device.map(SerialNumber::name).or(role_or_user);
    let [account, left, what] = [account, left, what].map(Option::unwrap_or_default);
    [clean_name(name), clean_name(&account), left, clean_name(&what)]
}
