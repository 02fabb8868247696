//! `mfa-env setup`: from a key pair to a profile with a working MFA device. Writes nothing before the code is
//! accepted, and never writes a shell's start-up file.

pub mod device;
mod keys;
mod next;
mod subject;
mod write;

use std::sync::Arc;

use self::write::ProfileChange;
use super::account::cached;
use super::file_bytes::FileBytes;
use super::profile_error::{Retry, Unusable};
use crate::aws::{Identity, LongTermKeys, Region, SerialNumber, TokenCode};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::Chain;
use crate::cli::{GivenCode, SetupOptions};
use crate::environment::REGION_VARIABLES;
use crate::error::{Error, Exit, Explain as _, Hint, Result};
use crate::login::Context;
use crate::login::endpoint::{Regions, endpoint};
use crate::login::{CodeSource, FailedCall, LoggedIn, Login, LoginError, LoginRequest, long_term_keys};
use crate::output::{say, say_to_paste};
use crate::sts::{CALL_TIMEOUT, Reason, Signer};
use crate::terminal::{self, Echo, NoAnswer};

/// # Errors
/// If the profile can't be set up. Nothing is written then.
pub fn run(options: &SetupOptions, context: &Context) -> Result<()> {
    let may_ask = !options.no_input && terminal::is_there();
    let code = options.token_code.as_ref().map(GivenCode::read).transpose()?;
    let files = FileBytes::read(&context.environment)?;
    let aws_files = files.parse(&context.environment)?;
    let Some((name, new_keys)) = subject::find(options, &aws_files, context, may_ask)? else {
        say("All profiles with keys have an MFA device.");
        say_to_paste("To add another profile:", Some("mfa-env setup NAME"));
        next::say_what_is_next(None, options.shell, &aws_files, context);
        return Ok(());
    };
    let setup = Setup { name, options, context, may_ask, aws_files: &aws_files };
    setup.run(new_keys, code)?;
    next::say_what_is_next(Some(&setup.name), options.shell, &aws_files, context);
    Ok(())
}

/// A profile during its setup.
struct Setup<'s> {
    name: String,
    options: &'s SetupOptions,
    context: &'s Context,
    may_ask: bool,
    aws_files: &'s AwsFiles<'s>,
}

/// What the files and STS say about the profile.
struct Found {
    chain: Chain,
    region: Option<Region>,
    identity: Identity,
    device_of_files: Option<SerialNumber>,
    /// The device with the user's name.
    suggested: SerialNumber,
}

impl Setup<'_> {
    fn run(&self, mut new_keys: Option<LongTermKeys>, mut code: Option<TokenCode>) -> Result<()> {
        let environment = &self.context.environment;
        let (mut change, mut found) = loop {
            let change = ProfileChange::prepare(&self.name, new_keys.as_ref(), self.aws_files)?;
            match self.ask_sts(&change, new_keys.is_some())? {
                Some(found) => break (change, found),
                None => new_keys = Some(keys::ask(&self.name)?),
            }
        };
        let mut refused = Vec::new();
        let LoggedIn { session, .. } = loop {
            let device = self.device(&found, &refused)?;
            found.chain.serial_number = Some(device.clone());
            change.set_device(device.clone(), environment)?;
            let error = match self.log_in(&found, code.take()) {
                Ok(logged_in) => break logged_in,
                Err(error) => error,
            };
            let may_ask_again = self.may_ask && !self.options.yes && self.options.serial_number.is_none();
            match error {
                LoginError::Cancelled => return Err(unanswered(&NoAnswer::Cancelled, &self.name)),
                LoginError::CodeNeeded { .. } => {
                    let hint = Hint::command("give it", "setup", &self.name, &["--yes", "-t", "CODE"]);
                    return Err(self.needs("code").hint(hint));
                }
                LoginError::Call(call) if call.reason() == Some(Reason::UnknownDevice) => {
                    if !may_ask_again {
                        let error = Error::new(call.exit(), call.to_string());
                        let device = ["--serial-number", "ARN"];
                        return Err(error.hint(Hint::command("name another", "setup", &self.name, &device)));
                    }
                    say(&format!("{call}; try another, or Ctrl-C"));
                    refused.push(device);
                }
                error => return Err(error.into()),
            }
        };
        say(&cached(&found.chain, &session));
        change.write(environment)
    }

    /// Asks STS who the keys belong to. `None` if typed keys are wrong.
    fn ask_sts(&self, change: &ProfileChange, are_keys_typed: bool) -> Result<Option<Found>> {
        let environment = &self.context.environment;
        let aws_files = change.aws_files(environment)?;
        let chain = aws_files.chain(&self.name).map_err(|why| Unusable {
            why,
            aws_files: &aws_files,
            retry: Retry::Setup,
        })?;
        // Without a device, only the environment's region can tell the partition.
        let of_environment = || REGION_VARIABLES.iter().find_map(|name| environment.users_own().get(name));
        let of_environment = || of_environment().and_then(|region| Region::new(region).ok());
        let is_open = chain.region.is_none() && chain.serial_number.is_none();
        let region = self.options.region.clone().or_else(|| is_open.then(of_environment).flatten());
        let regions = Regions::choose(region.as_ref(), &chain, environment);
        let endpoint = Arc::new(endpoint(&chain, &regions, environment)?);
        let keys = long_term_keys(&chain, environment)?;
        let identity = match endpoint.get_caller_identity(&Signer::Keys(&keys), CALL_TIMEOUT) {
            Ok(identity) => identity,
            Err(failure) => {
                let call = FailedCall::new(failure, &chain, None, &endpoint);
                let is_of_keys = matches!(call.reason(), Some(Reason::InvalidKey | Reason::WrongSecret));
                if !are_keys_typed || !is_of_keys {
                    return Err(call.into());
                }
                say(&format!("{call}; try again, or Ctrl-C"));
                return Ok(None);
            }
        };
        say(&format!("Profile `{}`: {}", self.name, identity));
        let Some(suggested) = device::suggested(&identity) else {
            let what = format!("the keys of profile `{}` are not those of an IAM user", self.name);
            return Err(Error::new(Exit::Files, what).hint(
                "put a user's long-term keys into the profile; a role is reached by `role_arn` and `source_profile`",
            ));
        };
        let device_of_files = chain.serial_number.clone();
        Ok(Some(Found { chain, region, identity, device_of_files, suggested }))
    }

    /// The device from the option; else from the user, who gets the one in the files or the suggested one as
    /// the default.
    fn device(&self, found: &Found, refused: &[SerialNumber]) -> Result<SerialNumber> {
        let known = found.device_of_files.iter().chain([&found.suggested]);
        let offered = known.into_iter().find(|device| !refused.contains(device));
        let is_suggestion = offered != found.device_of_files.as_ref();
        if let Some(text) = &self.options.serial_number {
            return device::parse(text, &found.identity).map_err(|invalid| {
                Error::new(Exit::Usage, format!("the value of `--serial-number` {invalid}"))
                    .hint(Hint::paste("for example", format!("--serial-number {}", found.suggested)))
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
            let hint = |why: &str, arguments: &[&str]| Hint::command(why, "setup", &self.name, arguments);
            return Err(self
                .needs("device")
                .hint(hint(&format!("if it is {}", found.suggested), &["--yes", "-t", "CODE"]))
                .hint(hint("or", &["--serial-number", "ARN", "-t", "CODE"])));
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
                .map_err(|no_answer| unanswered(&no_answer, &self.name))?;
            if let Some(device) = offered.filter(|_| typed.is_empty()) {
                return Ok(device.clone());
            }
            match device::parse(&typed, &found.identity) {
                Ok(device) => return Ok(device),
                Err(invalid) => say(&format!("that {invalid}; try again, or Ctrl-C")),
            }
        }
    }

    /// The error if we need something and can't ask for it.
    fn needs(&self, what: &str) -> Error {
        let why = match self.options.no_input {
            true => "`--no-input` forbids asking",
            false => "there is no terminal to ask on",
        };
        let name = &self.name;
        Error::new(Exit::NoSession, format!("profile `{name}` needs an MFA {what}, and {why}"))
    }

    /// Logs in with that device. The session is cached, so the first login needs no other code.
    fn log_in(&self, found: &Found, code: Option<TokenCode>) -> std::result::Result<LoggedIn, LoginError> {
        let request = LoginRequest {
            chain: found.chain.clone(),
            section: self.aws_files.section_of(&found.chain.profile),
            region: found.region.clone(),
            duration: None,
            min_ttl: None,
            code: CodeSource::choose(code, &found.chain, self.options.no_input),
            renew: false,
            no_cache: false,
            verbose: false,
            retry_args: &[],
        };
        Login::new(&request, &self.context.environment)?.run()
    }
}

fn unanswered(no_answer: &NoAnswer, profile: &str) -> Error {
    match no_answer {
        NoAnswer::Cancelled => Error::new(Exit::Cancelled, "cancelled; nothing was changed"),
        NoAnswer::NoTerminal => Error::new(Exit::NoSession, "there is no terminal to ask on")
            .hint(Hint::command("", "setup", profile, &["--yes", "-t", "CODE"])),
    }
}
