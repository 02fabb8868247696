//! Output: what commands print, messages on standard error.

mod wrap;

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use self::wrap::wrap;
use crate::error::{Error, Hint, Result, escape_json, for_people};
use crate::shell::hint_parts;
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
    ExitCode::from(error.exit().code())
}

/// Prints `error: …`, then `hint: …` for each hint.
pub fn print_error(error: &Error) {
    message("error", AnsiColor::Red, error.what(), None);
    for hint in error.hints() {
        print_hint(hint);
    }
}

pub fn print_warning(what: &str, hint: Option<&Hint>) {
    message("warning", AnsiColor::Yellow, what, None);
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
pub fn print_finding(label: Label, text: &str, remedy: &[Hint]) -> Result<()> {
    let (word, color) = match label {
        Label::Ok => ("ok", AnsiColor::Green),
        Label::Warning => ("warning", AnsiColor::Yellow),
        Label::Error => ("error", AnsiColor::Red),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let width = terminal_width();
    let mut lines = format!("{style}{word:>7}{style:#}  {}\n", wrap(&for_people(text), None, 9, width));
    for hint in remedy {
        let (prose, paste) = hint_parts(hint);
        lines += &format!("         -> {}\n", wrap(&for_people(&prose), paste.as_deref(), 12, width));
    }
    print_styled(&lines)
}

pub fn print_hint(hint: &Hint) {
    let (prose, paste) = hint_parts(hint);
    message("hint", AnsiColor::Cyan, &prose, paste.as_deref());
}

/// Prints a line to standard error; on a terminal, lines.
pub fn say(text: &str) {
    say_to_paste(text, None);
}

/// The same with a line to paste at its end.
pub fn say_to_paste(text: &str, line: Option<&str>) {
    let text = wrap(&for_people(text), line, 0, width_of(io::stderr()));
    let _ = anstream::stderr().write_all(format!("{text}\n").as_bytes());
}

/// The width of standard output in columns; `None` if it is not a terminal.
pub fn terminal_width() -> Option<usize> {
    width_of(io::stdout())
}

fn width_of(output: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(output).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

fn message(label: &str, color: AnsiColor, text: &str, paste: Option<&str>) {
    let style = Style::new().bold().fg_color(Some(color.into()));
    let text = wrap(&for_people(text), paste, label.len() + 2, width_of(io::stderr()));
    // anstream leaves the colours out for NO_COLOR, for TERM=dumb and into a file.
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {text}");
}
