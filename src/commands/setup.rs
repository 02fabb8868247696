//! `mfa-env setup`: from a pair of keys to a profile with an MFA device that works. Nothing is
//! written before the code is accepted. Start-up files of shells are never written.

mod keys;
mod next;
mod subject;
mod write;

use std::sync::Arc;

use jiff::Timestamp;

use self::keys::NewKeys;
use self::subject::Subject;
use self::write::Writing;
use super::login::{LoggedIn, Login};
use super::resolve::{Regions, cache_key, endpoint};
use super::session::{given_code, long_term_keys};
use super::{Accounts, Context, Files, advice};
use crate::cli::{SessionOptions, SetupOptions};
use crate::device;
use crate::environment::REGION_VARIABLES;
use crate::error::{Error, Kind, Result, shown};
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
    let may_ask = !options.no_input && terminal::is_there();
    let code = options.token_code.as_deref().map(given_code).transpose()?;
    let files = Files::read(&context.environment)?;
    let accounts = files.accounts(&context.environment)?;
    let (name, new_keys) = match Subject::find(options, &accounts, context, may_ask)? {
        Subject::Nothing => {
            say("All profiles with keys have an MFA device.");
            next::say_what_is_next(None, options.shell, &accounts, context);
            return Ok(());
        }
        Subject::Profile(name) => (name, None),
        Subject::NewKeys(new_keys) => (new_keys.profile.clone(), Some(new_keys)),
    };
    let mut profile = Profile { name, new_keys, options, context, may_ask, accounts: &accounts };
    let found = profile.look()?;
    profile.try_and_write(found, code)?;
    next::say_what_is_next(Some(&profile.name), options.shell, &accounts, context);
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
    device_of_files: Option<SerialNumber>,
    /// Named like the user.
    suggested: SerialNumber,
    /// By STS.
    refused: Vec<SerialNumber>,
    writing: Writing,
}

impl Profile<'_> {
    /// Whose keys these are, and with which device. Keys that were typed and are wrong are asked for
    /// again.
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

    /// Whose keys these are; none if keys that were typed are wrong.
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
        let Some(suggested) = device::suggested(&identity) else {
            let what = format!("the keys of profile `{}` are not those of an IAM user", shown(&self.name));
            return Err(Error::new(Kind::Files, what).hint(
                "put a user's long-term keys into the profile; a role is reached by `role_arn` and `source_profile`",
            ));
        };
        let device_of_files = chain.serial_number.clone();
        let refused = Vec::new();
        Ok(Some(Found { chain, regions, endpoint, identity, device_of_files, suggested, refused, writing }))
    }

    /// The device of the option, else what the user says, else that of the files or the suggested one.
    fn device(&self, found: &Found) -> Result<SerialNumber> {
        let known = found.device_of_files.iter().chain([&found.suggested]);
        let offered = known.into_iter().find(|device| !found.refused.contains(device));
        let is_suggestion = offered != found.device_of_files.as_ref();
        if let Some(text) = &self.options.serial_number {
            return device::parse(text, &found.identity).map_err(|invalid| {
                Error::new(Kind::Usage, format!("the value of `--serial-number` {invalid}"))
                    .hint(format!("for example: --serial-number {}", found.suggested))
            });
        }
        if self.options.yes
            && let Some(device) = offered
        {
            if is_suggestion {
                say(&format!("Suggested MFA device: {device}"));
            }
            return Ok(device.clone());
        }
        if !self.may_ask {
            let suggested = &found.suggested;
            return Err(Error::new(
                Kind::NoSession,
                format!("profile `{}` needs an MFA device, and {}", shown(&self.name), self.why_not_asked()),
            )
            .hint(format!("if it is {suggested}: {}", advice::setup(&self.name, &["--yes", "-t", "CODE"])))
            .hint(format!("or: {}", advice::setup(&self.name, &["--serial-number", "ARN", "-t", "CODE"]))));
        }
        let question = match offered {
            Some(device) => {
                say("Press Enter to use the device in brackets, or type a name, ARN or serial number.");
                if is_suggestion {
                    say("The device in brackets is a suggestion: it has the name of the user.");
                }
                format!("MFA device [{}]: ", device.label())
            }
            None => "MFA device (name, ARN or serial number): ".to_owned(),
        };
        loop {
            let typed = terminal::ask(&question, Echo::Text)
                .map_err(|no_answer| unanswered(&no_answer, Some(&self.name)))?;
            if let Some(device) = offered.filter(|_| typed.is_empty()) {
                return Ok(device.clone());
            }
            match device::parse(&typed, &found.identity) {
                Ok(device) => return Ok(device),
                Err(invalid) => say(&format!("that {invalid}; try again, or Ctrl-C")),
            }
        }
    }

    fn why_not_asked(&self) -> &'static str {
        if self.options.no_input { "`--no-input` forbids asking" } else { "there is no terminal to ask on" }
    }

    /// Goes on with that device, if the files can take it.
    fn take(&self, found: &mut Found, device: SerialNumber) -> Result<()> {
        found.chain.serial_number = Some(device.clone());
        found.writing.set_device(device, &self.context.environment)
    }

    fn try_and_write(&self, mut found: Found, mut code: Option<TokenCode>) -> Result<()> {
        let LoggedIn { session, is_reused } = loop {
            match self.log_in(&found, code.take()) {
                Ok(logged_in) => break logged_in,
                Err(error) if error.kind() == Kind::Cancelled => {
                    return Err(unanswered(&NoAnswer::Cancelled, Some(&self.name)));
                }
                Err(error) if error.kind() == Kind::UnknownDevice => {
                    if !self.may_ask || self.options.yes || self.options.serial_number.is_some() {
                        let hint = advice::setup(&self.name, &["--serial-number", "ARN"]);
                        return Err(
                            Error::new(error.kind(), error.what()).hint(format!("name another: {hint}"))
                        );
                    }
                    output::print_error(&Error::new(error.kind(), error.what()));
                    found.refused.extend(found.chain.serial_number.take());
                    let device = self.device(&found)?;
                    self.take(&mut found, device)?;
                }
                Err(error) => return Err(error),
            }
        };
        say(&advice::started(&found.chain, &session, is_reused));
        found.writing.write(&self.context.environment)
    }

    /// A session by that device: it goes to the cache, so that the code serves the first login.
    fn log_in(&self, found: &Found, code: Option<TokenCode>) -> Result<LoggedIn> {
        let environment = &self.context.environment;
        let Found { chain, regions, endpoint, .. } = found;
        let plan = plan::plan(chain, None).map_err(|no_way| advice::no_way(&no_way, chain, self.accounts))?;
        let key = cache_key(chain, regions, endpoint, environment);
        let cache = Cache::open(environment);
        if code.is_none() && chain.mfa_process.is_none() && !self.may_ask {
            let is_cached = cache.as_ref().is_some_and(|cache| cache.get(&key, Timestamp::now()).is_some());
            if !is_cached {
                return Err(Error::new(
                    Kind::NoSession,
                    format!(
                        "profile `{}` needs an MFA code, and {}",
                        shown(&self.name),
                        self.why_not_asked()
                    ),
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
    match no_answer {
        NoAnswer::Cancelled => Error::new(Kind::Cancelled, "cancelled; nothing was changed"),
        NoAnswer::NoTerminal => Error::new(Kind::NoSession, "there is no terminal to ask on")
            .hint(advice::setup(profile.unwrap_or("PROFILE"), &["--yes", "-t", "CODE"])),
    }
}
