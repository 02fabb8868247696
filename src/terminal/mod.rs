//! Asks questions on the terminal itself, so that they work inside `$(…)` and pipes. However a question
//! ends, the terminal's modes are restored. `window` asks without a terminal.

mod keys;
mod picker;
mod question;
pub mod table;
mod waiting;
mod window;

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use rustix::fs::{Mode, OFlags};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

pub use self::picker::{Row, choose};
pub use self::question::{Answer, Echo, NoAnswer, Question, ask, ask_for_code};
pub use self::waiting::Waiting;
pub use self::window::Pinentry;
use crate::process::signals::{self, SignalGuard};

const DEVICE: &str = "/dev/tty";

/// Whether there is a terminal to ask on.
pub fn is_there() -> bool {
    open_device().is_ok()
}

/// Whether we may ask there although nobody started us by hand: we run in the foreground, and no program such
/// as vim or k9s has the terminal in raw mode.
pub fn is_free() -> bool {
    open_device().is_ok_and(|device| {
        let is_line_by_line = |modes: Termios| modes.local_modes.contains(LocalModes::ICANON);
        tcgetpgrp(&device) == Ok(getpgrp()) && tcgetattr(&device).is_ok_and(is_line_by_line)
    })
}

fn open_device() -> io::Result<File> {
    File::options().read(true).write(true).open(DEVICE)
}

/// Restores the terminal. The panic hook calls it, since a panic here runs no destructors.
pub fn restore() {
    if let (Ok(mut found), Ok(device)) = (FOUND.lock(), open_device())
        && let Some(found) = found.take()
    {
        let _ = tcsetattr(device, OptionalActions::Now, &found);
    }
}

/// The modes to restore; set while the terminal is in raw mode.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// Runs `dialogue` in raw mode and with signals caught. Restores both before it returns.
fn hold<T>(dialogue: impl FnOnce(&mut RawTerminal) -> Result<T, NoAnswer>) -> Result<T, NoAnswer> {
    let mut terminal = RawTerminal::open().map_err(|_| NoAnswer::NoTerminal)?;
    let answer = dialogue(&mut terminal);
    drop(terminal);
    // A signal may have come since the last check.
    if signals::ended_by().is_some() { Err(NoAnswer::Cancelled) } else { answer }
}

/// Raw mode: no echo, no line editing, no signals from keys. Restored on drop.
struct RawTerminal {
    device: File,
    /// The terminal opened again, to read without blocking. `device` must block, or a slow terminal
    /// would lose output.
    input: File,
    raw: Termios,
    /// A byte that was read, but belongs to the next key.
    pending: Option<u8>,
    _signals: SignalGuard,
}

impl RawTerminal {
    fn open() -> io::Result<Self> {
        let device = open_device()?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let input = rustix::fs::open(DEVICE, flags, Mode::empty())?.into();
        let found = tcgetattr(&device)?;
        let mut raw = found.clone();
        // Without ISIG, Ctrl-Z does not stop us: fish hangs if the program in a function stops.
        raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Before the modes change, so that no signal ends us in raw mode.
        let signals = SignalGuard::catch();
        // Also while STS answers: fish hangs if the program in a function stops.
        signals::disarm(signals::SIGTSTP);
        if let Ok(mut place) = FOUND.lock() {
            *place = Some(found);
        }
        let terminal = Self { device, input, raw, pending: None, _signals: signals };
        // Flush, since what was typed before the question wasn't meant for it.
        tcsetattr(&terminal.device, OptionalActions::Flush, &terminal.raw)?;
        Ok(terminal)
    }

    /// Sets raw mode again after a stop, during which the shell set its own modes.
    fn resume(&self) {
        // If the terminal is gone, the next read says so.
        let _ = tcsetattr(&self.device, OptionalActions::Now, &self.raw);
    }

    /// Columns and lines. 80 and 24 if the terminal says 0, as a serial line does.
    fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(&self.device).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
    }

    fn print(&mut self, text: &str) {
        // If the terminal is gone, the next read says so.
        let _ = self.device.write_all(text.as_bytes());
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        restore();
    }
}
