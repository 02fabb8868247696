//! Asks for an access key. Shows stars for the secret.

use crate::aws::{AccessKeyId, LongTermKeys, Secret, is_temporary};
use crate::aws_files::section;
use crate::cli::is_command;
use crate::error::Result;
use crate::output::say;
use crate::terminal::{self, Echo};

pub fn ask_name() -> Result<String> {
    ask_for("Profile name (e.g. work): ", Echo::Text, |name| check_name(name).map(|()| name.to_owned()))
}

/// Asks for a pair of long-term keys.
pub fn ask() -> Result<LongTermKeys> {
    let access_key_id = ask_for("Access key ID: ", Echo::Text, |text| {
        let id = AccessKeyId::new(text)
            .map_err(|_| "an access key ID has 16 to 128 letters and digits (AKIA…)".to_owned())?;
        // This may be the secret key. It must not become an id, which messages show.
        if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(
                "that is not an access key ID: it has lower-case letters (is it the secret key?)".to_owned()
            );
        }
        if is_temporary(id.as_str()) {
            return Err("that is a temporary key; a long-term one (AKIA…) is needed".to_owned());
        }
        Ok(id)
    })?;
    let secret_access_key = ask_for("Secret access key: ", Echo::Stars, |text| {
        Secret::new(text.to_owned()).map_err(|invalid| format!("that {invalid}"))
    })?;
    Ok(LongTermKeys { access_key_id, secret_access_key })
}

/// Checks that a new profile can have that name in both files and in all of AWS's tools.
pub fn check_name(name: &str) -> std::result::Result<(), String> {
    if name.is_empty() {
        return Err("a name is needed".to_owned());
    }
    if is_command(name) {
        return Err(format!("`{name}` is a command of mfa-env; choose another name"));
    }
    if section::is_good_name(name) {
        Ok(())
    } else {
        Err("some AWS tools ignore a profile of that name; use letters, digits and _-/.%@:+".to_owned())
    }
}

/// Asks until the answer is valid.
pub fn ask_for<T>(
    question: &str,
    echo: Echo,
    parse: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    loop {
        match parse(&terminal::ask(question, echo)?) {
            Ok(parsed) => return Ok(parsed),
            Err(why) => say(&format!("{why}; try again, or Ctrl-C")),
        }
    }
}
