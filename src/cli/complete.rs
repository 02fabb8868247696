//! Completion: what registers it with a shell, and the profiles' names at TAB, read from the files alone.

use std::ffi::{OsStr, OsString};

use clap_complete::CompleteEnv;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::Shells;

use super::command;
use crate::aws_files::profiles;
use crate::error::is_control_or_invisible;
use crate::shell::{self, Shell};

/// Not clap's `COMPLETE`: somebody may have that in the environment for another program, and an
/// `eval` of what we then print would succeed.
const COMPLETION_VARIABLE: &str = "MFA_ENV_COMPLETE";

/// What a shell that completes asks by a variable of ours; true where this run was that.
///
/// # Errors
/// A shell that clap does not know.
pub fn complete(arguments: &[OsString]) -> Result<bool, clap::Error> {
    let is_fish = std::env::var_os(COMPLETION_VARIABLE).is_some_and(|shell| shell == "fish");
    if !carries_a_line(arguments, is_fish || std::env::var_os("_CLAP_COMPLETE_INDEX").is_some()) {
        return Ok(false);
    }
    CompleteEnv::with_factory(command)
        .var(COMPLETION_VARIABLE)
        .try_complete(arguments, std::env::current_dir().ok().as_deref())
}

/// Whether a shell's registered completion called us, and not a user with a variable that was left
/// over: the line to complete follows `--`, and a variable says which of its words (fish ends it there).
fn carries_a_line(arguments: &[OsString], has_index: bool) -> bool {
    has_index && arguments.get(1).is_some_and(|word| word == "--")
}

/// The text that registers the completion with a shell, empty where clap does not know that one;
/// `completer` is the binary that it calls.
pub fn completion(shell: Shell, completer: &str) -> String {
    let mut script = Vec::new();
    let completers = Shells::builtins();
    let Some(of_shell) = completers.completer(shell.name()) else { return String::new() };
    of_shell
        .write_registration(COMPLETION_VARIABLE, "mfa-env", "mfa-env", completer, &mut script)
        .expect("a Vec takes all that is written");
    String::from_utf8(script).expect("clap writes text") + shell::after_completion(shell)
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
    // A shell would print the name as it is, and so steer the terminal.
    let is_offered = |name: &&str| name.starts_with(&prefix) && !name.contains(is_control_or_invisible);
    names.into_iter().filter(is_offered).map(CompletionCandidate::new).collect()
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
    fn a_completion_carries_a_line() {
        let carries = |line: &str, has_index| {
            carries_a_line(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), has_index)
        };
        assert!(carries("mfa-env -- mfa-env pr", true));
        for (line, has_index) in [
            ("mfa-env -- ls", false),
            ("mfa-env", true),
            ("mfa-env prod", true),
            ("mfa-env prod -- ls", true),
        ] {
            assert!(!carries(line, has_index), "{line}");
        }
    }

    #[test]
    fn takes_a_word_for_what_its_quotes_mean() {
        for (typed, word) in
            [("a\\ b", "a b"), ("'a b", "a b"), ("\"it's", "it's"), ("a\\", "a"), ("team:pr", "team:pr")]
        {
            assert_eq!(unquoted(typed), word, "{typed}");
        }
    }
}
