//! Rows of the tests that stand elsewhere, run by their names.

use std::process::Command;

use crate::table::Row;

/// What a row is called, and what cargo runs for it.
const OTHERS: [(&str, &[&str]); 3] = [
    ("links, owners, modes, hard links, directories of others", &["--test", "cli", "write_"]),
    ("logins at the same time", &["--test", "cli", "together"]),
    ("canary keys and codes in messages, arguments, files", &["--test", "cli", "canary"]),
];

pub fn rows() -> Vec<Row> {
    OTHERS.iter().map(|(name, arguments)| row(name, arguments)).collect()
}

fn row(name: &str, arguments: &[&str]) -> Row {
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(["test", "--quiet", "--locked"]).args(arguments).output();
    let output = output.expect("cargo started this");
    let text = String::from_utf8_lossy(&output.stdout);
    // `test result: ok. 7 passed; 0 failed; …`
    let count = |what: &str| -> usize {
        let before = |line: &str| line.split(what).next()?.rsplit(' ').next()?.parse::<usize>().ok();
        text.lines().filter(|line| line.starts_with("test result:")).filter_map(before).sum()
    };
    let (passed, failed) = (count(" passed;"), count(" failed;"));
    if !output.status.success() {
        eprintln!("{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    Row::counted(name, passed + failed, failed.max(usize::from(!output.status.success())))
}
