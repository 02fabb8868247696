//! Completion: what fits at the cursor of a half-typed line, in the form that the shell needs. Reads only the
//! two files: no network, no lock, no process.
//!
//! Longer than 300 lines: the quoting rules of the shells are easier to check side by side.

use std::ffi::{OsStr, OsString};

use clap_complete::CompleteEnv;
use clap_complete::engine::{self, CompletionCandidate};

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
        let answer = match Shell::of_process(&shell) {
            Some(Shell::Bash) => bash.answer(&line),
            Some(Shell::Zsh) => zsh_answer(&line),
            Some(Shell::Fish) => fish_answer(&line),
            Some(Shell::Posix | Shell::Elvish | Shell::Nu) | None => String::new(),
        };
        // Nobody would read an error.
        let _ = output::print(&answer);
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

/// A half-typed line, as its shell reads it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line {
    /// The complete words after the command's name.
    words: Vec<String>,
    /// The word at the cursor so far, without its quotes.
    word: String,
    /// The open quote of that word.
    quote: Option<char>,
    /// How many characters of that word the shell keeps. It replaces the rest by a candidate.
    kept: usize,
}

impl Line {
    /// `breaks` are the characters at which bash starts a new word to complete (`COMP_WORDBREAKS`); empty for
    /// other shells.
    fn read(text: &str, shell: Shell, breaks: &str) -> Self {
        let mut line = Self::split(text, shell, breaks);
        // The name may be an alias. Assignments may come before it, and in fish a keyword.
        let is_ours = |word: &String| word.rsplit('/').next() == Some("mfa-env");
        let is_assignment = |word: &String| word.contains('=');
        let name = line.words.iter().position(is_ours);
        let name = name.or_else(|| line.words.iter().position(|word| !is_assignment(word)));
        line.words.drain(..name.map_or(line.words.len(), |at| at + 1));
        line
    }

    /// Like `read`, with the command's name and the words before it.
    fn split(text: &str, shell: Shell, breaks: &str) -> Self {
        let mut line = Self::default();
        let mut is_word = false;
        let mut text = text.chars();
        while let Some(c) = text.next() {
            match (line.quote, c) {
                (Some(open), c) if c == open => {
                    line.quote = None;
                    continue;
                }
                (None, '\'' | '"') => {
                    (line.quote, line.kept) = (Some(c), line.word.chars().count());
                    is_word = true;
                    continue;
                }
                (None, c) if c.is_whitespace() => {
                    if is_word {
                        line.words.push(std::mem::take(&mut line.word));
                    }
                    (is_word, line.kept) = (false, 0);
                    continue;
                }
                (quote, '\\') if quote != Some('\'') || shell == Shell::Fish => {
                    let Some(next) = text.next() else { break };
                    let is_escape = match quote {
                        None => true,
                        Some('\'') => "'\\".contains(next),
                        Some(_) => "\\\"$`".contains(next),
                    };
                    if !is_escape {
                        line.word.push(c);
                    }
                    line.word.push(next);
                }
                (None, c) if breaks.contains(c) => {
                    // readline treats these two as part of the word, for host names and variables.
                    line.kept = line.word.chars().count() + usize::from(!"@$".contains(c));
                    line.word.push(c);
                }
                (_, c) => line.word.push(c),
            }
            is_word = true;
        }
        line
    }

    /// What fits at the cursor, best first: values such as profiles, then commands, then options.
    fn candidates(&self) -> Vec<CompletionCandidate> {
        let words = std::iter::once("mfa-env").chain(self.words.iter().map(String::as_str));
        let words: Vec<_> = words.chain([self.word.as_str()]).map(OsString::from).collect();
        let last = words.len() - 1;
        let found = engine::complete(&mut command(), words, last, None).unwrap_or_default();
        let has_tag = |candidate: &CompletionCandidate, tag: &str| {
            candidate.get_tag().is_some_and(|found| found.to_string() == tag)
        };
        let (options, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| has_tag(it, "Options"));
        let (commands, mut found): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|it| has_tag(it, "Commands"));
        let names_profile =
            |word: &String| word == "-p" || word == "--profile" || word.starts_with("--profile=");
        let has_profile = self.words.iter().any(names_profile);
        let is_of_command = self.words.first().is_some_and(|word| is_command(word));
        // A bare word with a command's name is that command.
        found.retain(|it| {
            let is_taken = has_profile || it.get_value().to_str().is_some_and(is_command);
            is_of_command || !has_tag(it, "[PROFILE]") || !is_taken
        });
        let may_be_command = self.words.first().is_none_or(|word| word == "help");
        if may_be_command && (!self.word.is_empty() || found.is_empty()) {
            found.extend(commands);
        }
        if self.word.starts_with('-') || found.is_empty() {
            found.extend(options);
        }
        found
    }
}

/// The words of a complete command line; none if a quote is open at its end.
pub(super) fn words(line: &str) -> Vec<String> {
    let line = Line::split(&format!("{line} "), Shell::Posix, "");
    if line.quote.is_some() { Vec::new() } else { line.words }
}

/// Settings of bash that change its quoting.
#[derive(Default)]
struct Bash {
    breaks: String,
    expands_history: bool,
    is_quoted_by_others: bool,
}

impl Bash {
    /// A line for each candidate: the text that follows the open quote or the last break character of the
    /// word.
    fn answer(&self, line: &str) -> String {
        let line = Line::read(line, Shell::Bash, &self.breaks);
        let rest = |candidate: &CompletionCandidate| {
            let text = candidate.get_value().to_string_lossy();
            let rest: String = text.chars().skip(line.kept).collect();
            if self.is_quoted_by_others { rest } else { self.quoted(&rest, line.quote) }
        };
        line.candidates().iter().map(|candidate| rest(candidate) + "\n").collect()
    }

    fn quoted(&self, text: &str, quote: Option<char>) -> String {
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

/// A line for each candidate, in the form of `_describe`. zsh itself quotes them.
fn zsh_answer(line: &str) -> String {
    let line = Line::read(line, Shell::Zsh, "");
    let described = |candidate: &CompletionCandidate| {
        let value = candidate.get_value().to_string_lossy().replace('\\', "\\\\").replace(':', "\\:");
        format!("{value}{}\n", help(candidate, ":"))
    };
    line.candidates().iter().map(described).collect()
}

/// A line for each candidate. fish itself quotes them.
fn fish_answer(line: &str) -> String {
    let line = Line::read(line, Shell::Fish, "");
    let described = |candidate: &CompletionCandidate| {
        format!("{}{}\n", candidate.get_value().to_string_lossy(), help(candidate, "\t"))
    };
    line.candidates().iter().map(described).collect()
}

fn help(candidate: &CompletionCandidate, before: &str) -> String {
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    help.lines().next().map(|line| format!("{before}{line}")).unwrap_or_default()
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

    /// bash's default `COMP_WORDBREAKS`.
    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn read(text: &str, shell: Shell) -> (Vec<String>, String, Option<char>, usize) {
        let Line { words, word, quote, kept } =
            Line::read(text, shell, if shell == Shell::Bash { BREAKS } else { "" });
        (words, word, quote, kept)
    }

    #[test]
    fn reads_the_word_at_the_cursor_as_bash_does() {
        for (typed, word, quote, kept) in [
            ("", "", None, 0),
            ("pr", "pr", None, 0),
            ("a\\ b", "a b", None, 0),
            ("'a b", "a b", Some('\''), 0),
            ("\"it's", "it's", Some('"'), 0),
            ("\"a\\$\\x", "a$\\x", Some('"'), 0),
            ("'a\\", "a\\", Some('\''), 0),
            ("a\\", "a", None, 0),
            ("team:pr", "team:pr", None, 5),
            ("'team:pr", "team:pr", Some('\''), 0),
            ("user@c", "user@c", None, 4),
            ("--profile=team:p", "--profile=team:p", None, 15),
            ("--profile='a b", "--profile=a b", Some('\''), 10),
            ("übär:ü", "übär:ü", None, 5),
            ("~x", "~x", None, 0),
        ] {
            let expected = (Vec::new(), word.to_owned(), quote, kept);
            assert_eq!(read(&format!("mfa-env {typed}"), Shell::Bash), expected, "{typed}");
        }
    }

    #[test]
    fn reads_the_words_before_it() {
        for (typed, words) in [
            ("mfa-env ", &[][..]),
            ("X=1 Y='a b' mfa-env ", &[]),
            ("/usr/bin/mfa-env prod ", &["prod"]),
            ("m prod  -w ", &["prod", "-w"]),
            ("and mfa-env 'a b' \"\" ", &["a b", ""]),
            ("mfa-env a=b ", &["a=b"]),
            ("", &[]),
        ] {
            assert_eq!(read(typed, Shell::Fish).0, words, "{typed}");
        }
    }

    #[test]
    fn fish_has_escapes_in_single_quotes() {
        assert_eq!(read(r"mfa-env 'it\'s a\\b\n", Shell::Fish).1, r"it's a\b\n");
        assert_eq!(read(r"mfa-env 'a\\", Shell::Zsh).1, r"a\\");
    }

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
