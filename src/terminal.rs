//! Asks for the code, on the terminal itself: inside `$(…)` and pipes too. Whatever happens there,
//! the terminal is left as it was found.

mod list;
mod question;
mod signals;

use std::fs::File;
use std::io::{Read, Write};
use std::sync::Mutex;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

pub use self::list::{Look, Row, choose, columns};
pub use self::question::{NoAnswer, ask, confirm};

use self::signals::Signals;
use crate::error::shown;
use crate::session::{SerialNumber, TokenCode};

/// Why there is no code.
#[derive(Debug, PartialEq, Eq)]
pub enum NoCode {
    /// No terminal to ask on.
    NoTerminal,
    /// Ctrl-C, Ctrl-D, SIGINT, SIGTERM, SIGHUP or SIGQUIT.
    Cancelled,
    /// `Meanwhile::is_pointless`.
    Pointless,
}

/// What others do while the question is open.
pub struct Meanwhile<'m> {
    /// Asked now and then: whether the question has become pointless.
    pub is_pointless: &'m dyn Fn() -> bool,
}

/// Asks for the six digits of a device, until they are six, the user gives up, or there is no point
/// in it any more. Nothing that is typed shows before the second value is dropped.
///
/// # Errors
/// See [`NoCode`].
pub fn ask_for_code(
    profile: &str,
    serial_number: &SerialNumber,
    meanwhile: &Meanwhile<'_>,
) -> Result<(TokenCode, Quiet), NoCode> {
    let mut terminal = Terminal::open(meanwhile)?;
    let question = format!("MFA code for {} ({serial_number}): ", shown(profile));
    loop {
        terminal.print(&question);
        let typed = terminal.read_line(Echo::Stars, LONGEST)?;
        match TokenCode::new(&typed) {
            Ok(code) => return Ok((code, Quiet::after(terminal))),
            Err(invalid) => terminal.print(&format!("that {invalid}; try again, or Ctrl-C\n")),
        }
    }
}

/// Whether a question could be asked.
pub fn is_there() -> bool {
    open_device().is_ok()
}

fn open_device() -> std::io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Puts the terminal back from within a panic, which runs no destructor.
pub fn restore() {
    restore_by(OptionalActions::Now);
}

fn restore_by(actions: OptionalActions) {
    if let (Ok(mut found), Ok(device)) = (FOUND.lock(), open_device())
        && let Some(found) = found.take()
    {
        let _ = tcsetattr(device, actions, &found);
    }
}

/// The terminal while an answer is looked at: a code that is typed ahead shows nowhere, and a signal
/// ends us as it does by default. As it was found when dropped.
pub struct Quiet {
    /// None where it could not be had: the terminal is as it was found already.
    _terminal: Option<Taken>,
}

impl Quiet {
    fn after(Terminal { taken, .. }: Terminal<'_>) -> Self {
        let is_quiet = hush(&taken).is_some();
        Self { _terminal: is_quiet.then_some(taken) }
    }

    /// Throws away what was typed: it was meant for a session that is not there.
    pub fn discard_typed(self) {
        restore_by(OptionalActions::Flush);
    }
}

fn hush(Taken { device, signals }: &Taken) -> Option<()> {
    let mut quiet = FOUND.lock().ok()?.clone()?;
    quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
    // Ctrl-Z would leave a shell function waiting for good (fish).
    quiet.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
    signals.end_us().ok()?;
    tcsetattr(device, OptionalActions::Now, &quiet).ok()
}

/// `_POSIX_VDISABLE`.
const NO_KEY: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// The terminal's modes while they are not these.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// More than any code; a paste of something else is not kept.
const LONGEST: usize = 64;

/// What shows of what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// A star for each character.
    Stars,
    Text,
}

/// The controlling terminal, without echo and signals.
struct Terminal<'t> {
    taken: Taken,
    meanwhile: &'t Meanwhile<'t>,
}

/// A terminal whose modes are ours; as it was again when dropped.
struct Taken {
    device: File,
    signals: Signals,
}

/// What the user did.
enum Input {
    Byte(u8),
    /// A signal, or the end of the terminal.
    End,
    Pointless,
    /// Nothing within the time-out.
    Nothing,
}

/// The bytes of one key come together; milliseconds.
const AT_ONCE: i64 = 25;
/// How often `Meanwhile::is_pointless` is asked, in milliseconds.
const LOOK_AROUND: i64 = 200;

impl<'t> Terminal<'t> {
    fn open(meanwhile: &'t Meanwhile<'t>) -> Result<Self, NoCode> {
        let device = open_device().map_err(|_| NoCode::NoTerminal)?;
        let found = tcgetattr(&device).map_err(|_| NoCode::NoTerminal)?;
        // Before the terminal changes: from here on no signal ends us without it being put back.
        let signals = Signals::catch().map_err(|_| NoCode::NoTerminal)?;
        let mut raw = found.clone();
        // Not ISIG: Ctrl-C is a byte to us, and Ctrl-Z, which would leave a shell function waiting
        // for good (fish), is none.
        raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        if let Ok(mut place) = FOUND.lock() {
            *place = Some(found);
        }
        // Flush: what was typed before the question was not meant for it.
        tcsetattr(&device, OptionalActions::Flush, &raw).map_err(|_| NoCode::NoTerminal)?;
        Ok(Self { taken: Taken { device, signals }, meanwhile })
    }

    fn print(&mut self, text: &str) {
        // A terminal that is gone shows in the read that follows.
        let _ = self.taken.device.write_all(text.as_bytes());
    }

    /// A line of at most `longest` characters; backspace, Ctrl-U and Ctrl-W work. Ends the line.
    fn read_line(&mut self, echo: Echo, longest: usize) -> Result<Zeroizing<String>, NoCode> {
        let mut typed = Zeroizing::new(String::with_capacity(longest));
        // A byte that ended a sequence of the keyboard's and is one of its own.
        let mut next = None;
        let result = loop {
            let byte = match next.take().map_or_else(|| self.next(None), Input::Byte) {
                Input::Byte(byte) => byte,
                Input::End => break Err(NoCode::Cancelled),
                Input::Pointless => break Err(NoCode::Pointless),
                Input::Nothing => continue,
            };
            match byte {
                b'\r' | b'\n' => break Ok(typed),
                0x03 | 0x04 | 0x1c => break Err(NoCode::Cancelled),
                0x08 | 0x7f if typed.pop().is_some() => self.print("\u{8} \u{8}"),
                0x15 | 0x17 => {
                    self.print(&"\u{8} \u{8}".repeat(typed.len()));
                    typed.clear();
                }
                0x1b => next = self.skip_sequence(),
                b' '..=b'~' if typed.len() < longest => {
                    typed.push(char::from(byte));
                    match echo {
                        Echo::Stars => self.print("*"),
                        Echo::Text => self.print(char::from(byte).encode_utf8(&mut [0; 4])),
                    }
                }
                _ => {}
            }
        };
        self.print("\n");
        result
    }

    /// What a key other than a letter sends after ESC, all at once: `[ … letter or ~` (an arrow, a
    /// paste's marks), `O letter`. Returns what came in its place: ESC alone, then another key.
    fn skip_sequence(&mut self) -> Option<u8> {
        match self.next(Some(AT_ONCE)) {
            Input::Byte(b'[') => loop {
                match self.next(Some(AT_ONCE)) {
                    Input::Byte(0x40..=0x7e) => return None,
                    Input::Byte(byte @ ..b' ') => return Some(byte),
                    Input::Byte(_) => {}
                    Input::End | Input::Pointless | Input::Nothing => return None,
                }
            },
            Input::Byte(b'O') => match self.next(Some(AT_ONCE)) {
                Input::Byte(byte @ ..b' ') => Some(byte),
                Input::Byte(_) | Input::End | Input::Pointless | Input::Nothing => None,
            },
            Input::Byte(byte) => Some(byte),
            Input::End | Input::Pointless | Input::Nothing => None,
        }
    }

    /// What comes next; with a time-out perhaps nothing.
    fn next(&mut self, time_out: Option<i64>) -> Input {
        let milliseconds = time_out.unwrap_or(LOOK_AROUND);
        let pause = Timespec { tv_sec: 0, tv_nsec: milliseconds * 1_000_000 };
        loop {
            let Taken { device, signals } = &self.taken;
            let mut watched =
                [PollFd::new(device, PollFlags::IN), PollFd::new(&signals.wake_up, PollFlags::IN)];
            match poll(&mut watched, Some(&pause)) {
                Ok(0) if time_out.is_some() => return Input::Nothing,
                Ok(0) if (self.meanwhile.is_pointless)() => return Input::Pointless,
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) if !watched[1].revents().is_empty() => return Input::End,
                Ok(_) => {}
                Err(_) => return Input::End,
            }
            let mut byte = [0];
            return match self.taken.device.read(&mut byte) {
                Ok(1) => Input::Byte(byte[0]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Ok(_) | Err(_) => Input::End,
            };
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        restore();
    }
}
