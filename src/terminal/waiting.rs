//! Prints a message if a call to STS takes long, or if Ctrl-C ends it. Doesn't make the call.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::output::note;
use crate::process::signals::{self, SignalGuard};

/// After this time, a call gets a message.
const PATIENCE: Duration = Duration::from_secs(2);

/// Exists while a call is open.
pub struct Waiting {
    /// Dropped when the call has ended, which the thread notices.
    _ended: Sender<()>,
    _signals: SignalGuard,
}

impl Waiting {
    /// Starts a thread that prints `what` after two seconds. `has_code`: the call carries a code.
    pub fn start(what: String, has_code: bool) -> Self {
        signals::disarm(signals::SIGTSTP);
        let (ended, has_ended) = mpsc::channel();
        thread::spawn(move || {
            if has_ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                note(&what);
            }
        });
        Self { _ended: ended, _signals: SignalGuard::of_call(has_code) }
    }
}
