//! Pastes the command of a hint into the shell that showed it: it works, and a profile's name is never
//! executed.

use std::os::unix::fs::symlink;

use support::{CODE, Home, SERIAL, between, done, keys_in, sts};

use crate::more_shells::nu;
use crate::shells::{FISH, POSIX, shell};

/// Names that resemble `production`, with code for different shells.
const HOSTILE: [&str; 9] = [
    "production'|touch pwn|echo '",
    "production\"|touch pwn|echo \"",
    "production\\'|touch pwn|echo \\'",
    "production$(touch pwn)`touch pwn`",
    "production (touch pwn)",
    "production {touch pwn}",
    "production\\",
    "production !! *",
    "=production",
];

/// The name that `did you mean` suggests.
fn meant(stderr: &str) -> &str {
    let line = stderr.lines().find_map(|line| line.strip_prefix("hint: did you mean `"));
    line.and_then(|line| line.strip_suffix("`?")).unwrap_or_else(|| panic!("no such hint: {stderr}"))
}

/// A home with that profile, in which no question is asked.
fn home(name: &str) -> Home {
    let credentials = keys_in(name, &format!("mfa_serial = {SERIAL}\nmfa_process = echo {CODE}\n"));
    let home = Home::new().credentials(credentials);
    home.write("show", "printf '%s' \"$MFA_ENV_PROFILE\"");
    home
}

#[test]
fn a_pasted_hint_logs_in_to_the_profile_and_runs_nothing_else() {
    let nu = nu().display().to_string();
    let others: [&[&str]; 3] = [FISH, &["elvish", "-norc"], &[&nu, "-n"]];
    for program in POSIX.iter().chain(&others) {
        for name in HOSTILE {
            let (home, sts) = (home(name), sts());
            let run = |line: &str| shell(&home, program, line).env("LC_ALL", "C.UTF-8").sts(&sts).output();
            let shown = run("mfa-env production");
            let pasted = run(&format!("{} -- sh show", meant(&shown.stderr)));
            assert_eq!(pasted, done(name, ""), "{program:?}");
            assert!(!home.path("pwn").exists(), "{program:?} {name}");
        }
    }
}

#[test]
fn a_pasted_hint_takes_out_what_hides_the_session() {
    let nu = nu().display().to_string();
    let others: [&[&str]; 4] = [FISH, &["elvish", "-norc"], &[&nu, "-n"], &["tcsh", "-f"]];
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    home.write("show", "env | grep -E '^AWS_(ACCESS|PROFILE|DEFAULT_PROFILE|WEB|ROLE)'; echo none");
    let hiding: [&[(&str, &str)]; 4] = [
        &[("AWS_ACCESS_KEY_ID", "AKIAOTHER")],
        &[("AWS_PROFILE", "x")],
        &[("AWS_DEFAULT_PROFILE", "x")],
        &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "r")],
    ];
    for program in POSIX.iter().chain(&others) {
        for variables in hiding {
            let run = |line: &str| shell(&home, program, line).envs(variables).sts(&sts).output();
            // `true` keeps the shell from executing mfa-env directly: the shell must be its parent.
            let shown = run("mfa-env someaccount -w; true");
            let hint = between(&shown.stderr, "\nhint: ", "\n");
            let hint = hint.unwrap_or_else(|| panic!("{program:?}: {shown:?}"));
            assert_eq!(run(&format!("{hint}; sh show")), done("none\n", ""), "{program:?}: {hint}");
        }
    }
}

#[test]
fn a_shell_whose_quotes_are_not_known_gets_no_name_that_needs_them() {
    let name = "production'|touch pwn|echo '";
    let home = home(name);
    symlink("/bin/dash", home.path("pwsh")).expect("a new link");
    let run = home.program(home.path("pwsh")).args(["-c", "mfa-env production -- true; exit $?"]);
    assert_eq!(meant(&run.output().stderr), "mfa-env NAME");
}
