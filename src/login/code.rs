//! The first call of a login, signed by the long-term keys: where its code comes from, and how several
//! processes share one code.
//!
//! Longer than 300 lines, so that the two locks can be read together.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::error::{LoginError, next_code};
use super::identity::{self, IdentityLookup};
use super::plan::Call;
use super::{CodeSource, Login, long_term_keys};
use crate::aws::{LongTermKeys, SerialNumber, Session, TokenCode};
use crate::output::say;
use crate::process;
use crate::store::cache::Lock;
use crate::sts::{CALL_TIMEOUT, Mfa, Reason, Signer, StsError};
use crate::terminal::{self, Answer, NoAnswer};

/// How often to ask for a code.
const TRIES: usize = 3;
/// How long to wait for the question in another terminal.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(60);
/// How long `mfa_process` may take in total for one or two runs: the user may have to touch a key.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a process may hold the lock of a call, and the others wait for it: for the code, the call and the
/// identity.
const LOCK_TIMEOUT: Duration = PROCESS_TIMEOUT.saturating_add(CALL_TIMEOUT).saturating_add(identity::TIMEOUT);
/// How long to wait for the identity before the session is cached without it.
const IDENTITY_TIMEOUT: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(50);

impl Login<'_> {
    /// Makes the first call, with a code if it needs one.
    pub(super) fn call_with_code(&self) -> Result<Session, LoginError> {
        let Some(serial_number) = self.plan.needs_code_of() else {
            let signed = SignedBy { keys: self.keys()?, identity: None };
            return self.first_call(&signed, None).map_err(|failure| self.failed(failure));
        };
        let source = &self.request.code;
        match source {
            // Check this before we take a lock, for which the started program would wait.
            CodeSource::Process(_) => {
                process::reject_recursion("mfa_process", &self.request.chain.profile, self.environment)?;
            }
            CodeSource::None(why) => return Err(self.code_needed(why)),
            CodeSource::Given(_) | CodeSource::Terminal => {}
        }
        let keys = self.keys()?;
        // If we have the code already, we only need the identity; and a role's session tells its own.
        let is_of_use = !matches!(source, CodeSource::Given(_)) || self.is_user_session();
        let identity = is_of_use.then(|| IdentityLookup::start(&self.endpoint, &keys)).flatten();
        let signed = SignedBy { keys, identity };
        match source {
            CodeSource::Given(code) => self.call_once(&signed, serial_number, |_| Ok(code.clone())),
            CodeSource::Process(command) => {
                self.call_once(&signed, serial_number, |used| self.code_from_process(command, used))
            }
            CodeSource::Terminal => self.ask_and_call(&signed, serial_number),
            CodeSource::None(why) => Err(self.code_needed(why)),
        }
    }

    fn keys(&self) -> Result<LongTermKeys, LoginError> {
        long_term_keys(&self.request.chain, self.environment)
    }

    fn ask_and_call(&self, signed: &SignedBy, serial_number: &SerialNumber) -> Result<Session, LoginError> {
        // Held while the question is open, so that other processes know about it.
        let is_first = match self.cache.as_ref().map(|cache| cache.try_lock(&self.key_after(1), Lock::Asking))
        {
            Some(Ok(Some(lock))) => Some(lock),
            Some(Ok(None)) if !terminal::is_there() => return self.wait_for_other(),
            Some(Ok(None)) => {
                say("another terminal asks for this code, too: the first answer serves both");
                None
            }
            // `keep` will report what is wrong with the folder.
            Some(Err(_)) | None => None,
        };
        let mut left = TRIES;
        let session = loop {
            let stop = || self.cached_after(1).map(Ok).or_else(|| signed.refusal().map(Err));
            let code = match terminal::ask_for_code(&self.request.chain.profile, serial_number, stop) {
                Ok(Answer::Given(code)) => code,
                Ok(Answer::Stopped(Ok(session))) => break session,
                Ok(Answer::Stopped(Err(failure))) => return Err(self.failed(failure)),
                Err(NoAnswer::NoTerminal) => {
                    return Err(self.code_needed("there is no terminal to ask for it"));
                }
                Err(NoAnswer::Cancelled) => return Err(LoginError::Cancelled),
            };
            if let Some(seconds) = self.seconds_to_next_code(serial_number, &code) {
                say(&format!("this code was used already; {}", next_code(seconds)));
                continue;
            }
            left -= 1;
            match self.send(signed, serial_number, &code) {
                Err(StsError::Refused { reason: Reason::InvalidCode, .. }) if left > 0 => {
                    say("STS did not accept this code: mistyped, or used before; wait for the next one");
                }
                Ok(session) => break session,
                Err(failure) => return Err(self.failed(failure)),
            }
        };
        drop(is_first);
        Ok(session)
    }

    /// Waits for the session of the terminal that asks, since we have none.
    fn wait_for_other(&self) -> Result<Session, LoginError> {
        say("waiting for another terminal that asks for this code");
        let cache = self.cache.as_ref().expect("its lock was tried");
        let deadline = Instant::now() + QUESTION_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(session) = self.cached_after(1) {
                return Ok(session);
            }
            if !matches!(cache.try_lock(&self.key_after(1), Lock::Asking), Ok(None)) {
                // The session is cached before the lock is released.
                return self.cached_after(1).ok_or_else(|| self.code_needed("the other terminal gave up"));
            }
            thread::sleep(POLL);
        }
        Err(self.code_needed("nobody answered in the other terminal"))
    }

    /// Makes the first call with a code that we can get without asking. If another process is calling, waits
    /// and uses its session: of many processes, only one uses the code.
    fn call_once(
        &self,
        signed: &SignedBy,
        serial_number: &SerialNumber,
        code: impl FnOnce(&dyn Fn(&TokenCode) -> Option<u64>) -> Result<TokenCode, LoginError>,
    ) -> Result<Session, LoginError> {
        let _calling = self.lock_of_call();
        if let Some(session) = self.cached_after(1) {
            return Ok(session);
        }
        let used = |code: &TokenCode| self.seconds_to_next_code(serial_number, code);
        let code = code(&used)?;
        if let Some(seconds) = used(&code) {
            let (profile, retry_args) = self.to_try_again();
            return Err(LoginError::CodeUsed { profile, seconds_to_next: seconds, retry_args });
        }
        self.call_with(signed, serial_number, &code).map_err(|failure| self.failed(failure))
    }

    /// Sends a typed code, unless another process has got the session in the meantime.
    fn send(
        &self,
        signed: &SignedBy,
        serial_number: &SerialNumber,
        code: &TokenCode,
    ) -> Result<Session, StsError> {
        let _calling = self.lock_of_call();
        match self.cached_after(1) {
            Some(session) => Ok(session),
            None => self.call_with(signed, serial_number, code),
        }
    }

    fn call_with(
        &self,
        signed: &SignedBy,
        serial_number: &SerialNumber,
        code: &TokenCode,
    ) -> Result<Session, StsError> {
        if let Some(failure) = signed.refusal() {
            return Err(failure);
        }
        let session = self.first_call(signed, Some(Mfa { serial_number, token_code: code }))?;
        if let Some(cache) = &self.cache {
            cache.note_used(serial_number.as_str(), code, Timestamp::now());
        }
        Ok(session)
    }

    /// Waits for the lock that serialises code and call. `None` with `--no-cache`, or if another process
    /// holds it longer than `LOCK_TIMEOUT`.
    fn lock_of_call(&self) -> Option<File> {
        let (cache, key) = (self.cache.as_ref()?, self.key_after(1));
        let begun = Instant::now();
        let try_lock = || cache.try_lock(&key, Lock::Calling);
        lock_in_time(|| begun.elapsed(), || thread::sleep(POLL), try_lock)
    }

    /// Whether the first call returns a session of the user, which has the identity of the keys.
    fn is_user_session(&self) -> bool {
        matches!(self.plan.calls.first(), Some(Call::GetSessionToken { .. }))
    }

    fn first_call(&self, signed: &SignedBy, mfa: Option<Mfa<'_>>) -> Result<Session, StsError> {
        let session = match (self.plan.calls.first().expect("a plan has calls"), mfa) {
            (Call::GetSessionToken { duration, .. }, mfa) => {
                let mfa = mfa.expect("the plan asked for a code");
                let mut session = self.endpoint.get_session_token(&signed.keys, mfa, *duration)?;
                // Only for the message after the login.
                if let Some(lookup) = &signed.identity {
                    session.identity = lookup.identity_within(IDENTITY_TIMEOUT);
                    if session.identity.is_none() {
                        // The code is used, so cache the session now, even if the user interrupts us. Don't
                        // cache it again: a kill in a second write would leave a temporary file.
                        self.keep(1, &session);
                        session.identity = lookup.identity_within(identity::TIMEOUT);
                        return Ok(session);
                    }
                }
                session
            }
            (Call::AssumeRole { role, duration, .. }, mfa) => {
                self.assume(1, role, *duration, &Signer::Keys(&signed.keys), mfa)?
            }
        };
        self.keep(1, &session);
        Ok(session)
    }

    fn seconds_to_next_code(&self, serial_number: &SerialNumber, code: &TokenCode) -> Option<u64> {
        self.cache.as_ref()?.seconds_to_next_code(serial_number.as_str(), code, Timestamp::now())
    }

    /// Runs `mfa_process`. If it prints a code that we have just used, waits and runs it again. Returns the
    /// used code if there is no time for that.
    fn code_from_process(
        &self,
        command: &str,
        used: &dyn Fn(&TokenCode) -> Option<u64>,
    ) -> Result<TokenCode, LoginError> {
        let begun = Instant::now();
        let code = self.run_process(command, PROCESS_TIMEOUT)?;
        let Some(seconds) = used(&code) else { return Ok(code) };
        let wait = Duration::from_secs(seconds);
        let Some(left) = left_for_a_second_run(begun.elapsed(), wait) else { return Ok(code) };
        if seconds > 0 {
            say(&format!("the code of `mfa_process` was used already; waiting {seconds} s for the next one"));
        }
        thread::sleep(wait);
        self.run_process(command, left)
    }

    fn run_process(&self, command: &str, limit: Duration) -> Result<TokenCode, LoginError> {
        let profile = &self.request.chain.profile;
        let output = process::output_of("mfa_process", command, profile, limit, self.environment)?;
        six_digits(&String::from_utf8_lossy(&output))
            .map_err(|what| LoginError::NoCodePrinted { profile: profile.clone(), what })
    }

    /// The profile, and what follows it in a command that tries again.
    fn to_try_again(&self) -> (String, &'static [&'static str]) {
        (self.request.chain.profile.clone(), self.request.retry_args)
    }

    fn code_needed(&self, why: &'static str) -> LoginError {
        let (profile, retry_args) = self.to_try_again();
        LoginError::CodeNeeded { profile, why, retry_args }
    }
}

/// Waits for a lock. `None` if another process holds it longer than `LOCK_TIMEOUT`.
fn lock_in_time<L>(
    elapsed: impl Fn() -> Duration,
    pause: impl Fn(),
    try_lock: impl Fn() -> crate::error::Result<Option<L>>,
) -> Option<L> {
    loop {
        match try_lock() {
            Ok(None) if elapsed() < LOCK_TIMEOUT => pause(),
            lock => return lock.ok().flatten(),
        }
    }
}

/// How long `mfa_process` may run again after `wait`. `None` if that is too short.
fn left_for_a_second_run(elapsed: Duration, wait: Duration) -> Option<Duration> {
    let left = PROCESS_TIMEOUT.saturating_sub(elapsed).saturating_sub(wait);
    (left >= Duration::from_secs(1)).then_some(left)
}

/// The keys for the first call, and the running identity look-up.
struct SignedBy {
    keys: LongTermKeys,
    identity: Option<IdentityLookup>,
}

impl SignedBy {
    /// The error that no code can avoid, if it is known already.
    fn refusal(&self) -> Option<StsError> {
        self.identity.as_ref().and_then(IdentityLookup::refusal)
    }
}

/// The only number with exactly six digits: password managers print text around the code.
fn six_digits(text: &str) -> Result<TokenCode, &'static str> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let mut codes = runs.filter(|run| run.len() == 6).filter_map(|run| TokenCode::new(run).ok());
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        (None, _) => Err("no code of six digits"),
        (Some(_), Some(_)) => Err("more than one number of six digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_lock_is_waited_for_as_long_as_a_command_that_runs_twice_may_keep_it() {
        let seconds = |range: std::ops::RangeInclusive<u64>| range.map(Duration::from_secs);
        let runs = seconds(0..=60).flat_map(|first| seconds(0..=30).map(move |wait| (first, wait)));
        let both = runs.map(|(first, wait)| {
            left_for_a_second_run(first, wait).map_or(first, |second| first + wait + second)
        });
        assert_eq!(both.max(), Some(PROCESS_TIMEOUT));
        let kept = PROCESS_TIMEOUT + CALL_TIMEOUT + identity::TIMEOUT;
        let clock = Cell::new(Duration::ZERO);
        let wait_for_one_that_is_given_back_after = |time| {
            clock.set(Duration::ZERO);
            let try_lock = || Ok((clock.get() >= time).then_some(()));
            lock_in_time(|| clock.get(), || clock.set(clock.get() + POLL), try_lock)
        };
        assert_eq!(wait_for_one_that_is_given_back_after(kept), Some(()));
        assert_eq!(wait_for_one_that_is_given_back_after(kept + POLL), None);
    }
}
