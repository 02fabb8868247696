//! What happened, what to do next, and the exit status. Every message that a user sees as an
//! error is one of these; where it arises, not here, its words are chosen.

use std::fmt::{self, Write as _};

/// A failure as the user reads it: `error: what`, then a line `hint: …` for each hint.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    what: String,
    hints: Vec<String>,
}

/// What kind of failure it is; each has its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The user's files, I/O or a lock: 1.
    Files,
    /// The command line, or a profile that can't do what was asked: 2.
    Usage,
    /// STS said no: 3.
    Denied,
    /// No session, or a code is needed and can't be asked for: 4.
    NoSession,
    /// STS was not reached: name, TLS, time-out: 5.
    Unreachable,
    /// Ctrl-C at the question: 130, as a shell reports SIGINT.
    Cancelled,
    /// The command after `--` is there and can't be run: 126, as in a shell.
    CommandNotRun,
    /// The command after `--` is not there: 127, as in a shell.
    CommandNotFound,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hints: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
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

    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// Text of somebody else's (a profile's name, STS's message, a path) made fit for a terminal:
/// control and bidirectional characters are shown as escapes, not executed.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let steers = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}');
        if c.is_control() || steers {
            write!(out, "{}", c.escape_unicode()).expect("a String takes all that is written");
        } else {
            out.push(c);
        }
    }
    out
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn shows_escapes_and_bidi_marks_instead_of_executing_them() {
        assert_eq!(shown("a\u{1b}[31mb\u{202e}c\n"), "a\\u{1b}[31mb\\u{202e}c\\u{a}");
        assert_eq!(shown("Zürich `x`"), "Zürich `x`");
    }
}
