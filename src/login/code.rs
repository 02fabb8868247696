//! The first call of a login, the one that the long-term keys sign: where its code comes from, and
//! that of many processes at once one spends it.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Login;
use super::identity::{self, IdentityLookup};
use crate::aws::{LongTermKeys, SerialNumber, Session, TokenCode};
use crate::commands::advice;
use crate::error::{Error, Kind, Result, escape};
use crate::login::plan::Call;
use crate::output::say;
use crate::process;
use crate::store::cache::Lock;
use crate::sts::{CALL_TIMEOUT, Mfa, Reason, Signer, StsError};
use crate::terminal::{self, Meanwhile, NoAnswer};

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
    pub(super) fn first(&self, given_code: Option<TokenCode>) -> Result<Session> {
        let Some(serial_number) = self.plan.needs_code_of() else {
            let first = First { keys: (self.keys)()?, identity: None };
            return self.first_call(&first, None).map_err(|failure| self.advise(&failure, false));
        };
        let source = match (given_code, &self.chain.mfa_process) {
            (Some(code), _) => Source::Given(code),
            (None, Some(command)) => Source::Process(command),
            (None, None) => Source::Terminal,
        };
        match source {
            Source::Given(_) => {}
            // Before a lock is taken, for which the program that we would start would wait.
            Source::Process(_) => {
                process::reject_recursion("mfa_process", &self.chain.profile, self.environment)?
            }
            Source::Terminal if self.options.no_input => {
                return Err(self.code_needed("`--no-input` forbids asking for it"));
            }
            Source::Terminal => {}
        }
        let keys = (self.keys)()?;
        // With the code at hand only the answer is of use, and a role's session names its own identity.
        let is_of_use = !matches!(source, Source::Given(_)) || self.is_user_session();
        let identity = is_of_use.then(|| IdentityLookup::start(self.endpoint, &keys)).flatten();
        let first = First { keys, identity };
        match source {
            Source::Given(code) => self.first_with(&first, serial_number, |_| Ok(code.clone())),
            Source::Process(command) => {
                self.first_with(&first, serial_number, |used| self.code_of_process(command, used))
            }
            Source::Terminal => self.first_by_asking(&first, serial_number),
        }
    }

    fn first_by_asking(&self, first: &First, serial_number: &SerialNumber) -> Result<Session> {
        // Held while the question is open, so that others can say so.
        let is_first = match self.cache.map(|cache| cache.try_lock(&self.key_after(1), Lock::Asking)) {
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
            let code = match self.ask(first, serial_number) {
                Ok(code) => code,
                Err(NoAnswer::Pointless) => match (self.cached_after(1), first.refusal()) {
                    (Some(session), _) => break session,
                    (None, Some(failure)) => return Err(self.advise(&failure, false)),
                    (None, None) => continue,
                },
                Err(NoAnswer::NoTerminal) => {
                    return Err(self.code_needed("there is no terminal to ask for it"));
                }
                Err(NoAnswer::Cancelled) => return Err(advice::cancelled(&self.chain.profile, self.again())),
            };
            if let Some(seconds) = self.seconds_to_next_code(serial_number, &code) {
                say(&format!("this code was used already; {}", advice::next_code(seconds)));
                continue;
            }
            left -= 1;
            match self.send(first, serial_number, &code) {
                Err(StsError::Refused { reason: Reason::InvalidCode, .. }) if left > 0 => {
                    say("STS did not accept this code: mistyped, or used before; wait for the next one");
                }
                Ok(session) => break session,
                Err(failure) => return Err(self.advise(&failure, false)),
            }
        };
        drop(is_first);
        Ok(session)
    }

    /// Without a terminal of our own: the one that asks serves us, too.
    fn wait_for_other(&self) -> Result<Session> {
        say("waiting for another terminal that asks for this code");
        let cache = self.cache.expect("its lock was tried");
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
    fn first_with(
        &self,
        first: &First,
        serial_number: &SerialNumber,
        code: impl FnOnce(&dyn Fn(&TokenCode) -> Option<u64>) -> Result<TokenCode>,
    ) -> Result<Session> {
        let _calling = self.lock_of_call();
        if let Some(session) = self.cached_after(1) {
            return Ok(session);
        }
        let used = |code: &TokenCode| self.seconds_to_next_code(serial_number, code);
        let code = code(&used)?;
        if let Some(seconds) = used(&code) {
            return Err(advice::code_used(&self.chain.profile, self.again(), seconds));
        }
        self.call_with(first, serial_number, &code).map_err(|failure| self.advise(&failure, false))
    }

    /// A code that was typed, unless the session is there by now.
    fn send(
        &self,
        first: &First,
        serial_number: &SerialNumber,
        code: &TokenCode,
    ) -> std::result::Result<Session, StsError> {
        let _calling = self.lock_of_call();
        match self.cached_after(1) {
            Some(session) => Ok(session),
            None => self.call_with(first, serial_number, code),
        }
    }

    fn call_with(
        &self,
        first: &First,
        serial_number: &SerialNumber,
        code: &TokenCode,
    ) -> std::result::Result<Session, StsError> {
        if let Some(failure) = first.refusal() {
            return Err(failure);
        }
        let session = self.first_call(first, Some(Mfa { serial_number, token_code: code }))?;
        if let Some(cache) = self.cache {
            cache.note_used(serial_number.as_str(), code, Timestamp::now());
        }
        Ok(session)
    }

    /// Waits for the lock that serialises the code and the call. `None` with `--no-cache`, or if another
    /// process holds it for longer than it may.
    fn lock_of_call(&self) -> Option<File> {
        let (cache, key) = (self.cache?, self.key_after(1));
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            match cache.try_lock(&key, Lock::Calling) {
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(lock) => return lock,
                Err(_) => return None,
            }
        }
    }

    fn ask(&self, first: &First, serial_number: &SerialNumber) -> std::result::Result<TokenCode, NoAnswer> {
        let meanwhile =
            Meanwhile { is_pointless: &|| first.refusal().is_some() || self.cached_after(1).is_some() };
        terminal::ask_for_code(&self.chain.profile, serial_number, &meanwhile)
    }

    /// Whether the first call gives a session of the user's own, whose identity is that of the keys.
    fn is_user_session(&self) -> bool {
        matches!(self.plan.calls.first(), Some(Call::GetSessionToken { .. }))
    }

    fn first_call(&self, first: &First, mfa: Option<Mfa<'_>>) -> std::result::Result<Session, StsError> {
        let session = match (self.plan.calls.first().expect("a plan has calls"), mfa) {
            (Call::GetSessionToken { duration, .. }, mfa) => {
                let mfa = mfa.expect("the plan asked for a code");
                let mut session = self.endpoint.get_session_token(&first.keys, mfa, *duration)?;
                // For the line that says who one is; nothing else depends on it.
                if let Some(lookup) = &first.identity {
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
                self.assume(1, role, *duration, &Signer::Keys(&first.keys), mfa)?
            }
        };
        self.keep(1, &session);
        Ok(session)
    }

    fn seconds_to_next_code(&self, serial_number: &SerialNumber, code: &TokenCode) -> Option<u64> {
        self.cache?.seconds_to_next_code(serial_number.as_str(), code, Timestamp::now())
    }

    /// A code that was used a moment ago is waited out: the command is run again for the next one. If
    /// there is no time for that, the caller gets the used code.
    fn code_of_process(&self, command: &str, used: &dyn Fn(&TokenCode) -> Option<u64>) -> Result<TokenCode> {
        let deadline = Instant::now() + PROCESS_TIMEOUT;
        let code = self.run_process(command, PROCESS_TIMEOUT)?;
        let Some(seconds) = used(&code) else { return Ok(code) };
        let wait = Duration::from_secs(seconds);
        let left = deadline.saturating_duration_since(Instant::now()).saturating_sub(wait);
        if left < Duration::from_secs(1) {
            return Ok(code);
        }
        if seconds > 0 {
            say(&format!("the code of `mfa_process` was used already; waiting {seconds} s for the next one"));
        }
        thread::sleep(wait);
        self.run_process(command, left)
    }

    fn run_process(&self, command: &str, limit: Duration) -> Result<TokenCode> {
        let profile = &self.chain.profile;
        let output = process::output_of("mfa_process", command, profile, limit, self.environment)?;
        six_digits(&String::from_utf8_lossy(&output)).ok_or_else(|| {
            let what =
                format!("`mfa_process` of profile `{}` printed no code of six digits", escape(profile));
            Error::new(Kind::Files, what).hint("run it by hand and look at what it prints")
        })
    }

    /// What comes after the profile in a command that tries again.
    pub(super) fn again(&self) -> &'static [&'static str] {
        if self.options.write_default { &["-w"] } else { &[] }
    }

    fn code_needed(&self, why: &str) -> Error {
        advice::code_needed(&self.chain.profile, self.again(), why)
    }
}

/// What the first call needs.
struct First {
    keys: LongTermKeys,
    identity: Option<IdentityLookup>,
}

impl First {
    /// Why no code would help, as far as is known by now.
    fn refusal(&self) -> Option<StsError> {
        self.identity.as_ref().and_then(IdentityLookup::refusal)
    }
}

/// Where a code comes from.
enum Source<'s> {
    Given(TokenCode),
    Process(&'s str),
    Terminal,
}

/// The first run of exactly six digits: password managers print text around the code.
fn six_digits(text: &str) -> Option<TokenCode> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 6).find_map(|run| TokenCode::new(run).ok())
}
