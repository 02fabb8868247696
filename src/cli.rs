//! The command line: clap's definitions, and what they mean as one [`Command`]. Rules that clap can
//! express are clap's.

mod help;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::error::{Error, Kind};
use crate::profiles;
use crate::session::TokenCode;
use crate::shell::{Interactive, Loader, Shell};

/// What the user asked for.
pub enum Command {
    Session(SessionOptions),
    Unset(UnsetOptions),
    Init(InitOptions),
    List(ListOptions),
    Status(StatusOptions),
    Forget(ForgetOptions),
    Doctor(DoctorOptions),
    Setup(SetupOptions),
    Policy(PolicyOptions),
}

impl Command {
    /// `--shell`.
    pub fn shell(&self) -> Option<Shell> {
        match self {
            Self::Session(options) => options.shell,
            Self::Unset(options) => options.shell,
            Self::Init(options) => Some(options.shell.into()),
            Self::Setup(options) => options.shell.map(Shell::from),
            Self::List(_) | Self::Status(_) | Self::Forget(_) | Self::Doctor(_) | Self::Policy(_) => None,
        }
    }

    /// Whether a shell evaluates the output, so that a failure must make it fail.
    pub fn is_evaluated(&self) -> bool {
        match self {
            Self::Session(options) => options.format != Some(Format::Json) && options.command.is_empty(),
            Self::Unset(_) | Self::Init(_) => true,
            Self::List(_)
            | Self::Status(_)
            | Self::Forget(_)
            | Self::Doctor(_)
            | Self::Setup(_)
            | Self::Policy(_) => false,
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
    /// Set up profile and shell: find the MFA device, try it, write it down
    Setup(Deferred<SetupOptions>),
    /// Print the function, prompt and completion that a shell loads
    Init(Deferred<InitOptions>),
    /// Show every profile: what it signs with, device, region, time left
    List(Deferred<ListOptions>),
    /// Show which session this shell would use, and how long
    Status(Deferred<StatusOptions>),
    /// Take the session out of this shell, or with -w out of `[default]`
    Unset(Deferred<UnsetOptions>),
    /// Delete cached sessions
    Forget(Deferred<ForgetOptions>),
    /// Check files, environment, shell and clock; say what to do
    Doctor(Deferred<DoctorOptions>),
    /// Print the IAM policy that requires MFA, for administrators
    Policy(Deferred<PolicyOptions>),
}

/// The options of a command: clap learns them when the command is given. Of most runs they would be
/// half of what clap has to build.
struct Deferred<T>(T);

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

#[derive(Args, Default)]
pub struct SessionOptions {
    /// Profile to log in with [default: that of this shell's session, else $AWS_PROFILE, else `default`]
    #[arg(value_name = "PROFILE", conflicts_with = "profile_option", add = ArgValueCompleter::new(profile_names))]
    profile: Option<String>,

    /// The same, for a profile that is named like a command
    #[arg(short = 'p', long = "profile", value_name = "NAME", id = "profile_option", add = ArgValueCompleter::new(profile_names))]
    profile_option: Option<String>,

    /// Choose the profile from a list
    #[arg(long, conflicts_with_all = ["profile", "profile_option", "no_input"])]
    pub pick: bool,

    /// MFA code: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true)]
    pub token_code: Option<String>,

    /// How long the session lasts: `12h`, `90m` or seconds, 15m to 36h (a role: 12h)
    #[arg(short, long, value_name = "DURATION")]
    pub duration: Option<String>,

    /// Ask for a new session even where there is a valid one
    #[arg(short, long)]
    pub renew: bool,

    /// Do not use a cached session with less left [default: 15m, or a quarter of the session]
    #[arg(long, value_name = "DURATION")]
    pub min_ttl: Option<String>,

    /// Neither use nor keep cached sessions
    #[arg(long)]
    pub no_cache: bool,

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

#[derive(Args)]
#[command(after_help = help::UNSET)]
pub struct UnsetOptions {
    /// Take the session out of `[default]` of the credentials file
    #[arg(short, long)]
    pub write_default: bool,

    /// Shell that evaluates the lines [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL", conflicts_with = "write_default")]
    pub shell: Option<Shell>,
}

#[derive(Args)]
#[command(after_help = help::INIT)]
pub struct InitOptions {
    /// The shell that evaluates it
    #[arg(value_name = "SHELL")]
    pub shell: Loader,
}

#[derive(Args)]
#[command(after_help = help::STATUS)]
pub struct StatusOptions {
    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Exit 4 where less than this is left
    #[arg(long, value_name = "DURATION")]
    pub min_ttl: Option<String>,
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

    /// MFA code that tries the device: six digits, or `-` to read it from standard input
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true)]
    pub token_code: Option<String>,

    /// MFA device: its ARN, its name, or the serial number of a hardware token [default: the user's name]
    #[arg(long, value_name = "DEVICE")]
    pub serial_number: Option<String>,

    /// Region of the STS calls
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Shell whose own file gets the line that loads mfa-env [default: the one that runs mfa-env]
    #[arg(long, value_name = "SHELL", conflicts_with = "no_shell")]
    pub shell: Option<Interactive>,

    /// Leave the shell's own file alone
    #[arg(long)]
    pub no_shell: bool,

    /// Take what is proposed: the device, the line in the shell's own file
    #[arg(short, long)]
    pub yes: bool,

    /// Never ask
    #[arg(long)]
    pub no_input: bool,
}

#[derive(Args)]
#[command(after_help = help::POLICY)]
pub struct PolicyOptions {
    /// Print the older form: allow work with MFA, rather than deny it without
    #[arg(long)]
    pub allow: bool,
}

#[derive(Args)]
#[command(after_help = help::FORGET)]
pub struct ForgetOptions {
    /// Profile whose session is deleted, with the user's session that a role was reached with
    #[arg(value_name = "PROFILE", required_unless_present = "all", conflicts_with = "all", add = ArgValueCompleter::new(profile_names))]
    pub profile: Option<String>,

    /// Delete all of them
    #[arg(long)]
    pub all: bool,
}

#[derive(Args)]
#[command(after_help = help::LIST)]
pub struct ListOptions {
    /// Print JSON
    #[arg(long, conflicts_with = "names")]
    pub json: bool,

    /// Print the names alone, one a line
    #[arg(long)]
    pub names: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// `export NAME='value';` lines
    Env,
    /// what AWS's `credential_process` expects
    Json,
}

/// Not clap's `COMPLETE`: somebody may have that in the environment for another program, and an
/// `eval` of what we then print would succeed.
const COMPLETION_VARIABLE: &str = "MFA_ENV_COMPLETE";

/// Words that are commands, or will be: a profile of such a name needs `--profile`.
pub const COMMAND_NAMES: [&str; 9] =
    ["doctor", "forget", "help", "init", "list", "policy", "setup", "status", "unset"];

const AFTER_HELP: &str = "\
Examples:
  mfa-env setup                   first: MFA device and shell, step by step
  mfa-env prod                    a session of prod in this shell, with the
                                  function of `mfa-env init`; else:
  eval \"$(mfa-env prod)\"          the same in bash, zsh and sh
  mfa-env prod -w                 in [default], for every program
  mfa-env prod -- terraform plan  for one command
  mfa-env --pick                  of a profile that you choose from a list
  mfa-env unset                   out of this shell again";

const AFTER_LONG_HELP: &str = "\
Examples:
  mfa-env setup                   first: MFA device and shell, step by step
  mfa-env prod                    a session of prod in this shell, with the
                                  function of `mfa-env init`; else:
  eval \"$(mfa-env prod)\"          the same in bash, zsh and sh
  mfa-env prod | source           the same in fish
  eval \"$(mfa-env prod || echo false)\"
                                  in a script: fails without mfa-env, too
  mfa-env prod -w                 in [default], for every program
  mfa-env prod -- terraform plan  for one command
  mfa-env --pick                  of a profile that you choose from a list
  mfa-env unset                   out of this shell again
  mfa-env unset -w                out of [default] again

Files:
  ~/.aws/config, ~/.aws/credentials   read; or $AWS_CONFIG_FILE,
                                      $AWS_SHARED_CREDENTIALS_FILE
  [default] in the credentials file   written with -w, nothing else in it
  ~/.aws/config, the shell's own file a line each, by `mfa-env setup`
  ~/.cache/mfa-env/                   sessions that are used again
  ~/.local/state/mfa-env/default      what -w wrote, and how to undo it

Exit status:
  0  done              3  STS said no
  1  files, I/O, lock  4  no session, or no way to ask for a code
  2  usage             5  STS not reached
  130  cancelled; with -- CMD: the command's own";

impl SessionOptions {
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref().or(self.profile_option.as_deref())
    }

    /// Whether a list may come up that nobody asked for: not where a program reads the output.
    pub fn may_choose(&self) -> bool {
        !self.no_input && self.format != Some(Format::Json)
    }
}

/// Parses the process's arguments.
///
/// # Errors
/// What clap has to print: an error, or the help or version that was asked for.
pub fn parse(arguments: &[OsString]) -> Result<Command, clap::Error> {
    let mut definition = command();
    let matches = definition.try_get_matches_from_mut(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    // To take it apart takes longer than to read the user's files.
    std::mem::forget(definition);
    Ok(match cli.command {
        Some(Named::Init(options)) => Command::Init(options.0),
        Some(Named::List(options)) => Command::List(options.0),
        Some(Named::Status(options)) => Command::Status(options.0),
        Some(Named::Forget(options)) => Command::Forget(options.0),
        Some(Named::Doctor(options)) => Command::Doctor(options.0),
        Some(Named::Policy(options)) => Command::Policy(options.0),
        Some(Named::Unset(options)) => Command::Unset(options.0),
        Some(Named::Setup(options)) => Command::Setup(options.0),
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

/// What a shell that completes asks by a variable of ours; true where this run was that.
///
/// # Errors
/// A shell that clap does not know.
pub fn complete(arguments: &[OsString]) -> Result<bool, clap::Error> {
    CompleteEnv::with_factory(command)
        .var(COMPLETION_VARIABLE)
        .try_complete(arguments, std::env::current_dir().ok().as_deref())
}

/// The text that registers the completion with a shell, empty where clap does not know that one;
/// `completer` is the binary that it calls.
pub fn completion(shell: Loader, completer: &str) -> String {
    let mut script = Vec::new();
    let completers = Shells::builtins();
    let name = shell.to_possible_value().expect("none is left out");
    let Some(of_shell) = completers.completer(name.get_name()) else { return String::new() };
    of_shell
        .write_registration(COMPLETION_VARIABLE, "mfa-env", "mfa-env", completer, &mut script)
        .expect("a Vec takes all that is written");
    String::from_utf8(script).expect("clap writes text") + crate::shell::after_completion(shell)
}

/// The candidates for a profile's name, read from the files alone.
fn profile_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let environment = crate::environment::Environment::of_process();
    let files = environment.config_file().and_then(|config| {
        let read = |path| crate::files::read(path).map(Option::unwrap_or_default);
        Ok((read(&config)?, read(&environment.credentials_file()?)?))
    });
    let Ok((config, credentials)) = files else { return Vec::new() };
    // Nothing to complete from a broken file; the command itself says what is wrong with it.
    let Ok(names) = profiles::names(&config, &credentials) else { return Vec::new() };
    let prefix = unquoted(&current.to_string_lossy());
    names.into_iter().filter(|name| name.starts_with(&prefix)).map(CompletionCandidate::new).collect()
}

/// A word as it was typed so far, its quotes and backslashes taken away: zsh and fish hand it over
/// with them.
fn unquoted(typed: &str) -> String {
    let mut word = String::new();
    let mut quote = None;
    let mut typed = typed.chars();
    while let Some(c) = typed.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.push(c),
            (_, '\\') => word.extend(typed.next()),
            (_, c) => word.push(c),
        }
    }
    word
}

/// The definition itself, for completions and man pages.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Prints what clap has to say: help or an error.
pub fn print(error: &clap::Error) -> ExitCode {
    let stray = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => Some(word),
        _ => None,
    };
    // `mfa-env prod 123456`: clap would repeat the code.
    if stray.is_some_and(|word| TokenCode::new(word).is_ok()) {
        let error = Error::new(Kind::Usage, "a code is given by `-t`");
        crate::output::print_error(&error.hint("mfa-env PROFILE -t CODE"));
        return ExitCode::from(2);
    }
    if !error.use_stderr() {
        return match crate::output::print_styled(&error.render().ansi().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                crate::output::print_error(&error);
                ExitCode::from(error.exit_code())
            }
        };
    }
    let _ = error.print();
    // `mfa-env prod ls`: clap can't know what was meant.
    let takes_command =
        error.get(ContextKind::Usage).is_some_and(|usage| usage.to_string().contains("<CMD>"));
    if takes_command && stray.is_some_and(|word| !word.starts_with('-')) {
        crate::output::print_hint(
            "to run a command with the session, put `--` before it: mfa-env PROFILE -- CMD",
        );
    }
    ExitCode::from(2)
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

    /// `UPDATE_COMPLETIONS=1 cargo test completions` writes them anew.
    #[test]
    fn the_completions_for_packagers_are_up_to_date() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        for (shell, file) in
            [(Loader::Bash, "mfa-env.bash"), (Loader::Zsh, "_mfa-env"), (Loader::Fish, "mfa-env.fish")]
        {
            let path = folder.join(file);
            if std::env::var_os("UPDATE_COMPLETIONS").is_some() {
                std::fs::create_dir_all(&folder).expect("made");
                std::fs::write(&path, completion(shell, "mfa-env")).expect("written");
            }
            let packaged = std::fs::read_to_string(&path).expect("there");
            assert_eq!(packaged, completion(shell, "mfa-env"), "{file}");
        }
    }

    #[test]
    fn takes_a_word_for_what_its_quotes_mean() {
        for (typed, word) in
            [("a\\ b", "a b"), ("'a b", "a b"), ("\"it's", "it's"), ("a\\", "a"), ("team:pr", "team:pr")]
        {
            assert_eq!(unquoted(typed), word, "{typed}");
        }
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
