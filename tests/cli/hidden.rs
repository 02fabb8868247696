//! If something hides a session in `[default]` from tools, mfa-env names it.

use support::{CODE, CODES, Home, SOMEACCOUNT, STARTED, Shown, WRITTEN, done, sts};

use crate::shells::{FISH, POSIX, shell};

fn write(config: &str, variables: &[(&str, &str)]) -> Shown {
    let home = Home::someaccount().config(config);
    home.run(["someaccount", "-w", "-t", CODE]).sts(&sts()).envs(variables).output()
}

fn hidden(what: &str, remedy: &str) -> Shown {
    let warning = format!("warning: the session in `[default]` has no effect here: {what}\nhint: {remedy}\n");
    let (wrote, started) = WRITTEN.split_once('\n').expect("two lines");
    done("", &format!("{wrote}\n{warning}{started}"))
}

/// Variables that hide a session in `[default]`, the message, and the remedy.
pub const HIDING: [(&[(&str, &str)], &str, &str); 4] = [
    (
        &[("AWS_ACCESS_KEY_ID", "AKIAOTHER")],
        "the keys in AWS_ACCESS_KEY_ID win",
        "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
    ),
    (&[("AWS_PROFILE", "x")], "AWS_PROFILE names another profile", "unset AWS_PROFILE"),
    (
        &[("AWS_DEFAULT_PROFILE", "x")],
        "AWS_DEFAULT_PROFILE names another profile",
        "unset AWS_DEFAULT_PROFILE",
    ),
    (
        &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "r")],
        "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win",
        "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
    ),
];

#[test]
fn variables_that_hide_it_are_named() {
    for (variables, what, remedy) in HIDING {
        assert_eq!(write("", variables), hidden(what, remedy));
    }
}

#[test]
fn settings_of_the_config_file_that_hide_it_are_named() {
    let remedy = "move these settings to a profile of their own";
    for (settings, key) in [
        ("role_arn = r\nsource_profile = someaccount\n", "role_arn"),
        ("web_identity_token_file = /t\n", "web_identity_token_file"),
        ("sso_session = s\n", "sso_session"),
        ("sso_start_url = https://x\n", "sso_start_url"),
    ] {
        let what = format!("`{key}` in `[default]` of the config file wins");
        assert_eq!(write(&format!("[default]\n{settings}"), &[]), hidden(&what, remedy));
    }
    for key in ["credential_process", "login_session"] {
        let what = format!("`{key}` in `[default]` of the config file wins in the SDKs (not in the AWS CLI)");
        assert_eq!(write(&format!("[default]\n{key} = x\n"), &[]), hidden(&what, remedy));
    }
}

#[test]
fn a_token_that_botocore_prefers_is_named() {
    let home = Home::new().credentials(format!("[DEFAULT]\naws_security_token = t\n{SOMEACCOUNT}"));
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts()).output();
    let what = "`aws_security_token` in `[DEFAULT]` of the credentials file wins in the AWS CLI (not in the SDKs for Rust, Go and JavaScript)";
    assert_eq!(shown, hidden(what, "delete that line"));
}

#[test]
fn what_hides_nothing_is_not_named() {
    for half_of_a_web_identity in ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        let variables = [
            ("AWS_PROFILE", "default"),
            ("AWS_DEFAULT_PROFILE", "default"),
            (half_of_a_web_identity, "x"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", ""),
        ];
        let config = "[default]\nregion = x\nrole_arn =\n[profile y]\nsso_session = s\n";
        assert_eq!(write(config, &variables), done("", WRITTEN));
    }
}

#[test]
fn a_session_of_ours_in_this_shell_goes_when_the_line_is_evaluated() {
    let home = || Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n");
    let [first, second, _] = CODES;
    let (wrote, started) = WRITTEN.split_once('\n').expect("two lines");
    let both = format!("{STARTED}{wrote}\nremoved someaccount from this shell\n{started}");
    for program in POSIX {
        let script = format!(
            "eval \"$(mfa-env someaccount -t {first})\"; eval \"$(mfa-env someaccount -w -r -t {second})\" && env | grep -c -E '^(AWS_A|AWS_S|MFA)'"
        );
        let home = home();
        let shown = shell(&home, program, &script).sts(&sts()).output();
        assert_eq!(shown.stdout, "0\n", "{program:?}");
        assert_eq!(shown.stderr, both);
    }
    let script = format!(
        "eval (mfa-env someaccount -t {first}); eval (mfa-env someaccount -w -r -t {second}); and env | grep -c -E '^(AWS_A|AWS_S|MFA)'"
    );
    let home = home();
    let shown = shell(&home, FISH, &script).sts(&sts()).output();
    assert_eq!((shown.stdout.as_str(), shown.stderr), ("0\n", both));
}

#[test]
fn a_session_of_ours_that_stays_is_named() {
    let (home, sts) = (Home::someaccount(), sts());
    let [first, second, _] = CODES;
    let script = format!("eval \"$(mfa-env someaccount -t {first})\"; mfa-env someaccount -w -r -t {second}");
    let run = home.program("bash").args(["--noprofile", "--norc", "-c", &script]).sts(&sts);
    let text = support::Terminal::start(run.env("NO_COLOR", "1")).end().1;
    let warning = "warning: this shell goes on with the session that was exported to it\n\
                   hint: eval \"$(mfa-env unset)\"\n";
    assert_eq!(text, format!("{STARTED}{warning}{STARTED}"));
}
