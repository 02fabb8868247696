//! Reads keys from a terminal in raw mode, one byte at a time: what the user types after the answer
//! belongs to the shell.

use std::io::{ErrorKind, Read};
use std::thread;
use std::time::Duration;

use super::RawTerminal;
use crate::error::escape;
use crate::process::signals;

/// What the user did, or what happened in the meantime.
pub enum Event {
    Key(Key),
    /// Nothing happened for a [`TICK`].
    Tick,
    /// The process was stopped and continued. Draw the screen again.
    Resumed,
    /// A signal came, or the terminal is gone.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    /// Ctrl-C, Ctrl-D, Ctrl-\.
    Cancel,
    Escape,
    Backspace,
    Tab,
    /// Ctrl-U.
    DeleteLine,
    /// Ctrl-W.
    DeleteWord,
    Up,
    Down,
    PageUp,
    PageDown,
    /// Or Ctrl-A.
    Home,
    /// Or Ctrl-E.
    End,
    Other,
}

enum Input {
    Byte(u8),
    Nothing,
    End,
}

/// How long to wait for a key, and for the rest of one. Not by poll, which macOS refuses for terminals.
/// Not by VTIME: after a stop the shell's modes apply, and the read would wait for a whole line.
const TICK: Duration = Duration::from_millis(25);

impl RawTerminal {
    /// The next key, if one comes within a tick.
    pub fn next(&mut self) -> Event {
        if signals::ended_by().is_some() {
            return Event::End;
        }
        if signals::has_continued() {
            self.resume();
            return Event::Resumed;
        }
        match self.byte() {
            Input::Byte(byte) => Event::Key(self.key(byte)),
            Input::Nothing => Event::Tick,
            Input::End => Event::End,
        }
    }

    fn byte(&mut self) -> Input {
        if let Some(byte) = self.pending.take() {
            return Input::Byte(byte);
        }
        let input = self.read();
        if !matches!(input, Input::Nothing) {
            return input;
        }
        thread::sleep(TICK);
        self.read()
    }

    fn read(&mut self) -> Input {
        let mut byte = [0];
        match self.input.read(&mut byte) {
            Ok(1) => Input::Byte(byte[0]),
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::Interrupted].contains(&error.kind()) => {
                Input::Nothing
            }
            Ok(_) | Err(_) => Input::End,
        }
    }

    fn key(&mut self, byte: u8) -> Key {
        match byte {
            b'\r' | b'\n' => Key::Enter,
            0x03 | 0x04 | 0x1c => Key::Cancel,
            0x08 | 0x7f => Key::Backspace,
            b'\t' => Key::Tab,
            0x15 => Key::DeleteLine,
            0x17 => Key::DeleteWord,
            0x01 => Key::Home,
            0x05 => Key::End,
            0x1b => self.escape_sequence(),
            b' '..=b'~' => Key::Char(byte.into()),
            0xc2..=0xdf => self.character(byte, 2),
            0xe0..=0xef => self.character(byte, 3),
            0xf0..=0xf4 => self.character(byte, 4),
            _ => Key::Other,
        }
    }

    /// Reads what follows ESC within a tick: `[ … letter or ~` (an arrow, the marks around a paste) or
    /// `O letter`. Treats anything else as separate keys.
    fn escape_sequence(&mut self) -> Key {
        match self.byte() {
            Input::Byte(b'[' | b'O') => {}
            Input::Byte(byte) => {
                self.pending = Some(byte);
                return Key::Escape;
            }
            Input::Nothing | Input::End => return Key::Escape,
        }
        let mut parameters = String::new();
        loop {
            match self.byte() {
                Input::Byte(end @ b'@'..=b'~') => return key_of_sequence(end, &parameters),
                Input::Byte(byte @ b' '..) => parameters.push(byte.into()),
                Input::Byte(byte) => {
                    self.pending = Some(byte);
                    return Key::Other;
                }
                Input::Nothing | Input::End => return Key::Other,
            }
        }
    }

    /// A character of `length` bytes in UTF-8, or `Key::Other` if it can't be shown as it is.
    fn character(&mut self, first: u8, length: usize) -> Key {
        let mut bytes = vec![first];
        while bytes.len() < length
            && let Input::Byte(byte) = self.byte()
        {
            bytes.push(byte);
        }
        let text = std::str::from_utf8(&bytes).ok().filter(|text| escape(text) == **text);
        text.and_then(|text| text.chars().next()).map_or(Key::Other, Key::Char)
    }
}

/// Knows the sequences of xterm, the Linux console and rxvt.
fn key_of_sequence(end: u8, parameters: &str) -> Key {
    match (end, parameters) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'H', _) | (b'~', "1" | "7") => Key::Home,
        (b'F', _) | (b'~', "4" | "8") => Key::End,
        (b'~', "5") => Key::PageUp,
        (b'~', "6") => Key::PageDown,
        _ => Key::Other,
    }
}
