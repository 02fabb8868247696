//! Questions with a line of text as the answer: the MFA code, and those of `setup`.

use std::convert::Infallible;
use std::time::Instant;

use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use super::keys::{Event, Key};
use super::{RawTerminal, hold};
use crate::aws::{SerialNumber, TokenCode};
use crate::error::{Error, Exit, clean_name};

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// Ctrl-C, Ctrl-D, Esc in a list, SIGINT, SIGTERM, SIGHUP, SIGQUIT, or the terminal is gone.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// Tab, if the question offers another device.
    #[error("the code is that of another device")]
    OtherDevice,
    #[error("nobody answered in time")]
    Unanswered,
    /// The window could not be opened, or its program ended without an answer.
    #[error("{0}")]
    NoWindow(String),
}

impl From<NoAnswer> for Error {
    fn from(no_answer: NoAnswer) -> Self {
        let exit = match no_answer {
            NoAnswer::Cancelled | NoAnswer::OtherDevice => Exit::Cancelled,
            NoAnswer::NoTerminal | NoAnswer::Unanswered | NoAnswer::NoWindow(_) => Exit::NoSession,
        };
        Self::new(exit, no_answer.to_string())
    }
}

/// A question for a code.
pub struct Question<'q> {
    pub profile: &'q str,
    pub serial_number: &'q SerialNumber,
    /// The device for which Tab asks instead.
    pub other: Option<&'q SerialNumber>,
    /// Why it is asked again. Shown with the question, since a tool may keep our standard error to itself.
    pub reason: Option<&'q str>,
    pub deadline: Option<Instant>,
}

/// How a question ended.
pub enum Answer<A, S> {
    Given(A),
    /// What `stop` found while the question was open.
    Stopped(S),
}

/// How the terminal shows what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// As a star for each character.
    Stars,
    Text,
}

/// In bytes: longer than any code. Drops the rest of a long paste.
const LONGEST_CODE: usize = 64;
/// In bytes: longer than any ARN of a device (256).
const LONGEST: usize = 300;

/// Asks for the six digits of a device until there are six, the user gives up, or `stop` finds something
/// that makes the question pointless. It is called every few milliseconds.
pub fn ask_for_code<S>(
    question: &Question<'_>,
    stop: impl Fn() -> Option<S>,
) -> Result<Answer<TokenCode, S>, NoAnswer> {
    let Question { profile, serial_number, other, reason, deadline } = question;
    let tab = other.map(|other| format!("; Tab: {}", other.name())).unwrap_or_default();
    let text = format!("MFA code for {} ({}{tab}): ", clean_name(profile), serial_number.label());
    let is_over = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let stop = || if is_over() { Some(None) } else { stop().map(Some) };
    hold(|terminal| {
        if let Some(reason) = reason {
            terminal.print(&format!("{reason}\n"));
        }
        loop {
            let typed = match terminal.read_line(&text, Echo::Stars, LONGEST_CODE, &stop, other.is_some())? {
                Answer::Given(typed) => typed,
                Answer::Stopped(Some(found)) => return Ok(Answer::Stopped(found)),
                Answer::Stopped(None) => return Err(NoAnswer::Unanswered),
            };
            match TokenCode::new(&typed) {
                Ok(code) => return Ok(Answer::Given(code)),
                Err(invalid) => terminal.print(&format!("that {invalid}; try again, or Ctrl-C\n")),
            }
        }
    })
}

/// Asks for a line of text. Trims the white space around it.
pub fn ask(question: &str, echo: Echo) -> Result<Zeroizing<String>, NoAnswer> {
    match hold(|terminal| terminal.read_line(question, echo, LONGEST, &|| None::<Infallible>, false))? {
        Answer::Given(typed) => Ok(Zeroizing::new(typed.trim().to_owned())),
        Answer::Stopped(never) => match never {},
    }
}

impl RawTerminal {
    /// Asks, and reads a line of at most `longest` bytes. Backspace deletes a character, Ctrl-U and
    /// Ctrl-W delete all.
    fn read_line<S>(
        &mut self,
        question: &str,
        echo: Echo,
        longest: usize,
        stop: &impl Fn() -> Option<S>,
        takes_tab: bool,
    ) -> Result<Answer<Zeroizing<String>, S>, NoAnswer> {
        self.print(question);
        let mut typed = Zeroizing::new(String::with_capacity(longest));
        let result = loop {
            match self.next() {
                Event::Key(Key::Enter) => break Ok(Answer::Given(typed)),
                Event::Key(Key::Cancel) | Event::End => break Err(NoAnswer::Cancelled),
                Event::Key(Key::Tab) if takes_tab => break Err(NoAnswer::OtherDevice),
                Event::Key(Key::Char(c)) if typed.len() + c.len_utf8() <= longest => {
                    typed.push(c);
                    self.print(&echo.of(c.encode_utf8(&mut [0; 4])));
                }
                Event::Key(Key::Backspace) => {
                    if let Some(c) = typed.pop() {
                        self.erase(&echo.of(c.encode_utf8(&mut [0; 4])));
                    }
                }
                Event::Key(Key::DeleteLine | Key::DeleteWord) => {
                    self.erase(&echo.of(&typed));
                    typed.clear();
                }
                Event::Key(_) => {}
                Event::Tick => {
                    if let Some(found) = stop() {
                        break Ok(Answer::Stopped(found));
                    }
                }
                Event::Resumed => self.print(&format!("\r{question}{}", *echo.of(&typed))),
            }
        };
        self.print("\n");
        result
    }

    /// Erases text before the cursor.
    fn erase(&mut self, text: &str) {
        self.print(&"\u{8} \u{8}".repeat(text.width()));
    }
}

impl Echo {
    fn of(self, typed: &str) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Stars => "*".repeat(typed.chars().count()),
            Self::Text => typed.to_owned(),
        })
    }
}
