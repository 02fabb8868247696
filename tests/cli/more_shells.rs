//! elvish and nushell: their variables after a login, and that a failure stops the rest.

use std::path::{Path, PathBuf};

use support::{CODE, Home, SERIAL, SOMEACCOUNT, Shown, WRONG_CODE, keys_in, sts};

struct Program {
    words: Vec<String>,
    /// Evaluates the output of the command that replaces `@`.
    evaluate: &'static str,
}

/// The nushell that tests/run installed. npm names its folder after the system.
pub fn nu() -> PathBuf {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/@nushell");
    let mut entries = packages.read_dir().expect("run tests/run once: it installs nushell");
    let package = entries.next().expect("one for this system").expect("readable");
    package.path().join("bin/nu")
}

fn programs() -> Vec<Program> {
    let program =
        |words: &str, evaluate| Program { words: words.split(' ').map(String::from).collect(), evaluate };
    let nu = nu().display().to_string();
    vec![
        program("elvish -norc -c", "eval (@ | slurp)"),
        program(&format!("{nu} -n -c"), "@ | from json | load-env"),
    ]
}

impl Program {
    /// Evaluates the output of `command`, then runs a program that shows the variables.
    fn run(&self, home: &Home, command: &str, sts: &fake_sts::FakeSts, name: &str) -> Shown {
        home.write(
            "show",
            "touch ran; printf '%s\\n' \"${AWS_PROFILE-gone} $AWS_ACCESS_KEY_ID\" \"$AWS_VAULT\"\n",
        );
        let script = format!("{}; sh show", self.evaluate.replace('@', command));
        let run = home.program(&self.words[0]).args(&self.words[1..]).args([script]).sts(sts);
        run.env("LC_ALL", "C.UTF-8").env("AWS_PROFILE", name).env("AWS_ACCESS_KEY_ID", "AKIAOLD").output()
    }
}

/// Names that a shell would split or execute.
const HOSTILE: [&str; 8] = [
    "a b",
    "it's",
    "say \"hi\"",
    "back\\slash \\n \\",
    "' && touch pwn && '",
    "$(touch pwn)`touch pwn`${HOME}",
    "$HOME !! !x %s * ~ {a,b} \\' @(1)",
    "Zürich – ελ ‘x’",
];

#[test]
fn each_holds_the_session_of_a_hostile_name_and_nothing_stale() {
    for program in programs() {
        for name in HOSTILE {
            let home = Home::new().credentials(keys_in(name, &format!("mfa_serial = {SERIAL}\n")));
            let sts = sts();
            let shown = program.run(&home, &format!("mfa-env -t {CODE}"), &sts, name);
            let (first, vault) = shown.stdout.split_once('\n').unwrap_or_default();
            assert!(first.starts_with("gone ASIA"), "{:?}: {shown:?}", program.words);
            assert_eq!(vault, format!("{name}\n"), "{:?}: {shown:?}", program.words);
            assert!(!home.path("pwn").exists(), "{:?}: {name}", program.words);
        }
    }
}

#[test]
fn nothing_runs_after_a_failure_in_any_of_them() {
    // Not with `-t`: elvish prints the line that failed.
    let credentials = format!("{SOMEACCOUNT}mfa_process = echo {WRONG_CODE}\n");
    for program in programs() {
        for arguments in ["someaccount", "nobody", "--typo"] {
            let (home, sts) = (Home::new().credentials(&credentials), sts());
            let shown = program.run(&home, &format!("mfa-env {arguments}"), &sts, "old");
            assert_ne!(shown.status, 0, "{:?} {arguments}", program.words);
            assert_eq!(shown.stdout, "", "{:?} {arguments}", program.words);
            assert!(!home.path("ran").exists(), "{:?} {arguments}", program.words);
        }
    }
}

#[test]
fn nothing_to_unset_is_no_failure() {
    for program in programs() {
        let (home, sts) = (Home::new(), sts());
        let shown = program.run(&home, "mfa-env unset", &sts, "mine");
        assert_eq!(
            (shown.stdout.as_str(), shown.stderr.as_str()),
            ("mine AKIAOLD\n\n", "AWS_ACCESS_KEY_ID stays: it wasn't set by mfa-env\n"),
            "{:?}",
            program.words
        );
    }
}

#[test]
fn a_shell_is_also_named() {
    let home = Home::new();
    for (shell, line) in
        [("elvish", "fail 'mfa-env: exit status 2';\n"), ("nushell", "[\"mfa-env: exit status 2\"]\n")]
    {
        assert_eq!(home.run(["nobody", "--shell", shell]).output().stdout, line);
    }
}
