//! If something hides a session in `[default]` from tools, mfa-env names it.

use support::{CODES, Home, SOMEACCOUNT, STARTED, WRITTEN, str, sts};

use crate::shells::{FISH, POSIX, shell};

#[test]
fn what_hides_it_is_named_by_write_default_status_and_doctor() {
    let sts = sts();
    let home = Home::someaccount().calling(sts.url());
    home.session(str![[r#"
$ mfa-env someaccount -w -t 918273 2>/dev/null
$ write() { mfa-env someaccount -w 2>&1 | grep -A1 warning; }
$ all() { write; mfa-env status; mfa-env doctor --offline | grep -A1 'no effect'; }
$ mfa-env doctor --offline | grep default
     ok  [default]: holds a session, and nothing in this shell hides it
$ AWS_ACCESS_KEY_ID=AKIAOTHER all
warning: the session in `[default]` has no effect here: the keys in AWS_ACCESS_KEY_ID win
hint: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
warning  [default]: its session has no effect here: the keys in AWS_ACCESS_KEY_ID win
         -> unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
2> error: no session: AWS_ACCESS_KEY_ID (AKIAOTHER) wasn't set by mfa-env
2> hint: to use the session in `[default]`: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
$ AWS_PROFILE=default AWS_DEFAULT_PROFILE=x all
warning: the session in `[default]` has no effect here: AWS_DEFAULT_PROFILE names another profile
hint: unset AWS_DEFAULT_PROFILE
warning  [default]: its session has no effect here: AWS_DEFAULT_PROFILE names another profile
         -> unset AWS_DEFAULT_PROFILE
2> error: no session: AWS_DEFAULT_PROFILE is `x`, so AWS's tools use that profile's own settings
2> hint: to use the session in `[default]`: unset AWS_DEFAULT_PROFILE
$ AWS_WEB_IDENTITY_TOKEN_FILE=/t AWS_ROLE_ARN=r all
warning: the session in `[default]` has no effect here: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win
hint: unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
warning  [default]: its session has no effect here: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win
         -> unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
2> error: no session: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win
2> hint: to use the session in `[default]`: unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
$ AWS_PROFILE=x all
warning: the session in `[default]` has no effect here: AWS_PROFILE names another profile
hint: unset AWS_PROFILE
warning  [default]: its session has no effect here: AWS_PROFILE names another profile
         -> unset AWS_PROFILE
2> error: no session: AWS_PROFILE is `x`, so AWS's tools use that profile's own settings
2> hint: to use the session in `[default]`: unset AWS_PROFILE
2> error: 1 problem found
$ AWS_DEFAULT_PROFILE=x write
warning: the session in `[default]` has no effect here: AWS_DEFAULT_PROFILE names another profile
hint: unset AWS_DEFAULT_PROFILE
$ default() { echo '[default]'; printf '%s = x\n' "$@"; }
$ default role_arn source_profile >.aws/config; all
warning: the session in `[default]` has no effect here: `role_arn` of `default` in the config file wins
hint: move these settings to a profile of their own
warning  [default]: its session has no effect here: `role_arn` of `default` in the config file wins
         -> move these settings to a profile of their own
2> error: no session: `role_arn` of `default` in the config file wins
2> hint: to use the session in `[default]`: move these settings to a profile of their own
$ default web_identity_token_file >.aws/config; write
warning: the session in `[default]` has no effect here: `web_identity_token_file` of `default` in the config file wins
hint: move these settings to a profile of their own
$ default sso_session >.aws/config; write
warning: the session in `[default]` has no effect here: `sso_session` of `default` in the config file wins
hint: move these settings to a profile of their own
$ default sso_start_url >.aws/config; write
warning: the session in `[default]` has no effect here: `sso_start_url` of `default` in the config file wins
hint: move these settings to a profile of their own
$ default credential_process >.aws/config; write
warning: the session in `[default]` has no effect here: `credential_process` of `default` in the config file wins in the SDKs (not in the AWS CLI)
hint: move these settings to a profile of their own
$ default login_session >.aws/config; write
warning: the session in `[default]` has no effect here: `login_session` of `default` in the config file wins in the SDKs (not in the AWS CLI)
hint: move these settings to a profile of their own
$ printf '[default]\nregion = x\nrole_arn =\n[profile y]\nsso_session = s\n' >.aws/config
$ export AWS_PROFILE=default AWS_DEFAULT_PROFILE=default AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=
$ AWS_ROLE_ARN=x write; AWS_WEB_IDENTITY_TOKEN_FILE=x write
? 1
"#]]);
}

#[test]
fn a_token_that_botocore_prefers_is_named() {
    let sts = sts();
    let home = Home::new().credentials(format!("[DEFAULT]\naws_security_token = t\n{SOMEACCOUNT}"));
    home.calling(sts.url()).session(str![[r#"
$ mfa-env someaccount -w -t 918273
2> wrote someaccount to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
2> warning: the session in `[default]` has no effect here: `aws_security_token` in `[DEFAULT]` of the credentials file wins in the AWS CLI (not in the SDKs for Rust, Go and JavaScript)
2> hint: delete that line
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
"#]]);
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
    let warning = "warning: this shell keeps using its own session\n\
                   hint: eval \"$(mfa-env unset)\"\n";
    assert_eq!(text, format!("{STARTED}{warning}{STARTED}"));
}
