//! From a plan to a session: what is cached, the calls; the first one, with its code, is in `first`.
//! Prints what the user must know on the way; hands nothing on.

pub mod address;
mod code;
pub mod endpoint;
pub mod export;
mod identity;
pub mod plan;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::aws::DurationSeconds;
use crate::aws::{LongTermKeys, Session, TokenCode};
use crate::aws_files::profiles::{Chain, Role};
use crate::cli::SessionOptions;
use crate::commands::advice;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::login::plan::{Call, Plan};
use crate::output::{print_warning, say};
use crate::store::cache::{Cache, Key};
use crate::sts::{Endpoint, Mfa, Reason, RoleRequest, Signer, StsError};

/// Clocks differ: a session of the very length that is asked for may have a second more. Seconds.
const TOLERANCE: i64 = 60;

/// All that a login needs, decided.
pub struct Login<'l> {
    pub chain: &'l Chain,
    pub plan: &'l Plan<'l>,
    pub endpoint: &'l Arc<Endpoint>,
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

impl Login<'_> {
    /// # Errors
    /// Whatever kept the session from being got, or if it would be shorter than `min_ttl`.
    pub fn get(&self, given_code: Option<TokenCode>) -> Result<LoggedIn> {
        let not_sent = || {
            if given_code.is_some() {
                say("the code was not sent: there is a valid session; `-r` asks for a new one");
            }
        };
        if let Some(session) = self.cached_after(self.plan.calls.len()) {
            not_sent();
            let left = session.expiration.left(Timestamp::now()).as_secs();
            if self.duration.is_some_and(|duration| i64::from(duration.get()) > left + TOLERANCE) {
                say("`-d` has no effect: there is a valid session; `-r` asks for a new one");
            }
            self.explain("a cached session is used, and STS is not called");
            return Ok(LoggedIn { session, is_reused: true });
        }
        // A code would be spent, and the session be too short all the same.
        if let Some(min_ttl) = self.min_ttl.filter(|min_ttl| self.plan.duration().is_less_than(*min_ttl)) {
            return Err(advice::too_short(self.chain, self.plan.duration(), min_ttl, self.again()));
        }
        if let Some(resumed) = self.resume_from_cache() {
            not_sent();
            return Ok(LoggedIn { session: resumed?, is_reused: false });
        }
        let session = self.first(given_code)?;
        let session = self.further(session, 1).map_err(|failure| self.advise(&failure, false))?;
        Ok(LoggedIn { session, is_reused: false })
    }

    /// The key of the session after so many calls.
    fn key_after(&self, calls: usize) -> Key {
        let is_role = |call: &&Call<'_>| matches!(call, Call::AssumeRole { .. });
        self.key.before_role(self.plan.calls.iter().take(calls).filter(is_role).count())
    }

    /// A cached session after so many calls that is good enough for this run: with `-r` only one that
    /// another process has got since we began; as the last one with as much left as was asked for.
    fn cached_after(&self, calls: usize) -> Option<Session> {
        let now = Timestamp::now();
        let found = self.cache?.get(&self.key_after(calls), now)?;
        if self.options.renew && found.started.as_second() <= self.begun.as_second() {
            return None;
        }
        if calls < self.plan.calls.len() {
            return found.lasts(None, now).then_some(found.session);
        }
        // Who asks for less than what is left wants a short session.
        let left = found.session.expiration.left(now).as_secs();
        let too_long = self.duration.is_some_and(|duration| i64::from(duration.get()) + TOLERANCE < left);
        (found.lasts(self.min_ttl, now) && !too_long).then_some(found.session)
    }

    /// The user's MFA session, or that of a role on the way, saves the code. None where there is
    /// none, or STS takes it no more.
    fn resume_from_cache(&self) -> Option<Result<Session>> {
        for calls in (1..self.plan.calls.len()).rev() {
            let Some(session) = self.cached_after(calls) else { continue };
            self.explain("a cached session on the way is used, so no code is needed");
            match self.further(session, calls) {
                Err(StsError::Refused { reason: Reason::Expired | Reason::InvalidKey, .. }) => {
                    // Revoked: by a policy, or with a user that was made anew.
                    let _ = self.cache?.remove(&self.key_after(calls));
                }
                result => return Some(result.map_err(|failure| self.advise(&failure, true))),
            }
        }
        None
    }

    /// The calls after the first `done` ones.
    fn further(&self, mut session: Session, done: usize) -> std::result::Result<Session, StsError> {
        for (index, call) in self.plan.calls.iter().enumerate().skip(done) {
            let Call::AssumeRole { role, duration, .. } = call else {
                unreachable!("only the first call is a user's")
            };
            session = self.assume(index + 1, role, *duration, &Signer::Session(&session), None)?;
            self.keep(index + 1, &session);
        }
        Ok(session)
    }

    /// The call number `calls`, from 1.
    fn assume(
        &self,
        calls: usize,
        role: &Role,
        duration: DurationSeconds,
        signer: &Signer<'_>,
        mfa: Option<Mfa<'_>>,
    ) -> std::result::Result<Session, StsError> {
        let key = self.key_after(calls);
        let key = key.roles.last().expect("this call assumes a role");
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
        // A short session that was asked for (`-d`) is not to cost the long one that is there.
        let is_there = cache.get(&self.key_after(calls), Timestamp::now());
        if !self.options.renew && is_there.is_some_and(|found| found.session.expiration > session.expiration)
        {
            return;
        }
        if let Err(error) = cache.put(&self.key_after(calls), session, Timestamp::now()) {
            let hint = error.hints().first().map(String::as_str);
            print_warning(&format!("the session was not kept for other shells: {}", error.what()), hint);
        }
    }

    /// For `-v`.
    fn explain(&self, what: &str) {
        if self.options.verbose {
            say(what);
        }
    }

    fn advise(&self, failure: &StsError, by_cached_session: bool) -> Error {
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
