//! The first call of a login, signed by the long-term keys. Of several processes, only one calls and uses
//! the code.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Login;
use super::code::PROCESS_TIMEOUT;
use super::error::LoginError;
use super::identity::{self, IdentityLookup};
use crate::aws::{LongTermKeys, SerialNumber, Session, TokenCode};
use crate::output::print_warning;
use crate::store::cache::Lock;
use crate::store::devices;
use crate::sts::{CALL_TIMEOUT, Mfa, Signer, StsError};

/// How long to wait for the lock of another process, which holds it while it gets the code, calls STS, and
/// looks up the identity.
const LOCK_TIMEOUT: Duration = PROCESS_TIMEOUT.saturating_add(CALL_TIMEOUT).saturating_add(identity::TIMEOUT);
/// How long to wait for the identity before the session is cached without it.
const IDENTITY_TIMEOUT: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(50);

/// The keys for the first call, and the running identity look-up.
pub(super) struct SignedBy {
    pub(super) keys: LongTermKeys,
    pub(super) identity: Option<IdentityLookup>,
}

impl SignedBy {
    /// An error that comes with every code, such as an invalid key, if it is known already.
    pub(super) fn refusal(&self) -> Option<StsError> {
        self.identity.as_ref().and_then(IdentityLookup::refusal)
    }
}

impl Login<'_> {
    /// Makes the first call with that code. If another process is calling, waits and uses its session: of
    /// many processes, only one uses the code.
    pub(super) fn call_once(
        &self,
        signed: &SignedBy,
        serial_number: &SerialNumber,
        code: impl FnOnce() -> Result<TokenCode, LoginError>,
    ) -> Result<Session, LoginError> {
        let _calling = self.wait_for_lock(Lock::Calling, Instant::now() + LOCK_TIMEOUT);
        if let Some(session) = self.cached_after_first_call() {
            return Ok(session);
        }
        let code = code()?;
        if let Some(seconds_to_next) = self.seconds_to_next_code(serial_number, &code) {
            let (profile, retry_args) = self.to_try_again();
            return Err(LoginError::CodeUsed { profile, seconds_to_next, retry_args });
        }
        if let Some(failure) = signed.refusal() {
            return Err(self.failed(&failure));
        }
        let session = self
            .first_call(signed, Some(Mfa { serial_number, token_code: &code }))
            .map_err(|failure| self.failed(&failure))?;
        if let Some(cache) = &self.cache {
            cache.note_used(serial_number.as_str(), &code, Timestamp::now());
            self.remember_device(serial_number);
        }
        Ok(session)
    }

    pub(super) fn first_call(&self, signed: &SignedBy, mfa: Option<Mfa<'_>>) -> Result<Session, StsError> {
        let Some(duration) = self.plan.user_session else {
            let session = self.assume(0, &Signer::Keys(&signed.keys), mfa)?;
            self.keep(1, &session);
            return Ok(session);
        };
        let mfa = mfa.expect("the plan has a device");
        let waiting = self.waiting(true);
        let mut session = self.endpoint.get_session_token(&signed.keys, mfa, duration)?;
        drop(waiting);
        // Only the message after the login needs the identity, so don't wait long for it.
        let identity_within =
            |limit| signed.identity.as_ref().and_then(|lookup| lookup.identity_within(limit));
        session.identity = identity_within(IDENTITY_TIMEOUT);
        // The code is used, so cache the session now, even if the user interrupts us.
        self.keep(0, &session);
        if session.identity.is_none() {
            session.identity = identity_within(identity::TIMEOUT);
            if session.identity.is_some() {
                self.keep(0, &session);
            }
        }
        Ok(session)
    }

    /// Remembers the device in use, if it isn't the one in the files.
    fn remember_device(&self, used: &SerialNumber) {
        let Some(in_files) = &self.request.chain.serial_in_files else { return };
        if let Err(error) = devices::remember(in_files, used, self.environment) {
            let what = format!("the MFA device was not remembered: {}", error.what());
            print_warning(&what, error.hints().first());
        }
    }

    /// Waits for a lock. `None` with `--no-cache`, or if another process holds it until the deadline.
    pub(super) fn wait_for_lock(&self, lock: Lock, deadline: Instant) -> Option<File> {
        let (cache, key) = (self.cache.as_ref()?, self.key_of_first_call());
        loop {
            match cache.try_lock(&key, lock) {
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                lock => return lock.ok().flatten(),
            }
        }
    }

    pub(super) fn seconds_to_next_code(&self, serial_number: &SerialNumber, code: &TokenCode) -> Option<u64> {
        self.cache.as_ref()?.seconds_to_next_code(serial_number.as_str(), code, Timestamp::now())
    }
}
