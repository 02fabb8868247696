//! An error as plain data: what happened, hints, and the kind that decides the exit status. Its words
//! are chosen where the error arises. `output` prints it, and quotes commands for the user's shell.

use std::fmt::{self, Write as _};

/// A failure. The user sees `error: what`, then a line `hint: …` for each hint.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    what: String,
    hints: Vec<Hint>,
}

/// What the user can do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Text(String),
    /// A command to paste, after a few words about its purpose, which may be empty.
    Run {
        why: String,
        command: Vec<String>,
    },
    /// The command that starts a session of that profile in the user's shell.
    IntoThisShell {
        why: String,
        profile: String,
    },
    /// The command that ends the session in the user's shell.
    OutOfThisShell,
    /// A command that unsets these variables, then an alternative, which may be empty.
    Unset {
        variables: Vec<&'static str>,
        or: &'static str,
    },
}

impl Hint {
    pub fn run<'w>(why: &str, command: impl IntoIterator<Item = &'w str>) -> Self {
        Self::Run { why: why.to_owned(), command: command.into_iter().map(str::to_owned).collect() }
    }

    /// `mfa-env PROFILE ARGUMENTS`. Built with `--profile`, which works for every name; shown without it
    /// unless the name is also a command.
    pub fn mfa_env(why: &str, profile: &str, arguments: &[&str]) -> Self {
        Self::run(why, ["mfa-env", "--profile", profile].into_iter().chain(arguments.iter().copied()))
    }

    /// `mfa-env NAME PROFILE ARGUMENTS`.
    pub fn command(why: &str, name: &str, profile: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().copied();
        if profile.starts_with('-') {
            Self::run(why, ["mfa-env", name].into_iter().chain(arguments).chain(["--", profile]))
        } else {
            Self::run(why, ["mfa-env", name, profile].into_iter().chain(arguments))
        }
    }

    pub fn into_this_shell(why: &str, profile: &str) -> Self {
        Self::IntoThisShell { why: why.to_owned(), profile: profile.to_owned() }
    }

    pub fn unset(variables: &[&'static str]) -> Self {
        Self::Unset { variables: variables.to_vec(), or: "" }
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// An error of a room. Knows its kind and its hints; `Display` says what happened, without advice.
pub trait Explain: fmt::Display {
    fn kind(&self) -> Kind;
    fn hints(&self) -> Vec<Hint>;
}

impl<E: Explain> From<E> for Error {
    fn from(failure: E) -> Self {
        Self { kind: failure.kind(), what: failure.to_string(), hints: failure.hints() }
    }
}

/// The kind of a failure, which decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The user's files, I/O or a lock: 1.
    Files,
    /// The command line, or a profile that can't do what the user wants: 2.
    Usage,
    /// STS refused the call: 3.
    Denied,
    /// No session, or we need a code and can't ask for it: 4.
    NoSession,
    /// STS can't be reached (name, TLS, time-out): 5.
    Unreachable,
    /// Ctrl-C at a question: 130, as shells report SIGINT.
    Cancelled,
    /// The command after `--` exists but can't be run: 126, as in a shell.
    CommandNotRun,
    /// The command after `--` does not exist: 127, as in a shell.
    CommandNotFound,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hints: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit status: 1 to 5, 126, 127 or 130.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Files => 1,
            Kind::Usage => 2,
            Kind::Denied => 3,
            Kind::NoSession => 4,
            Kind::Unreachable => 5,
            Kind::Cancelled => 130,
            Kind::CommandNotRun => 126,
            Kind::CommandNotFound => 127,
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn what(&self) -> &str {
        &self.what
    }

    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

/// Escapes control and invisible characters in untrusted text: a profile name, a path, STS's message.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control_or_invisible(c) {
            write!(out, "{}", c.escape_unicode()).expect("a String takes all that is written");
        } else {
            out.push(c);
        }
    }
    out
}

/// Replaces each control or invisible character by `?`, for prompts, questions and lists.
pub fn clean_name(name: &str) -> String {
    name.chars().map(|c| if is_control_or_invisible(c) { '?' } else { c }).collect()
}

/// A value from the user's files, for messages. Any field may hold a secret key by mistake, so this
/// shows only what can't be one: an ARN, or at most 32 characters without `+`, `/` and `=` (a secret
/// access key has 40).
pub fn shown_value(text: &str) -> String {
    const LONGEST: usize = 32;
    let length = text.chars().count();
    if text.starts_with("arn:") || (length <= LONGEST && !text.contains(['+', '/', '='])) {
        escape(text)
    } else {
        format!("({length} characters, not shown)")
    }
}

/// Escapes control and invisible characters in JSON. Programs still read the same text.
pub fn escape_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_control_or_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a String takes all that is written");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The control characters C0 and C1 (terminals obey both), line and paragraph separators, format
/// characters without a glyph, and Unicode's `Default_Ignorable_Code_Point` (direction marks,
/// zero-width characters, fillers, tags). Not the variation selectors, which emoji need.
pub fn is_control_or_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::{Error, Hint, Kind, clean_name, escape, escape_json, shown_value};

    #[test]
    fn each_kind_of_failure_has_its_exit_status() {
        for (kind, status) in [
            (Kind::Files, 1),
            (Kind::Usage, 2),
            (Kind::Denied, 3),
            (Kind::NoSession, 4),
            (Kind::Unreachable, 5),
            (Kind::Cancelled, 130),
            (Kind::CommandNotRun, 126),
            (Kind::CommandNotFound, 127),
        ] {
            let error = Error::new(kind, "what").hint("one").hint("two");
            assert_eq!((error.kind(), error.exit_code()), (kind, status));
            assert_eq!((error.what(), error.to_string().as_str()), ("what", "what"));
            assert_eq!(error.hints(), [Hint::from("one"), Hint::from("two")]);
        }
    }

    #[test]
    fn shows_what_steers_a_terminal_or_hides_in_it_instead_of_executing_it() {
        assert_eq!(escape("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert_eq!(escape("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
        assert_eq!(escape("pr\u{200b}od\u{200d}\u{2060}\u{ad}"), "pr\\u{200b}od\\u{200d}\\u{2060}\\u{ad}");
        assert_eq!(escape("a\u{2028}\u{2069}\u{feff}\u{e0041}"), "a\\u{2028}\\u{2069}\\u{feff}\\u{e0041}");
        for plain in ["Zürich `x`", "東京", "⚠\u{fe0f} prod", "a\u{a0}b", "עברית"] {
            assert_eq!(escape(plain), plain);
        }
    }

    #[test]
    fn a_name_is_cleaned_of_what_steers_a_terminal_or_hides_in_it() {
        // Unicode 16, DerivedCoreProperties.txt, Default_Ignorable_Code_Point, without FE00 to FE0F.
        let ignorable = [
            '\u{ad}'..='\u{ad}',
            '\u{34f}'..='\u{34f}',
            '\u{61c}'..='\u{61c}',
            '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}',
            '\u{180b}'..='\u{180f}',
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{3164}'..='\u{3164}',
            '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fff8}',
            '\u{1bca0}'..='\u{1bca3}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e0fff}',
        ];
        let controls = ['\u{0}'..='\u{1f}', '\u{7f}'..='\u{9f}', '\u{2028}'..='\u{2029}'];
        for c in ignorable.into_iter().chain(controls).flatten() {
            assert_eq!(clean_name(&format!("a{c}b")), "a?b", "{}", c.escape_unicode());
        }
        for plain in ["team:prod `x`", "東京", "⚠\u{fe0f} prod", "עברית", "a b?"] {
            assert_eq!(clean_name(plain), plain);
        }
    }

    #[test]
    fn a_value_that_may_be_a_secret_key_is_not_shown() {
        let longest = "A".repeat(32);
        for text in ["AKIAIOSFODNN7EXAMPLE", "eu-west-1", "", "arn:aws:iam::123456789012:mfa/bob", &longest] {
            assert_eq!(shown_value(text), text);
        }
        assert_eq!(shown_value("A\u{1b}B"), "A\\u{1b}B");
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for secret in [secret, &secret.replace('/', "x")] {
            assert_eq!(shown_value(secret), "(40 characters, not shown)");
        }
        assert_eq!(shown_value("a/b"), "(3 characters, not shown)");
    }

    #[test]
    fn json_says_the_same_without_steering_a_terminal() {
        let text = "a\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{e0041}\u{7f}é⚠\u{fe0f}";
        let json = serde_json::to_string_pretty(&[text]).expect("text has a JSON form");
        let shown = escape_json(&json);
        assert_eq!(shown, "[\n  \"a\\u001b[2J\\u009b31m\\u202e\\u200b\\udb40\\udc41\\u007fé⚠\u{fe0f}\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).expect("JSON"), [text]);
    }
}
