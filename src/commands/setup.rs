//! `mfa-env setup`: from a pair of keys to a profile with an MFA device that works, and a shell that
//! knows us. Nothing is written before every question is answered and the code accepted.

mod keys;
mod line;
mod rc;
mod subject;
mod write;

use std::sync::Arc;

use jiff::Timestamp;

pub(super) use self::rc::line_that_loads;

use self::keys::NewKeys;
use self::line::Line;
use self::subject::Subject;
use self::write::Writing;
use super::login::{LoggedIn, Login};
use super::resolve::{Regions, cache_key, endpoint};
use super::session::{given_code, long_term_keys};
use super::{Accounts, Context, Files, advice};
use crate::cli::{SessionOptions, SetupOptions};
use crate::device;
use crate::duration::DurationSeconds;
use crate::environment::REGION_VARIABLES;
use crate::error::{Error, Kind, Result, shown, shown_value};
use crate::output::{self, say};
use crate::plan::{self, Plan};
use crate::profiles::Chain;
use crate::session::{Identity, SerialNumber, TokenCode};
use crate::store::cache::Cache;
use crate::sts::{CALL_TIMEOUT, Endpoint, Failure, Reason, Signer as Signs};
use crate::terminal::{self, Echo, NoAnswer};

/// # Errors
/// Whatever keeps the profile from being set up; nothing is written then.
pub fn run(options: &SetupOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let may_ask = !options.no_input && terminal::is_there();
    let code = options.token_code.as_deref().map(given_code).transpose()?;
    let files = Files::read(environment)?;
    let accounts = files.accounts(environment)?;
    let subject = Subject::find(options, &accounts, context, may_ask)?;
    let mut profile = match subject {
        Subject::Nothing => {
            say("Every profile that has keys has an MFA device, too.");
            None
        }
        Subject::Profile(name) => {
            Some(Profile { name, new_keys: None, options, context, may_ask, accounts: &accounts })
        }
        Subject::NewKeys(new_keys) => Some(Profile {
            name: new_keys.profile.clone(),
            new_keys: Some(new_keys),
            options,
            context,
            may_ask,
            accounts: &accounts,
        }),
    };
    let found = profile.as_mut().map(Profile::look).transpose()?;
    let name = profile.as_ref().map(|profile| profile.name.as_str());
    let line = Line::decide(options, context, may_ask, name)?;
    if let (Some(profile), Some(found)) = (&profile, found) {
        profile.try_and_write(found, code)?;
    }
    line.write(context);
    line::say_what_is_next(name, &line, &accounts, context);
    Ok(())
}

/// A profile that is being set up.
struct Profile<'p> {
    name: String,
    new_keys: Option<NewKeys>,
    options: &'p SetupOptions,
    context: &'p Context,
    may_ask: bool,
    accounts: &'p Accounts<'p>,
}

/// What STS and the user said of it.
struct Found {
    chain: Chain,
    regions: Regions,
    endpoint: Arc<Endpoint>,
    identity: Identity,
    writing: Writing,
}

impl Found {
    /// Whose sessions last an hour at most, and whose profile does not say so.
    fn is_root_without_duration(&self) -> bool {
        device::is_root(&self.identity) && self.chain.duration_seconds.is_none()
    }
}

impl Profile<'_> {
    /// Who signs, and with which device. Keys that were typed and are wrong are asked for again.
    fn look(&mut self) -> Result<Found> {
        let mut found = loop {
            match self.ask_sts()? {
                Some(found) => break found,
                None => self.new_keys = Some(keys::ask(Some(&self.name))?),
            }
        };
        let device = self.device(&found)?;
        self.take(&mut found, device)?;
        Ok(found)
    }

    /// Who signs; none where keys that were typed are wrong.
    fn ask_sts(&self) -> Result<Option<Found>> {
        let environment = &self.context.environment;
        let keys = self.new_keys.as_ref().map(|new| &new.keys);
        let writing = Writing::prepare(&self.name, keys, self.accounts)?;
        let accounts = writing.accounts(environment)?;
        let chain = accounts
            .chain(&self.name)
            .map_err(|unusable| advice::unusable(&unusable, &accounts, advice::setup))?;
        // With no device yet, the environment's region is all that may tell the partition.
        let of_environment = || REGION_VARIABLES.iter().find_map(|name| environment.get(name));
        let is_open = chain.region.is_none() && chain.serial_number.is_none();
        let region = self.options.region.as_deref().or_else(|| is_open.then(of_environment).flatten());
        let regions = Regions::choose(region, &chain, environment)?;
        let endpoint = Arc::new(endpoint(&chain, &regions, environment)?);
        let keys = long_term_keys(&chain, environment)?;
        let identity = match endpoint.get_caller_identity(&Signs::Keys(&keys), CALL_TIMEOUT) {
            Ok(identity) => identity,
            Err(failure) => {
                let plan = Plan { calls: Vec::new(), why: "" };
                let error = advice::failure(&failure, &chain, &plan, &endpoint);
                let is_of_keys = matches!(
                    failure,
                    Failure::Refused { reason: Reason::InvalidKey | Reason::WrongSecret, .. }
                );
                if self.new_keys.is_none() || !is_of_keys {
                    return Err(error);
                }
                output::print_error(&Error::new(error.kind(), error.what()));
                return Ok(None);
            }
        };
        say(&format!("Profile `{}`: {}", shown(&self.name), shown(&identity.to_string())));
        if device::proposed(&identity).is_none() {
            return Err(Error::new(
                Kind::Files,
                format!("the keys of profile `{}` are of no user, and only users have MFA devices", shown(&self.name)),
            )
            .hint("put the user's long-term keys into the profile; a role is reached by `role_arn` and `source_profile`"));
        }
        Ok(Some(Found { chain, regions, endpoint, identity, writing }))
    }

    /// The option's, else what the user says, else what is there or proposed.
    fn device(&self, found: &Found) -> Result<SerialNumber> {
        let there = found.chain.serial_number.clone();
        let proposed = there.or_else(|| device::proposed(&found.identity)).expect("a user's, as was checked");
        if let Some(text) = &self.options.serial_number {
            return device::parse(text, &found.identity).map_err(|invalid| {
                Error::new(Kind::Usage, format!("`--serial-number {}` {invalid}", shown_value(text)))
                    .hint(format!("for example: --serial-number {proposed}"))
            });
        }
        if self.options.yes {
            return Ok(proposed);
        }
        if !self.may_ask {
            return Err(Error::new(
                Kind::NoSession,
                format!(
                    "profile `{}` needs the name of its MFA device, and nobody can be asked",
                    shown(&self.name)
                ),
            )
            .hint(format!("if it is {proposed}: {}", advice::setup(&self.name, &["--yes", "-t", "CODE"])))
            .hint(format!("or: {}", advice::setup(&self.name, &["--serial-number", "ARN", "-t", "CODE"]))));
        }
        say("MFA device: Enter for the one in brackets; else its name, ARN or serial number.");
        if let Some(page) = device::page_of_devices(&found.identity) {
            say(&format!("See yours, or make one:\n  {page}"));
        }
        loop {
            let question = format!("MFA device [{proposed}]: ");
            let typed = terminal::ask(&question, Echo::Text)
                .map_err(|no_answer| unanswered(&no_answer, Some(&self.name)))?;
            if typed.is_empty() {
                return Ok(proposed);
            }
            match device::parse(&typed, &found.identity) {
                Ok(device) => return Ok(device),
                Err(invalid) => say(&format!("that {invalid}; try again, or Ctrl-C")),
            }
        }
    }

    /// Goes on with that device, which the files can take.
    fn take(&self, found: &mut Found, device: SerialNumber) -> Result<()> {
        let is_root = found.is_root_without_duration();
        found.chain.serial_number = Some(device.clone());
        found.writing.set_device(device, is_root, &self.context.environment)
    }

    fn try_and_write(&self, mut found: Found, mut code: Option<TokenCode>) -> Result<()> {
        let environment = &self.context.environment;
        let LoggedIn { session, is_reused } = loop {
            match self.log_in(&found, code.take()) {
                Ok(logged_in) => break logged_in,
                Err(error) if error.kind() == Kind::Cancelled => {
                    return Err(unanswered(&NoAnswer::Cancelled, Some(&self.name)));
                }
                // Perhaps the code is of another of the user's devices.
                Err(error) if error.kind() == Kind::Denied && self.asks_for_device() => {
                    output::print_error(&Error::new(Kind::Denied, error.what()));
                    let device = self.device(&found)?;
                    self.take(&mut found, device)?;
                }
                Err(error) if error.kind() == Kind::Denied => {
                    let hint = advice::setup(&self.name, &["--serial-number", "DEVICE", "-t", "CODE"]);
                    return Err(Error::new(Kind::Denied, error.what())
                        .hint(format!("with the next code, or another device: {hint}")));
                }
                Err(error) => return Err(error),
            }
        };
        say(&advice::started(&found.chain, &session, is_reused));
        found.writing.write(environment)
    }

    fn asks_for_device(&self) -> bool {
        self.may_ask && self.options.serial_number.is_none() && !self.options.yes
    }

    /// A session by that device: it goes to the cache, so that the code serves the first login.
    fn log_in(&self, found: &Found, code: Option<TokenCode>) -> Result<LoggedIn> {
        let environment = &self.context.environment;
        let Found { chain, regions, endpoint, .. } = found;
        let hour = DurationSeconds::parse("1h").expect("a duration");
        let duration = found.is_root_without_duration().then_some(hour);
        let plan =
            plan::plan(chain, duration).map_err(|no_way| advice::no_way(&no_way, chain, self.accounts))?;
        let key = cache_key(chain, regions, endpoint, environment);
        let cache = Cache::open(environment);
        if code.is_none() && chain.mfa_process.is_none() && !self.may_ask {
            let is_cached = cache.as_ref().is_some_and(|cache| cache.get(&key, Timestamp::now()).is_some());
            if !is_cached {
                return Err(Error::new(
                    Kind::NoSession,
                    format!("profile `{}` needs an MFA code, and nobody can be asked", shown(&self.name)),
                )
                .hint(format!("give it: {}", advice::setup(&self.name, &["--yes", "-t", "CODE"]))));
            }
        }
        let mut options = SessionOptions::default();
        options.no_input = self.options.no_input;
        let login = Login {
            chain,
            plan: &plan,
            endpoint,
            keys: &|| long_term_keys(chain, environment),
            cache: cache.as_ref(),
            key: &key,
            options: &options,
            duration: None,
            min_ttl: None,
            environment,
            begun: Timestamp::now(),
        };
        login.get(code)
    }
}

fn unanswered(no_answer: &NoAnswer, profile: Option<&str>) -> Error {
    let hint = advice::setup(profile.unwrap_or("PROFILE"), &["--yes", "-t", "CODE"]);
    match no_answer {
        NoAnswer::Cancelled => Error::new(Kind::Cancelled, "cancelled; nothing was changed")
            .hint(format!("to do without the questions: {hint}")),
        NoAnswer::NoTerminal => Error::new(Kind::NoSession, "there is no terminal to ask on").hint(hint),
    }
}
