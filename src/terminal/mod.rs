//! Questions on the terminal itself, so that they work inside `$(…)` and pipes. Whatever ends a
//! question, the terminal is left as it was found.

mod keys;
mod picker;
mod question;
mod signals;

use std::fs::File;
use std::io::{self, Write};
use std::sync::Mutex;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

pub use self::picker::{Row, choose};
pub use self::question::{Echo, Meanwhile, NoAnswer, ask, ask_for_code};
pub use self::signals::end_as_signalled;

const DEVICE: &str = "/dev/tty";

/// Whether a question could be asked.
pub fn is_there() -> bool {
    open_device().is_ok()
}

fn open_device() -> io::Result<File> {
    File::options().read(true).write(true).open(DEVICE)
}

/// Restores the terminal from within a panic, which runs no destructor.
pub fn restore() {
    if let (Ok(mut found), Ok(device)) = (FOUND.lock(), open_device())
        && let Some(found) = found.take()
    {
        let _ = tcsetattr(device, OptionalActions::Now, &found);
    }
}

/// The modes to restore while the terminal is in raw mode.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// Runs `dialogue` with the terminal in raw mode and signals caught; ends both before it returns.
fn hold<T>(dialogue: impl FnOnce(&mut RawTerminal) -> Result<T, NoAnswer>) -> Result<T, NoAnswer> {
    let mut terminal = RawTerminal::open().map_err(|_| NoAnswer::NoTerminal)?;
    let answer = dialogue(&mut terminal);
    drop(terminal);
    // A signal may have come after the last look at them.
    if signals::ended() { Err(NoAnswer::Cancelled) } else { answer }
}

/// The controlling terminal without echo, line editing and signals from keys. Restored on drop.
struct RawTerminal {
    device: File,
    /// The same for reading, which never blocks. A flag of the open file: `device` has to block, or
    /// a slow terminal would lose what is drawn.
    input: File,
    raw: Termios,
    /// A byte that was read and does not belong to the key before it.
    pending: Option<u8>,
}

impl RawTerminal {
    fn open() -> io::Result<Self> {
        let device = open_device()?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let input = rustix::fs::open(DEVICE, flags, Mode::empty())?.into();
        let found = tcgetattr(&device)?;
        let mut raw = found.clone();
        // Without ISIG, Ctrl-Z is a key like others: stopped inside a function, we would hang fish.
        raw.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Before the modes change: from here on, no signal ends us with the terminal in raw mode.
        signals::catch()?;
        if let Ok(mut place) = FOUND.lock() {
            *place = Some(found);
        }
        let terminal = Self { device, input, raw, pending: None };
        // Flush: what was typed before the question was not meant for it.
        tcsetattr(&terminal.device, OptionalActions::Flush, &terminal.raw)?;
        Ok(terminal)
    }

    /// Raw mode again after a stop, during which the shell set modes of its own.
    fn resume(&self) {
        // If the terminal is gone, the next read says so.
        let _ = tcsetattr(&self.device, OptionalActions::Now, &self.raw);
    }

    /// Columns and lines. A serial line does not know them, and says 0.
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
        signals::release();
    }
}
