//! What signals do while a question, a call or a command is open. The only place that changes it.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use libc::{SA_RESTART, SIG_DFL, SIG_IGN, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTOU, sighandler_t};
pub use libc::{SIGTSTP, SIGXFSZ};
use rustix::process::{Signal, getpid, kill_process};

/// Changes what signals do, until it is dropped.
pub struct SignalGuard(#[expect(dead_code, reason = "dropped")] Vec<Disposition>);

/// The last caught signal that would have ended this process; 0 for none.
static ENDED_BY: AtomicI32 = AtomicI32::new(0);
static CONTINUED: AtomicBool = AtomicBool::new(false);
/// The terminal shows `^C` before it.
const CANCELLED: &[u8] = b"\nerror: cancelled; nothing was changed\n";
const CODE_MAY_BE_USED: &[u8] = b"hint: the code may be used up: take the next one\n";

impl SignalGuard {
    /// Catches the signals that would end this process, for [`ended_by`].
    pub fn catch() -> Self {
        ENDED_BY.store(0, Ordering::SeqCst);
        CONTINUED.store(false, Ordering::SeqCst);
        Self::set(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT], note)
    }

    /// SIGINT says that it has cancelled the call, before it ends this process. `has_code`: the call carries a
    /// code, which STS may have taken.
    pub fn of_call(has_code: bool) -> Self {
        Self::set(&[SIGINT], if has_code { say_cancelled_with_code } else { say_cancelled })
    }

    /// Ignores SIGTTOU, so that a process in the background can take the terminal.
    pub fn ignore_ttou() -> Self {
        Self(Disposition::set(SIGTTOU, SIG_IGN).into_iter().collect())
    }

    fn set(signals: &[c_int], handler: extern "C" fn(c_int)) -> Self {
        let handler = handler as *const () as sighandler_t;
        Self(signals.iter().filter_map(|signal| Disposition::set(*signal, handler)).collect())
    }
}

/// From here on, the signal has no effect on this process. Sets a handler, since a program that we exec would
/// inherit an ignored signal.
pub fn disarm(signal: c_int) {
    std::mem::forget(SignalGuard::set(&[signal], do_nothing));
}

/// The signal that was caught last.
pub fn ended_by() -> Option<c_int> {
    Some(ENDED_BY.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

/// Whether this process was stopped and continued since the last call of this.
pub fn has_continued() -> bool {
    CONTINUED.swap(false, Ordering::SeqCst)
}

/// Ends this process by a signal, which must have its default action.
pub fn end_by(signal: c_int) {
    let _ = Signal::from_named_raw(signal).map(|signal| kill_process(getpid(), signal));
}

/// Ends this process by the signal that ended the last question, if one did. Not by SIGINT: fish would treat
/// the function as successful.
pub fn end_as_signalled() {
    if let Some(signal) = ended_by().filter(|signal| *signal != SIGINT) {
        end_by(signal);
    }
}

extern "C" fn note(signal: c_int) {
    match signal {
        SIGCONT => CONTINUED.store(true, Ordering::SeqCst),
        _ => ENDED_BY.store(signal, Ordering::SeqCst),
    }
}

extern "C" fn say_cancelled(signal: c_int) {
    say_and_end(&[CANCELLED], signal);
}

extern "C" fn say_cancelled_with_code(signal: c_int) {
    say_and_end(&[CANCELLED, CODE_MAY_BE_USED], signal);
}

fn say_and_end(lines: &[&[u8]], signal: c_int) {
    for line in lines {
        let _ = rustix::io::write(rustix::stdio::stderr(), line);
    }
    std::mem::forget(Disposition::set(signal, SIG_DFL));
    end_by(signal);
}

extern "C" fn do_nothing(_: c_int) {}

/// The original disposition of a signal, restored on drop.
struct Disposition {
    signal: c_int,
    found: libc::sigaction,
}

impl Disposition {
    /// `None` if the signal is ignored, as `nohup` ignores SIGHUP. It stays so: after exec, a signal with a
    /// handler would have the default action (execve(2)).
    fn set(signal: c_int, handler: sighandler_t) -> Option<Self> {
        let found = exchange(signal, None).filter(|found| found.sa_sigaction != SIG_IGN)?;
        exchange(signal, Some(libc::sigaction { sa_sigaction: handler, sa_flags: SA_RESTART, ..found }))?;
        Some(Self { signal, found })
    }
}

impl Drop for Disposition {
    fn drop(&mut self) {
        exchange(self.signal, Some(self.found));
    }
}

/// Sets the disposition of a signal, if `new` is given. Returns the old one.
fn exchange(signal: c_int, new: Option<libc::sigaction>) -> Option<libc::sigaction> {
    let new = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `new` is null or outlives the call. All zeros are a valid `sigaction` to overwrite. The
    // handlers only use atomics and system calls.
    #[expect(unsafe_code, reason = "rustix can't read or give back what a signal does")]
    unsafe {
        let mut found: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal, new, &raw mut found) == 0).then_some(found)
    }
}
