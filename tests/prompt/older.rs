//! Shells that loaded what `mfa-env init` of 0.1.0 printed (`0.1.0/`, without its comments), before the binary was
//! updated.

use support::{CANARY, CODE, Home, sts};

use crate::default::scripted;
use crate::typed::{Kind, Program, Setup, all};

/// A shell with the file of 0.1.0 in its start-up file.
fn older<'h>(program: &Program, home: &'h Home) -> Setup<'h> {
    let name = ["bash", "zsh", "fish"][program.kind as usize];
    let path = format!("{}/tests/prompt/0.1.0/mfa-env.{name}", env!("CARGO_MANIFEST_DIR"));
    program.on(home).instead_of_init(&format!("source {path}"))
}

const SEEN: &str = ".local/state/mfa-env/default.seen";
const LEFT: i64 = 2 * 3600 + 5 * 60 + 30;

#[test]
fn login_prompt_and_unset_work_on() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        scripted(&sts, "ASIARETURNEDRETURNED", LEFT);
        let mut shell = older(&program, &home).sts(&sts).start();
        let shown = shell.run("mfa-env someaccount -t $CODE0");
        assert!(shown.starts_with("Session started; expires in 2 hours"), "{program}: {shown}");
        assert_eq!(shell.segment(), "<green>(someaccount 2h05m)</>", "{program}");
        assert_eq!(shell.value("AWS_SESSION_TOKEN"), CANARY, "{program}");
        let failure = shell.run(program.say("mfa-env nobody && echo ran", "mfa-env nobody; and echo ran"));
        assert!(failure.starts_with("error: ") && !failure.ends_with("ran"), "{program}: {failure}");
        shell.run("mfa-env unset");
        assert_eq!(shell.segment(), "", "{program}");
        assert_eq!(shell.run("env | grep -c -e '^AWS_[A-DF-Z]' -e '^MFA_ENV'"), "0", "{program}");
    }
}

#[test]
fn a_written_session_shows_and_goes() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let mut shell = older(&program, &home).sts(&sts).start();
        for (code, key_id) in [("$CODE0", "ASIARETURNEDRETURNED"), ("$CODE1", "ASIARETURNEDRETURNE2")] {
            scripted(&sts, key_id, LEFT);
            shell.run(&format!("mfa-env someaccount -w -r -t {code}"));
            assert_eq!(shell.segment(), "<green>(someaccount 2h05m)</>", "{program}");
        }
        shell.run("mfa-env unset -w");
        assert_eq!(shell.segment(), "", "{program}");
    }
}

#[test]
fn the_binary_deletes_the_file_of_the_older_hook() {
    let (home, sts) = (Home::someaccount(), sts());
    std::fs::create_dir_all(home.path(SEEN).parent().expect("it is in one")).expect("made");
    home.write(SEEN, "ASIARETURNEDRETURNED 1\n");
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output().status, 0);
    assert!(!home.path(SEEN).exists());
}

#[test]
fn tab_completes_or_offers_nothing_and_prints_nothing() {
    for program in all() {
        let home = Home::someaccount();
        let words = program.say(
            "mfa-env() { printf '%s\\n' \"$@\" >words; }",
            "function mfa-env; printf '%s\\n' $argv >words; end",
        );
        let compinit = if program.kind == Kind::Zsh { "autoload -Uz compinit; compinit -u -D" } else { "" };
        let mut shell = older(&program, &home).before(compinit).after(words).start();
        for (typed, whole) in [("some", "someaccount"), ("stat", "status"), ("--form", "--format")] {
            assert_eq!(shell.run(&format!("mfa-env {typed}\t")), "", "{program}: {typed}");
            assert!([typed, whole].contains(&home.read("words").trim_end()), "{program}: {typed}");
        }
    }
}
