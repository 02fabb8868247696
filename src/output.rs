//! Output: what commands print, messages on standard error.

mod wrap;

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use self::wrap::wrap;
use crate::error::{Error, Hint, Result, escape_json, for_people};
use crate::shell::hint_parts;
use crate::stdout::write_whole;
pub use crate::stdout::{print, written};

/// Styles for [`paint`].
pub const BOLD: &str = "\x1b[1m";
pub const RED: &str = "\x1b[31m";
pub const GREEN: &str = "\x1b[32m";
pub const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";

/// Text in a style; unchanged if `style` is empty. anstream removes styles if NO_COLOR is set, if TERM is
/// `dumb`, or if the output is a file.
pub fn paint(style: &str, text: &str) -> String {
    if style.is_empty() { text.to_owned() } else { format!("{style}{text}\x1b[0m") }
}

static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Prints a value as JSON, with invisible characters escaped.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value).expect("strings and numbers have a JSON form");
    print(&format!("{}\n", escape_json(&json)))
}

/// Prints text with styles.
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
    message("error", RED, error.what(), None);
    for hint in error.hints() {
        print_hint(hint);
    }
}

pub fn print_warning(what: &str, hint: Option<&Hint>) {
    message("warning", YELLOW, what, None);
    if let Some(hint) = hint {
        print_hint(hint);
    }
}

/// The severity of a finding of `doctor`.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    Ok,
    Warning,
    Error,
}

/// Prints a finding and its remedy to standard output.
pub fn print_finding(label: Label, text: &str, remedy: &[Hint]) -> Result<()> {
    let (word, color) = match label {
        Label::Ok => ("ok", GREEN),
        Label::Warning => ("warning", YELLOW),
        Label::Error => ("error", RED),
    };
    let width = terminal_width();
    let word = paint(color, &format!("{word:>7}"));
    let mut lines = format!("{BOLD}{word}  {}\n", wrap(&for_people(text), None, 9, width));
    for hint in remedy {
        let (prose, paste) = hint_parts(hint);
        lines += &format!("         -> {}\n", wrap(&for_people(&prose), paste.as_deref(), 12, width));
    }
    print_styled(&lines)
}

pub fn print_hint(hint: &Hint) {
    let (prose, paste) = hint_parts(hint);
    message("hint", CYAN, &prose, paste.as_deref());
}

/// Leaves out what [`note`] prints, from now on.
pub fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Prints a line of information, which `-q` leaves out.
pub fn note(text: &str) {
    note_to_paste(text, None);
}

/// Like [`note`], with a line to paste at the end.
pub fn note_to_paste(text: &str, line: Option<&str>) {
    if !IS_QUIET.load(Ordering::Relaxed) {
        say_to_paste(text, line);
    }
}

/// Prints a message to standard error, wrapped on a terminal.
pub fn say(text: &str) {
    say_to_paste(text, None);
}

/// Like [`say`], with a line to paste at the end.
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

fn message(label: &str, color: &str, text: &str, paste: Option<&str>) {
    let text = wrap(&for_people(text), paste, label.len() + 2, width_of(io::stderr()));
    let label = paint(color, &format!("{label}:"));
    let _ = writeln!(anstream::stderr(), "{BOLD}{label} {text}");
}
