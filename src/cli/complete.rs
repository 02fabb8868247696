//! Completion: what registers it with a shell, and the profiles' names at TAB, read from the files alone.

use std::ffi::{OsStr, OsString};

use clap::ValueEnum;
use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::Shells;

use super::command;
use crate::profiles;
use crate::shell::Loader;

/// Not clap's `COMPLETE`: somebody may have that in the environment for another program, and an
/// `eval` of what we then print would succeed.
const COMPLETION_VARIABLE: &str = "MFA_ENV_COMPLETE";

/// What a shell that completes asks by a variable of ours; true where this run was that.
///
/// # Errors
/// A shell that clap does not know.
pub fn complete(arguments: &[OsString]) -> Result<bool, clap::Error> {
    CompleteEnv::with_factory(command)
        .var(COMPLETION_VARIABLE)
        .try_complete(arguments, std::env::current_dir().ok().as_deref())
}

/// The text that registers the completion with a shell, empty where clap does not know that one;
/// `completer` is the binary that it calls.
pub fn completion(shell: Loader, completer: &str) -> String {
    let mut script = Vec::new();
    let completers = Shells::builtins();
    let name = shell.to_possible_value().expect("none is left out");
    let Some(of_shell) = completers.completer(name.get_name()) else { return String::new() };
    of_shell
        .write_registration(COMPLETION_VARIABLE, "mfa-env", "mfa-env", completer, &mut script)
        .expect("a Vec takes all that is written");
    String::from_utf8(script).expect("clap writes text") + crate::shell::after_completion(shell)
}

/// The candidates for a profile's name, read from the files alone.
pub(super) fn profile_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let environment = crate::environment::Environment::of_process();
    let files = environment.config_file().and_then(|config| {
        let read = |path| crate::files::read(path).map(Option::unwrap_or_default);
        Ok((read(&config)?, read(&environment.credentials_file()?)?))
    });
    let Ok((config, credentials)) = files else { return Vec::new() };
    // Nothing to complete from a broken file; the command itself says what is wrong with it.
    let Ok(names) = profiles::names(&config, &credentials) else { return Vec::new() };
    let prefix = unquoted(&current.to_string_lossy());
    names.into_iter().filter(|name| name.starts_with(&prefix)).map(CompletionCandidate::new).collect()
}

/// A word as it was typed so far, its quotes and backslashes taken away: zsh and fish hand it over
/// with them.
fn unquoted(typed: &str) -> String {
    let mut word = String::new();
    let mut quote = None;
    let mut typed = typed.chars();
    while let Some(c) = typed.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.push(c),
            (_, '\\') => word.extend(typed.next()),
            (_, c) => word.push(c),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_word_for_what_its_quotes_mean() {
        for (typed, word) in
            [("a\\ b", "a b"), ("'a b", "a b"), ("\"it's", "it's"), ("a\\", "a"), ("team:pr", "team:pr")]
        {
            assert_eq!(unquoted(typed), word, "{typed}");
        }
    }
}
