//! `cargo run --example demo` on a terminal: its text, that each command in it works, and that it leaves no
//! files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{Home, Terminal, wait_until};

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];
const PROMPT: &str = "demo> ";

/// Builds the demo once, since `cargo test --test prompt` doesn't.
fn demo() -> &'static Path {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        let binary = Path::new(env!("CARGO_BIN_EXE_mfa-env"));
        let folder = binary.parent().expect("a file is in a folder");
        let mut cargo = Command::new(env!("CARGO"));
        // Without cargo's variables for tests: build scripts that read them would run again.
        for (name, _) in std::env::vars_os() {
            let is_of_package = |name: &str| {
                ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                    .iter()
                    .any(|p| name.starts_with(p))
            };
            if name.to_str().is_some_and(is_of_package) {
                cargo.env_remove(name);
            }
        }
        cargo.args(["build", "--quiet", "--locked", "--example", "demo"]);
        cargo.args(folder.ends_with("release").then_some("--release"));
        assert!(cargo.status().expect("cargo started this test").success());
        folder.join("examples/demo")
    })
}

/// Starts the demo, and waits for its first prompt.
fn start(shell: &str) -> (Home, Terminal) {
    let home = Home::new();
    fs::create_dir(home.path("tmp")).expect("a new directory");
    let run = home.program(demo()).env("SHELL", shell).env("LC_ALL", "C.UTF-8");
    // Variables that would lead a shell to the user's own files.
    let run = run.env("TMPDIR", home.path("tmp")).env("ZDOTDIR", home.path(""));
    let run = run.env("HISTFILE", home.path("history")).env("AWS_PROFILE", "other");
    let mut terminal = Terminal::of_width(run, 120);
    terminal.wait_for("`exit` ends it and removes its files.\r\n");
    let text = terminal.text();
    let wide: Vec<_> = text.lines().take(6).filter(|line| line.len() > 80).collect();
    assert_eq!(wide, [""; 0]);
    terminal.wait_for(PROMPT);
    (home, terminal)
}

/// Waits until all processes have ended, and checks that no files are left.
fn assert_nothing_is_left(home: &Home, session: u32) {
    wait_until("the end of all processes of the demo", || process_of(session).is_none());
    let names = |path: &Path| {
        let entries = fs::read_dir(path).expect("it is there");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&home.path("tmp")), [""; 0]);
    assert_eq!(names(&home.path("")), [".aws", "tmp"]);
    assert_eq!(names(&home.path(".aws")), [""; 0]);
}

/// A process of the session, if there is one: its line of proc_pid_stat(5). macOS has no /proc, and there
/// nobody looks.
fn process_of(session: u32) -> Option<String> {
    let entries = fs::read_dir("/proc").ok()?;
    entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok()).find(|stat| {
        // The name in brackets may contain spaces.
        let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        // Z: a zombie.
        fields.next() != Some("Z") && fields.nth(2) == Some(&session.to_string())
    })
}

#[test]
fn each_command_that_the_demo_names_works_in_it() {
    for shell in SHELLS {
        let (home, mut terminal) = start(shell);
        let session = terminal.process_id();
        for (keys, expected) in [
            ("mfa-env someaccount\r", "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): "),
            ("918273\r", "Session started; expires in 12 hours (someaccount: user bob of 123456789012)"),
            ("mfa-env list\r", "role admin"),
            ("mfa-env admin\r", "Session started; expires in 1 hour (admin: role admin of 123456789012)"),
            ("mfa-env status\r", "profile  admin"),
            ("mfa-env someaccount -w\r", "Session reused; expires in 12 hours"),
            ("grep ^#.This ~/.aws/credentials\r", "comment stays."),
            ("mfa-env doctor\r", "clock: agrees with that of STS"),
            ("mfa-env setup\r", "MFA device [arn:aws:iam::123456789012:mfa/bob]:"),
            ("\r", "Wrote the MFA device of `fresh` to "),
        ] {
            terminal.press(keys);
            terminal.wait_for(expected);
            if !expected.ends_with([':', ' ']) {
                terminal.wait_for(PROMPT);
            }
        }
        terminal.press("exit\r");
        assert_eq!(terminal.end().0, 0, "{shell}");
        assert_nothing_is_left(&home, session);
    }
}

#[test]
fn a_closed_window_leaves_nothing_behind() {
    for shell in SHELLS {
        let (home, mut terminal) = start(shell);
        let session = terminal.process_id();
        terminal.press("mfa-env someaccount\r");
        terminal.wait_for("(arn:aws:iam::123456789012:mfa/bob): ");
        terminal.hang_up();
        assert_nothing_is_left(&home, session);
    }
}
