//! Catches signals during a question, so that the terminal can be restored before they take effect.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

use crate::process;

/// The signal that ended the question; 0 if none did.
static ENDED_BY: AtomicUsize = AtomicUsize::new(0);
static CONTINUED: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);
/// Whether no question is open. Signals then have their default effect.
static IS_OVER: AtomicBool = AtomicBool::new(true);
static ARE_REGISTERED: AtomicBool = AtomicBool::new(false);
/// Whether a call to STS is open.
static IN_CALL: AtomicBool = AtomicBool::new(false);
/// The terminal shows `^C` before it.
const CANCELLED: &[u8] = b"\nerror: cancelled; nothing was changed\n";

/// Starts to catch signals. Signals that were ignored when we started (nohup) stay ignored.
///
/// # Errors
/// If no handler can be registered.
pub fn catch() -> io::Result<()> {
    register()?;
    ENDED_BY.store(0, Ordering::SeqCst);
    CONTINUED.store(false, Ordering::SeqCst);
    IS_OVER.store(false, Ordering::SeqCst);
    Ok(())
}

/// From here on, SIGINT prints that it has cancelled the call, and then ends the process.
pub fn begin_call() {
    // The message is only a convenience.
    let _ = register();
    IN_CALL.store(true, Ordering::SeqCst);
}

pub fn end_call() {
    IN_CALL.store(false, Ordering::SeqCst);
}

fn register() -> io::Result<()> {
    // Once in a process: unregistering a handler of signal-hook doesn't restore the default.
    if !ARE_REGISTERED.load(Ordering::SeqCst) {
        if !process::is_ignored(SIGINT) {
            let say_cancelled = || {
                if IN_CALL.load(Ordering::SeqCst) && IS_OVER.load(Ordering::SeqCst) {
                    let _ = rustix::io::write(rustix::stdio::stderr(), CANCELLED);
                }
            };
            #[expect(unsafe_code, reason = "signal-hook can't see that an action is safe in a handler")]
            // SAFETY: it loads two atomics and makes one system call. Before the action that ends the
            // process: they run in the order in which they are registered.
            let _ = unsafe { low_level::register(SIGINT, say_cancelled) }?;
        }
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            if !process::is_ignored(signal) {
                flag::register_conditional_default(signal, &IS_OVER)?;
                flag::register_usize(signal, &ENDED_BY, signal.unsigned_abs() as usize)?;
            }
        }
        flag::register(SIGCONT, &CONTINUED)?;
        // From the first question on, SIGTSTP has no effect: a stop while STS answers would hang fish, too.
        flag::register(SIGTSTP, &STOPPED)?;
        ARE_REGISTERED.store(true, Ordering::SeqCst);
    }
    Ok(())
}

/// Gives signals their default effect again.
pub fn release() {
    IS_OVER.store(true, Ordering::SeqCst);
}

/// Whether a signal has ended the question.
pub fn ended() -> bool {
    ENDED_BY.load(Ordering::SeqCst) != 0
}

/// Whether the process was stopped and continued since the last call of this.
pub fn has_continued() -> bool {
    CONTINUED.swap(false, Ordering::SeqCst)
}

/// Ends the process by the signal that ended the last question, if one did. Not by SIGINT: fish would
/// treat the function as successful.
pub fn end_as_signalled() {
    let signal = i32::try_from(ENDED_BY.load(Ordering::SeqCst)).unwrap_or_default();
    if [SIGTERM, SIGHUP, SIGQUIT].contains(&signal) {
        let _ = low_level::emulate_default_handler(signal);
    }
}
