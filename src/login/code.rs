//! Where the code of a login comes from: the user gave it, `mfa_process` prints it, or we ask for it.

use std::collections::VecDeque;
use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::error::{LoginError, next_code};
use super::first_call::SignedBy;
use super::identity::IdentityLookup;
use super::{CodeSource, Login, long_term_keys};
use crate::aws::{LongTermKeys, SerialNumber, Session, TokenCode};
use crate::error::Error;
use crate::output::say;
use crate::process::{self, Task};
use crate::store::cache::Lock;
use crate::sts::{Reason, StsError};
use crate::terminal::{self, Answer, NoAnswer, Pinentry, Question};

/// How often to ask for a code.
const TRIES: usize = 3;
/// How long to wait while another process asks, and how long a tool may take in total to ask. AWS's SDK for Go
/// kills a `credential_process` after 60 s, which would leave the terminal in raw mode.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(55);
/// How long `mfa_process` may take in total for one or two runs: the user may have to touch a key.
pub(super) const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

impl Login<'_> {
    /// Makes the first call, with a code if it needs one.
    pub(super) fn call_with_code(&mut self) -> Result<Session, LoginError> {
        let Some(serial_number) = self.plan.device else {
            let signed = SignedBy { keys: self.keys()?, identity: None };
            return self.first_call(&signed, None).map_err(|failure| self.failed(&failure));
        };
        match &self.request.code {
            CodeSource::Given(code) => {
                // Looks up the identity for a message. If the code goes to AssumeRole, its answer contains it.
                let signed = self.signed_by(self.plan.user_session.is_some())?;
                self.call_once(&signed, serial_number, || Ok(code.clone()))
            }
            CodeSource::Process(command) => {
                // Check this before we take the lock: an mfa-env that `mfa_process` starts would wait for it.
                process::reject_recursion("mfa_process", &self.request.chain.profile, self.environment)?;
                let signed = self.signed_by(true)?;
                self.call_once(&signed, serial_number, || self.code_from_process(command, serial_number))
            }
            CodeSource::Terminal => self.ask_and_call(),
            CodeSource::None(why) => Err(self.code_needed(*why)),
        }
    }

    fn keys(&self) -> Result<LongTermKeys, LoginError> {
        long_term_keys(&self.request.chain, self.environment)
    }

    fn signed_by(&self, looks_up: bool) -> Result<SignedBy, LoginError> {
        let keys = self.keys()?;
        let identity = looks_up.then(|| IdentityLookup::start(&self.endpoint, &keys)).flatten();
        Ok(SignedBy { keys, identity })
    }

    fn ask_and_call(&mut self) -> Result<Session, LoginError> {
        let for_tool = self.request.for_tool;
        // Held while the question is open, so that other processes know about it.
        let _asking =
            match self.cache.as_ref().map(|cache| cache.try_lock(&self.key_of_first_call(), Lock::Asking)) {
                Some(Ok(Some(lock))) => Some(lock),
                // Two tools that run in one terminal must not both ask there.
                Some(Ok(None)) if for_tool || !terminal::is_there() => return self.wait_for_other(),
                Some(Ok(None)) => {
                    say("another terminal or window is asking too; answer in either one");
                    None
                }
                // `keep` reports later what is wrong with the folder.
                Some(Err(_)) | None => None,
            };
        let deadline = for_tool.then(|| Instant::now() + QUESTION_TIMEOUT);
        let (_turn, window) =
            deadline.map_or(Ok((None, None)), |deadline| self.turn_and_window_for_tool(deadline))?;
        let signed = self.signed_by(true)?;
        let chain = &self.request.chain;
        let mut devices: VecDeque<_> = chain.serial_number.iter().chain(&chain.other_devices).collect();
        let (mut left, mut reason) = (TRIES, None);
        loop {
            let (serial_number, other) = (devices[0], devices.get(1).copied());
            let (profile, reason_text) = (&chain.profile, reason.as_deref());
            let question = Question { profile, serial_number, other, reason: reason_text, deadline };
            let code = match self.ask(&question, window.as_ref(), &signed) {
                Ok(Answer::Given(code)) => code,
                Ok(Answer::Stopped(Ok(session))) => return Ok(session),
                Ok(Answer::Stopped(Err(failure))) => return Err(self.failed(&failure)),
                Err(NoAnswer::OtherDevice) => {
                    devices.rotate_left(1);
                    self.plan.device = Some(devices[0]);
                    self.key.serial_number = Some(devices[0].as_str().to_owned());
                    reason = None;
                    continue;
                }
                Err(NoAnswer::Cancelled) => return Err(Error::from(NoAnswer::Cancelled).into()),
                Err(why) => return Err(self.code_needed(why.to_string())),
            };
            match self.call_once(&signed, serial_number, || Ok(code)) {
                Ok(session) => return Ok(session),
                Err(LoginError::CodeUsed { seconds_to_next, .. }) => {
                    reason = Some(format!("you already used this code; {}", next_code(seconds_to_next)));
                }
                Err(LoginError::Call { reason: Some(Reason::InvalidCode), .. }) if left > 1 => {
                    left -= 1;
                    reason = Some("AWS rejected the code: check it, or wait for the next one".to_owned());
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the questions of other tools. Returns the lock for this one, and the window to ask in if the
    /// terminal isn't free.
    ///
    /// # Errors
    /// If nobody would see the question, or if nobody answered the last one.
    fn turn_and_window_for_tool(
        &self,
        deadline: Instant,
    ) -> Result<(Option<File>, Option<Pinentry>), LoginError> {
        let key = self.key_of_first_call();
        if self.cache.as_ref().is_some_and(|cache| cache.is_unanswered(&key, Timestamp::now())) {
            let why = "its last question was cancelled or not answered, less than 5 minutes ago";
            return Err(self.code_needed(why));
        }
        let turn = self.wait_for_lock(Lock::AskingForTool, deadline);
        if Instant::now() >= deadline {
            return Err(self.code_needed("nobody answered in the other terminal or window"));
        }
        if terminal::is_free() {
            return Ok((turn, None));
        }
        match Pinentry::find(self.environment) {
            Some(window) => Ok((turn, Some(window))),
            None => Err(self.code_needed("there is no terminal or desktop to ask on")),
        }
    }

    /// Asks in the window, or else on the terminal. Stops if another process has a session, or if the keys are
    /// invalid.
    fn ask(
        &self,
        question: &Question<'_>,
        window: Option<&Pinentry>,
        signed: &SignedBy,
    ) -> Result<Answer<TokenCode, Result<Session, StsError>>, NoAnswer> {
        let stop = || self.cached_after_first_call().map(Ok).or_else(|| signed.refusal().map(Err));
        let cache = self.cache.as_ref().filter(|_| self.request.for_tool);
        let note = |is_answered| {
            if let Some(cache) = cache {
                cache.note_answer(&self.key_of_first_call(), is_answered, Timestamp::now());
            }
        };
        // Before the question, too: if the tool kills us, nobody has answered.
        note(false);
        let answer = match window {
            Some(window) => window.ask(question, stop),
            None => terminal::ask_for_code(question, stop),
        };
        note(answer.is_ok());
        answer
    }

    /// Waits for the session of the process that asks.
    fn wait_for_other(&self) -> Result<Session, LoginError> {
        say("waiting for the answer in another terminal or window");
        let cache = self.cache.as_ref().expect("its lock was tried");
        let deadline = Instant::now() + QUESTION_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(session) = self.cached_after_first_call() {
                return Ok(session);
            }
            if !matches!(cache.try_lock(&self.key_of_first_call(), Lock::Asking), Ok(None)) {
                // The session is cached before the lock is released.
                return self.cached_after_first_call().ok_or_else(|| {
                    self.code_needed("the question in the other terminal or window had no answer")
                });
            }
            thread::sleep(POLL);
        }
        Err(self.code_needed("nobody answered in the other terminal or window"))
    }

    /// Runs `mfa_process`. If it prints a code that we have already used, waits for the next one and runs it
    /// again. If there is no time for that, returns the used code.
    fn code_from_process(
        &self,
        command: &str,
        serial_number: &SerialNumber,
    ) -> Result<TokenCode, LoginError> {
        let begun = Instant::now();
        let code = self.run_process(command, PROCESS_TIMEOUT)?;
        let Some(seconds) = self.seconds_to_next_code(serial_number, &code) else { return Ok(code) };
        let wait = Duration::from_secs(seconds);
        let Some(left) = left_for_a_second_run(begun.elapsed(), wait) else { return Ok(code) };
        if seconds > 0 {
            say(&format!("you already used the code of `mfa_process`; waiting {seconds} s for the next one"));
        }
        thread::sleep(wait);
        self.run_process(command, left)
    }

    fn run_process(&self, command: &str, limit: Duration) -> Result<TokenCode, LoginError> {
        let profile = &self.request.chain.profile;
        let task = Task::of_setting("mfa_process", command, profile);
        let output = process::output_of(task, limit, self.environment)?;
        six_digits(&String::from_utf8_lossy(&output))
            .map_err(|what| LoginError::NoCodePrinted { profile: profile.clone(), what })
    }

    /// The profile and the options for the hint that repeats the command.
    pub(super) fn to_try_again(&self) -> (String, Vec<String>) {
        (self.request.chain.profile.clone(), self.request.retry_args.clone())
    }

    fn code_needed(&self, why: impl Into<String>) -> LoginError {
        let (profile, retry_args) = self.to_try_again();
        LoginError::CodeNeeded { profile, why: why.into(), retry_args }
    }
}

/// The time that is left for a second run of `mfa_process` after `wait`. `None` if it is too short.
pub(super) fn left_for_a_second_run(elapsed: Duration, wait: Duration) -> Option<Duration> {
    let left = PROCESS_TIMEOUT.saturating_sub(elapsed).saturating_sub(wait);
    (left >= Duration::from_secs(1)).then_some(left)
}

/// The only number with exactly six digits: password managers print text around the code.
fn six_digits(text: &str) -> Result<TokenCode, &'static str> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let mut codes = runs.filter(|run| run.len() == 6).filter_map(|run| TokenCode::new(run).ok());
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        (None, _) => Err("no six-digit code"),
        (Some(_), Some(_)) => Err("more than one six-digit number"),
    }
}
