//! The command line: clap's definitions, and the [`Command`] that they give. clap checks all rules that it
//! can express.

mod completion;
mod help;
mod options;
mod typed_line;
mod usage_error;
mod values;

use std::ffi::OsString;
use std::path::Path;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{Args, FromArgMatches, Parser, Subcommand};

pub use self::completion::complete;
pub use self::options::{
    ConsoleOptions, DoctorOptions, ForgetOptions, Format, InitOptions, ListOptions, ProtectOptions,
    SessionOptions, SetupOptions, StatusOptions, UnsetOptions,
};
pub use self::usage_error::print;
pub use self::values::GivenCode;
use crate::shell::Shell;

/// AWS MFA sessions in the current shell, or in `[default]`
#[derive(Parser)]
#[command(
    name = "mfa-env",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "COMMAND",
    max_term_width = 80,
    after_help = help::MFA_ENV
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    session: SessionOptions,
}

/// The command, with its options.
#[derive(Subcommand)]
pub enum Command {
    #[command(skip)]
    Session(SessionOptions),
    /// Set up a profile: keys and MFA device, tried with a code
    Setup(Deferred<SetupOptions>),
    /// Print the function, prompt and completion that a shell loads
    Init(Deferred<InitOptions>),
    /// Show every profile: account, role or user, region, time left
    List(Deferred<ListOptions>),
    /// Show which session this shell uses, and the time left
    Status(Deferred<StatusOptions>),
    /// Open the AWS console in the browser, signed in as a role
    Console(Deferred<ConsoleOptions>),
    /// End the session in this shell, or with -w remove it from `[default]`
    Unset(Deferred<UnsetOptions>),
    /// Delete cached sessions
    Forget(Deferred<ForgetOptions>),
    /// Move a profile's keys from the credentials file to a secret store
    Protect(Deferred<ProtectOptions>),
    /// Check files, environment, shell and clock; say what to do
    Doctor(Deferred<DoctorOptions>),
    /// Print the IAM policy that requires MFA, for administrators
    #[command(after_help = help::POLICY)]
    Policy,
}

impl Command {
    /// `--shell`.
    pub fn shell(&self) -> Option<Shell> {
        match self {
            Self::Session(options) => options.shell,
            Self::Unset(options) => options.0.shell,
            Self::Init(options) => Some(options.0.shell),
            Self::Setup(options) => options.0.shell,
            Self::Console(_)
            | Self::List(_)
            | Self::Status(_)
            | Self::Forget(_)
            | Self::Protect(_)
            | Self::Doctor(_)
            | Self::Policy => None,
        }
    }

    /// Whether a shell evaluates the output. A failure must then make the `eval` fail.
    pub fn is_evaluated(&self) -> bool {
        match self {
            Self::Session(options) => options.format != Some(Format::Json) && options.command.is_empty(),
            Self::Unset(_) | Self::Init(_) => true,
            Self::Console(_)
            | Self::List(_)
            | Self::Status(_)
            | Self::Forget(_)
            | Self::Protect(_)
            | Self::Doctor(_)
            | Self::Setup(_)
            | Self::Policy => false,
        }
    }
}

/// Options that clap only builds if their command is given. In most runs they would be half of its work.
pub struct Deferred<T>(pub T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(T::augment_args)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command.defer(T::augment_args_for_update)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// The names of the commands. A profile with such a name needs `--profile`.
pub fn command_names() -> impl Iterator<Item = &'static str> {
    // The commands without their options, which is less to build.
    static COMMANDS: LazyLock<clap::Command> =
        LazyLock::new(|| Command::augment_subcommands(clap::Command::new("mfa-env")));
    // clap adds `help` only when it builds the definition.
    COMMANDS.get_subcommands().map(clap::Command::get_name).chain(["help"])
}

pub fn is_command(name: &str) -> bool {
    command_names().any(|command| command == name)
}

/// Whether the name is one typing error away from the other. Short names differ too much after one.
pub fn is_a_slip(name: &str, other: &str) -> bool {
    name.len() > 2 && strsim::damerau_levenshtein(name, other) == 1
}

/// The commands for which [`Command::is_evaluated`] is true.
const EVALUATED: [&str; 2] = ["init", "unset"];

/// Parses the arguments of the process.
///
/// # Errors
/// What clap prints: an error, the help, or the version.
pub fn parse(arguments: &[OsString]) -> Result<Command, clap::Error> {
    let mut definition = command();
    let matches = definition.try_get_matches_from_mut(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    if let Some(name) =
        cli.session.profile.as_deref().filter(|name| definition.find_subcommand(name).is_some())
    {
        let message = format!("`{name}` is a command; for the profile: mfa-env --profile {name}");
        return Err(definition.error(ErrorKind::InvalidSubcommand, message));
    }
    if cli.session.command.is_empty() && arguments.last().is_some_and(|word| word == "--") {
        return Err(definition.error(ErrorKind::TooFewValues, "there is no command after `--`"));
    }
    // Dropping it takes longer than reading the user's files.
    std::mem::forget(definition);
    Ok(cli.command.unwrap_or(Command::Session(cli.session)))
}

/// The profile whose session a `credential_process` prints, if it calls mfa-env (docs/tools.md).
pub fn profile_of_credential_process(command: &str) -> Option<String> {
    let words = typed_line::words(command);
    let is_ours = words.first().is_some_and(|program| Path::new(program).ends_with("mfa-env"));
    let words: Vec<_> = words.iter().filter(|_| is_ours).map(OsString::from).collect();
    match parse(&words).ok()? {
        Command::Session(options) if options.format == Some(Format::Json) => {
            options.profile().map(str::to_owned)
        }
        _ => None,
    }
}

/// The definition, for completions and man pages.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Whether a parse error of these arguments must make an `eval` fail. Not if the output is for people or
/// programs.
pub fn is_for_eval(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().skip(1).map(|word| word.to_string_lossy()).collect();
    let is_json = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
        || words.iter().any(|word| word == "--format=json");
    let is_for_others = |word: &str| is_command(word) && !EVALUATED.contains(&word);
    let first_is_for_others = words.first().is_some_and(|word| is_for_others(word));
    let has_command = words.iter().rev().skip(1).any(|word| word == "--");
    !(is_json || first_is_for_others || has_command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_names_of_commands_are_those_of_the_definition() {
        let mut definition = command();
        definition.build();
        let defined: Vec<_> = definition.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(command_names().collect::<Vec<_>>(), defined);
    }

    #[test]
    fn the_commands_that_are_evaluated_are_named() {
        for name in command_names().filter(|name| *name != "help") {
            let needed: &[&str] = match name {
                "init" => &["bash"],
                "forget" => &["--all"],
                "protect" => &["x"],
                _ => &[],
            };
            let line: Vec<_> = ["mfa-env", name].iter().chain(needed).map(OsString::from).collect();
            let is_evaluated = parse(&line).expect("a whole line").is_evaluated();
            assert_eq!(is_evaluated, EVALUATED.contains(&name), "{name}");
        }
    }
}
