//! `mfa-env status`: which session this shell uses, how long it lasts, and what hides it.

use serde_json::{Value, json};
use support::{CODE, Home, KEY_ID, SOMEACCOUNT, Shown, WRITTEN, between, done, keys_in, sts};

use crate::roles::chained;

const OURS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "ASIAOURSOURSOURSOURS"),
    ("MFA_ENV_KEY", "ASIAOURSOURSOURSOURS"),
    ("MFA_ENV_PROFILE", "prod"),
];

fn epoch(seconds_from_now: i64) -> String {
    (jiff::Timestamp::now().as_second() + seconds_from_now).to_string()
}

/// Runs it in a shell with our session, which expires in so many seconds.
fn in_shell(seconds: i64, options: &[&str]) -> Shown {
    let home = Home::someaccount();
    home.run(["status"]).args(options).envs(&OURS).env("MFA_ENV_EXPIRES", epoch(seconds)).output()
}

fn lines(left: &str) -> String {
    format!(
        "profile  prod\nfrom     this shell's environment\nkey      ASIAOURSOURSOURSOURS\nexpires  ~WHEN~ ({left})\n"
    )
}

/// Replaces the time by a placeholder. It must be local time.
fn without_time(mut shown: Shown) -> Shown {
    if let Some(when) = between(&shown.stdout, "expires  ", " (") {
        assert!(jiff::Timestamp::strptime("%Y-%m-%d %H:%M %:z", &when).is_ok(), "{when}");
        shown.stdout = shown.stdout.replace(&when, "~WHEN~");
    }
    shown
}

fn no_session(why: &str) -> Shown {
    let stderr = format!(
        "error: no session: {why}\nhint: start one: mfa-env PROFILE\nhint: the profiles: mfa-env list\n"
    );
    Shown { status: 4, stdout: String::new(), stderr }
}

#[test]
fn shows_the_session_of_this_shell() {
    assert_eq!(without_time(in_shell(12 * 3600, &[])), done(&lines("in 12 hours"), ""));
    assert_eq!(without_time(in_shell(90 * 60 + 5, &[])), done(&lines("in 1 hour 30 minutes"), ""));
}

#[test]
fn shows_account_role_or_user_and_region() {
    let (home, sts) = (chained(), sts());
    let script = |profile: &str| {
        format!("eval \"$(mfa-env {profile} --region eu-west-1 -t {CODE} 2>log)\" && mfa-env status")
    };
    let run = |profile: &str| {
        let shown = home.program("bash").args(["-c", &script(profile)]).sts(&sts).output();
        shown.stdout.lines().take(4).map(String::from).collect::<Vec<_>>()
    };
    let account = "account  123456789012";
    assert_eq!(run("someaccount"), ["profile  someaccount", account, "user     bob", "region   eu-west-1"]);
    assert_eq!(run("admin"), ["profile  admin", account, "role     admin", "region   eu-west-1"]);
}

#[test]
fn a_broken_file_does_not_hide_the_session_of_this_shell() {
    let run = |variables: &[(&str, &str)]| {
        let home = Home::someaccount().config("[default]\nregion\n");
        home.run(["status"]).envs(variables).env("MFA_ENV_EXPIRES", epoch(3600)).output()
    };
    assert_eq!(without_time(run(&OURS)), done(&lines("in 1 hour"), ""));
    let broken = "error: can't read `~/.aws/config`: line 2: expected `key = value`: there is no `=`\n\
                  hint: correct line 2 of `~/.aws/config`; some AWS tools can't read it either\n";
    assert_eq!(run(&[]), Shown { status: 1, stdout: String::new(), stderr: broken.to_owned() });
}

#[test]
fn a_session_that_has_ended_is_none() {
    let message = "error: the session of `prod` expired 5 minutes ago\nhint: start a new one: mfa-env prod\n";
    let expected = Shown { status: 4, stdout: lines("expired"), stderr: message.to_owned() };
    assert_eq!(without_time(in_shell(-300, &[])), expected);
}

#[test]
fn less_than_asked_for_is_too_little() {
    assert_eq!(without_time(in_shell(1229, &["--min-ttl", "20m"])).status, 0);
    let message = "error: the session of `prod` expires in 20 minutes; you asked for at least 20 minutes\nhint: start a new one: mfa-env prod\n";
    let expected = Shown { status: 4, stdout: lines("in 20 minutes"), stderr: message.to_owned() };
    assert_eq!(without_time(in_shell(1195, &["--min-ttl", "20m"])), expected);
    let shown = in_shell(1195, &["--min-ttl", "soon"]);
    let message = "error: `--min-ttl soon` is not a duration such as `12h`, `90m` or `43200`\nhint: for example: --min-ttl 20m\n";
    assert_eq!(shown, Shown { status: 2, stdout: String::new(), stderr: message.to_owned() });
}

#[test]
fn the_hint_asks_for_as_long_a_session_as_was_asked_for() {
    let hint = |home: &Home, profile: &str, min_ttl: &str| {
        let run = home.run(["status", "--min-ttl", min_ttl]).envs(&OURS[..2]).env("MFA_ENV_PROFILE", profile);
        let shown = run.env("MFA_ENV_EXPIRES", epoch(600)).output();
        assert_eq!(shown.status, 4, "{shown:?}");
        between(&shown.stderr, "hint: ", "\n").expect("a hint")
    };
    let home = chained();
    for (profile, min_ttl, expected) in [
        ("someaccount", "12h", "start a new one: mfa-env someaccount"),
        ("someaccount", "36h", "start a new one: mfa-env someaccount -d 36h"),
        ("admin", "1h", "start a new one: mfa-env admin"),
        ("admin", "90m", "start a new one: mfa-env admin -d 90m"),
        ("admin", "13h", "12 hours is the most: mfa-env admin -d 12h"),
        ("two", "2h", "1 hour is the most: mfa-env two -d 1h"),
        // The profile isn't in the files.
        ("gone", "13h", "start a new one: mfa-env gone"),
    ] {
        assert_eq!(hint(&home, profile, min_ttl), expected);
    }
    assert_eq!(hint(&Home::new().config("broken\n"), "prod", "13h"), "start a new one: mfa-env prod");
    let shown = Home::someaccount().run(["status", "--min-ttl", "13h"]).output();
    let expected = "start one: mfa-env PROFILE -d 13h";
    assert_eq!(between(&shown.stderr, "hint: ", "\n").as_deref(), Some(expected));
}

/// The plain login needs no code while the user's MFA session lasts; only one that would give the same
/// session again has to be told.
#[test]
fn the_hint_to_renew_has_the_option_only_if_the_plain_login_would_reuse_a_session() {
    let (home, sts) = (chained(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    home.run(["admin"]).sts(&sts).output().session();
    let hint = |min_ttl: &str| {
        let run = home.run(["status", "--min-ttl", min_ttl]).sts(&sts).envs(&OURS[..2]);
        let shown = run.env("MFA_ENV_PROFILE", "admin").env("MFA_ENV_EXPIRES", epoch(600)).output();
        between(&shown.stderr, "hint: ", "\n").expect("a hint")
    };
    assert_eq!(hint("20m"), "start a new one: mfa-env admin");
    assert_eq!(hint("2h"), "start a new one: mfa-env admin -r -d 2h");
    home.pass(std::time::Duration::from_secs(1800));
    assert_eq!(hint("50m"), "start a new one: mfa-env admin -r");
    home.pass(std::time::Duration::from_secs(1800));
    assert_eq!(hint("50m"), "start a new one: mfa-env admin");
}

#[test]
fn shows_the_session_in_default() {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output(), done("", WRITTEN));
    let id =
        between(&home.read_credentials(), "[default]\naws_access_key_id = ", "\n").expect("it was written");
    let expected = format!(
        "profile  someaccount\naccount  123456789012\nuser     bob\nfrom     [default] of the credentials file (* in the prompt)\nkey      {id}\nexpires  ~WHEN~ (in 12 hours)\n"
    );
    assert_eq!(without_time(home.run(["status"]).sts(&sts).output()), done(&expected, ""));
    let shown = home.run(["status", "--min-ttl", "13h"]).sts(&sts).output();
    let message = "error: the session of `someaccount` expires in 12 hours; you asked for at least 13 hours\n\
                   hint: start a new one: mfa-env someaccount -w -r -d 13h\n";
    assert_eq!((shown.status, shown.stderr.as_str()), (4, message));
    // The session in this shell wins, as for AWS's tools.
    let run = home.run(["status"]).envs(&OURS).env("MFA_ENV_EXPIRES", epoch(3600));
    let hides = "environment (hides [default]: someaccount)\n";
    let expected = lines("in 1 hour").replace("environment\n", hides);
    assert_eq!(without_time(run.output()), done(&expected, ""));
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    let why = "neither this shell nor `[default]` in `~/.aws/credentials` has keys";
    assert_eq!(home.run(["status"]).output(), no_session(why));
}

#[test]
fn the_old_scripts_session_in_default_is_one() {
    let home = Home::new().credentials(
        "[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = x\naws_session_token = x\n\
         expiration = 2018-03-01T22:00:00Z\n__profile__ = work\n",
    );
    let shown = home.run(["status"]).output();
    assert_eq!(shown.status, 4);
    assert!(shown.stderr.starts_with("error: the session of `work` expired "), "{shown:?}");
}

#[test]
fn what_keeps_the_session_in_default_from_being_used_is_named() {
    let another = "AWS_DEFAULT_PROFILE is `y`, so AWS's tools use that profile's own settings";
    let move_them = "move these settings to a profile of their own";
    let cases: [(&[(&str, &str)], &str, &str, &str); 9] = [
        (&[("AWS_DEFAULT_PROFILE", "y")], "", another, "unset AWS_DEFAULT_PROFILE"),
        (
            &[("AWS_PROFILE", "default"), ("AWS_DEFAULT_PROFILE", "y")],
            "",
            another,
            "unset AWS_DEFAULT_PROFILE",
        ),
        (
            &[("AWS_ACCESS_KEY_ID", "AKIATHEIRSTHEIRSTHEI")],
            "",
            "AWS_ACCESS_KEY_ID (AKIATHEIRSTHEIRSTHEI) wasn't set by mfa-env",
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        ),
        (
            &[("AWS_PROFILE", "x")],
            "",
            "AWS_PROFILE is `x`, so AWS's tools use that profile's own settings",
            "unset AWS_PROFILE",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "r")],
            "",
            "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN win",
            "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
        ),
        (
            &[],
            "role_arn = r\nsource_profile = x\n",
            "`role_arn` in `[default]` of the config file wins",
            move_them,
        ),
        (&[], "sso_session = s\n", "`sso_session` in `[default]` of the config file wins", move_them),
        (
            &[],
            "sso_start_url = https://x\n",
            "`sso_start_url` in `[default]` of the config file wins",
            move_them,
        ),
        (
            &[],
            "web_identity_token_file = /t\n",
            "`web_identity_token_file` in `[default]` of the config file wins",
            move_them,
        ),
    ];
    for (variables, config, why, remedy) in cases {
        let (home, sts) = (Home::someaccount(), sts());
        home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
        home.write(".aws/config", format!("[default]\n{config}"));
        let hint = format!("to use the session in `[default]`: {remedy}");
        let stderr = format!("error: no session: {why}\nhint: {hint}\n");
        let expected = Shown { status: 4, stdout: String::new(), stderr };
        assert_eq!(home.run(["status"]).envs(variables).output(), expected);
        let shown = home.run(["status", "--json"]).envs(variables).output();
        assert_eq!(shown.status, 4);
        let json: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        assert_eq!(json, json!({ "profile": null, "source": null, "reason": why, "seconds_left": 0 }));
    }
}

#[test]
fn keys_in_default_that_are_no_sessions_are_named() {
    let home = Home::new().credentials(keys_in("default", ""));
    let why = format!("`[default]` in `~/.aws/credentials` holds a long-term key ({KEY_ID})");
    assert_eq!(home.run(["status"]).output(), no_session(&why));
}

#[test]
fn without_anything_it_says_so() {
    let why = "neither this shell nor `[default]` in `~/.aws/credentials` has keys";
    for home in [Home::new(), Home::new().credentials(SOMEACCOUNT)] {
        assert_eq!(home.run(["status"]).output(), no_session(why));
    }
}

#[test]
fn json_has_the_same_for_programs() {
    let shown = in_shell(3605, &["--json"]);
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
    let mut json: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let seconds = json["seconds_left"].take().as_i64().expect("a number");
    assert!((3550..=3605).contains(&seconds), "{seconds}");
    let expiration = json["expiration"].take();
    assert!(expiration.as_str().expect("text").parse::<jiff::Timestamp>().is_ok());
    let rest = json!({
        "profile": "prod", "account": null, "role_arn": null, "user": null, "region": null, "source": "environment", "access_key_id": "ASIAOURSOURSOURSOURS",
        "expiration": null, "seconds_left": null
    });
    assert_eq!(json, rest);
    let ended = in_shell(-10, &["--json"]);
    assert_eq!(ended.status, 4);
    let json: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((&json["profile"], &json["seconds_left"]), (&json!("prod"), &json!(0)));
}

const STATE: &str = ".local/state/mfa-env/default";

/// Runs the check of the prompt. Returns its exit status, and the time of the state file in seconds.
fn default_only(home: &Home) -> (i32, String) {
    let shown = home.run(["status", "--default-only"]).output();
    (shown.status, home.program("stat").args(["-c", "%Y", STATE]).output().stdout)
}

/// A home with a session in `[default]`, written so many seconds ago.
fn written(seconds: u32) -> Home {
    let (home, sts) = (Home::someaccount(), sts());
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output().status, 0);
    age(&home, seconds);
    home
}

fn age(home: &Home, seconds: u32) {
    let time = format!("{seconds} seconds ago");
    assert_eq!(home.program("touch").args(["-d", &time, ".aws/credentials"]).output().status, 0);
}

fn time_of_credentials(home: &Home) -> String {
    home.program("stat").args(["-c", "%Y", ".aws/credentials"]).output().stdout
}

#[test]
fn default_only_marks_the_state_file_with_the_time_of_the_credentials_file() {
    // Also after the clock was set back.
    for time in ["10 seconds ago", "1 day"] {
        let home = written(10);
        assert_eq!(home.program("touch").args(["-d", time, ".aws/credentials"]).output().status, 0);
        assert_eq!(default_only(&home), (0, time_of_credentials(&home)), "{time}");
    }
    // A file that was just written may change again in the same second.
    let home = written(0);
    assert_eq!(default_only(&home).1, "0\n");
}

#[test]
fn default_only_forgets_what_the_prompt_shows_but_not_the_way_back() {
    for damage in ["sed -i s/ASIA/ASIB/ .aws/credentials", "rm .aws/credentials", "echo > .aws/credentials"] {
        let home = written(10);
        let state = home.read(STATE);
        assert_eq!(home.program("sh").args(["-c", damage]).output().status, 0);
        if home.path(".aws/credentials").exists() {
            assert_eq!(default_only(&home), (4, "0\n".to_owned()), "{damage}: of just now");
            assert_eq!(home.read(STATE), state, "{damage}: of just now");
            age(&home, 10);
        }
        assert_eq!(default_only(&home), (4, "0\n".to_owned()), "{damage}");
        let (shown, undo) = state.split_once('\n').expect("two lines");
        assert!(!shown.is_empty());
        assert_eq!(home.read(STATE), format!("\n{undo}"), "{damage}");
    }
}

#[test]
fn default_only_leaves_the_state_of_another_credentials_file() {
    let home = written(10);
    let state = home.read(STATE);
    let run = home.run(["status", "--default-only"]).env("AWS_SHARED_CREDENTIALS_FILE", home.path("other"));
    assert_eq!((run.output().status, home.read(STATE)), (4, state));
}

#[cfg(target_os = "linux")]
#[test]
fn default_only_is_unsettled_where_the_answer_cannot_be_kept_or_found() {
    let home = written(10);
    let inject = ["-f", "-o", "trace", "--inject=utimensat,renameat:error=EPERM", "mfa-env"];
    let unsettled = || home.program("strace").args(inject).args(["status", "--default-only"]).output().status;
    assert_eq!(unsettled(), 1);
    home.write(".aws/credentials", SOMEACCOUNT);
    age(&home, 10);
    assert_eq!(unsettled(), 1);
    home.write(".aws/credentials", "broken\n");
    age(&home, 10);
    assert_eq!(default_only(&home).0, 1);
}
