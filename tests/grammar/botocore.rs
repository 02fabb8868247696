//! A process that imports botocore once, and answers lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub struct Botocore {
    process: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Botocore {
    /// Runs a script of this folder, which reads the files that it gets in `home`.
    pub fn start(script: &str, home: &Path, variables: &[(&str, &str)]) -> Self {
        let root = env!("CARGO_MANIFEST_DIR");
        let mut process = Command::new(format!("{root}/target/venv/bin/python"))
            .arg(format!("{root}/tests/grammar/{script}"))
            .env_clear()
            .envs([("PYTHONUTF8", "1"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PATH", "/usr/bin:/bin")])
            .env("HOME", home)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("botocore in target/venv: tests/run installs it");
        let to = process.stdin.take();
        let from = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, to, from }
    }

    pub fn ask<Answer: DeserializeOwned>(&mut self, question: &impl Serialize) -> Answer {
        let line = serde_json::to_string(question).expect("it has a JSON form");
        writeln!(self.to.as_ref().expect("open until the end"), "{line}").expect("it runs");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("it runs");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

impl Drop for Botocore {
    fn drop(&mut self) {
        drop(self.to.take());
        let _ = self.process.wait();
    }
}
