//! Output: what commands print, messages on standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::error::{Error, Hint, Result, escape, escape_json};
use crate::shell::hint_text;
use crate::stdout::write_whole;
pub use crate::stdout::{print, written};

/// Prints a value as JSON, with invisible characters escaped.
///
/// # Errors
/// If the write fails.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value).expect("strings and numbers have a JSON form");
    print(&format!("{}\n", escape_json(&json)))
}

/// Prints text with styles. Leaves them out for NO_COLOR, for TERM=dumb and into a file.
///
/// # Errors
/// If the write fails.
pub fn print_styled(text: &str) -> Result<()> {
    write_whole(anstream::stdout().lock(), text)
}

/// Prints the error, and returns its exit status.
pub fn fail(error: &Error) -> ExitCode {
    print_error(error);
    ExitCode::from(error.exit_code())
}

/// Prints `error: …`, then `hint: …` for each hint.
pub fn print_error(error: &Error) {
    message("error", AnsiColor::Red, error.what());
    for hint in error.hints() {
        print_hint(hint);
    }
}

pub fn print_warning(what: &str, hint: Option<&Hint>) {
    message("warning", AnsiColor::Yellow, what);
    if let Some(hint) = hint {
        print_hint(hint);
    }
}

/// The severity of a finding of `doctor`.
#[derive(Clone, Copy)]
pub enum Label {
    Ok,
    Warning,
    Error,
}

/// Prints a finding and its remedy to standard output.
///
/// # Errors
/// If the write fails.
pub fn print_finding(label: Label, text: &str, remedy: Option<&str>) -> Result<()> {
    let (word, color) = match label {
        Label::Ok => ("ok", AnsiColor::Green),
        Label::Warning => ("warning", AnsiColor::Yellow),
        Label::Error => ("error", AnsiColor::Red),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let mut lines = format!("{style}{word:>7}{style:#}  {text}\n");
    if let Some(remedy) = remedy {
        lines += &format!("         -> {remedy}\n");
    }
    print_styled(&lines)
}

pub fn print_hint(hint: &Hint) {
    message("hint", AnsiColor::Cyan, &hint_text(hint));
}

/// Prints a line to standard error.
pub fn say(text: &str) {
    let _ = anstream::stderr().write_all(format!("{}\n", escape(text)).as_bytes());
}

/// The width of the terminal in columns; `None` if standard output is not a terminal.
pub fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

fn message(label: &str, color: AnsiColor, text: &str) {
    let style = Style::new().bold().fg_color(Some(color.into()));
    // anstream leaves the colours out for NO_COLOR, for TERM=dumb and into a file.
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {}", escape(text));
}
