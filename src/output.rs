//! A session as text: lines for a shell, JSON for `credential_process`; and the ways by which text
//! leaves: one write to where the shell evaluates it, messages to standard error.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use zeroize::Zeroizing;

use crate::environment::{Environment, REGION_VARIABLES};
use crate::error::{Error, Kind, Result, clean_name, shown_json};
use crate::process;
use crate::session::{Region, Session};
use crate::shell::{Shell, Unsupported};

/// The variables that make a session that of a shell or of a command.
pub struct Variables {
    pub set: Vec<(&'static str, Zeroizing<String>)>,
    pub unset: Vec<&'static str>,
}

pub fn variables(
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    environment: &Environment,
) -> Variables {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let access_key_id = session.access_key_id.as_str();
    let mut set = vec![
        ("AWS_ACCESS_KEY_ID", text(access_key_id)),
        ("AWS_SECRET_ACCESS_KEY", text(session.secret_access_key.expose())),
        ("AWS_SESSION_TOKEN", text(session.session_token.expose())),
        ("AWS_CREDENTIAL_EXPIRATION", text(&session.expiration.rfc3339())),
        // The name that starship, powerlevel10k and oh-my-posh show.
        ("AWS_VAULT", text(&clean_name(profile))),
        ("MFA_ENV_PROFILE", text(profile)),
        ("MFA_ENV_EXPIRES", text(&session.expiration.epoch_seconds().to_string())),
        ("MFA_ENV_KEY", text(access_key_id)),
    ];
    // Each of them would win over the keys, in one SDK or another.
    let mut unset = vec!["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];
    match region {
        Some(region) => {
            let names = REGION_VARIABLES.into_iter().chain(["MFA_ENV_REGION"]);
            // A readonly variable that is right already is no reason to fail.
            let changes = names.filter(|name| environment.get(name) != Some(region.as_str()));
            set.extend(changes.map(|name| (name, text(region.as_str()))));
        }
        None => unset.extend(our_region(environment)),
    }
    unset.extend(left_by_old_hook(environment).filter(|name| *name != "AWS_VAULT"));
    Variables { set, unset }
}

/// The lines that put a session into a shell.
pub fn export_lines(shell: Shell, variables: &Variables) -> Zeroizing<String> {
    shell.lines(&variables.set, &variables.unset)
}

/// The lines that take our session out of a shell. Empty where nothing is ours.
pub fn unset_lines(shell: Shell, environment: &Environment) -> String {
    shell.lines(&[], &our_variables(environment)).to_string()
}

/// The variables of our session in that environment: keys and region only while they are the ones
/// that we exported.
pub fn our_variables(environment: &Environment) -> Vec<&'static str> {
    let mut ours = Vec::new();
    if environment.holds_our_session() {
        ours.extend([
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
        ]);
        ours.extend(our_region(environment));
    } else if environment.is_set("MFA_ENV_REGION") {
        ours.push("MFA_ENV_REGION");
    }
    let left: Vec<_> = left_by_old_hook(environment).collect();
    let vault = environment.get("AWS_VAULT").map(clean_name);
    if vault.is_some()
        && vault == environment.get("MFA_ENV_PROFILE").map(clean_name)
        && !left.contains(&"AWS_VAULT")
    {
        ours.push("AWS_VAULT");
    }
    ours.extend(left);
    let markers = ["MFA_ENV_PROFILE", "MFA_ENV_EXPIRES", "MFA_ENV_KEY"];
    ours.extend(markers.iter().filter(|name| environment.is_set(name)));
    ours
}

/// The form of AWS's `credential_process`, version 1 (AWS SDKs and Tools Reference Guide).
pub fn credential_process_json(session: &Session) -> Zeroizing<String> {
    let json = serde_json::json!({
        "Version": 1,
        "AccessKeyId": session.access_key_id.as_str(),
        "SecretAccessKey": session.secret_access_key.expose(),
        "SessionToken": session.session_token.expose(),
        "Expiration": session.expiration.rfc3339(),
    });
    Zeroizing::new(format!("{json:#}\n"))
}

/// The region variables that hold what we set: ours to unset.
fn our_region(environment: &Environment) -> impl Iterator<Item = &'static str> {
    let ours = environment.get("MFA_ENV_REGION");
    let is_ours = move |name: &&str| ours.is_some() && environment.get(name) == ours;
    let marker = environment.is_set("MFA_ENV_REGION").then_some("MFA_ENV_REGION");
    REGION_VARIABLES.into_iter().filter(is_ours).chain(marker)
}

/// What the hook of 0.1.0 exported for a session in `[default]`, as far as `MFA_ENV_DEFAULT` still
/// repeats it: the expiry, a space, the profile.
fn left_by_old_hook(environment: &Environment) -> impl Iterator<Item = &'static str> {
    let marker = environment.get("MFA_ENV_DEFAULT");
    let (expiration, profile) = marker.and_then(|values| values.split_once(' ')).unzip();
    let values =
        [("AWS_VAULT", profile), ("AWS_SESSION_EXPIRATION", expiration), ("MFA_ENV_DEFAULT", marker)];
    let is_ours = |(name, ours): &(&str, Option<&str>)| ours.is_some() && environment.get(name) == *ours;
    values.into_iter().filter(is_ours).map(|(name, _)| name)
}

/// Where lines for a shell go.
pub struct Evaluator {
    /// Whether the shell function called us.
    is_function: bool,
    /// The descriptor that the function reads from.
    descriptor: Option<File>,
    /// Whether the lines go to standard output.
    prints: bool,
    /// The shell whose lines we print, or the one that we have no lines for.
    pub shell: std::result::Result<Shell, Unsupported>,
}

impl Evaluator {
    /// The function's descriptor, and the shell: what the function says, else `--shell`, else the
    /// process that started us, else POSIX. Not `$SHELL`: that is the login shell. Nor what
    /// `MFA_ENV_SHELL` says without a descriptor: it may be exported from another shell.
    pub fn find(environment: &Environment, option: Option<Shell>) -> Self {
        let said = environment.get(process::SHELL_VARIABLE).and_then(Shell::of_process);
        let mut descriptor = process::take_eval_descriptor(environment);
        let of_function = said.filter(|_| descriptor.is_some());
        let shell = match of_function.or(option) {
            Some(shell) => Ok(shell),
            None => {
                let parent = process::parent_name().unwrap_or_default();
                Unsupported::of_process(&parent)
                    .map_or_else(|| Ok(Shell::of_process(&parent).unwrap_or(Shell::Posix)), Err)
            }
        };
        // Only the function in bash sets it; elsewhere it is left over.
        let subshell = environment.get(process::SUBSHELL_VARIABLE);
        let subshell =
            subshell.filter(|_| of_function == Some(Shell::Bash)).and_then(|text| text.parse().ok());
        let prints = match subshell {
            None => descriptor.is_none(),
            // bash can't tell where it is: its caller evaluates the lines, or the function does.
            Some(0) => true,
            Some(shell) => {
                let is_substitution = process::is_in_substitution_of(shell);
                descriptor.take_if(|_| is_substitution);
                descriptor.is_none()
            }
        };
        Self { is_function: said.is_some(), descriptor, prints, shell }
    }

    /// Whether anybody evaluates what we print: the function, or an `eval "$(…)"`.
    pub fn is_there(&self) -> bool {
        self.descriptor.is_some() || !io::stdout().is_terminal()
    }

    /// Whether the shell function called us.
    pub fn is_function(&self) -> bool {
        self.is_function
    }

    /// All lines in one write, so that half of a session is never evaluated.
    ///
    /// # Errors
    /// Where it can't be written; a closed pipe is no error: nobody listens.
    pub fn send(&self, lines: &str) -> Result<()> {
        if self.prints {
            print(lines)?;
        }
        self.descriptor.as_ref().map_or(Ok(()), |descriptor| write_whole(descriptor, lines))
    }

    /// Makes the `eval` fail with that status, where there is one.
    pub fn fail(&self, status: u8) {
        if self.is_there() {
            // There is no further way to say that this failed, and the exit status says it already.
            let _ = match self.shell {
                Ok(shell) => self.send(&shell.fail(status)),
                Err(_) => self.send(Unsupported::FAIL),
            };
        }
    }
}

/// To standard output in one write. A closed pipe is no error.
///
/// # Errors
/// Where it can't be written: a full disk.
pub fn print(text: &str) -> Result<()> {
    write_whole(io::stdout().lock(), text)
}

/// A value as JSON, for programs and people.
///
/// # Errors
/// Where it can't be written: a full disk.
pub fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value).expect("strings and numbers have a JSON form");
    print(&format!("{}\n", shown_json(&json)))
}

/// The same with styles in the text, left out where NO_COLOR, TERM=dumb or a file asks for it.
///
/// # Errors
/// Where it can't be written: a full disk.
pub fn print_styled(text: &str) -> Result<()> {
    write_whole(anstream::stdout().lock(), text)
}

fn write_whole(mut to: impl Write, text: &str) -> Result<()> {
    written(to.write_all(text.as_bytes()).and_then(|()| to.flush()))
}

/// What became of an output: nobody has to hear of a reader who has gone.
///
/// # Errors
/// Anything else that kept it from being written: a full disk.
pub fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Files, format!("failed to write the output: {error}"))
                .hint("is the disk full?"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Says what failed; the exit status that says so, too.
pub fn fail(error: &Error) -> ExitCode {
    print_error(error);
    ExitCode::from(error.exit_code())
}

/// `error: what`, `hint: what to do`.
pub fn print_error(error: &Error) {
    message("error", AnsiColor::Red, error.what());
    for hint in error.hints() {
        message("hint", AnsiColor::Cyan, hint);
    }
}

pub fn print_warning(what: &str, hint: Option<&str>) {
    message("warning", AnsiColor::Yellow, what);
    if let Some(hint) = hint {
        message("hint", AnsiColor::Cyan, hint);
    }
}

/// What a finding of `doctor` is.
#[derive(Clone, Copy)]
pub enum Label {
    Ok,
    Warning,
    Error,
}

/// A finding and its remedy, on standard output.
///
/// # Errors
/// Where it can't be written.
pub fn print_finding(label: Label, text: &str, remedy: Option<&str>) -> Result<()> {
    let (word, color) = match label {
        Label::Ok => ("ok", AnsiColor::Green),
        Label::Warning => ("warning", AnsiColor::Yellow),
        Label::Error => ("error", AnsiColor::Red),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let mut lines = format!("{style}{word:>7}{style:#}  {text}\n");
    if let Some(remedy) = remedy {
        lines += &format!("         -> {remedy}\n");
    }
    print_styled(&lines)
}

pub fn print_hint(hint: &str) {
    message("hint", AnsiColor::Cyan, hint);
}

/// A line for people, on standard error.
pub fn say(text: &str) {
    let _ = anstream::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Columns of the terminal that standard output is; none where it is none.
pub fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

fn message(label: &str, color: AnsiColor, text: &str) {
    let style = Style::new().bold().fg_color(Some(color.into()));
    // anstream leaves the colours out where NO_COLOR, TERM=dumb or a file asks for it.
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {text}");
}
