//! Turns hints into text. Quotes their commands for the shell into which the user pastes them.

use std::sync::OnceLock;

use super::{Evaluator, Shell, Unsupported};
use crate::error::{Hint, after_home, escape};

/// The shell that will read the hints.
struct Reader {
    shell: Result<Shell, Unsupported>,
    /// Whether the shell has loaded our function, so that nobody needs to type `eval`.
    has_function: bool,
    /// Whether a profile with that name needs `--profile`.
    is_command: fn(&str) -> bool,
}

/// Global, since every room makes hints, but only `commands` knows the shell.
static READER: OnceLock<Reader> = OnceLock::new();

/// Sets the shell for hints; POSIX by default. Only the first call counts.
pub fn quote_hints_for(evaluator: &Evaluator, is_command: fn(&str) -> bool) {
    let Evaluator { shell, called_by_function: has_function, .. } = *evaluator;
    let _ = READER.set(Reader { shell, has_function, is_command });
}

/// The text of a `hint:` line.
pub fn hint_text(hint: &Hint) -> String {
    let (prose, paste) = hint_parts(hint);
    let separator = if prose.is_empty() || paste.is_none() { "" } else { " " };
    format!("{prose}{separator}{}", paste.unwrap_or_default())
}

/// The text of a hint, and the line to paste.
pub fn hint_parts(hint: &Hint) -> (String, Option<String>) {
    let before = |why: &String| if why.is_empty() { String::new() } else { format!("{why}:") };
    match hint {
        Hint::Text(text) => (text.clone(), None),
        Hint::Paste { why, line } => (before(why), Some(line.clone())),
        Hint::IntoThisShell { why, profile } => {
            let command = |arguments: &[&str]| hint_text(&Hint::mfa_env("", profile, arguments));
            let command = match shell() {
                Ok(_) if has_function() => command(&[]),
                Ok(shell) => to_evaluate(shell, &command(&[])),
                Err(unsupported) => command(&["--", unsupported.name]),
            };
            (before(why), Some(command))
        }
        Hint::OutOfThisShell => {
            let command = match shell() {
                Ok(_) if has_function() => "mfa-env unset".to_owned(),
                Ok(shell) => to_evaluate(shell, "mfa-env unset"),
                Err(_) => "exit".to_owned(),
            };
            (String::new(), Some(command))
        }
        Hint::Run { why, command } => {
            let mut words: Vec<_> = command.iter().map(String::as_str).collect();
            let is_command = |name| READER.get().is_some_and(|reader| (reader.is_command)(name));
            let joined;
            if let ["mfa-env", "--profile", profile, ..] = words[..] {
                if profile.starts_with('-') {
                    // clap would treat the name as one of its options.
                    joined = format!("--profile={profile}");
                    words.splice(1..3, [joined.as_str()]);
                } else if !is_command(profile) {
                    words.remove(1);
                }
            }
            let words: Vec<_> = words.into_iter().map(|text| word(&escape(text))).collect();
            (before(why), Some(words.join(" ")))
        }
        Hint::Unset { variables, or } => (String::new(), Some(unset(variables) + or)),
    }
}

/// The line that evaluates the output of a command in that shell.
pub fn to_evaluate(shell: Shell, command: &str) -> String {
    match shell {
        Shell::Bash | Shell::Zsh | Shell::Posix => format!("eval \"$({command})\""),
        Shell::Fish => format!("{command} | source"),
        Shell::Elvish => format!("eval ({command} | slurp)"),
        Shell::Nu => format!("{command} | from json | load-env"),
    }
}

fn shell() -> Result<Shell, Unsupported> {
    READER.get().map_or(Ok(Shell::Posix), |reader| reader.shell)
}

fn has_function() -> bool {
    READER.get().is_some_and(|reader| reader.has_function)
}

/// The command that unsets variables in the user's shell, whether they are set or not.
fn unset(names: &[&str]) -> String {
    let all = names.join(" ");
    let each =
        |command: &str| names.iter().map(|name| format!("{command} {name}")).collect::<Vec<_>>().join("; ");
    match shell() {
        Ok(Shell::Bash | Shell::Zsh | Shell::Posix) => format!("unset {all}"),
        Ok(Shell::Fish) => format!("set -e {all}"),
        Ok(Shell::Elvish) => each("unset-env"),
        // Without -i, an unset variable is an error.
        Ok(Shell::Nu) => format!("hide-env -i {all}"),
        Err(Unsupported { name: "csh" | "tcsh" }) => each("unsetenv"),
        Err(_) => format!("remove {all} from the environment"),
    }
}

/// A word of a command, quoted if necessary.
fn word(text: &str) -> String {
    // Every shell expands a `~/` at the start of a bare word.
    if let Some(rest) = after_home(text).filter(|rest| is_plain(rest)) {
        return format!("~{rest}");
    }
    match shell() {
        _ if is_plain(text) => text.to_owned(),
        Ok(shell) => shell.quote(text),
        // We can't quote for that shell, so the user must type the name.
        Err(_) => "NAME".to_owned(),
    }
}

/// Whether the word has no special characters in any shell.
pub fn is_plain(text: &str) -> bool {
    // nu expands words of dots.
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || "-/_".contains(c))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=".contains(c))
}
