//! The command line: clap's definitions, and what they mean as one [`Command`]. Rules that clap can
//! express are clap's.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::shell::Shell;

/// What the user asked for.
pub enum Command {
    Session(SessionOptions),
    Unset(UnsetOptions),
}

impl Command {
    /// `--shell`.
    pub fn shell(&self) -> Option<Shell> {
        match self {
            Self::Session(options) => options.shell,
            Self::Unset(options) => options.shell,
        }
    }

    /// Whether a shell evaluates the output, so that a failure must make it fail.
    pub fn is_evaluated(&self) -> bool {
        match self {
            Self::Session(options) => options.format != Some(Format::Json) && options.command.is_empty(),
            Self::Unset(_) => true,
        }
    }
}

/// AWS MFA sessions in the current shell, or in `[default]`
#[derive(Parser)]
#[command(
    name = "mfa-env",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_value_name = "COMMAND",
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Named>,
    #[command(flatten)]
    session: SessionOptions,
}

#[derive(Subcommand)]
enum Named {
    Unset(UnsetOptions),
}

#[derive(Args)]
pub struct SessionOptions {
    /// Profile to log in with [default: $AWS_PROFILE, else `default`]
    #[arg(value_name = "PROFILE", conflicts_with = "profile_option")]
    profile: Option<String>,

    /// The same, for a profile that is named like a command
    #[arg(short = 'p', long = "profile", value_name = "NAME", id = "profile_option")]
    profile_option: Option<String>,

    /// MFA code: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true)]
    pub token_code: Option<String>,

    /// How long the session lasts: `12h`, `90m` or seconds, 15m to 36h (a role: 12h)
    #[arg(short, long, value_name = "DURATION")]
    pub duration: Option<String>,

    /// Ask for a new session even where there is a valid one
    #[arg(short, long)]
    pub renew: bool,

    /// MFA device: its ARN, or the serial number of a hardware token
    #[arg(long, value_name = "ARN")]
    pub serial_number: Option<String>,

    /// Region of the STS call and of the session
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Write the session to `[default]` of the credentials file, for every program
    #[arg(short, long, conflicts_with = "format")]
    pub write_default: bool,

    /// With -w: move long-term keys in `[default]` to `[default-long-term]`
    #[arg(long, requires = "write_default")]
    pub force: bool,

    /// Never ask: fail where a code would be needed
    #[arg(long)]
    pub no_input: bool,

    /// Print lines for a shell, or JSON for `credential_process`
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Shell that evaluates the lines [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL")]
    pub shell: Option<Shell>,

    /// Say on standard error what is done and why
    #[arg(short, long)]
    pub verbose: bool,

    /// Run this command with the session instead
    #[arg(last = true, value_name = "CMD", conflicts_with_all = ["write_default", "format"])]
    pub command: Vec<OsString>,
}

/// Clear what mfa-env exported from this shell, or with -w its session from `[default]`
#[derive(Args)]
pub struct UnsetOptions {
    /// Take the session out of `[default]` of the credentials file
    #[arg(short, long)]
    pub write_default: bool,

    /// Shell that evaluates the lines [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL", conflicts_with = "write_default")]
    pub shell: Option<Shell>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `export NAME='value';` lines
    Env,
    /// what AWS's `credential_process` expects
    Json,
}

/// Words that are commands, or will be: a profile of such a name needs `--profile`.
pub const COMMAND_NAMES: [&str; 9] =
    ["doctor", "forget", "help", "init", "list", "policy", "setup", "status", "unset"];

const AFTER_HELP: &str = "\
Examples:
  eval \"$(mfa-env prod)\"         a session of profile prod in this shell
  mfa-env prod -w                the same in [default], for every program
  mfa-env prod -- terraform plan  only for one command
  eval \"$(mfa-env unset)\"        take it out of this shell again";

const AFTER_LONG_HELP: &str = "\
Examples:
  eval \"$(mfa-env prod)\"            a session of profile prod in this shell
  eval \"$(mfa-env prod || echo false)\"  in a script: fails too where mfa-env is missing
  mfa-env prod | source             the same in fish
  mfa-env prod -w                   into [default], for every program
  mfa-env prod -- terraform plan    only for one command
  eval \"$(mfa-env unset)\"           take it out of this shell again
  mfa-env unset -w                  take it out of [default] again

Files:
  ~/.aws/config, ~/.aws/credentials   read; or $AWS_CONFIG_FILE,
                                      $AWS_SHARED_CREDENTIALS_FILE
  [default] in the credentials file   written with -w, nothing else in it
  ~/.local/state/mfa-env/default      what -w wrote, for `unset -w` and prompts

Exit status:
  0  done              3  STS said no
  1  files, I/O, lock  4  no session, or a code is needed and can't be asked
  2  usage             5  STS not reached
  130  cancelled; with -- CMD: the command's own";

impl SessionOptions {
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref().or(self.profile_option.as_deref())
    }
}

/// Parses the process's arguments.
///
/// # Errors
/// What clap has to print: an error, or the help or version that was asked for.
pub fn parse(arguments: &[OsString]) -> Result<Command, clap::Error> {
    let cli = Cli::try_parse_from(arguments)?;
    Ok(match cli.command {
        Some(Named::Unset(options)) => Command::Unset(options),
        None => {
            if let Some(name) = cli.session.profile.as_deref().filter(|name| COMMAND_NAMES.contains(name)) {
                let message = format!(
                    "`{name}` is reserved for a command; a profile of that name: mfa-env --profile {name}"
                );
                return Err(command().error(ErrorKind::InvalidSubcommand, message));
            }
            Command::Session(cli.session)
        }
    })
}

/// The definition itself, for completions and man pages.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Prints what clap has to say; the exit status is 0 for help, 2 for errors.
pub fn print(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    // `mfa-env prod ls`: clap can't know what was meant.
    let stray = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => Some(word),
        _ => None,
    };
    if stray.is_some_and(|word| !word.starts_with('-')) {
        crate::output::print_hint(
            "to run a command with the session, put `--` before it: mfa-env PROFILE -- CMD",
        );
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Whether a failure to parse these arguments must make an `eval` fail: yes, but where the output
/// is for people or programs.
pub fn is_for_eval(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().skip(1).map(|word| word.to_string_lossy()).collect();
    let for_others = ["doctor", "forget", "help", "list", "policy", "setup", "status"];
    let is_json = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
        || words.iter().any(|word| word == "--format=json");
    let first_is_for_others = words.first().is_some_and(|word| for_others.contains(&word.as_ref()));
    !(is_json || first_is_for_others || words.iter().any(|word| word == "--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_is_a_reserved_name() {
        let mut definition = command();
        definition.build();
        for subcommand in definition.get_subcommands() {
            assert!(COMMAND_NAMES.contains(&subcommand.get_name()), "{}", subcommand.get_name());
        }
    }

    #[test]
    fn knows_which_failures_an_eval_must_see() {
        let is_for_eval = |line: &str| is_for_eval(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(is_for_eval("mfa-env prod --typo"));
        assert!(is_for_eval("mfa-env unset --typo"));
        assert!(is_for_eval("mfa-env init bahs"));
        assert!(!is_for_eval("mfa-env prod --typo --format json"));
        assert!(!is_for_eval("mfa-env prod --format=json --typo"));
        assert!(!is_for_eval("mfa-env prod --typo -- ls"));
        assert!(!is_for_eval("mfa-env list --typo"));
    }
}
