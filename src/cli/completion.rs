//! Completion: what fits at the cursor of a half-typed line, in the form that the shell needs. Reads only the
//! two files: no network, no lock, no process.

use std::ffi::{OsStr, OsString};

use clap_complete::CompleteEnv;
use clap_complete::engine::{self, CompletionCandidate};

use super::typed_line::TypedLine;
use super::{command, is_command};
use crate::aws_files::profiles;
use crate::error::is_control_or_invisible;
use crate::output;
use crate::shell::Shell;

/// Names the shell that completes. Not clap's `COMPLETE`: that may be set for another program, and an `eval`
/// of our output would then succeed without a login.
const SHELL_VARIABLE: &str = "MFA_ENV_COMPLETE";
/// Has the line up to the cursor. Not an argument, since other users can see arguments, and the line may
/// contain a code.
const LINE_VARIABLE: &str = "MFA_ENV_LINE";

/// Answers a shell that completes. Returns false if no shell asked.
///
/// # Errors
/// If clap doesn't know the shell.
pub fn complete(arguments: &[OsString]) -> Result<bool, clap::Error> {
    let get = |name| std::env::var(name).ok();
    if let (Some(shell), Some(line)) = (get(SHELL_VARIABLE), get(LINE_VARIABLE)) {
        let bash = Bash {
            breaks: get("MFA_ENV_BREAKS").unwrap_or_default(),
            expands_history: get("MFA_ENV_FLAGS").unwrap_or_default().contains('H'),
            // ble.sh quotes by itself.
            is_quoted_by_others: get("MFA_ENV_BLE").is_some_and(|attached| !attached.is_empty()),
        };
        let answer = Shell::of_process(&shell).map(|shell| answer(shell, &line, &bash));
        // Nobody would read an error.
        let _ = output::print(&answer.unwrap_or_default());
        return Ok(true);
    }
    // clap's own protocol, for elvish and for shells that loaded the file of 0.1.0. The line follows `--`. A
    // variable has the index of the word to complete; in fish that is the last word.
    let has_index = get(SHELL_VARIABLE).is_some_and(|shell| shell == "fish")
        || std::env::var_os("_CLAP_COMPLETE_INDEX").is_some();
    if !has_index || arguments.get(1).is_none_or(|word| word != "--") {
        return Ok(false);
    }
    CompleteEnv::with_factory(command)
        .var(SHELL_VARIABLE)
        .try_complete(arguments, std::env::current_dir().ok().as_deref())
}

/// What fits at the cursor, best first: values such as profiles, then commands, then options.
fn candidates(line: &TypedLine) -> Vec<CompletionCandidate> {
    let words = std::iter::once("mfa-env").chain(line.words.iter().map(String::as_str));
    let words: Vec<_> = words.chain([line.word.as_str()]).map(OsString::from).collect();
    let last = words.len() - 1;
    let found = engine::complete(&mut command(), words, last, None).unwrap_or_default();
    let has_tag = |candidate: &CompletionCandidate, tag: &str| {
        candidate.get_tag().is_some_and(|found| found.to_string() == tag)
    };
    let (options, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| has_tag(it, "Options"));
    let (commands, mut found): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| has_tag(it, "Commands"));
    let names_profile = |word: &String| word == "-p" || word == "--profile" || word.starts_with("--profile=");
    let has_profile = line.words.iter().any(names_profile);
    let is_of_command = line.words.first().is_some_and(|word| is_command(word));
    // A bare word with a command's name is that command.
    found.retain(|it| {
        let is_taken = has_profile || it.get_value().to_str().is_some_and(is_command);
        is_of_command || !has_tag(it, "[PROFILE]") || !is_taken
    });
    let may_be_command = line.words.first().is_none_or(|word| word == "help");
    if may_be_command && (!line.word.is_empty() || found.is_empty()) {
        found.extend(commands);
    }
    if line.word.starts_with('-') || found.is_empty() {
        found.extend(options);
    }
    found
}

/// A line for each candidate, with its description in zsh and fish, which also quote it. bash gets the text that
/// follows the open quote or the last break character of the word.
fn answer(shell: Shell, line: &str, bash: &Bash) -> String {
    let line = TypedLine::read(line, shell, &bash.breaks);
    let mut answer = String::new();
    for candidate in candidates(&line) {
        let value = candidate.get_value().to_string_lossy();
        answer += &match shell {
            Shell::Bash => bash.quoted(&value.chars().skip(line.kept).collect::<String>(), line.quote),
            // `_describe` splits at the first colon.
            Shell::Zsh => value.replace('\\', "\\\\").replace(':', "\\:"),
            Shell::Fish | Shell::Posix | Shell::Elvish | Shell::Nu => value.into_owned(),
        };
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        if let Some(help) = help.lines().next().filter(|_| shell != Shell::Bash) {
            answer.push(if shell == Shell::Zsh { ':' } else { '\t' });
            answer.push_str(help);
        }
        answer.push('\n');
    }
    answer
}

/// Settings of bash that change its quoting.
#[derive(Default)]
struct Bash {
    breaks: String,
    expands_history: bool,
    is_quoted_by_others: bool,
}

impl Bash {
    fn quoted(&self, text: &str, quote: Option<char>) -> String {
        if self.is_quoted_by_others {
            return text.to_owned();
        }
        let mut quoted = String::new();
        for c in text.chars() {
            match (quote, c) {
                (Some('\''), '\'') => quoted.push_str(r"'\''"),
                (Some('\''), _) => quoted.push(c),
                // Only single quotes prevent history expansion.
                (Some(_), '!') if self.expands_history => quoted.push_str("\"'!'\""),
                (Some(_), _) => {
                    quoted.extend("\\\"$`".contains(c).then_some('\\'));
                    quoted.push(c);
                }
                (None, _) => {
                    let is_plain = c.is_alphanumeric() || "_./:@+-,=%".contains(c);
                    quoted.extend((!is_plain).then_some('\\'));
                    quoted.push(c);
                }
            }
        }
        quoted
    }
}

/// The candidates for a profile name.
pub(super) fn profile_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let environment = crate::environment::Environment::of_process();
    let files = environment.config_file().and_then(|config| {
        let read = |path| crate::files::read(path).map(Option::unwrap_or_default);
        Ok((read(&config)?, read(&environment.credentials_file()?)?))
    });
    let Ok((config, credentials)) = files else { return Vec::new() };
    // A broken file gives no candidates. The command itself reports it.
    let Ok(names) = profiles::names(&config, &credentials) else { return Vec::new() };
    let prefix = current.to_string_lossy();
    // The shell would print control characters unchanged.
    let is_offered = |name: &&str| name.starts_with(&*prefix) && !name.contains(is_control_or_invisible);
    names.into_iter().filter(is_offered).map(CompletionCandidate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_gets_what_it_reads_back_as_the_same_text() {
        let bash = Bash { expands_history: true, ..Bash::default() };
        for (text, bare, single, double) in [
            ("prod", "prod", "prod", "prod"),
            ("a b:c@d", "a\\ b:c@d", "a b:c@d", "a b:c@d"),
            ("it's", "it\\'s", "it'\\''s", "it's"),
            ("$d`x`\"\\", "\\$d\\`x\\`\\\"\\\\", "$d`x`\"\\", "\\$d\\`x\\`\\\"\\\\"),
            ("bang!", "bang\\!", "bang!", "bang\"'!'\""),
            ("~x", "\\~x", "~x", "~x"),
            ("é", "é", "é", "é"),
        ] {
            assert_eq!(bash.quoted(text, None), bare);
            assert_eq!(bash.quoted(text, Some('\'')), single);
            assert_eq!(bash.quoted(text, Some('"')), double);
        }
        assert_eq!(Bash::default().quoted("bang!", Some('"')), "bang!");
    }
}
