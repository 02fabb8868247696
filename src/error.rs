//! An error as plain data: what happened, hints, and the exit status. Its words are chosen where the error
//! arises. `output` prints it, and quotes commands for the user's shell.

mod text;

use std::fmt;

pub use self::text::{
    after_home, clean_name, escape, escape_json, for_people, is_control_or_invisible, shorten_home,
    shown_path, shown_value,
};

/// A failure. The user sees `error: what`, then a line `hint: …` for each hint.
#[derive(Debug)]
pub struct Error {
    exit: Exit,
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
    /// A line to paste that is more than one command, after a few words about its purpose.
    Paste {
        why: String,
        line: String,
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

    pub fn paste(why: &str, line: impl Into<String>) -> Self {
        Self::Paste { why: why.to_owned(), line: line.into() }
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

/// The exit status of a failure, by what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The user's files, I/O or a lock.
    Files = 1,
    /// The command line, or a profile that can't do what the user wants.
    Usage = 2,
    /// STS refused the call.
    Denied = 3,
    /// No session, or we need a code and can't ask for it.
    NoSession = 4,
    /// STS can't be reached (name, TLS, time-out).
    Unreachable = 5,
    /// The command after `--` exists but can't be run, as in a shell.
    CommandNotRun = 126,
    /// The command after `--` does not exist, as in a shell.
    CommandNotFound = 127,
    /// Ctrl-C at a question, as shells report SIGINT.
    Cancelled = 130,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), hints: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn exit(&self) -> Exit {
        self.exit
    }

    pub fn what(&self) -> &str {
        &self.what
    }

    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}
