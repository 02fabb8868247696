//! From a request to a session: looks into the cache, and makes the calls. `first_call` makes the first one,
//! with the code that `code` finds. Knows nothing about clap, and doesn't deliver the session.

mod code;
pub mod endpoint;
mod error;
pub mod export;
mod failed_call;
mod first_call;
mod identity;
pub mod key_store;
mod keys;
pub mod plan;
mod request;
mod target;
pub mod write_section;

use std::sync::Arc;

use jiff::Timestamp;

pub use self::error::LoginError;
pub use self::failed_call::failed_call;
pub use self::keys::long_term_keys;
pub use self::request::{CodeSource, LoginRequest};
pub use self::target::{Context, Destination, say_what_is_unset};

use self::endpoint::{Regions, cache_key, endpoint};
use self::plan::Plan;
use crate::aws::{AccessKeyId, Region, Session};
use crate::aws_files::profiles::KeySource;
use crate::environment::Environment;
use crate::error::{Exit, Hint, shown_value};
use crate::output::{note, print_warning, say};
use crate::store::cache::{Cache, Key};
use crate::sts::{Endpoint, Mfa, Reason, RoleRequest, Signer, StsError};
use crate::terminal::Waiting;

/// In seconds. Clocks differ, so a session with exactly the requested duration may seem a little longer.
const TOLERANCE: i64 = 60;

/// A login that has been checked as far as possible without a call.
pub struct Login<'l> {
    request: &'l LoginRequest,
    environment: &'l Environment,
    plan: Plan<'l>,
    regions: Regions,
    endpoint: Arc<Endpoint>,
    key: Key,
    /// `None` with `--no-cache`.
    cache: Option<Cache>,
    /// With `-r`, the key ids of the sessions that were cached when this run started: they must not be used.
    outdated: Vec<AccessKeyId>,
}

/// A session, and whether it comes from the cache.
pub struct LoggedIn {
    pub session: Session,
    pub is_reused: bool,
}

impl LoggedIn {
    /// What happened to the session, for messages.
    pub fn state(&self) -> &'static str {
        if self.is_reused { "reused" } else { "started" }
    }
}

impl<'l> Login<'l> {
    /// # Errors
    /// If the profile can't log in with these options, or if we must not send keys to its endpoint.
    pub fn new(request: &'l LoginRequest, environment: &'l Environment) -> Result<Self, LoginError> {
        let chain = &request.chain;
        let plan = plan::plan(chain, request.duration)
            .map_err(|why| why.explain(&chain.profile, &request.section))?;
        let regions = Regions::choose(request.region.as_ref(), chain, environment);
        if regions.exported.is_none() {
            endpoint::check_regions_of_environment(environment)?;
        }
        let endpoint = Arc::new(endpoint(chain, &regions, environment)?);
        let key = cache_key(chain, &regions, &endpoint, environment);
        Ok(Self { request, environment, plan, regions, endpoint, key, cache: None, outdated: Vec::new() })
    }

    /// The STS that the login calls.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The region to export with the session.
    pub fn region(&self) -> Option<&Region> {
        self.regions.exported.as_ref()
    }

    /// # Errors
    /// If there is no session, or if a new one would be shorter than `min_ttl`.
    pub fn run(mut self) -> Result<LoggedIn, LoginError> {
        if self.request.verbose {
            self.explain_plan();
        }
        self.cache = if self.request.no_cache { None } else { Cache::open(self.environment) };
        let LoginRequest { chain, code, duration, min_ttl, retry_args, .. } = self.request;
        if self.request.renew {
            let cached = |roles| self.cache.as_ref()?.get(&self.key.before_role(roles), Timestamp::now());
            let cached = (self.plan.roles_of_first_call()..=self.plan.roles.len()).filter_map(cached);
            self.outdated = cached.map(|found| found.session.access_key_id).collect();
        }
        let not_sent = || {
            if matches!(code, CodeSource::Given(_)) {
                note("the session is still valid, so the code wasn't used (to renew: -r)");
            }
        };
        if let Some(session) = self.cached_after(self.plan.roles.len()) {
            not_sent();
            let left = session.expiration.left(Timestamp::now()).as_secs();
            if duration.is_some_and(|duration| i64::from(duration.get()) > left + TOLERANCE) {
                note("the session is still valid, so `-d` has no effect (to renew: -r)");
            }
            self.explain("a cached session is used, and STS is not called");
            return Ok(LoggedIn { session, is_reused: true });
        }
        // A new session would be too short, too, so don't use a code for it.
        if let Some(min_ttl) = min_ttl.filter(|min_ttl| self.plan.duration().is_less_than(*min_ttl)) {
            return Err(LoginError::TooShort {
                profile: chain.profile.clone(),
                duration: self.plan.duration(),
                longest: plan::longest(chain),
                min_ttl,
                retry_args: retry_args.clone(),
            });
        }
        if let Some(resumed) = self.resume_from_cache() {
            not_sent();
            return Ok(self.new_session(resumed?));
        }
        let session = self.call_with_code()?;
        let session = self
            .further(session, self.plan.roles_of_first_call())
            .map_err(|failure| self.failed(&failure))?;
        Ok(self.new_session(session))
    }

    fn new_session(&self, session: Session) -> LoggedIn {
        if let Some(asked) = self.plan.shortened {
            let profile = &self.request.chain.profile;
            note(&format!("AWS limits chained roles to 1 hour; `{profile}` asks for {asked}"));
        }
        LoggedIn { session, is_reused: false }
    }

    /// The cached session of the chain after this many roles, if it may be used. With `-r`, only a session
    /// that another process has got since we started. After the last role, only a session with enough time
    /// left.
    fn cached_after(&self, roles: usize) -> Option<Session> {
        let now = Timestamp::now();
        let found = self.cache.as_ref()?.get(&self.key.before_role(roles), now)?;
        if self.outdated.contains(&found.session.access_key_id) {
            return None;
        }
        if roles < self.plan.roles.len() {
            return found.lasts(None, now).then_some(found.session);
        }
        // An explicit duration shorter than what is left means that the user wants a short session.
        let left = found.session.expiration.left(now).as_secs();
        let too_long =
            self.request.duration.is_some_and(|duration| i64::from(duration.get()) + TOLERANCE < left);
        (found.lasts(self.request.min_ttl, now) && !too_long).then_some(found.session)
    }

    fn cached_after_first_call(&self) -> Option<Session> {
        self.cached_after(self.plan.roles_of_first_call())
    }

    fn key_of_first_call(&self) -> Key {
        self.key.before_role(self.plan.roles_of_first_call())
    }

    /// Continues from a cached session of the user or of a role on the way, which saves the code. `None` if
    /// there is none, or if STS no longer accepts it.
    fn resume_from_cache(&self) -> Option<Result<Session, LoginError>> {
        for roles in (self.plan.roles_of_first_call()..self.plan.roles.len()).rev() {
            let Some(session) = self.cached_after(roles) else { continue };
            self.explain("a cached session on the way is used, so no code is needed");
            match self.further(session, roles) {
                Err(StsError::Refused { reason: Reason::Expired | Reason::InvalidKey, .. }) => {
                    // Revoked by a policy, or because the user was deleted and created again.
                    let _ = self.cache.as_ref()?.remove(&self.key.before_role(roles));
                }
                result => return Some(result.map_err(|failure| self.failed_with_cached(&failure))),
            }
        }
        None
    }

    /// Assumes the roles after the first `done` ones.
    fn further(&self, mut session: Session, done: usize) -> Result<Session, StsError> {
        for index in done..self.plan.roles.len() {
            session = self.assume(index, &Signer::Session(&session), None)?;
            self.keep(index + 1, &session);
        }
        Ok(session)
    }

    /// Assumes one of the plan's roles.
    fn assume(&self, index: usize, signer: &Signer<'_>, mfa: Option<Mfa<'_>>) -> Result<Session, StsError> {
        let (role, duration) = self.plan.roles[index];
        let request = RoleRequest {
            role_arn: role.role_arn.as_str(),
            role_session_name: &self.key.roles[index].role_session_name,
            external_id: role.external_id.as_deref(),
            duration,
        };
        let _waiting = self.waiting(mfa.is_some());
        self.endpoint.assume_role(signer, &request, mfa)
    }

    /// Caches the session of the chain after this many roles. If that fails, warns: the session itself is
    /// still good.
    fn keep(&self, roles: usize, session: &Session) {
        let Some(cache) = &self.cache else { return };
        let key = self.key.before_role(roles);
        // A short session (`-d`) must not replace a longer one.
        let is_there = cache.get(&key, Timestamp::now());
        if !self.request.renew && is_there.is_some_and(|found| found.session.expiration > session.expiration)
        {
            return;
        }
        if let Err(error) = cache.put(&key, session, Timestamp::now()) {
            let what = format!("the session was not cached: {}", error.what());
            print_warning(&what, error.hints().first());
        }
    }

    fn waiting(&self, has_code: bool) -> Waiting {
        Waiting::start(format!("waiting for STS ({})", self.endpoint.region.as_str()), has_code)
    }

    /// Prints a line with `-v`.
    fn explain(&self, what: &str) {
        if self.request.verbose {
            say(what);
        }
    }

    /// Prints with `-v` who signs, where, and the calls.
    fn explain_plan(&self) {
        let profile = &self.request.chain.profile;
        let signer = match &self.request.chain.signer {
            KeySource::Keys { profile, keys } => {
                let id = shown_value(keys.access_key_id.as_str());
                format!("the long-term keys {id} of profile `{profile}`")
            }
            KeySource::Process { profile, .. } => format!("the credential_process of profile `{profile}`"),
            KeySource::Store { profile, store } => {
                format!("the keys of profile `{profile}` in {}", store.title())
            }
        };
        say(&format!("profile `{profile}`: signed by {signer}"));
        say(&format!("region {}; {}", self.endpoint.region.as_str(), self.plan.why));
        say(&endpoint::calls(&self.endpoint, self.environment));
        let device = self.plan.device.map(|device| format!(", MFA device {device}")).unwrap_or_default();
        if let Some(duration) = self.plan.user_session {
            say(&format!("GetSessionToken for {duration}{device}"));
        }
        for (index, (role, duration)) in self.plan.roles.iter().enumerate() {
            let is_first = index + 1 == self.plan.roles_of_first_call();
            let device = if is_first { device.as_str() } else { "" };
            say(&format!("AssumeRole {} for {duration}{device}", role.role_arn));
        }
    }

    fn failed(&self, failure: &StsError) -> LoginError {
        let (reason, error) = failed_call(failure, &self.request.chain, Some(&self.plan), &self.endpoint);
        LoginError::Call { reason, error }
    }

    /// The error if a cached session signed the call.
    fn failed_with_cached(&self, failure: &StsError) -> LoginError {
        let why = "the role may require a recent code; to enter one";
        let hint = Hint::mfa_env(why, &self.request.chain.profile, &["-r"]);
        match self.failed(failure) {
            LoginError::Call { reason, error } if error.exit() == Exit::Denied => {
                LoginError::Call { reason, error: error.hint(hint) }
            }
            error => error,
        }
    }
}
