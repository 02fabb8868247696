//! Other programs: the one that started us, the ones that we start, and the one that we become.
//! None of them gets what is ours alone; none is waited for beyond its time.

mod group;
mod signals;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::FdFlags;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use zeroize::Zeroizing;

use self::group::Group;
pub use self::signals::is_ignored;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, escape};

/// No core dump. Returns what to give back to a program that we become.
pub fn disable_core_dumps() -> OriginalLimits {
    let core = getrlimit(Resource::Core);
    // A limit can always be lowered; where it can't, there is nothing more to do.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: core.maximum });
    OriginalLimits { core }
}

/// No debugger, and no dump by a handler that ignores the limit (core(5)). After the user's files
/// are open, and not before: from here on Linux keeps `/dev/fd/N` from us unless we are root, and a
/// shell's `<(…)` is such a file.
pub fn deny_ptrace() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// The limits that we were started with.
pub struct OriginalLimits {
    core: Rlimit,
}

/// The name of the process that started us; none where it can't be told.
#[cfg(target_os = "linux")]
pub fn parent_name() -> Option<String> {
    let parent = rustix::process::getppid()?;
    std::fs::read_to_string(format!("/proc/{}/comm", parent.as_raw_nonzero())).ok()
}

/// The name of the process that started us; none where it can't be told.
#[cfg(not(target_os = "linux"))]
pub fn parent_name() -> Option<String> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().to_string();
    let output = Command::new("ps").args(["-o", "comm=", "-p", &parent]).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// The descriptor that the shell function reads from: 3, where that is an open pipe and the function
/// names its shell, too. One variable alone may be left over, or meant for another program.
/// From here on no program that we start gets it.
pub fn take_eval_descriptor(environment: &Environment) -> Option<File> {
    if environment.get(EVAL_VARIABLE) != Some("3") || !environment.is_set(SHELL_VARIABLE) {
        return None;
    }
    let number: RawFd = 3;
    #[expect(unsafe_code, reason = "std has no safe way to use a descriptor that was inherited")]
    // SAFETY: a number that is no open descriptor makes the next call fail, and nothing else is
    // done with it. Whoever started us opened it for us; nothing of ours closes it.
    let named = unsafe { BorrowedFd::borrow_raw(number) };
    if !is_pipe(named) {
        return None;
    }
    rustix::io::fcntl_setfd(named, FdFlags::CLOEXEC).ok()?;
    Some(File::from(named.try_clone_to_owned().ok()?))
}

/// Whether we run in a command substitution of that shell, one with job control: it puts each job into
/// a process group of its own, but not its substitutions.
pub fn is_in_substitution_of(shell: i32) -> bool {
    let group = rustix::process::Pid::from_raw(shell).map(|shell| rustix::process::getpgid(Some(shell)));
    group == Some(Ok(rustix::process::getpgrp()))
}

/// Whether that descriptor is a pipe.
fn is_pipe(descriptor: impl AsFd) -> bool {
    let kind = rustix::fs::fstat(descriptor).map(|status| status.st_mode);
    kind.is_ok_and(|mode| rustix::fs::FileType::from_raw_mode(mode) == rustix::fs::FileType::Fifo)
}

/// Becomes `command`, with these variables set and those unset; returns only where that failed.
pub fn exec(command: &[OsString], set: &[(&str, &str)], unset: &[&str], found: &OriginalLimits) -> Error {
    let (program, arguments) = command.split_first().expect("clap takes no empty command");
    let mut new = Command::new(program);
    new.args(arguments).envs(set.iter().copied());
    for name in unset.iter().chain(&OWN_VARIABLES) {
        new.env_remove(name);
    }
    let _ = setrlimit(Resource::Core, found.core);
    let error = new.exec();
    // As a shell has it: 127 where there is no such program, 126 where it can't be run.
    let kind =
        if error.kind() == io::ErrorKind::NotFound { Kind::CommandNotFound } else { Kind::CommandNotRun };
    Error::new(kind, format!("failed to run `{}`: {error}", escape(&program.to_string_lossy())))
        .hint("check its name and PATH")
}

/// What a command of the profile's (`mfa_process`, `credential_process`) prints, run by `sh -c` as
/// the Rust SDK does; its standard error is the user's. It has a process group of its own, which is ended
/// whole if it takes too long or a signal ends us.
///
/// # Errors
/// It can't be started, fails, takes longer than `time_out`, is ended by Ctrl-C, or is what started us
/// for this profile.
pub fn output_of(
    key: &str,
    command: &str,
    profile: &str,
    time_out: Duration,
    environment: &Environment,
) -> Result<Zeroizing<Vec<u8>>> {
    let failed =
        |why: String| Error::new(Kind::Files, format!("`{key}` of profile `{}` {why}", escape(profile)));
    reject_recursion(key, profile, environment)?;
    let parents = environment.get(PARENT_VARIABLE).unwrap_or_default();
    // A question of its own goes to the terminal; a pipe on our standard input is not meant for it.
    let stdin = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    let mut new = Command::new("sh");
    new.args(["-c", command])
        .stdin(stdin)
        .stdout(Stdio::piped())
        .env(PARENT_VARIABLE, format!("{parents}{profile}\n"));
    for name in OWN_VARIABLES {
        new.env_remove(name);
    }
    let started = Group::start(&mut new);
    let (mut group, stdout) = started.map_err(|error| failed(format!("could not be started: {error}")))?;
    let (sender, receiver) = mpsc::channel();
    // Not joined: a process that left the group may hold the pipe for longer than we wait.
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_OUTPUT));
        let read = stdout.take(MOST_OUTPUT as u64).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let deadline = Instant::now() + time_out;
    let mut read = None;
    let (status, read) = loop {
        // It may close its output and go on, or end and leave its output to another process.
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
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
        if Instant::now() >= deadline {
            group.end();
            return Err(failed(format!("took longer than {} seconds", time_out.as_secs())).hint(BY_HAND));
        }
    };
    if group.is_cancelled() {
        return Err(Error::new(Kind::Cancelled, "cancelled; nothing was changed"));
    }
    drop(group);
    if !status.success() {
        return Err(failed(format!("failed: {status}")).hint(BY_HAND));
    }
    read.map_err(|error| failed(format!("could not be read: {error}")))
}

/// # Errors
/// Where we were started, perhaps through others, by the `key` of that very profile.
pub fn reject_recursion(key: &str, profile: &str, environment: &Environment) -> Result<()> {
    let parents = environment.get(PARENT_VARIABLE).unwrap_or_default();
    // One a line: no profile's name has a line feed in it.
    if parents.lines().any(|parent| parent == profile) {
        let what = format!(
            "`{key}` of profile `{}` starts mfa-env for the same profile again, without end",
            escape(profile)
        );
        return Err(Error::new(Kind::Files, what)
            .hint(format!("give that profile keys of its own, or another command for `{key}`")));
    }
    Ok(())
}

/// Programs that we start find the profiles here that they work for, one a line.
pub const PARENT_VARIABLE: &str = "MFA_ENV_PARENT";

/// Between the shell function and us; nobody else's.
const OWN_VARIABLES: [&str; 3] = [EVAL_VARIABLE, SHELL_VARIABLE, SUBSHELL_VARIABLE];
const EVAL_VARIABLE: &str = "MFA_ENV_EVAL_FD";
pub const SHELL_VARIABLE: &str = "MFA_ENV_SHELL";
/// The process id of the shell in whose subshell the function runs; 0 if the binary could not tell either
/// whether that is a command substitution.
pub const SUBSHELL_VARIABLE: &str = "MFA_ENV_SUBSHELL";

/// Not the command itself: people write secrets into it.
const BY_HAND: &str = "run that command by hand and look at what it does";
/// Far more than a code or a pair of keys.
const MOST_OUTPUT: usize = 64 * 1024;
/// How often a signal, and a command that waits for the terminal, is looked for.
const WHILE_IT_RUNS: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(process: &str) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // Nobody may have waited for a process that has ended.
        status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("sleeper");
        let command = format!("sh -c 'echo $$ > {}; exec sleep 317' | cat", file.display());
        let time_out = Duration::from_secs(1);
        let error = output_of("mfa_process", &command, "x", time_out, &Environment::of(&[])).err();
        let what = "`mfa_process` of profile `x` took longer than 1 seconds";
        assert_eq!(error.map(|error| error.what().to_owned()).as_deref(), Some(what));
        let sleeper = std::fs::read_to_string(file).expect("it was started");
        let deadline = Instant::now() + Duration::from_secs(20);
        while is_alive(sleeper.trim()) {
            assert!(Instant::now() < deadline, "`sleep` lives on");
            thread::sleep(POLL);
        }
    }
}
