//! A program about to run, and one that runs.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;

use fake_sts::FakeSts;

use crate::deadline::finish;
use crate::home::Home;
use crate::shown::Shown;

/// A program about to run.
pub struct Run<'h> {
    pub(crate) home: &'h Home,
    command: Command,
    stdin: String,
    pub(crate) sts: Option<String>,
}

impl<'h> Run<'h> {
    /// `env` execs the program, so it has the same process id. `env` also resets the signals that the caller of
    /// cargo ignores (`nohup`), since std's `Command` passes them on. `env` has no path here: std then forks,
    /// whereas posix_spawn would ignore two more signals.
    pub(crate) fn new(home: &'h Home, program: &OsStr) -> Run<'h> {
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(program);
        command.env_clear().envs(home.environment()).current_dir(home.path(""));
        let run = Run { home, command, stdin: String::new(), sts: None };
        match home.endpoint() {
            Some(url) => run.endpoint(url),
            None => run,
        }
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn envs(mut self, variables: &[(&str, &str)]) -> Self {
        self.command.envs(variables.iter().copied());
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Makes it call this STS.
    pub fn sts(self, sts: &FakeSts) -> Self {
        self.endpoint(&sts.url())
    }

    pub fn endpoint(mut self, url: &str) -> Self {
        self.sts = Some(url.to_owned());
        self.env("AWS_ENDPOINT_URL_STS", url)
    }

    /// Sets the text on standard input; empty by default.
    pub fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    /// Runs it, and waits until it ends.
    pub fn output(self) -> Shown {
        self.start().end()
    }

    /// Starts it.
    pub fn start(mut self) -> Running<'h> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that doesn't read its input closes the pipe.
        thread::spawn(move || drop(stdin.write_all(self.stdin.as_bytes())));
        Running { home: self.home, child, sts: self.sts, what: format!("{:?}", self.command) }
    }

    /// The command itself, if `output` isn't enough.
    pub fn into_command(self) -> Command {
        self.command
    }
}

/// A program that runs.
pub struct Running<'h> {
    home: &'h Home,
    pub child: Child,
    sts: Option<String>,
    what: String,
}

impl Running<'_> {
    /// Waits until it ends.
    pub fn end(self) -> Shown {
        Shown::of(&finish(self.child, &self.what), self.home, self.sts.as_deref())
    }
}
