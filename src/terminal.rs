//! Asks for the code, on the terminal itself: inside `$(…)` and pipes too. Whatever happens there,
//! the terminal is left as it was found.

mod list;
mod question;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::{self, pipe};
use signal_hook::{SigId, flag};
use zeroize::Zeroizing;

pub use self::list::{Look, Row, choose, columns};
pub use self::question::{NoAnswer, ask, confirm};

use crate::error::shown;
use crate::process;
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
    /// Told when the user begins to type a code.
    pub begins: &'m dyn Fn(),
}

/// Asks for the six digits of a device, until they are six, the user gives up, or there is no point
/// in it any more.
///
/// # Errors
/// See [`NoCode`].
pub fn ask_for_code(
    profile: &str,
    serial_number: &SerialNumber,
    meanwhile: &Meanwhile<'_>,
) -> Result<TokenCode, NoCode> {
    let mut terminal = Terminal::open(meanwhile)?;
    let question = format!("MFA code for {} ({serial_number}): ", shown(profile));
    loop {
        terminal.print(&question);
        let typed = terminal.read_line(Echo::Stars, LONGEST)?;
        match TokenCode::new(&typed) {
            Ok(code) => return Ok(code),
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
    if let (Ok(mut found), Ok(device)) = (FOUND.lock(), open_device())
        && let Some(found) = found.take()
    {
        let _ = tcsetattr(device, OptionalActions::Now, &found);
    }
}

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

/// The controlling terminal, without echo and signals; as it was again when dropped.
struct Terminal<'t> {
    device: File,
    signals: Signals,
    meanwhile: &'t Meanwhile<'t>,
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
        Ok(Self { device, signals, meanwhile })
    }

    fn print(&mut self, text: &str) {
        // A terminal that is gone shows in the read that follows.
        let _ = self.device.write_all(text.as_bytes());
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
                    if typed.is_empty() {
                        (self.meanwhile.begins)();
                    }
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
            let mut watched =
                [PollFd::new(&self.device, PollFlags::IN), PollFd::new(&self.signals.wake_up, PollFlags::IN)];
            match poll(&mut watched, Some(&pause)) {
                Ok(0) if time_out.is_some() => return Input::Nothing,
                Ok(0) if (self.meanwhile.is_pointless)() => return Input::Pointless,
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) if !watched[1].revents().is_empty() => return Input::End,
                Ok(_) => {}
                Err(_) => return Input::End,
            }
            let mut byte = [0];
            return match self.device.read(&mut byte) {
                Ok(1) => Input::Byte(byte[0]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Ok(_) | Err(_) => Input::End,
            };
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        restore();
    }
}

/// Signals that would end or stop us with the terminal in our hands, turned into a readable socket.
/// What was ignored when we started (nohup) stays ignored.
struct Signals {
    wake_up: UnixStream,
    awake: Vec<SigId>,
    /// True from the end of the question on: each signal does again what it does by default.
    is_over: Arc<AtomicBool>,
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        let (wake_up, sender) = UnixStream::pair()?;
        let mut signals = Self { wake_up, awake: Vec::new(), is_over: Arc::new(AtomicBool::new(false)) };
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] {
            if process::is_ignored(signal) {
                continue;
            }
            // signal-hook leaves its handler in place when it is done; SIGTSTP gets no other.
            flag::register_conditional_default(signal, Arc::clone(&signals.is_over))?;
            if signal != SIGTSTP {
                signals.awake.push(pipe::register(signal, sender.try_clone()?)?);
            }
        }
        Ok(signals)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        for id in self.awake.drain(..) {
            low_level::unregister(id);
        }
    }
}
