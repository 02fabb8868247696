//! `mfa-env list`: all profiles, for people and for programs.

use fake_sts::FakeSts;
use serde_json::{Value, json};
use support::{CODE, Home, SERIAL, SOMEACCOUNT, Terminal, done, keys_in, sts};

/// One profile of each kind, and cached sessions of `admin` and `someaccount`.
fn home() -> (Home, FakeSts) {
    let device = format!("mfa_serial = {SERIAL}\n");
    let credentials = SOMEACCOUNT.to_owned()
        + &keys_in("plain", "")
        + &keys_in("vault", &device).replace("AKIAIOS", "AKIAVAU")
        + &keys_in("work-long-term", "aws_mfa_device = GAHT12345678\n")
        + "[work]\nregion = us-west-2\n";
    let home = Home::new().credentials(credentials).config(
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n\
         region = eu-west-1\n[profile sso]\nsso_session = s\n[profile lost]\nsource_profile = gone\n\
         role_arn = arn:aws:iam::123456789012:role/r\n[profile served]\nregion = eu-north-1\n\
         credential_process = mfa-env --profile someaccount --format json\n[profile two words]\ncredential_process = true\n\
         mfa_serial = short\n",
    );
    let sts = sts();
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    (home, sts)
}

const TABLE: &str = "\
PROFILE         ACCOUNT       ROLE OR USER                           REGION      LEFT
admin           123456789012  role admin                             eu-west-1   1 hour
lost            -             (no source_profile gone)               -           -
plain           -             (no MFA device)                        -           -
served          123456789012  user bob                               eu-north-1  12 hours
someaccount     123456789012  user bob                               -           12 hours
sso             -             (SSO: aws sso login)                   -           -
two words       -             (bad mfa_serial in line 15 of config)  -           -
vault           123456789012  user                                   -           -
work            -             user                                   us-west-2   -
work-long-term  -             user                                   -           -
";

#[test]
fn shows_a_line_for_each_profile() {
    let (home, sts) = home();
    let asked = sts.requests().len();
    assert_eq!(home.run(["list"]).sts(&sts).output(), done(TABLE, ""));
    // The terminal of a serial line reports the width 0.
    for columns in [120, 0] {
        let terminal = Terminal::of_width(home.run(["list"]).sts(&sts).env("NO_COLOR", "1"), columns);
        assert_eq!(terminal.end(), (0, TABLE.to_owned()), "{columns}");
    }
    assert_eq!(sts.requests().len(), asked, "it asks nobody");
}

#[test]
fn keeps_to_the_width_of_the_terminal() {
    let (home, sts) = home();
    for columns in [80, 60, 40] {
        let terminal = Terminal::of_width(home.run(["list"]).sts(&sts).env("NO_COLOR", "1"), columns);
        let (status, text) = terminal.end();
        assert_eq!(status, 0);
        for line in text.lines() {
            assert!(line.chars().count() <= columns.into(), "{columns}: {line}\n{text}");
        }
        let times = |text: &str| text.lines().filter(|line| line.ends_with("hours")).count();
        assert_eq!((text.lines().count(), times(&text)), (TABLE.lines().count(), times(TABLE)), "{text}");
    }
}

#[test]
fn has_colours_on_a_terminal_that_wants_them_and_nowhere_else() {
    let (home, sts) = home();
    let on_terminal = |name, value| Terminal::start(home.run(["list"]).sts(&sts).env(name, value)).end().1;
    let text = on_terminal("TERM", "xterm-256color");
    assert!(text.contains("\u{1b}[1mPROFILE ") && text.contains("\u{1b}[32m12 hours\u{1b}[0m\n"), "{text:?}");
    assert_eq!(on_terminal("NO_COLOR", "1"), TABLE);
    assert_eq!(on_terminal("TERM", "dumb"), TABLE);
}

#[test]
fn prints_json_for_programs() {
    let (home, sts) = home();
    let shown = home.run(["list", "--json"]).sts(&sts).output();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
    let mut rows: Vec<Value> = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(rows.len(), 10);
    let seconds = rows[0]["seconds_left"].take();
    assert!((3500..=3600).contains(&seconds.as_i64().expect("a number")), "{seconds}");
    let expiration = rows[0]["expiration"].take();
    let expiration: jiff::Timestamp =
        expiration.as_str().and_then(|text| text.parse().ok()).expect("RFC 3339");
    assert!(
        (expiration.as_second() - jiff::Timestamp::now().as_second() - seconds.as_i64().expect("a number"))
            .abs()
            < 5
    );
    assert_eq!(
        rows[0],
        json!({
            "profile": "admin", "account": "123456789012", "user": null, "region": "eu-west-1",
            "role_arn": "arn:aws:iam::123456789012:role/admin", "mfa_serial": SERIAL,
            "signing_profile": "someaccount", "expiration": null, "seconds_left": null, "problem": null
        })
    );
    assert_eq!(
        rows[1],
        json!({
            "profile": "lost", "account": null, "user": null, "region": null,
            "role_arn": "arn:aws:iam::123456789012:role/r", "mfa_serial": null,
            "signing_profile": null, "expiration": null, "seconds_left": null,
            "problem": "no source_profile gone"
        })
    );
    assert_eq!(
        rows[8],
        json!({
            "profile": "work", "account": null, "user": null, "region": "us-west-2", "role_arn": null,
            "mfa_serial": "GAHT12345678", "signing_profile": "work-long-term", "expiration": null, "seconds_left": null, "problem": null
        })
    );
}

#[test]
fn verbose_shows_the_device_and_who_signs_too() {
    let home = Home::new().credentials(SOMEACCOUNT).config(
        "[profile admin]\nrole_arn = arn:aws:iam::210987654321:role/ops/admin\nsource_profile = someaccount\n\
         [profile keyless]\nmfa_serial = GAHT12345678\n",
    );
    let expected = "\
PROFILE      ACCOUNT       ROLE OR USER     REGION  MFA DEVICE                         SIGNED BY    LEFT
admin        210987654321  role admin       -       arn:aws:iam::123456789012:mfa/bob  someaccount  -
keyless      -             (no access key)  -       GAHT12345678                       -            -
someaccount  123456789012  user             -       arn:aws:iam::123456789012:mfa/bob  someaccount  -
";
    assert_eq!(home.run(["list", "-v"]).output(), done(expected, ""));
}

#[test]
fn a_credential_process_that_asks_mfa_env_for_its_own_profile_is_a_problem() {
    let home = Home::someaccount()
        .config("[profile x]\ncredential_process = '/opt/my tools/mfa-env' -p x --format=json\n");
    let shown = home.run(["list"]).output();
    assert!(shown.stdout.contains("x            -             (its source is itself)  -"), "{shown:?}");
}

#[test]
fn two_roles_that_are_each_others_source_form_a_loop() {
    let role = |name, source| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = {source}\n")
    };
    let home = Home::new().config(role("x", "y") + &role("y", "x"));
    let expected = "\
PROFILE  ACCOUNT  ROLE OR USER               REGION  LEFT
x        -        (its sources form a loop)  -       -
y        -        (its sources form a loop)  -       -
";
    assert_eq!(home.run(["list"]).output(), done(expected, ""));
}

#[test]
fn prints_the_names_alone_one_a_line() {
    let (home, _) = home();
    let names = "admin\nlost\nplain\nserved\nsomeaccount\nsso\ntwo words\nvault\nwork\nwork-long-term\n";
    assert_eq!(home.run(["list", "--names"]).output(), done(names, ""));
}

#[test]
fn without_profiles_it_says_how_to_make_one() {
    let home = Home::new();
    let expected = "no profiles yet\nhint: create one: mfa-env setup\n";
    assert_eq!(home.run(["list"]).output(), done("", expected));
    assert_eq!(home.run(["list", "--json"]).output(), done("[]\n", ""));
    assert_eq!(home.run(["list", "--names"]).output(), done("", ""));
}

#[test]
fn a_hostile_name_is_shown_and_not_executed() {
    let home = Home::new()
        .credentials(keys_in("a\u{1b}[2Jb\u{202e}c\u{9b}31m\u{200b}", "mfa_serial = GAHT12345678\n"));
    let shown = home.run(["list"]).output();
    assert!(shown.stdout.contains("a\\u{1b}[2Jb\\u{202e}c\\u{9b}31m\\u{200b} "), "{shown:?}");
    let json = home.run(["list", "--json"]).output().stdout;
    assert!(json.contains(r#""profile": "a\u001b[2Jb\u202ec\u009b31m\u200b","#), "{json}");
    // Completion and menus print what this prints.
    assert_eq!(home.run(["list", "--names"]).output(), done("", ""));
}

#[test]
fn a_broken_file_is_said_and_fails_no_eval() {
    let home = Home::new().credentials("broken\n");
    let shown = home.run(["list"]).output();
    assert_eq!((shown.status, shown.stdout.as_str()), (1, ""));
    assert!(shown.stderr.starts_with("error: can't read `~/.aws/credentials`: line 1: "), "{shown:?}");
}
