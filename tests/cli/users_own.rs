//! What the user had set before a login comes back afterwards, in every shell.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use support::{CODE, CODES, Home, SERIAL, SOMEACCOUNT, STARTED, done, failed, keys_in, sts};

use crate::session::asked_of;
use crate::shells::{FISH, POSIX, shell};

/// `someaccount` has a region; `plain` and the role `admin` have none.
fn home() -> Home {
    let plain = keys_in("plain", &format!("mfa_serial = {SERIAL}\n"));
    let config = "[profile someaccount]\nregion = eu-west-1\n\
                  [profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
    Home::new().credentials(format!("{SOMEACCOUNT}{plain}")).config(config)
}

/// Prints all AWS and mfa-env variables, except those of the test itself.
const SHOW: &str = "env | grep -E '^(AWS|MFA)_' | grep -v ENDPOINT | sort";

/// Prints those that a login may change and restore.
const SHOW_OWN: &str = "env | grep -E '^AWS_(VAULT|.*PROFILE|.*REGION)=' | sort | tr '\\n' ' '; echo";

const HAD: [(&str, &str); 2] = [("AWS_PROFILE", "dev"), ("AWS_REGION", "us-east-1")];

#[test]
fn unset_restores_what_a_login_replaced_and_names_it() {
    let stderr = format!(
        "{STARTED}removed someaccount from this shell\nrestored AWS_REGION=us-east-1, AWS_PROFILE=dev\n"
    );
    for program in POSIX {
        let (home, sts) = (home(), sts());
        let script = format!(
            r#"set -eu; eval "$(mfa-env someaccount -t {CODE})"; {SHOW_OWN}; eval "$(mfa-env unset)"; {SHOW}"#
        );
        let shown = shell(&home, program, &script).sts(&sts).envs(&HAD).output();
        let during = "AWS_DEFAULT_REGION=eu-west-1 AWS_REGION=eu-west-1 AWS_VAULT=someaccount \n";
        let after = "AWS_PROFILE=dev\nAWS_REGION=us-east-1\n";
        assert_eq!(shown, done(&format!("{during}{after}"), &stderr), "{program:?}");
    }
    for unset in ["eval (mfa-env unset)", "mfa-env unset | source"] {
        let (home, sts) = (home(), sts());
        let script = format!("eval (mfa-env someaccount -t {CODE}); {unset}; {SHOW}");
        let shown = shell(&home, FISH, &script).sts(&sts).envs(&HAD).output();
        assert_eq!(shown, done("AWS_PROFILE=dev\nAWS_REGION=us-east-1\n", &stderr), "{unset}");
    }
}

#[test]
fn a_role_without_a_region_gets_the_users_region_after_a_profile_with_one() {
    for program in POSIX.iter().chain([&FISH]) {
        let (home, sts) = (home(), sts());
        let evaluate = if *program == FISH {
            |arguments: &str| format!("mfa-env {arguments} | source; or exit 1")
        } else {
            |arguments: &str| format!("eval \"$(mfa-env {arguments})\" || exit 1")
        };
        let (first, second) = (evaluate(&format!("someaccount -t {CODE}")), evaluate("admin"));
        let script = format!("{first}\n{second}\n{SHOW_OWN}\n{}\n{SHOW}", evaluate("unset"));
        let shown = shell(&home, program, &script).sts(&sts).envs(&HAD).output();
        let own = "AWS_REGION=us-east-1 AWS_VAULT=admin \n";
        assert_eq!(shown.stdout, format!("{own}AWS_PROFILE=dev\nAWS_REGION=us-east-1\n"), "{shown:?}");
        assert!(asked_of(&sts)[0].ends_with(" for eu-west-1"), "{program:?}");
        assert!(asked_of(&sts)[1].contains(" for us-east-1 with"), "{program:?}: {:?}", asked_of(&sts));
    }
}

#[test]
fn a_newer_value_of_the_users_stays() {
    let (home, sts) = (home(), sts());
    let script = format!(
        r#"eval "$(mfa-env someaccount -t {CODE})"; export AWS_REGION=us-west-2 AWS_PROFILE=new
        eval "$(mfa-env plain -t {})"; {SHOW_OWN}; eval "$(mfa-env unset)"; {SHOW_OWN}"#,
        CODES[1]
    );
    let shown = shell(&home, POSIX[0], &script).sts(&sts).envs(&HAD).output();
    assert_eq!(
        shown.stdout, "AWS_REGION=us-west-2 AWS_VAULT=plain \nAWS_PROFILE=new AWS_REGION=us-west-2 \n",
        "{shown:?}"
    );
}

#[test]
fn a_readonly_region_that_is_right_already_is_left_alone() {
    let (home, sts) = (home(), sts());
    let script = format!(
        r#"readonly AWS_REGION; eval "$(mfa-env someaccount -t {CODE})" && eval "$(mfa-env unset)"; echo $?; {SHOW}"#
    );
    let run = shell(&home, POSIX[0], &script).sts(&sts).env("AWS_REGION", "eu-west-1");
    assert_eq!(
        run.output(),
        done("0\nAWS_REGION=eu-west-1\n", &format!("{STARTED}removed someaccount from this shell\n"))
    );
}

#[test]
fn write_default_restores_it_too_and_warns_of_what_then_hides_default() {
    for (program, evaluate) in
        [(POSIX[0], "eval \"$(mfa-env ARGUMENTS)\""), (FISH, "mfa-env ARGUMENTS | source")]
    {
        let (home, sts) = (home(), sts());
        let evaluate = |arguments: &str| evaluate.replace("ARGUMENTS", arguments);
        let script = format!(
            "{}; {}; {SHOW}",
            evaluate(&format!("someaccount -t {CODE}")),
            evaluate("someaccount -w")
        );
        let shown = shell(&home, program, &script).sts(&sts).envs(&HAD).output();
        assert_eq!(shown.stdout, "AWS_PROFILE=dev\nAWS_REGION=us-east-1\n", "{shown:?}");
        let unset = if program == FISH { "set -e" } else { "unset" };
        let said = format!(
            "removed someaccount from this shell\nrestored AWS_REGION=us-east-1, AWS_PROFILE=dev\n\
             warning: the session in `[default]` has no effect here: AWS_PROFILE names another profile\n\
             hint: {unset} AWS_PROFILE\n"
        );
        assert!(shown.stderr.contains(&said), "{shown:?}");
    }
}

#[test]
fn keys_of_others_are_replaced_for_good_and_the_name_of_their_session_with_them() {
    let theirs =
        [("AWS_ACCESS_KEY_ID", "AKIATHEIRS"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_VAULT", "theirs")];
    let script = format!(r#"eval "$(mfa-env someaccount -t {CODE})"; eval "$(mfa-env unset)"; {SHOW}"#);
    let (first, second) = (home(), home());
    let shown = shell(&first, POSIX[0], &script).sts(&sts()).envs(&theirs).output();
    assert_eq!(
        shown,
        done(
            "",
            &format!(
                "replaced the keys that were set in this shell\n{STARTED}removed someaccount from this shell\n"
            )
        )
    );
    // Without keys, the name is the user's own, even if it equals ours.
    for vault in ["theirs", "someaccount"] {
        second.run(["forget", "--all"]).output();
        let shown = shell(&second, POSIX[0], &script).sts(&sts()).env("AWS_VAULT", vault).output();
        assert_eq!(shown.stdout, format!("AWS_VAULT={vault}\n"), "{shown:?}");
    }
}

#[test]
fn after_keys_of_others_only_what_is_surely_ours_goes() {
    let (home, sts) = (home(), sts());
    let script = format!(
        r#"eval "$(mfa-env someaccount -t {CODE})"; export AWS_ACCESS_KEY_ID=AKIATHEIRS; eval "$(mfa-env unset)"
        {SHOW_OWN}; echo $AWS_ACCESS_KEY_ID; env | grep MFA"#
    );
    let shown = shell(&home, POSIX[0], &script).sts(&sts).envs(&HAD).output();
    assert_eq!(shown.stdout, "AWS_DEFAULT_REGION=eu-west-1 AWS_REGION=eu-west-1 \nAKIATHEIRS\n", "{shown:?}");
}

#[test]
fn a_command_and_the_shells_in_it_have_the_same_way_back() {
    let (home, sts) = (home(), sts());
    let script = format!(r#"eval "$(mfa-env unset)"; {SHOW}"#);
    let run = home.run(["someaccount", "-t", CODE, "--", "bash", "-c", &script]).sts(&sts).envs(&HAD);
    let restored = "removed someaccount from this shell\nrestored AWS_REGION=us-east-1, AWS_PROFILE=dev\n";
    assert_eq!(run.output(), done("AWS_PROFILE=dev\nAWS_REGION=us-east-1\n", restored));
}

#[test]
fn a_value_that_is_not_utf8_or_too_long_is_not_kept_and_the_login_says_so() {
    let script = format!(r#"eval "$(mfa-env someaccount -t {CODE})"; eval "$(mfa-env unset)"; {SHOW}"#);
    let long = "x".repeat(5000);
    for (value, why) in [(OsStr::from_bytes(b"\xff"), "not UTF-8"), (OsStr::new(&long), "too long")] {
        let (home, sts) = (home(), sts());
        let shown = shell(&home, POSIX[0], &script).sts(&sts).env("AWS_PROFILE", value).output();
        let warning = format!("warning: AWS_PROFILE is {why}, so `mfa-env unset` won't restore it\n");
        assert_eq!(shown, done("", &format!("{warning}{STARTED}removed someaccount from this shell\n")));
    }
}

#[test]
fn a_damaged_record_counts_as_absent() {
    let ours = [
        ("AWS_ACCESS_KEY_ID", "ASIA1"),
        ("MFA_ENV_KEY", "ASIA1"),
        ("MFA_ENV_PROFILE", "p"),
        ("AWS_VAULT", "p"),
    ];
    let long = format!(r#"{{"AWS_PROFILE":["{}",null]}}"#, "x".repeat(4096));
    for saved in ["{", r#"{"AWS_PROFILE":["dev"]}"#, r#"{"PATH":["/tmp",null]}"#, &long] {
        let home = Home::new();
        let script = format!(r#"eval "$(mfa-env unset)"; {SHOW}; echo $PATH"#);
        let run = shell(&home, POSIX[0], &script).envs(&ours).env("MFA_ENV_SAVED", saved);
        let path = &home.environment()[1].1;
        assert_eq!(run.output(), done(&format!("{path}\n"), "removed p from this shell\n"), "{saved}");
    }
}

/// A shell with a session of 0.1.0 goes on with this binary.
#[test]
fn a_session_of_an_older_mfa_env_leaves_nothing_behind() {
    let old = [
        ("AWS_ACCESS_KEY_ID", "ASIA1"),
        ("MFA_ENV_KEY", "ASIA1"),
        ("MFA_ENV_PROFILE", "a\u{7f}b"),
        ("AWS_VAULT", "a\u{7f}b"),
        ("MFA_ENV_REGION", "eu-central-1"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ];
    let (home, sts) = (home(), sts());
    let shown = shell(&home, POSIX[0], &format!(r#"eval "$(mfa-env unset)"; {SHOW}"#)).envs(&old).output();
    assert_eq!(shown, done("AWS_DEFAULT_REGION=us-west-2\n", "removed a\\u{7f}b from this shell\n"));
    let script = format!(r#"eval "$(mfa-env plain -t {CODE})"; {SHOW_OWN}; env | grep MFA_ENV_REGION"#);
    let shown = shell(&home, POSIX[0], &script).sts(&sts).envs(&old).output();
    assert_eq!(shown.stdout, "AWS_DEFAULT_REGION=us-west-2 AWS_VAULT=plain \n");
    assert!(asked_of(&sts)[0].ends_with(" for us-west-2"), "{:?}", asked_of(&sts));
}

#[test]
fn in_fish_a_universal_region_shows_through_again() {
    let (home, sts) = (home(), sts());
    let script = format!(
        "set -Ux AWS_REGION us-west-2; mfa-env someaccount -t {CODE} | source; or exit 1; echo $AWS_REGION
        mfa-env unset | source; or exit 1; echo $AWS_REGION; set -qg AWS_REGION; and echo global
        mfa-env someaccount | source; or exit 1; set -Ux AWS_DEFAULT_REGION us-west-1
        mfa-env unset | source; or exit 1; echo $AWS_DEFAULT_REGION"
    );
    let shown = shell(&home, &["fish", "--private"], &script).sts(&sts).output();
    assert_eq!(shown.stdout, "eu-west-1\nus-west-2\nus-west-1\n", "{shown:?}");
}

#[test]
fn a_region_of_the_environment_that_is_none_is_an_error_where_it_would_be_used() {
    let (home, sts) = (home(), sts());
    for (name, unset) in
        [("AWS_REGION", "unset AWS_REGION"), ("AWS_DEFAULT_REGION", "unset AWS_DEFAULT_REGION")]
    {
        let run = home.run(["plain", "-t", CODE]).sts(&sts).env(name, "x y");
        let error = format!(
            "error: {name} `x y` is not a region such as `eu-west-1`\n\
             hint: set it to a region such as eu-west-1, or set `region` in the profile\nhint: {unset}\n"
        );
        assert_eq!(run.output(), failed(2, &error));
    }
    assert_eq!(sts.connections(), 0);
    home.run(["someaccount", "-t", CODE]).sts(&sts).env("AWS_REGION", "x y").output().session();
}
