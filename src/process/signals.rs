//! What signals do for a while. signal-hook can't give back what a signal did before.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{SA_RESTART, SIG_IGN, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTTOU, sighandler_t};

/// Signals that would end this process are noted until this is dropped. What was ignored (nohup) stays
/// ignored.
pub struct Caught(#[expect(dead_code, reason = "dropped")] Vec<Disposition>);

/// SIGTTOU is ignored until this is dropped.
pub struct Ignored(#[expect(dead_code, reason = "dropped")] Option<Disposition>);

/// The last signal that came; 0 for none.
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

/// Whether that signal is ignored, as `nohup` leaves SIGHUP. We give such a signal no handler: a program that
/// we become would find the default action instead (execve(2)).
pub fn is_ignored(signal: c_int) -> bool {
    exchange(signal, None).is_some_and(|found| found.sa_sigaction == SIG_IGN)
}

/// What a signal did, which it does again once this is dropped.
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

/// Sets what a signal does, if `new` says it; returns what it did.
fn exchange(signal: c_int, new: Option<libc::sigaction>) -> Option<libc::sigaction> {
    let new = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `new` is null or outlives the call, all zeros are a valid `sigaction` to be overwritten, and
    // the only handler that is set, `note`, does nothing but store to an atomic.
    #[expect(unsafe_code, reason = "rustix and signal-hook can't read or give back what a signal does")]
    unsafe {
        let mut found: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal, new, &raw mut found) == 0).then_some(found)
    }
}
