//! Where there is no access key yet: asks for one, the secret behind stars.

use zeroize::Zeroizing;

use super::unanswered;
use crate::cli::COMMAND_NAMES;
use crate::error::{Result, shown};
use crate::output::say;
use crate::session::{AccessKeyId, LongTermKeys, Secret, is_temporary};
use crate::terminal::{self, Echo};

/// Keys for a section of the credentials file that is to be made.
pub struct NewKeys {
    pub profile: String,
    pub keys: LongTermKeys,
}

/// # Errors
/// Where the user gives up.
pub fn ask(profile: Option<&str>) -> Result<NewKeys> {
    // A line of its own: a terminal of 80 columns shows it whole.
    say("Access keys are made here:\n  https://console.aws.amazon.com/iam/home#/security_credentials");
    let profile = match profile {
        Some(profile) => profile.to_owned(),
        None => {
            ask_for("Name of the profile, as you like it (for example work): ", None, Echo::Text, |name| {
                if name.is_empty() {
                    Err("a name is needed".to_owned())
                } else if COMMAND_NAMES.contains(&name) {
                    Err(format!("`{name}` is a command of mfa-env's; take another name"))
                } else {
                    Ok(name.to_owned())
                }
            })?
        }
    };
    let access_key_id = ask_for("Access key id: ", Some(&profile), Echo::Text, |text| {
        let id = AccessKeyId::new(text).map_err(|invalid| format!("that {invalid}"))?;
        // The other way round, or twice the same: the secret is not to stand where ids are shown.
        if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err("that is no id, which has no small letters (is it the secret key?)".to_owned());
        }
        if is_temporary(id.as_str()) {
            return Err("that is the key of a session, which ends; take the user's own, AKIA…".to_owned());
        }
        Ok(id)
    })?;
    let secret_access_key = ask_for("Secret access key: ", Some(&profile), Echo::Stars, |text| {
        Secret::new(text.to_owned()).map_err(|invalid| format!("that {invalid}"))
    })?;
    Ok(NewKeys { profile, keys: LongTermKeys { access_key_id, secret_access_key } })
}

/// Asks until the answer is one.
fn ask_for<T>(
    question: &str,
    profile: Option<&str>,
    echo: Echo,
    parse: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    loop {
        let typed: Zeroizing<String> =
            terminal::ask(question, echo).map_err(|no_answer| unanswered(&no_answer, profile))?;
        match parse(&typed) {
            Ok(parsed) => return Ok(parsed),
            Err(why) => say(&format!("{}; try again, or Ctrl-C", shown(&why))),
        }
    }
}
