//! The first call of a login, the one that the long-term keys sign: where its code comes from, and
//! that of many processes at once one spends it.

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

/// So often a code that was asked for may be wrong.
const TRIES: usize = 3;
/// How long a question in another terminal is waited for.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(60);
/// How long `mfa_process` may take to give a code that is good, a second run included: somebody may have
/// to touch a key.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest that a process holds the lock of a call, and so what the others wait for it: the code, the
/// call, the identity.
const LOCK_TIMEOUT: Duration = PROCESS_TIMEOUT.saturating_add(CALL_TIMEOUT).saturating_add(identity::TIMEOUT);
/// How long a session is not kept yet because STS has not said whose it is.
const IDENTITY_TIMEOUT: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(50);

impl Login<'_> {
    /// The session of the first call, with a code where it needs one.
    pub(super) fn call_with_code(&self) -> Result<Session, LoginError> {
        let Some(serial_number) = self.plan.needs_code_of() else {
            let signed = SignedBy { keys: self.keys()?, identity: None };
            return self.first_call(&signed, None).map_err(|failure| self.failed(failure));
        };
        let source = &self.request.code;
        match source {
            // Before a lock is taken, for which the program that we would start would wait.
            CodeSource::Process(_) => {
                process::reject_recursion("mfa_process", &self.request.chain.profile, self.environment)?;
            }
            CodeSource::None(why) => return Err(self.code_needed(why)),
            CodeSource::Given(_) | CodeSource::Terminal => {}
        }
        let keys = self.keys()?;
        // With the code at hand only the answer is of use, and a role's session names its own identity.
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
        // Held while the question is open, so that others can say so.
        let is_first = match self.cache.as_ref().map(|cache| cache.try_lock(&self.key_after(1), Lock::Asking))
        {
            Some(Ok(Some(lock))) => Some(lock),
            Some(Ok(None)) if !terminal::is_there() => return self.wait_for_other(),
            Some(Ok(None)) => {
                say("another terminal asks for this code, too: the first answer serves both");
                None
            }
            // `keep` will say what is wrong with the folder.
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

    /// Without a terminal of our own: the one that asks serves us, too.
    fn wait_for_other(&self) -> Result<Session, LoginError> {
        say("waiting for another terminal that asks for this code");
        let cache = self.cache.as_ref().expect("its lock was tried");
        let deadline = Instant::now() + QUESTION_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(session) = self.cached_after(1) {
                return Ok(session);
            }
            if !matches!(cache.try_lock(&self.key_after(1), Lock::Asking), Ok(None)) {
                // It is kept before the lock is given back.
                return self.cached_after(1).ok_or_else(|| self.code_needed("the other terminal gave up"));
            }
            thread::sleep(POLL);
        }
        Err(self.code_needed("nobody answered in the other terminal"))
    }

    /// The first call with a code that is at hand, unless another process that calls at this moment
    /// gets the session: of many that start at once one spends the code.
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

    /// A code that was typed, unless the session is there by now.
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

    /// Waits for the lock that serialises the code and the call. `None` with `--no-cache`, or if another
    /// process holds it for longer than it may.
    fn lock_of_call(&self) -> Option<File> {
        let (cache, key) = (self.cache.as_ref()?, self.key_after(1));
        let begun = Instant::now();
        let try_lock = || cache.try_lock(&key, Lock::Calling);
        lock_in_time(|| begun.elapsed(), || thread::sleep(POLL), try_lock)
    }

    /// Whether the first call gives a session of the user's own, whose identity is that of the keys.
    fn is_user_session(&self) -> bool {
        matches!(self.plan.calls.first(), Some(Call::GetSessionToken { .. }))
    }

    fn first_call(&self, signed: &SignedBy, mfa: Option<Mfa<'_>>) -> Result<Session, StsError> {
        let session = match (self.plan.calls.first().expect("a plan has calls"), mfa) {
            (Call::GetSessionToken { duration, .. }, mfa) => {
                let mfa = mfa.expect("the plan asked for a code");
                let mut session = self.endpoint.get_session_token(&signed.keys, mfa, *duration)?;
                // For the line that says who one is; nothing else depends on it.
                if let Some(lookup) = &signed.identity {
                    session.identity = lookup.identity_within(IDENTITY_TIMEOUT);
                    if session.identity.is_none() {
                        // The code is spent: the session is kept even if the user waits no longer. Not
                        // once more afterwards: a kill in a second write would leave its file behind.
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

    /// A code that was used a moment ago is waited out: the command is run again for the next one. If
    /// there is no time for that, the caller gets the used code.
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

/// Takes the lock once no other process holds it. `None` if one holds it for longer than it may.
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

/// How long `mfa_process` may run again after `wait`. `None` if the time is too short to be of use.
fn left_for_a_second_run(elapsed: Duration, wait: Duration) -> Option<Duration> {
    let left = PROCESS_TIMEOUT.saturating_sub(elapsed).saturating_sub(wait);
    (left >= Duration::from_secs(1)).then_some(left)
}

/// What signs the first call.
struct SignedBy {
    keys: LongTermKeys,
    identity: Option<IdentityLookup>,
}

impl SignedBy {
    /// Why no code would help, as far as is known by now.
    fn refusal(&self) -> Option<StsError> {
        self.identity.as_ref().and_then(IdentityLookup::refusal)
    }
}

/// The only run of exactly six digits: password managers print text around the code.
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
