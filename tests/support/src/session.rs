//! A terminal session as text: each command after `$ `, then what it prints.

use std::fmt::Write;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::{Assert, IntoData};

use crate::home::Home;
use crate::run::Run;
use crate::shown::Shown;

impl Home {
    /// Types the commands of a session into bash; see [`Run::session`].
    #[track_caller]
    pub fn session(&self, expected: impl IntoData) {
        self.bash().session(expected);
    }

    /// bash for a session, without a terminal.
    pub fn bash(&self) -> Run<'_> {
        self.program("setsid").args(["--wait", "bash", "--noprofile", "--norc", "-c"])
    }
}

impl Run<'_> {
    /// Compares a session with its text. After a command come its standard output, its standard error with
    /// `2> ` before each line, and its exit status after `? ` unless it is 0. `[..]` stands for any text in a
    /// line, `...` for any lines. `SNAPSHOTS=overwrite` rewrites the text in the test.
    #[track_caller]
    pub fn session(self, expected: impl IntoData) {
        let expected = expected.into_data();
        let text = expected.to_string();
        let commands: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        assert!(!commands.is_empty(), "no command in {text}");
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = |number: usize, name: &str| folder.path().join(format!("{number}{name}"));
        let mut script = String::new();
        for (number, command) in commands.iter().enumerate() {
            let [out, err, status] = ["out", "err", "status"].map(|name| file(number, name));
            let (out, err, status) = (out.display(), err.display(), status.display());
            _ = writeln!(script, "{{ {command}\n}} >{out} 2>{err} </dev/null; echo $? >{status}");
        }
        let (home, sts) = (self.home, self.sts.clone());
        self.args([script]).output();
        let mut actual = String::new();
        for (number, command) in commands.iter().enumerate() {
            let read = |name: &str| fs::read(file(number, name)).unwrap_or_default();
            let status = String::from_utf8_lossy(&read("status")).trim().parse::<i32>();
            let status = status.unwrap_or_else(|_| panic!("`{command}` ended the session"));
            let output = Output {
                status: ExitStatus::from_raw(status << 8),
                stdout: read("out"),
                stderr: read("err"),
            };
            let Shown { status, stdout, stderr } = Shown::of(&output, home, sts.as_deref());
            _ = writeln!(actual, "$ {command}");
            actual.extend(stdout.lines().map(|line| masked(line, &text) + "\n"));
            let space = |line: &str| if line.is_empty() { "" } else { " " };
            actual.extend(stderr.lines().map(|line| format!("2>{}{line}\n", space(line))));
            if status != 0 {
                _ = writeln!(actual, "? {status}");
            }
        }
        Assert::new().action_env(DEFAULT_ACTION_ENV).normalize_paths(false).eq(actual.trim_end(), expected);
    }
}

/// What differs from run to run in the output of `status` and `list`: the text before and after it.
const VARYING: [(&str, &str); 5] = [
    ("key      ", "\n"),
    ("expires  ", " ("),
    ("\"access_key_id\": \"", "\""),
    ("\"expiration\": \"", "\""),
    ("\"seconds_left\": ", ","),
];

/// The line with `[..]` for such a value, unless the session itself sets it.
fn masked(line: &str, session: &str) -> String {
    for (before, after) in VARYING {
        let Some(rest) = line.trim_start().strip_prefix(before) else { continue };
        let value = rest.split(after).next().unwrap_or_default();
        let is_set = session.lines().any(|line| line.starts_with("$ ") && line.contains(value));
        if !["", "0", "null"].contains(&value) && !is_set {
            return line.replacen(value, "[..]", 1);
        }
    }
    line.to_owned()
}
