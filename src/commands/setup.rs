//! `mfa-env setup`: from a key pair to a profile with a working MFA device. Writes nothing before the code is
//! accepted, and never writes a shell's start-up file.

mod change;
pub mod device;
mod keys;
mod next;
mod subject;

use self::change::ProfileChange;
use super::account::{refuse_served, session_is};
use super::file_bytes::FileBytes;
use super::profile_error::{Retry, unusable};
use super::protect::{into_store, keys_to_move};
use crate::aws::{Identity, LongTermKeys, SerialNumber, TokenCode};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::Chain;
use crate::cli::{GivenCode, SetupOptions};
use crate::error::{Error, Exit, Hint, Result};
use crate::login::Context;
use crate::login::endpoint::{Regions, endpoint};
use crate::login::key_store::Place;
use crate::login::{CodeSource, LoggedIn, Login, LoginError, LoginRequest, failed_call, long_term_keys};
use crate::output::{say, say_to_paste};
use crate::sts::{Reason, Signer};
use crate::terminal::{self, Echo};

/// # Errors
/// If the profile can't be set up. Nothing is written then.
pub fn run(options: &SetupOptions, context: &Context) -> Result<()> {
    let may_ask = !options.no_input && terminal::is_there();
    let code = options.token_code.as_ref().map(GivenCode::read).transpose()?;
    if let Some(store) = options.store.clone() {
        Place { store, profile: "", environment: &context.environment }.check_for_writing()?;
    }
    let files = FileBytes::read(&context.environment)?;
    let aws_files = files.parse(&context.environment)?;
    let subject = subject::find(options, &aws_files, context, may_ask)?;
    let name = match subject {
        Some((name, new_keys)) => {
            let setup = Setup { name: &name, options, context, may_ask, aws_files: &aws_files };
            setup.run(&files, new_keys, code)?;
            Some(name)
        }
        None => {
            say("All profiles with keys have an MFA device.");
            say_to_paste("To add another profile:", Some("mfa-env setup NAME"));
            None
        }
    };
    next::say_what_is_next(name.as_deref(), options.shell, &aws_files, context);
    Ok(())
}

/// A profile during its setup.
struct Setup<'s> {
    name: &'s str,
    options: &'s SetupOptions,
    context: &'s Context,
    may_ask: bool,
    aws_files: &'s AwsFiles<'s>,
}

impl Setup<'_> {
    fn run(
        &self,
        files: &FileBytes,
        mut new_keys: Option<LongTermKeys>,
        code: Option<TokenCode>,
    ) -> Result<()> {
        let environment = &self.context.environment;
        let (change, mut chain, identity) = loop {
            let change = ProfileChange::prepare(self.name, new_keys.as_ref(), files, environment)?;
            match self.ask_sts(&change, new_keys.is_some())? {
                Some((chain, identity)) => break (change, chain, identity),
                None => new_keys = Some(keys::ask()?),
            }
        };
        let device = self.device(&chain, &identity)?;
        change.check_device(&device, environment)?;
        if self.options.store.is_some() {
            keys_to_move(self.name, &change.apply(files, &device, environment)?.parse(environment)?)?;
        }
        chain.serial_number = Some(device.clone());
        chain.other_devices.clear();
        let LoggedIn { session, .. } = self.log_in(&chain, code).map_err(|error| match error {
            LoginError::CodeNeeded { .. } => {
                self.needs("code").hint(self.command("give it", &["--yes", "-t", "CODE"]))
            }
            LoginError::Call { reason: Some(Reason::UnknownDevice), error } => {
                let error = Error::new(error.exit(), error.what());
                error.hint(self.command("name another", &["--serial-number", "ARN"]))
            }
            error => error.into(),
        })?;
        say(&session_is("cached", &chain, &session));
        let Some(store) = self.options.store.clone() else { return change.write(&device, environment) };
        let place = Place { store, profile: self.name, environment };
        into_store(place, "", Some(&chain), &|files| change.apply(files, &device, environment))
    }

    /// Asks STS who the keys belong to. `None` if typed keys are wrong.
    fn ask_sts(&self, change: &ProfileChange, are_keys_typed: bool) -> Result<Option<(Chain, Identity)>> {
        let environment = &self.context.environment;
        let aws_files = change.files.parse(environment)?;
        let chain = aws_files
            .chain(self.name)
            .map_err(|why| unusable(&why, &aws_files, Retry::Command("setup", &[])))?;
        refuse_served(&chain, &aws_files, |of| Hint::command("set up that profile", "setup", of, &[]))?;
        let regions = Regions::choose(self.options.region.as_ref(), &chain, environment);
        let endpoint = endpoint(&chain, &regions, environment)?;
        let keys = long_term_keys(&chain, environment)?;
        match endpoint.get_caller_identity(&Signer::Keys(&keys)) {
            Ok(identity) => {
                say(&format!("Profile `{}`: {identity}", self.name));
                Ok(Some((chain, identity)))
            }
            Err(failure) => {
                let (reason, error) = failed_call(&failure, &chain, None, &endpoint);
                let is_of_keys = matches!(reason, Some(Reason::InvalidKey | Reason::WrongSecret));
                if !are_keys_typed || !is_of_keys {
                    return Err(error);
                }
                say(&format!("{error}; try again, or Ctrl-C"));
                Ok(None)
            }
        }
    }

    /// The device from the option; else from the user, who is offered the one in the files, or else the one
    /// with the user's name.
    fn device(&self, chain: &Chain, identity: &Identity) -> Result<SerialNumber> {
        let suggested = device::suggested(identity).ok_or_else(|| {
            let what = format!("the keys of profile `{}` are not those of an IAM user", self.name);
            Error::new(Exit::Files, what).hint(
                "put a user's long-term keys into the profile; for a role, use `role_arn` and `source_profile`",
            )
        })?;
        if let Some(text) = &self.options.serial_number {
            return device::parse(text, identity).map_err(|invalid| {
                Error::new(Exit::Usage, format!("the value of `--serial-number` {invalid}"))
                    .hint(Hint::paste("for example", format!("--serial-number {suggested}")))
            });
        }
        let is_suggestion = chain.serial_number.is_none();
        let offered = chain.serial_number.as_ref().unwrap_or(&suggested);
        if self.options.yes {
            if is_suggestion {
                say(&format!("Suggested MFA device: {suggested}"));
            }
            return Ok(offered.clone());
        }
        if !self.may_ask {
            return Err(self
                .needs("device")
                .hint(self.command(&format!("if it is {suggested}"), &["--yes", "-t", "CODE"]))
                .hint(self.command("or", &["--serial-number", "ARN", "-t", "CODE"])));
        }
        say("Press Enter to use the device in brackets, or type a name, ARN or serial number.");
        if is_suggestion {
            say("The device in brackets is a suggestion: it has the name of the user.");
        }
        keys::ask_for(&format!("MFA device [{}]: ", offered.label()), Echo::Text, |typed| match typed {
            "" => Ok(offered.clone()),
            typed => device::parse(typed, identity).map_err(|invalid| format!("that {invalid}")),
        })
    }

    /// The error if we need something and can't ask for it.
    fn needs(&self, what: &str) -> Error {
        let why = match self.options.no_input {
            true => "`--no-input` forbids asking",
            false => "there is no terminal to ask on",
        };
        let name = self.name;
        Error::new(Exit::NoSession, format!("profile `{name}` needs an MFA {what}, and {why}"))
    }

    fn command(&self, why: &str, arguments: &[&str]) -> Hint {
        Hint::command(why, "setup", self.name, arguments)
    }

    /// Logs in with that device. The session is cached, so the first login needs no other code.
    fn log_in(&self, chain: &Chain, code: Option<TokenCode>) -> std::result::Result<LoggedIn, LoginError> {
        let request = LoginRequest {
            chain: chain.clone(),
            section: self.aws_files.section_of(&chain.profile),
            region: self.options.region.clone(),
            duration: None,
            min_ttl: None,
            code: CodeSource::choose(code, chain, self.options.no_input),
            for_tool: false,
            renew: false,
            no_cache: false,
            verbose: false,
            retry_args: Vec::new(),
        };
        Login::new(&request, &self.context.environment)?.run()
    }
}
