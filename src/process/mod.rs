//! Runs `mfa_process`, `credential_process` and the programs of secret stores with a time limit, and execs the
//! command after `--`.
//! None of them inherits the eval descriptor or our private variables.

mod group;
pub mod signals;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::FdFlags;
pub use rustix::process::Rlimit;
use rustix::process::{Resource, getrlimit, setrlimit};
use zeroize::Zeroizing;

pub use self::group::Group;
use crate::environment::Environment;
use crate::error::{Error, Exit, Result};

/// Disables core dumps. Returns the original limit, for `exec`.
pub fn disable_core_dumps() -> Rlimit {
    let found = getrlimit(Resource::Core);
    // Lowering a limit can't fail.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: found.maximum });
    found
}

/// Denies debuggers, and dumps by handlers that ignore the limit (core(5)). Call it after the user's
/// files are open: from then on, Linux lets only root open `/dev/fd/N`, which a shell uses for `<(…)`.
/// macOS has no such call.
pub fn deny_ptrace() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// The name of the process that started us; `None` if the system doesn't tell.
#[cfg(target_os = "linux")]
pub fn parent_name() -> Option<String> {
    let parent = rustix::process::getppid()?;
    std::fs::read_to_string(format!("/proc/{}/comm", parent.as_raw_nonzero())).ok()
}

/// The name of the process that started us; `None` if the system doesn't tell.
#[cfg(target_os = "macos")]
pub fn parent_name() -> Option<String> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().get();
    // Twice MAXCOMLEN is the longest name (libproc.h).
    let mut name = [0_u8; 64];
    #[expect(unsafe_code, reason = "libproc has no safe form")]
    // SAFETY: it writes at most as many bytes as it is given.
    let length = unsafe { libc::proc_name(parent, name.as_mut_ptr().cast(), name.len() as u32) };
    let name = name.get(..usize::try_from(length).ok()?)?;
    String::from_utf8(name.to_vec()).ok().filter(|name| !name.is_empty())
}

/// The pipe from which the shell function reads: descriptor 3, if both of the function's variables are
/// set (a single one may be left over) and 3 is a pipe. Programs that we start don't inherit it.
pub fn take_eval_descriptor(environment: &Environment) -> Option<File> {
    if environment.get(EVAL_VARIABLE) != Some("3") || !environment.is_set(SHELL_VARIABLE) {
        return None;
    }
    let number: RawFd = 3;
    #[expect(unsafe_code, reason = "std has no safe way to use a descriptor that was inherited")]
    // SAFETY: if the descriptor isn't open, the next call fails and we stop using it. Our parent
    // opened it for us, and nothing here closes it.
    let named = unsafe { BorrowedFd::borrow_raw(number) };
    if !is_pipe(named) {
        return None;
    }
    rustix::io::fcntl_setfd(named, FdFlags::CLOEXEC).ok()?;
    Some(File::from(named.try_clone_to_owned().ok()?))
}

/// Whether we run in a command substitution of that shell. It must have job control: it then gives each
/// job a new process group, but not its substitutions.
pub fn is_in_substitution_of(shell: i32) -> bool {
    let group = rustix::process::Pid::from_raw(shell).map(|shell| rustix::process::getpgid(Some(shell)));
    group == Some(Ok(rustix::process::getpgrp()))
}

fn is_pipe(descriptor: impl AsFd) -> bool {
    let kind = rustix::fs::fstat(descriptor).map(|status| status.st_mode);
    kind.is_ok_and(|mode| rustix::fs::FileType::from_raw_mode(mode) == rustix::fs::FileType::Fifo)
}

/// A command that doesn't see our private variables.
pub fn foreign(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in OWN_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// Replaces this process by `command`, with changed variables. Returns only if that fails.
pub fn exec(command: &[OsString], set: &[(&str, &str)], unset: &[&str], core: Rlimit) -> Error {
    let (program, arguments) = command.split_first().expect("clap rejects an empty command");
    let mut new = foreign(program);
    new.args(arguments).envs(set.iter().copied());
    for name in unset {
        new.env_remove(name);
    }
    let _ = setrlimit(Resource::Core, core);
    let error = new.exec();
    // As in a shell: 127 if the program doesn't exist, 126 if it can't be run.
    let exit =
        if error.kind() == io::ErrorKind::NotFound { Exit::CommandNotFound } else { Exit::CommandNotRun };
    Error::new(exit, format!("failed to run `{}`: {error}", program.to_string_lossy()))
        .hint("check its name and PATH")
}

/// Opens a link in the user's browser. Other users can see the link in the program's arguments.
///
/// # Errors
/// If no program opens it.
pub fn open_in_browser(link: &str) -> Result<()> {
    // `wslview` comes first, since under WSL `xdg-open` may be there without a browser.
    const PROGRAMS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["wslview", "xdg-open"] };
    /// A program that still runs after this time is the browser itself.
    const PATIENCE: Duration = Duration::from_secs(5);
    for program in PROGRAMS {
        let mut new = foreign(program);
        new.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C in this terminal must not end the browser.
        new.process_group(0);
        let Ok(mut child) = new.spawn() else { continue };
        let (ended, has_ended) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait()));
        match has_ended.recv_timeout(PATIENCE) {
            Ok(Ok(status)) if !status.success() => {}
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    Err(Error::new(Exit::Files, format!("could not open a browser with {}", PROGRAMS.join(" or "))))
}

/// A command to run for a profile.
pub struct Task<'t> {
    /// The setting that names it.
    key: &'t str,
    /// For messages. Doesn't show a user's command: people write secrets into it.
    what: String,
    hint: &'static str,
    words: Vec<&'t str>,
    profile: &'t str,
    /// For its standard input.
    input: Option<Zeroizing<Vec<u8>>>,
    is_silent: bool,
}

impl<'t> Task<'t> {
    /// A setting of the profile. Runs by `sh -c`, as in the Rust SDK.
    pub fn of_setting(key: &'t str, command: &'t str, profile: &'t str) -> Self {
        let what = format!("`{key}` of profile `{profile}`");
        let words = vec!["sh", "-c", command];
        Self { key, what, hint: BY_HAND, words, profile, input: None, is_silent: false }
    }

    /// The program of a secret store, which the setting `key` names. `hint` says what to do if it fails.
    pub fn of_program(key: &'t str, words: Vec<&'t str>, hint: &'static str, profile: &'t str) -> Self {
        let what = format!("`{}`", words.join(" "));
        Self { key, what, hint, words, profile, input: None, is_silent: false }
    }

    #[must_use]
    pub fn input(self, input: Zeroizing<Vec<u8>>) -> Self {
        Self { input: Some(input), ..self }
    }

    /// Hides its standard error, which the user otherwise sees.
    #[must_use]
    pub fn silent(self, is_silent: bool) -> Self {
        Self { is_silent, ..self }
    }
}

/// Runs a command in its own process group, and returns its output. Ends the group if it takes too long, or if a signal
/// ends us.
///
/// # Errors
/// If it can't be started, fails, takes longer than `time_out`, or is ended by Ctrl-C, and if it would
/// start mfa-env for the same profile again.
pub fn output_of(
    task: Task<'_>,
    time_out: Duration,
    environment: &Environment,
) -> Result<Zeroizing<Vec<u8>>> {
    let Task { key, what, hint, words, profile, input, is_silent } = task;
    let failed = |why: String| Error::new(Exit::Files, format!("{what} {why}"));
    reject_recursion(key, profile, environment)?;
    let parents = environment.get(PARENT_VARIABLE).unwrap_or_default();
    let stdin = match input {
        Some(_) => Stdio::piped(),
        // The command may ask on the terminal. A pipe on our standard input isn't meant for it.
        None if io::stdin().is_terminal() => Stdio::inherit(),
        None => Stdio::null(),
    };
    let mut new = foreign(words[0]);
    new.args(&words[1..])
        .stdin(stdin)
        .stdout(Stdio::piped())
        .env(PARENT_VARIABLE, format!("{parents}{profile}\n"));
    if is_silent {
        new.stderr(Stdio::null());
    }
    let started = Group::start(&mut new);
    let (mut group, mut child) = started.map_err(|error| failed(format!("could not be started: {error}")))?;
    let stdout = child.stdout.take().expect("it is piped");
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A command that doesn't read it closes the pipe.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let (sender, receiver) = mpsc::channel();
    // Never joined: a process that left the group could keep the pipe open.
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_OUTPUT));
        let read = stdout.take(MOST_OUTPUT as u64).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let deadline = Instant::now() + time_out;
    let mut read = None;
    let (status, read) = loop {
        // It may close its output and go on, or end while another process keeps the output open.
        if read.is_none() {
            read = receiver.recv_timeout(WHILE_IT_RUNS).ok();
        } else {
            thread::sleep(POLL);
        }
        match (group.status(), read) {
            (Some(status), Some(read)) => break (status, read),
            (_, so_far) => read = so_far,
        }
        if let Some(signal) = group.signal() {
            group.end();
            signals::end_by(signal);
            std::process::exit(128 + signal);
        }
        if Instant::now() >= deadline {
            group.end();
            return Err(failed(format!("took longer than {} seconds", time_out.as_secs())).hint(hint));
        }
    };
    if group.is_cancelled() {
        return Err(Error::new(Exit::Cancelled, "cancelled; nothing was changed"));
    }
    drop(group);
    if !status.success() {
        return Err(failed(format!("failed: {status}")).hint(hint));
    }
    read.map_err(|error| failed(format!("could not be read: {error}")))
}

/// # Errors
/// If the `key` of this profile started us, directly or through other programs.
pub fn reject_recursion(key: &str, profile: &str, environment: &Environment) -> Result<()> {
    let parents = environment.get(PARENT_VARIABLE).unwrap_or_default();
    // One per line: a profile name can't contain a line feed.
    if parents.lines().any(|parent| parent == profile) {
        let what = format!(
            "`{key}` of profile `{}` starts mfa-env for the same profile again, in an endless loop",
            profile
        );
        return Err(Error::new(Exit::Files, what)
            .hint(format!("give that profile keys of its own, or another command for `{key}`")));
    }
    Ok(())
}

/// The profiles whose commands led to this process, one per line. Programs that we start inherit it.
pub const PARENT_VARIABLE: &str = "MFA_ENV_PARENT";

/// Variables between the shell function and this binary. Other programs must not see them.
const OWN_VARIABLES: [&str; 4] = [EVAL_VARIABLE, SHELL_VARIABLE, SUBSHELL_VARIABLE, COMPINIT_VARIABLE];
const EVAL_VARIABLE: &str = "MFA_ENV_EVAL_FD";
pub const SHELL_VARIABLE: &str = "MFA_ENV_SHELL";
/// The process id of the shell whose subshell runs the function. 0 if the binary can't find out either
/// whether this is a command substitution.
pub const SUBSHELL_VARIABLE: &str = "MFA_ENV_SUBSHELL";
/// 0 if zsh has not run compinit, without which TAB does not complete our command.
pub const COMPINIT_VARIABLE: &str = "MFA_ENV_COMPINIT";

const BY_HAND: &str = "run that command by hand and look at what it does";
/// In bytes: far more than a code or a key pair needs.
const MOST_OUTPUT: usize = 64 * 1024;
/// How often to look for signals, and for a command that waits for the terminal.
const WHILE_IT_RUNS: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(2);
