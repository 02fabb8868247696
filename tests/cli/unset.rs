//! `mfa-env unset`: removes what mfa-env exported from a shell, and nothing else.

use support::{CODE, Home, REUSED, done, sts, unset_lines};

use crate::shells::{FISH, POSIX, shell};

const NOTHING: &str = "nothing to remove: this shell has no mfa-env session\n";

/// Prints the names of all AWS and mfa-env variables that are set.
const NAMES: &str = "env | grep -E '^(AWS|MFA)_' | sed 's/=.*//' | grep -v ENDPOINT | sort | tr '\\n' ' '";

#[test]
fn takes_out_all_that_a_session_set() {
    let home = || Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    for program in POSIX {
        let (home, sts) = (home(), sts());
        let script =
            format!(r#"eval "$(mfa-env someaccount -t {CODE})"; eval "$(mfa-env unset)"; echo $?; {NAMES}"#);
        let shown = shell(&home, program, &script).sts(&sts).output();
        assert_eq!(shown.stdout, "0\n", "{program:?}");
    }
    for unset in ["eval (mfa-env unset)", "mfa-env unset | source"] {
        let (home, sts) = (home(), sts());
        let script = format!("eval (mfa-env someaccount -t {CODE}); {unset}; echo $status; {NAMES}");
        let shown = shell(&home, FISH, &script).sts(&sts).output();
        assert_eq!(shown.stdout, "0\n", "{shown:?}");
    }
}

#[test]
fn leaves_keys_that_somebody_else_has_set_since() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let script = format!(
        r#"eval "$(mfa-env someaccount -t {CODE})"; AWS_ACCESS_KEY_ID=AKIAOTHER AWS_VAULT=theirs; eval "$(mfa-env unset)"; {NAMES}"#
    );
    let shown = shell(&home, POSIX[0], &script).sts(&sts).output();
    let kept = "AWS_ACCESS_KEY_ID AWS_CREDENTIAL_EXPIRATION AWS_DEFAULT_REGION AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_VAULT ";
    assert_eq!(shown.stdout, kept);
}

#[test]
fn leaves_a_region_that_is_not_ours() {
    let home = Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let sts = sts();
    let script = format!(
        r#"eval "$(mfa-env someaccount -t {CODE})"; AWS_REGION=us-east-1; eval "$(mfa-env unset)"; {NAMES}"#
    );
    assert_eq!(shell(&home, POSIX[0], &script).sts(&sts).output().stdout, "AWS_REGION ");
}

#[test]
fn leaves_the_vault_of_aws_vault() {
    let home = Home::new();
    let run = home.run(["unset"]).envs(&[("AWS_VAULT", "theirs"), ("AWS_ACCESS_KEY_ID", "ASIATHEIRS")]);
    assert_eq!(run.output(), done("", "AWS_ACCESS_KEY_ID stays: it wasn't set by mfa-env\n"));
}

/// A shell that has loaded the hook of 0.1.0 may still have these.
#[test]
fn unset_and_the_next_login_take_out_what_the_old_hook_exported() {
    let old = [
        ("MFA_ENV_DEFAULT", "2026-11-22T22:00:00Z a b"),
        ("AWS_VAULT", "a b"),
        ("AWS_SESSION_EXPIRATION", "2026-11-22T22:00:00Z"),
    ];
    let (home, sts) = (Home::someaccount(), sts());
    let unset = |variables: &[(&str, &str)]| home.run(["unset", "--shell", "posix"]).envs(variables).output();
    assert_eq!(
        unset(&old),
        done(&unset_lines(&["AWS_VAULT", "AWS_SESSION_EXPIRATION", "MFA_ENV_DEFAULT"]), "")
    );
    // The user has changed these values since, so they aren't ours.
    let changed = [old[0], ("AWS_VAULT", "theirs"), ("AWS_SESSION_EXPIRATION", "x")];
    assert_eq!(unset(&changed), done(&unset_lines(&["MFA_ENV_DEFAULT"]), ""));

    let expected = "AWS_ACCESS_KEY_ID AWS_CREDENTIAL_EXPIRATION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_VAULT \
                    MFA_ENV_EXPIRES MFA_ENV_KEY MFA_ENV_PROFILE ";
    let script = format!(r#"eval "$(mfa-env someaccount -t {CODE})"; {NAMES}"#);
    assert_eq!(shell(&home, POSIX[0], &script).sts(&sts).envs(&old).output().stdout, expected);
    let run = home.run(["someaccount", "--", "sh", "-c", NAMES]).sts(&sts).envs(&old);
    assert_eq!(run.output().stdout, expected);
}

#[test]
fn where_nothing_is_ours_it_prints_no_lines_and_succeeds() {
    let home = Home::new();
    assert_eq!(home.run(["unset"]).output(), done("", NOTHING));
    let shown = shell(&home, POSIX[0], r#"set -eu; eval "$(mfa-env unset)"; echo fine"#).output();
    assert_eq!(shown, done("fine\n", NOTHING));
    let shown = shell(&home, FISH, "false; eval (mfa-env unset); and echo fine").output();
    assert_eq!(shown, done("fine\n", NOTHING));
}

#[test]
fn prints_for_the_shell_that_is_asked_for() {
    let home = Home::new();
    let ours = [("MFA_ENV_PROFILE", "p"), ("AWS_VAULT", "p")];
    let shown = home.run(["unset", "--shell", "posix"]).envs(&ours).output();
    assert_eq!(shown, done(&unset_lines(&["AWS_VAULT", "MFA_ENV_PROFILE"]), ""));
    let shown = home.run(["unset", "--shell", "fish"]).envs(&ours).output();
    assert!(shown.stdout.contains("set -qg AWS_VAULT; and set -eg AWS_VAULT;\n"), "{shown:?}");
}

#[test]
fn needs_no_file() {
    let home = Home::new().credentials("broken\n");
    assert_eq!(home.run(["unset"]).output(), done("", NOTHING));
}

#[test]
fn each_of_the_two_says_where_a_session_still_is() {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    let still = "[default] still has a session of someaccount for 12 hours\nhint: mfa-env unset -w\n";
    let script = r#"eval "$(mfa-env someaccount)"; eval "$(mfa-env unset)""#;
    let shown = shell(&home, POSIX[0], script).sts(&sts).output();
    assert_eq!(shown, done("", &format!("{REUSED}removed someaccount from this shell\n{still}")));

    let script = r#"eval "$(mfa-env someaccount)"; mfa-env unset -w"#;
    let shown = shell(&home, POSIX[0], script).sts(&sts).output();
    let removed = "removed someaccount from [default] in ~/.aws/credentials\n";
    let still = "this shell still has a session of someaccount\nhint: eval \"$(mfa-env unset)\"\n";
    assert_eq!(shown, done("", &format!("{REUSED}{removed}{still}")));
}
