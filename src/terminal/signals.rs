//! Signals while the terminal is in our hands. Puts it back by `restore`; asks nothing.

use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::low_level::{self, pipe};
use signal_hook::{SigId, flag};

use super::restore;
use crate::process;

/// Signals that would end or stop us with the terminal in our hands, turned into a readable socket.
/// What was ignored when we started (nohup) stays ignored.
pub struct Signals {
    /// Can be read once there was one.
    pub wake_up: UnixStream,
    /// The last one.
    caught: Arc<AtomicUsize>,
    registered: Vec<SigId>,
    /// True from the end of the question on: each signal does again what it does by default.
    is_over: Arc<AtomicBool>,
}

impl Signals {
    pub fn catch() -> std::io::Result<Self> {
        let (wake_up, sender) = UnixStream::pair()?;
        let mut signals =
            Self { wake_up, caught: Arc::default(), registered: Vec::new(), is_over: Arc::default() };
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] {
            if process::is_ignored(signal) {
                continue;
            }
            // signal-hook leaves its handler in place when it is done; SIGTSTP gets no other.
            flag::register_conditional_default(signal, Arc::clone(&signals.is_over))?;
            if signal != SIGTSTP {
                let number = signal.unsigned_abs() as usize;
                signals.registered.push(flag::register_usize(signal, Arc::clone(&signals.caught), number)?);
                signals.registered.push(pipe::register(signal, sender.try_clone()?)?);
            }
        }
        Ok(signals)
    }

    /// From here on each ends us as it does by default, with the terminal as it was found.
    pub fn end_us(&self) -> std::io::Result<()> {
        let mut wake_up = self.wake_up.try_clone()?;
        let (caught, is_over) = (Arc::clone(&self.caught), Arc::clone(&self.is_over));
        thread::Builder::new().spawn(move || {
            // Nothing comes once the question is over.
            if matches!(wake_up.read(&mut [0]), Ok(1)) {
                restore();
                is_over.store(true, Ordering::SeqCst);
                let signal = i32::try_from(caught.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
                let _ = low_level::emulate_default_handler(signal);
            }
        })?;
        Ok(())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        for id in self.registered.drain(..) {
            low_level::unregister(id);
        }
        let _ = self.wake_up.shutdown(Shutdown::Both);
    }
}
