//! What programs that draw the prompt are told of a session in `[default]`: variables, as long as
//! the session is shown, and never a value that is not ours.

use fake_sts::FakeSts;

use crate::default::{STATE, expiration_in, installed, scripted, written};
use crate::harness::{Home, KEY_ID, SECRET, SOMEACCOUNT, between, sts};
use crate::typed::{Shell, all, bashes};

/// The variables, in one line.
const TOLD: &str = "env | grep -E '^(AWS_VAULT|AWS_SESSION_EXPIRATION|AWS_CREDENTIAL_EXPIRATION|MFA_ENV_DEFAULT)=' \
                    | sort | paste -sd ' ' -";

fn told(shell: &mut Shell) -> String {
    shell.run(TOLD)
}

/// All of it, of the session that the home's `[default]` holds.
fn whole(home: &Home) -> String {
    let at = expiration_in(home);
    format!("AWS_SESSION_EXPIRATION={at} AWS_VAULT=someaccount MFA_ENV_DEFAULT={at} someaccount")
}

#[test]
fn they_are_told_as_long_as_the_session_is_shown() {
    for program in all() {
        let home = written();
        let setup = program.on(&home).env("MFA_ENV_PROMPT_EXPORT", "1");
        let mut shell = setup.after(program.say("set -eu", "")).start();
        let whole = whole(&home);
        assert_eq!(told(&mut shell), whole, "{program}");
        for (variable, value) in [("AWS_PROFILE", "other"), ("AWS_ACCESS_KEY_ID", "AKIAOTHER")] {
            shell.run(&program.export(variable, value));
            assert_eq!(told(&mut shell), "", "{program}: {variable}");
            shell.run(&program.unset(variable));
            assert_eq!(told(&mut shell), whole, "{program}: {variable}");
        }
        shell.run(&program.export("MFA_ENV_PROMPT_EXPORT", "0"));
        assert_eq!(told(&mut shell), "", "{program}");
        shell.run(&program.export("MFA_ENV_PROMPT_EXPORT", "1"));
        assert_eq!(told(&mut shell), whole, "{program}");
        shell.run("mfa-env unset -w");
        assert_eq!(told(&mut shell), "", "{program}");
        assert_eq!(shell.exit(), 0, "{program}");
    }
}

#[test]
fn they_are_told_of_the_next_session_too() {
    for program in all() {
        let (home, sts) = (Home::someaccount(), sts());
        let setup = program.on(&home).sts(&sts).env("MFA_ENV_PROMPT_EXPORT", "1");
        let mut shell = setup.start();
        for (code, key_id, left) in
            [("$CODE0", "ASIAWRITTENWRITTEN01", 3630), ("$CODE1", "ASIAWRITTENWRITTEN02", 7230)]
        {
            scripted(&sts, key_id, left);
            shell.run(&format!("mfa-env someaccount -w -r -t {code}"));
            assert_eq!(told(&mut shell), whole(&home), "{program}");
        }
    }
}

#[test]
fn nobody_is_told_where_the_segment_itself_is_shown() {
    for program in all() {
        let home = written();
        assert_eq!(told(&mut program.on(&home).start()), "", "{program}");
    }
}

#[test]
fn a_vault_of_the_users_own_stays() {
    for program in all() {
        let home = written();
        let setup = program.on(&home).env("MFA_ENV_PROMPT_EXPORT", "1").env("AWS_VAULT", "theirs");
        let mut shell = setup.start();
        assert_eq!(told(&mut shell), "AWS_VAULT=theirs", "{program}");
        shell.run(&program.unset("AWS_VAULT"));
        shell.run(&program.export("AWS_PROFILE", "other"));
        shell.run(&program.unset("AWS_PROFILE"));
        assert_eq!(told(&mut shell), whole(&home), "{program}");
        shell.run(&program.export("AWS_VAULT", "theirs"));
        shell.run(&program.export("AWS_PROFILE", "other"));
        assert_eq!(told(&mut shell), "AWS_VAULT=theirs", "{program}");
    }
}

#[test]
fn a_shell_that_inherits_them_takes_them_out_again() {
    for program in all() {
        let home = Home::new();
        let inherited = [
            ("MFA_ENV_DEFAULT", "2026-11-22T22:00:00Z a b"),
            ("AWS_VAULT", "a b"),
            ("AWS_SESSION_EXPIRATION", "2026-11-22T22:00:00Z"),
        ];
        // Names of ours inside the hook.
        let globals = program.say("", "set -g write x; set -g profile x; set -g expiration x");
        let mut shell = program.on(&home).envs(&inherited).before(globals).start();
        assert_eq!(told(&mut shell), "", "{program}");
    }
}

fn log_in(shell: &mut Shell, sts: &FakeSts) {
    scripted(sts, "ASIAEXPORTEDEXPORTED", 9030);
    shell.run("mfa-env someaccount -r -t $CODE0");
}

#[test]
fn an_exported_session_takes_their_place() {
    for program in all() {
        let (home, sts) = (written(), sts());
        home.write(".aws/credentials", home.read_credentials() + SOMEACCOUNT);
        let mut shell = program.on(&home).sts(&sts).env("MFA_ENV_PROMPT_EXPORT", "1").start();
        assert_eq!(told(&mut shell), whole(&home), "{program}");
        log_in(&mut shell, &sts);
        let shown = told(&mut shell);
        let at = between(&shown, "AWS_CREDENTIAL_EXPIRATION=", " ").expect("one");
        assert_eq!(shown, format!("AWS_CREDENTIAL_EXPIRATION={at} AWS_VAULT=someaccount"), "{program}");
        shell.run("mfa-env unset");
        assert_eq!(told(&mut shell), whole(&home), "{program}");
    }
}

/// The AWS CLI takes AWS_CREDENTIAL_EXPIRATION for the end of whatever keys are in the environment.
#[test]
fn keys_that_somebody_exports_do_not_end_with_the_session_in_default() {
    let (home, sts) = (written(), sts());
    let ended = home.read(STATE).replace(&expiration_in(&home), "2020-01-01T00:00:00Z");
    home.write(STATE, ended);
    let program = bashes().swap_remove(0);
    let mut shell = program.on(&home).sts(&sts).env("MFA_ENV_PROMPT_EXPORT", "1").start();
    assert!(told(&mut shell).contains("2020-01-01T00:00:00Z"));
    let keys =
        format!("AWS_ACCESS_KEY_ID={KEY_ID} AWS_SECRET_ACCESS_KEY={SECRET} AWS_DEFAULT_REGION=us-east-1");
    let aws = installed("aws").display().to_string();
    let shown = shell.run(&format!("{keys} {aws} sts get-caller-identity --query Account"));
    assert_eq!(shown, "\"123456789012\"");
}
