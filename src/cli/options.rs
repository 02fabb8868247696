//! The options of each command, as clap reads them. Longer than 300 lines, since it is one list.

use std::ffi::OsString;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use jiff::SignedDuration;

use super::completion::profile_names;
use super::help;
use super::values::{self, GivenCode};
use crate::aws::{DurationSeconds, Region, RoleArn, SerialNumber};
use crate::aws_files::protection::KeyStore;
use crate::shell::Shell;

#[derive(Args, Default)]
pub struct SessionOptions {
    /// Profile to log in with [default: this shell's, else $AWS_PROFILE, else `default` or the only one that
    /// can]
    #[arg(value_name = "PROFILE", conflicts_with = "profile_option", add = ArgValueCompleter::new(profile_names))]
    pub(super) profile: Option<String>,

    /// Profile name; needed if it is also a command, e.g. `list`
    #[arg(short = 'p', long = "profile", value_name = "NAME", id = "profile_option", add = ArgValueCompleter::new(profile_names))]
    profile_option: Option<String>,

    /// Choose the profile from a list
    #[arg(long, conflicts_with_all = ["profile", "profile_option", "no_input"])]
    pub pick: bool,

    /// MFA code: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true, value_parser = values::token_code)]
    pub token_code: Option<GivenCode>,

    /// How long the session lasts: `12h`, `90m` or seconds, 15m to 36h (a role: at most 12h)
    #[arg(short, long, value_name = "DURATION", value_parser = DurationSeconds::parse)]
    pub duration: Option<DurationSeconds>,

    /// Get a new session even if there is a valid one
    #[arg(short, long)]
    pub renew: bool,

    /// Do not use a cached session with less time left [default: 15m, or a quarter of the session]
    #[arg(long, value_name = "DURATION", value_parser = values::min_ttl)]
    pub min_ttl: Option<SignedDuration>,

    /// Neither use nor keep cached sessions
    #[arg(long)]
    pub no_cache: bool,

    /// MFA device: its ARN, or the serial number of a hardware token; remembered if AWS accepts its code
    #[arg(long, value_name = "ARN", value_parser = SerialNumber::new)]
    pub serial_number: Option<SerialNumber>,

    /// Assume this role, with the profile as its source
    #[arg(long, value_name = "ARN", value_parser = RoleArn::new)]
    pub role_arn: Option<RoleArn>,

    /// Region of the STS call and of the session
    #[arg(long, value_name = "REGION", value_parser = Region::new)]
    pub region: Option<Region>,

    /// Write the session to `[default]` of the credentials file, for every program
    #[arg(short, long, conflicts_with = "format")]
    pub write_default: bool,

    /// With -w: write to this section instead of `[default]`
    #[arg(long, value_name = "NAME", requires = "write_default", value_parser = values::section)]
    pub section: Option<String>,

    /// With -w: move long-term keys in `[default]` to `[default-long-term]`
    #[arg(long, requires = "write_default")]
    pub force: bool,

    /// Never ask; fail if a code is needed
    #[arg(long)]
    pub no_input: bool,

    /// Print lines for a shell, or JSON for `credential_process`, which asks on the terminal or in a window
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Shell that evaluates the lines [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL")]
    pub shell: Option<Shell>,

    /// Print what mfa-env does, and why, on standard error
    #[arg(short, long)]
    pub verbose: bool,

    /// Print only questions, warnings and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Run this command with the session instead
    #[arg(last = true, value_name = "CMD", conflicts_with_all = ["write_default", "format"])]
    pub command: Vec<OsString>,
}

#[derive(Args)]
#[command(after_help = help::CONSOLE)]
pub struct ConsoleOptions {
    /// Profile with the role [default: as for a session]
    #[arg(value_name = "PROFILE", add = ArgValueCompleter::new(profile_names))]
    pub profile: Option<String>,

    /// Page to open: the name of a service in the console's URLs, e.g. `s3`
    #[arg(long, value_name = "NAME", value_parser = values::service)]
    pub service: Option<String>,

    /// Print the link instead of opening it
    #[arg(long)]
    pub print: bool,

    /// MFA code: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true, value_parser = values::token_code)]
    pub token_code: Option<GivenCode>,

    /// Assume this role, with the profile as its source
    #[arg(long, value_name = "ARN", value_parser = RoleArn::new)]
    pub role_arn: Option<RoleArn>,

    /// Region that the page shows
    #[arg(long, value_name = "REGION", value_parser = Region::new)]
    pub region: Option<Region>,

    /// Never ask; fail if a code is needed
    #[arg(long)]
    pub no_input: bool,
}

impl ConsoleOptions {
    /// The options of the session for the link.
    pub fn session(&self) -> SessionOptions {
        SessionOptions {
            profile: self.profile.clone(),
            token_code: self.token_code.clone(),
            role_arn: self.role_arn.clone(),
            region: self.region.clone(),
            no_input: self.no_input,
            ..SessionOptions::default()
        }
    }
}

#[derive(Args)]
#[command(after_help = help::UNSET)]
pub struct UnsetOptions {
    /// Remove the session from `[default]` of the credentials file
    #[arg(short, long)]
    pub write_default: bool,

    /// With -w: remove it from this section instead of `[default]`
    #[arg(long, value_name = "NAME", requires = "write_default", value_parser = values::section)]
    pub section: Option<String>,

    /// Shell that evaluates the lines [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL", conflicts_with = "write_default")]
    pub shell: Option<Shell>,
}

#[derive(Args)]
#[command(after_help = help::INIT)]
pub struct InitOptions {
    /// Shell that evaluates the output
    #[arg(value_name = "SHELL", value_parser = one_of(&Shell::LOADING))]
    pub shell: Shell,
}

#[derive(Args)]
#[command(after_help = help::STATUS)]
pub struct StatusOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Exit with 4 if less time than this is left
    #[arg(long, value_name = "DURATION", value_parser = values::min_ttl)]
    pub min_ttl: Option<SignedDuration>,

    /// For the prompt: 0 if `[default]` still holds the session that we wrote, 4 if not, else unsettled
    #[arg(long, hide = true, conflicts_with_all = ["json", "min_ttl"])]
    pub default_only: bool,
}

#[derive(Args)]
#[command(after_help = help::DOCTOR)]
pub struct DoctorOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Do not ask STS for the time
    #[arg(long)]
    pub offline: bool,
}

#[derive(Args)]
#[command(after_help = help::SETUP)]
pub struct SetupOptions {
    /// Profile to set up [default: the one with keys and no MFA device]
    #[arg(value_name = "PROFILE", add = ArgValueCompleter::new(profile_names))]
    pub profile: Option<String>,

    /// MFA code to test the device: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true, value_parser = values::token_code)]
    pub token_code: Option<GivenCode>,

    /// Keep the keys in this store, instead of the credentials file
    #[arg(long, value_name = "STORE", value_parser = one_of_stores())]
    pub store: Option<KeyStore>,

    /// MFA device: its name, ARN or serial number [default: the one with the user's name]
    #[arg(long, value_name = "DEVICE")]
    pub serial_number: Option<String>,

    /// Region of the STS calls
    #[arg(long, value_name = "REGION", value_parser = Region::new)]
    pub region: Option<Region>,

    /// Shell that is to load mfa-env [default: the one that has loaded it, else $SHELL]
    #[arg(long, value_name = "SHELL", value_parser = one_of(&Shell::WITH_PROMPT))]
    pub shell: Option<Shell>,

    /// Use the suggested device without asking
    #[arg(short, long)]
    pub yes: bool,

    /// Never ask
    #[arg(long)]
    pub no_input: bool,
}

#[derive(Args)]
#[command(after_help = help::FORGET)]
pub struct ForgetOptions {
    /// Profile to forget; for a role, the MFA session behind it goes too
    #[arg(value_name = "PROFILE", required_unless_present = "all", conflicts_with = "all", add = ArgValueCompleter::new(profile_names))]
    pub profile: Option<String>,

    /// Delete all cached sessions
    #[arg(long)]
    pub all: bool,
}

#[derive(Args)]
#[command(after_help = help::PROTECT)]
pub struct ProtectOptions {
    /// Profile whose keys move
    #[arg(value_name = "PROFILE", add = ArgValueCompleter::new(profile_names))]
    pub profile: String,

    /// Where the keys go [default: keychain on macOS, else secret-service]
    #[arg(long, value_name = "STORE", value_parser = one_of_stores(), conflicts_with_all = ["store_command", "undo"])]
    pub store: Option<KeyStore>,

    /// Command that stores what it reads from standard input
    #[arg(long, value_name = "CMD", requires = "fetch_command", conflicts_with = "undo")]
    pub store_command: Option<String>,

    /// Command that prints what was stored
    #[arg(long, value_name = "CMD", requires = "store_command", value_parser = NonEmptyStringValueParser::new())]
    pub fetch_command: Option<String>,

    /// Move the keys back
    #[arg(long)]
    pub undo: bool,
}

#[derive(Args)]
#[command(after_help = help::LIST)]
pub struct ListOptions {
    /// Print JSON
    #[arg(long, conflicts_with = "names")]
    pub json: bool,

    /// Print only the names, one per line; leave out names with invisible characters
    #[arg(long)]
    pub names: bool,

    /// Also show the MFA device, and the place of the keys or the profile that has them
    #[arg(short, long, conflicts_with_all = ["json", "names"])]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Env,
    Json,
}

/// Parses a name of one of these shells.
fn one_of(shells: &[Shell]) -> impl TypedValueParser<Value = Shell> {
    PossibleValuesParser::new(shells.iter().filter_map(ValueEnum::to_possible_value))
        .map(|name| Shell::from_str(&name, false).expect("it is one of these"))
}

fn one_of_stores() -> impl TypedValueParser<Value = KeyStore> {
    PossibleValuesParser::new(KeyStore::NAMES).map(|name| KeyStore::named(&name).expect("it is one of these"))
}

impl SessionOptions {
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref().or(self.profile_option.as_deref())
    }

    /// Whether the list may appear without `--pick`. Not if a program reads the output.
    pub fn may_choose(&self) -> bool {
        !self.no_input && self.format != Some(Format::Json)
    }
}
