//! From a plan to a session: what is cached, the code, the calls. Prints what the user must know on
//! the way; hands nothing on.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::advice;
use crate::cache::{Cache, Cached, Key};
use crate::cli::SessionOptions;
use crate::duration::DurationSeconds;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, shown};
use crate::output::{print_warning, say};
use crate::plan::{Call, Plan};
use crate::process;
use crate::profiles::{Chain, Role};
use crate::session::{LongTermKeys, SerialNumber, Session, TokenCode};
use crate::sts::{Endpoint, Failure, Mfa, Reason, RoleRequest, Signer};
use crate::terminal::{self, NoCode};

/// All that a login needs, decided.
pub struct Login<'l> {
    pub chain: &'l Chain,
    pub plan: &'l Plan<'l>,
    pub endpoint: &'l Endpoint,
    /// The keys that sign the first call; perhaps a command has to be asked for them.
    pub keys: &'l dyn Fn() -> Result<LongTermKeys>,
    /// None with `--no-cache`.
    pub cache: Option<&'l Cache>,
    pub key: &'l Key,
    pub options: &'l SessionOptions,
    /// `-d`.
    pub duration: Option<DurationSeconds>,
    pub min_ttl: Option<SignedDuration>,
    pub environment: &'l Environment,
    /// When this run began.
    pub begun: Timestamp,
}

/// A session and where it is from.
pub struct LoggedIn {
    pub session: Session,
    pub is_reused: bool,
}

/// So often a code that was asked for may be wrong.
const TRIES: usize = 3;
/// How long another process that gets the same session is waited for.
const OTHER_PATIENCE: Duration = Duration::from_secs(60);
/// How long a command may take to give a code: somebody may have to touch a key.
const PROCESS_PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

impl Login<'_> {
    /// # Errors
    /// Whatever kept the session from being got.
    pub fn get(&self, given_code: Option<TokenCode>) -> Result<LoggedIn> {
        if let Some(session) = self.cached_whole() {
            if given_code.is_some() {
                say("the code was not sent: there is a valid session; `-r` asks for a new one");
            }
            self.explain("a cached session is used, and STS is not called");
            return Ok(LoggedIn { session, is_reused: true });
        }
        let session = match self.resume_from_cache() {
            Some(result) => result?,
            None => {
                let session = self.first(given_code)?;
                self.further(session, 1).map_err(|failure| self.advise(&failure, false))?
            }
        };
        Ok(LoggedIn { session, is_reused: false })
    }

    /// The key of the session after so many calls.
    fn key_after(&self, calls: usize) -> Key {
        let is_role = |call: &&Call<'_>| matches!(call, Call::AssumeRole { .. });
        self.key.before_role(self.plan.calls.iter().take(calls).filter(is_role).count())
    }

    /// With `-r` only what another process has got since we began.
    fn cached_after(&self, calls: usize) -> Option<Cached> {
        let found = self.cache?.get(&self.key_after(calls), Timestamp::now())?;
        (!self.options.renew || found.started.as_second() > self.begun.as_second()).then_some(found)
    }

    fn cached_whole(&self) -> Option<Session> {
        let now = Timestamp::now();
        let found = self.cached_after(self.plan.calls.len())?;
        // Who asks for less than what is left wants a short session.
        let left = found.session.expiration.left(now).as_secs();
        let too_long = self.duration.is_some_and(|duration| i64::from(duration.get()) < left);
        (found.lasts(self.min_ttl, now) && !too_long).then_some(found.session)
    }

    /// The user's MFA session, or that of a role on the way, saves the code. None where there is
    /// none, or STS takes it no more.
    fn resume_from_cache(&self) -> Option<Result<Session>> {
        let done = (1..self.plan.calls.len()).rev();
        let (calls, found) = done.filter_map(|calls| Some((calls, self.cached_after(calls)?))).next()?;
        if !found.lasts(None, Timestamp::now()) {
            return None;
        }
        self.explain("a cached session on the way is used, so no code is needed");
        match self.further(found.session, calls) {
            Err(Failure::Refused { reason: Reason::Expired | Reason::InvalidKey, .. }) => {
                // Revoked: a policy, or a user that was made anew.
                let _ = self.cache?.remove(&self.key_after(calls));
                None
            }
            result => Some(result.map_err(|failure| self.advise(&failure, true))),
        }
    }

    /// The session of the first call, with a code where it needs one.
    fn first(&self, given_code: Option<TokenCode>) -> Result<Session> {
        let Some(serial_number) = self.plan.needs_code_of() else {
            let keys = (self.keys)()?;
            return self.first_call(&keys, None).map_err(|failure| self.advise(&failure, false));
        };
        let source = match (given_code, &self.chain.mfa_process) {
            (Some(code), _) => Source::Given(code),
            (None, Some(command)) => Source::Process(command),
            (None, None) => Source::Terminal,
        };
        // While it is held, others that need this session wait for ours.
        let _right = match self.right_to_ask(&source)? {
            Right::Ours(lock) => Some(lock),
            Right::Served(session) => return Ok(session),
            Right::Nobodys => None,
        };
        let keys = (self.keys)()?;
        match source {
            Source::Given(code) => {
                if let Some(seconds) = self.seconds_to_next_code(serial_number, &code) {
                    return Err(advice::code_used(&self.chain.profile, seconds));
                }
                self.first_with(&keys, serial_number, &code).map_err(|failure| self.advise(&failure, false))
            }
            Source::Process(command) => {
                let code = self.code_of_process(command)?;
                self.first_with(&keys, serial_number, &code).map_err(|failure| self.advise(&failure, false))
            }
            Source::Terminal => self.first_by_asking(&keys, serial_number),
        }
    }

    fn first_by_asking(&self, keys: &LongTermKeys, serial_number: &SerialNumber) -> Result<Session> {
        let mut left = TRIES;
        loop {
            let code = match self.ask(serial_number) {
                Ok(code) => code,
                Err(NoCode::NotNeeded) => match self.cached_after(1) {
                    Some(found) => return Ok(found.session),
                    None => continue,
                },
                Err(NoCode::NoTerminal) => {
                    return Err(advice::code_needed(
                        &self.chain.profile,
                        "there is no terminal to ask for it",
                    ));
                }
                Err(NoCode::Cancelled) => {
                    return Err(advice::cancelled(&self.chain.profile));
                }
            };
            if let Some(seconds) = self.seconds_to_next_code(serial_number, &code) {
                say(&format!("this code was used already; the device shows the next one in {seconds} s"));
                continue;
            }
            left -= 1;
            match self.first_with(keys, serial_number, &code) {
                Err(Failure::Refused { reason: Reason::InvalidCode, .. }) if left > 0 => {
                    say("STS did not accept this code: mistyped, or used before; wait for the next one");
                }
                result => return result.map_err(|failure| self.advise(&failure, false)),
            }
        }
    }

    fn ask(&self, serial_number: &SerialNumber) -> std::result::Result<TokenCode, NoCode> {
        terminal::ask_for_code(&self.chain.profile, serial_number, &|| self.cached_after(1).is_some())
    }

    fn first_with(
        &self,
        keys: &LongTermKeys,
        serial_number: &SerialNumber,
        code: &TokenCode,
    ) -> std::result::Result<Session, Failure> {
        let session = self.first_call(keys, Some(Mfa { serial_number, token_code: code }))?;
        if let Some(cache) = self.cache {
            cache.note_used(serial_number.as_str(), code, Timestamp::now());
        }
        Ok(session)
    }

    fn first_call(&self, keys: &LongTermKeys, mfa: Option<Mfa<'_>>) -> std::result::Result<Session, Failure> {
        let session = match (self.plan.calls.first().expect("a plan has calls"), mfa) {
            (Call::GetSessionToken { duration, .. }, mfa) => {
                let mfa = mfa.expect("the plan asked for a code");
                let mut session = self.endpoint.get_session_token(keys, mfa, *duration)?;
                // For the line that says who one is, and `mfa_env_account`; nothing else depends on it.
                session.identity = self.endpoint.get_caller_identity(&Signer::Session(&session)).ok();
                session
            }
            (Call::AssumeRole { role, duration, .. }, mfa) => {
                self.assume(role, *duration, &Signer::Keys(keys), mfa)?
            }
        };
        self.keep(1, &session);
        Ok(session)
    }

    /// The calls after the first `done` ones.
    fn further(&self, mut session: Session, done: usize) -> std::result::Result<Session, Failure> {
        for (index, call) in self.plan.calls.iter().enumerate().skip(done) {
            let Call::AssumeRole { role, duration, .. } = call else {
                unreachable!("only the first call is a user's")
            };
            session = self.assume(role, *duration, &Signer::Session(&session), None)?;
            self.keep(index + 1, &session);
        }
        Ok(session)
    }

    fn assume(
        &self,
        role: &Role,
        duration: DurationSeconds,
        signer: &Signer<'_>,
        mfa: Option<Mfa<'_>>,
    ) -> std::result::Result<Session, Failure> {
        let of_role = |key: &&crate::cache::RoleKey| key.role_arn == role.role_arn;
        let key = self.key.roles.iter().find(of_role).expect("the key was made of this chain");
        let request = RoleRequest {
            role_arn: &role.role_arn,
            role_session_name: &key.role_session_name,
            external_id: role.external_id.as_deref(),
            duration,
        };
        self.endpoint.assume_role(signer, &request, mfa)
    }

    /// To keep a session is a service: where it fails, the session is as good.
    fn keep(&self, calls: usize, session: &Session) {
        let Some(cache) = self.cache else { return };
        if let Err(error) = cache.put(&self.key_after(calls), session, Timestamp::now()) {
            print_warning(&format!("the session was not kept for other shells: {}", error.what()), None);
        }
    }

    fn seconds_to_next_code(&self, serial_number: &SerialNumber, code: &TokenCode) -> Option<u64> {
        self.cache?.seconds_to_next_code(serial_number.as_str(), code, Timestamp::now())
    }

    /// One process asks; who comes later is served by its answer, and may answer, too.
    fn right_to_ask(&self, source: &Source<'_>) -> Result<Right> {
        let is_terminal = matches!(source, Source::Terminal);
        if is_terminal && self.options.no_input {
            return Err(advice::code_needed(&self.chain.profile, "`--no-input` forbids asking for it"));
        }
        let Some(cache) = self.cache else { return Ok(Right::Nobodys) };
        let key = self.key_after(1);
        let deadline = Instant::now() + OTHER_PATIENCE;
        loop {
            match cache.try_to_ask(&key) {
                // It may have been got between our look and now.
                Ok(Some(lock)) => {
                    return Ok(self
                        .cached_after(1)
                        .map_or(Right::Ours(lock), |found| Right::Served(found.session)));
                }
                Ok(None) if is_terminal && terminal::is_there() => {
                    say("another terminal asks for this code, too: the first answer serves both");
                    return Ok(Right::Nobodys);
                }
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(None) => {
                    return Err(advice::code_needed(
                        &self.chain.profile,
                        "another mfa-env has been asking for it for a minute",
                    ));
                }
                // `keep` will say what is wrong with the folder.
                Err(_) => return Ok(Right::Nobodys),
            }
        }
    }

    fn code_of_process(&self, command: &str) -> Result<TokenCode> {
        let profile = &self.chain.profile;
        let output = process::output_of("mfa_process", command, profile, PROCESS_PATIENCE, self.environment)?;
        six_digits(&String::from_utf8_lossy(&output)).ok_or_else(|| {
            let what = format!("`mfa_process` of profile `{}` printed no code of six digits", shown(profile));
            Error::new(Kind::Files, what).hint("run it by hand and look at what it prints")
        })
    }

    /// For `-v`.
    fn explain(&self, what: &str) {
        if self.options.verbose {
            say(what);
        }
    }

    fn advise(&self, failure: &Failure, by_cached_session: bool) -> Error {
        let error = advice::failure(failure, self.chain, self.plan, self.endpoint);
        if by_cached_session && error.kind() == Kind::Denied {
            return error.hint(format!(
                "the role may limit the age of the MFA; with a new code: {}",
                advice::mfa_env(&self.chain.profile, &["-r"])
            ));
        }
        error
    }
}

/// Where a code comes from.
enum Source<'s> {
    Given(TokenCode),
    Process(&'s str),
    Terminal,
}

enum Right {
    Ours(File),
    /// Another process got the session while we waited.
    Served(Session),
    /// Nobody is asked: there is no cache, or another terminal asks as well.
    Nobodys,
}

/// The first run of exactly six digits: password managers print text around the code.
fn six_digits(text: &str) -> Option<TokenCode> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 6).find_map(|run| TokenCode::new(run).ok())
}

#[cfg(test)]
mod tests {
    use super::six_digits;

    #[test]
    fn takes_the_code_out_of_what_a_command_prints() {
        let code = |text| six_digits(text).map(|code| code.expose().to_owned());
        assert_eq!(code("123456\n").as_deref(), Some("123456"));
        assert_eq!(code("aws:bob  123456 (12 s)").as_deref(), Some("123456"));
        assert_eq!(code("id 1234567, code 654321").as_deref(), Some("654321"));
        assert_eq!(code("12345 1234567"), None);
    }
}
