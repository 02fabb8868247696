//! Questions with a line of text as the answer: the MFA code, and those of `setup`.

use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use super::keys::{Event, Key};
use super::{RawTerminal, hold};
use crate::aws::{SerialNumber, TokenCode};
use crate::error::clean_name;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// There is no terminal to ask on.
    NoTerminal,
    /// Ctrl-C, Ctrl-D, Esc in a list, SIGINT, SIGTERM, SIGHUP, SIGQUIT, or the terminal is gone.
    Cancelled,
    /// `Meanwhile::is_pointless`.
    Pointless,
}

/// What others do while the question is open.
pub struct Meanwhile<'m> {
    /// Asked at each tick: whether the question has become pointless.
    pub is_pointless: &'m dyn Fn() -> bool,
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

/// Asks for the six digits of a device until there are six, the user gives up, or the question has
/// become pointless.
///
/// # Errors
/// See [`NoAnswer`].
pub fn ask_for_code(
    profile: &str,
    serial_number: &SerialNumber,
    meanwhile: &Meanwhile<'_>,
) -> Result<TokenCode, NoAnswer> {
    let question = format!("MFA code for {} ({}): ", clean_name(profile), serial_number.label());
    hold(|terminal| {
        loop {
            let typed = terminal.read_line(&question, Echo::Stars, LONGEST_CODE, meanwhile)?;
            match TokenCode::new(&typed) {
                Ok(code) => return Ok(code),
                Err(invalid) => terminal.print(&format!("that {invalid}; try again, or Ctrl-C\n")),
            }
        }
    })
}

/// Asks for a line of text. Trims the white space around it.
///
/// # Errors
/// See [`NoAnswer`].
pub fn ask(question: &str, echo: Echo) -> Result<Zeroizing<String>, NoAnswer> {
    let nothing = Meanwhile { is_pointless: &|| false };
    let typed = hold(|terminal| terminal.read_line(question, echo, LONGEST, &nothing))?;
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

impl RawTerminal {
    /// Asks, and reads a line of at most `longest` bytes. Backspace deletes a character, Ctrl-U and
    /// Ctrl-W delete all.
    fn read_line(
        &mut self,
        question: &str,
        echo: Echo,
        longest: usize,
        meanwhile: &Meanwhile<'_>,
    ) -> Result<Zeroizing<String>, NoAnswer> {
        self.print(question);
        let mut typed = Zeroizing::new(String::with_capacity(longest));
        let result = loop {
            match self.next() {
                Event::Key(Key::Enter) => break Ok(typed),
                Event::Key(Key::Cancel) | Event::End => break Err(NoAnswer::Cancelled),
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
                Event::Tick if (meanwhile.is_pointless)() => break Err(NoAnswer::Pointless),
                Event::Tick => {}
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
