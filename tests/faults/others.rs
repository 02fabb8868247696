//! Runs tests in other folders by name, for their rows in the table. A test with many cases prints `cases:
//! N`; any other test is one case.

use std::process::Command;

use crate::table::Row;

/// The name of a row, and what cargo runs for it.
const OTHERS: [(&str, [&str; 2]); 9] = [
    ("links, owners, modes, hard links, directories of others", ["cli", "write_"]),
    ("logins at the same time", ["cli", "together::"]),
    ("grammar: the published cases", ["grammar", "published::"]),
    ("grammar: generated files, held against the Rust SDK and botocore", ["grammar", "generated::"]),
    ("canary keys and codes in messages, arguments, files", ["cli", "canary::"]),
    ("the same in failures, at every log level", ["cli", "leaks::"]),
    ("the same in the process: arguments, memory, core dumps, new files", ["cli", "traces::"]),
    ("certificates", ["cli", "tls::"]),
    ("proxies", ["cli", "proxy::"]),
];

pub fn rows() -> Vec<Row> {
    OTHERS.iter().map(|(name, [test, filter])| row(name, test, filter)).collect()
}

fn row(name: &str, test: &str, filter: &str) -> Row {
    let mut command = Command::new(env!("CARGO"));
    // Without cargo's variables: build scripts that read them (ring's) would run again.
    for (variable, _) in std::env::vars_os() {
        let of_a_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if of_a_package.iter().any(|prefix| variable.to_string_lossy().starts_with(prefix)) {
            command.env_remove(variable);
        }
    }
    command.args([
        "test",
        "--quiet",
        "--locked",
        "--test",
        test,
        "--",
        "--include-ignored",
        "--nocapture",
        filter,
    ]);
    let output = command.output().expect("cargo started this");
    let text = String::from_utf8_lossy(&output.stdout);
    // `test result: ok. 7 passed; 0 failed; …`
    let count = |what: &str| -> usize {
        let before = |line: &str| line.split(what).next()?.rsplit(' ').next()?.parse::<usize>().ok();
        text.lines().filter(|line| line.starts_with("test result:")).filter_map(before).sum()
    };
    let (passed, failed) = (count(" passed;"), count(" failed;"));
    let cases: Vec<usize> =
        text.lines().filter_map(|line| line.split("cases: ").nth(1)?.parse().ok()).collect();
    if !output.status.success() {
        eprintln!("{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    let tests = (passed + failed).saturating_sub(cases.len());
    let lost = failed.max(usize::from(!output.status.success()));
    Row::counted(name, tests + cases.iter().sum::<usize>(), lost)
}
