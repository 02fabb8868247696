//! Changes what signals do, and restores it on drop. signal-hook can't restore it.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{SA_RESTART, SIG_IGN, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTOU, sighandler_t};

/// Catches signals that would end this process, until it is dropped. Signals that were ignored (nohup)
/// stay ignored.
pub struct Caught(#[expect(dead_code, reason = "dropped")] Vec<Disposition>);

/// Ignores SIGTTOU until it is dropped.
pub struct Ignored(#[expect(dead_code, reason = "dropped")] Option<Disposition>);

/// The last caught signal; 0 for none.
static LAST: AtomicI32 = AtomicI32::new(0);

extern "C" fn note(signal: c_int) {
    LAST.store(signal, Ordering::SeqCst);
}

impl Caught {
    pub fn catch() -> Self {
        LAST.store(0, Ordering::SeqCst);
        let note = note as *const () as sighandler_t;
        let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        Self(signals.into_iter().filter_map(|signal| Disposition::set(signal, note)).collect())
    }

    pub fn signal(&self) -> Option<i32> {
        Some(LAST.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }
}

impl Ignored {
    pub fn ignore_ttou() -> Self {
        Self(Disposition::set(SIGTTOU, SIG_IGN))
    }
}

/// Whether a signal is ignored, as `nohup` ignores SIGHUP. Don't set a handler for such a signal: after
/// exec it would have the default action (execve(2)).
pub fn is_ignored(signal: c_int) -> bool {
    exchange(signal, None).is_some_and(|found| found.sa_sigaction == SIG_IGN)
}

/// The original disposition of a signal, restored on drop.
struct Disposition {
    signal: c_int,
    found: libc::sigaction,
}

impl Disposition {
    /// `None` if the signal is ignored already.
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
    // SAFETY: `new` is null or outlives the call. All zeros are a valid `sigaction` to overwrite. The only
    // handler, `note`, just stores to an atomic.

    #[expect(unsafe_code, reason = "rustix and signal-hook can't read or give back what a signal does")]
    unsafe {
        let mut found: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal, new, &raw mut found) == 0).then_some(found)
    }
}
