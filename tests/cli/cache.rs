//! Cached sessions: which profiles share one, and when it is not used.

use std::time::Duration;

use fake_sts::FakeSts;
use support::{
    CODE, CODE_NOT_SENT, CODES, Home, KEY_ID, REUSED, SERIAL, SOMEACCOUNT, STARTED, Shown, Terminal, WROTE,
    between, codes_sent, done, failed, keys_in, logins, reused, started, sts,
};

use crate::roles::{chained, sts_with_roles};

const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";
pub const ADMIN: &str =
    "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
const HOUR: Duration = Duration::from_secs(3600);

/// After the clock was set back, a cached session began in the future.
#[test]
fn renew_does_not_take_a_session_that_begins_in_the_future() {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let path = &home.cached()[0];
    let text = std::fs::read_to_string(path).expect("JSON");
    let started = between(&text, "\"started\":", ",").expect("the form of src/store/cache.rs");
    let later = started.parse::<i64>().expect("epoch seconds") + 3600;
    std::fs::write(path, text.replace(&started, &later.to_string())).expect("ours");
    let shown = home.run(["someaccount", "-r", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!((shown.status, shown.stderr.as_str()), (0, STARTED));
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

/// The output if mfa-env needs a code and must not ask for it.
pub fn code_needed(profile: &str) -> Shown {
    failed(
        4,
        &format!(
            "error: profile `{profile}` needs an MFA code, and `--no-input` forbids asking for it\n\
             hint: log in first: mfa-env {profile}\n"
        ),
    )
}

/// A home with a cached session of `someaccount`, and its access key id.
pub fn logged_in(home: Home, sts: &FakeSts) -> (Home, String) {
    let shown = home.run(["someaccount", "-t", CODE]).sts(sts).output();
    let id = shown.session().access_key_id;
    (home, id)
}

/// The key id that a run exports. Checks its standard error.
fn exported(shown: &Shown, stderr: &str) -> String {
    assert_eq!(shown.stderr, stderr);
    shown.session().access_key_id
}

#[test]
fn one_code_is_enough_for_all_profiles_of_a_key_and_for_a_role() {
    let credentials = SOMEACCOUNT.to_owned() + &keys_in("two", DEVICE) + &keys_in("three", DEVICE);
    let sts = sts();
    let (home, first) = logged_in(Home::new().credentials(credentials).config(ADMIN), &sts);
    let asked = sts.requests().len();
    let no_input = |profile: &str| home.run([profile, "--no-input"]).sts(&sts).output();
    for profile in ["someaccount", "two", "three"] {
        let who = format!("{profile}: user bob of 123456789012");
        assert_eq!(exported(&no_input(profile), &reused("12 hours", &who)), first);
    }
    assert_eq!(sts.requests().len(), asked, "a cached session is nobody's business");
    let who = "admin: role admin of 123456789012";
    let role = exported(&no_input("admin"), &started("1 hour", who));
    assert_ne!(role, first);
    assert_eq!(exported(&no_input("admin"), &reused("1 hour", who)), role);
    assert_eq!(codes_sent(&sts), [CODE]);
    let actions: Vec<_> = logins(&sts).into_iter().map(|request| request.action).collect();
    assert_eq!(actions, ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn a_code_that_is_not_needed_is_not_sent_and_that_is_said() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    let shown = home.run(["someaccount", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!(exported(&shown, &format!("{CODE_NOT_SENT}{REUSED}")), first);
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn every_way_out_takes_the_cached_session() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    let asked = sts.requests().len();
    assert_eq!(home.run(["someaccount", "-w"]).sts(&sts).output(), done("", &format!("{WROTE}{REUSED}")));
    assert!(home.read_credentials().contains(&format!("aws_access_key_id = {first}\n")));
    let print = ["someaccount", "--", "printenv", "AWS_ACCESS_KEY_ID"];
    assert_eq!(home.run(print).sts(&sts).output(), done(&format!("{first}\n"), ""));
    let json = home.run(["-p", "someaccount", "--format", "json"]).sts(&sts).output();
    assert!(json.stdout.contains(&format!("\"AccessKeyId\": \"{first}\"")), "{json:?}");
    assert_eq!((json.status, json.stderr.as_str(), sts.requests().len()), (0, "", asked));
}

#[test]
fn a_renewed_session_takes_a_code_and_the_place_of_the_old_one() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    let mut needed = code_needed("someaccount");
    needed.stderr = needed.stderr.replace("mfa-env someaccount", "mfa-env someaccount -r");
    assert_eq!(home.run(["someaccount", "-r", "--no-input"]).sts(&sts).output(), needed);
    let shown = home.run(["someaccount", "-r", "-t", CODES[1]]).sts(&sts).output();
    let second = exported(&shown, STARTED);
    assert_ne!(second, first);
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(exported(&shown, REUSED), second);
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn a_failed_renewal_leaves_the_session_that_was_there() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    let shown = home.run(["someaccount", "-r", "-t", support::WRONG_CODE]).sts(&sts).output();
    assert_eq!(shown.status, 3);
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(exported(&shown, REUSED), first);
}

#[test]
fn no_cache_neither_reads_nor_writes() {
    let sts = sts();
    let home = Home::someaccount();
    home.run(["someaccount", "--no-cache", "-t", CODES[1]]).sts(&sts).output().session();
    assert!(!home.path(".cache").exists());
    let (home, first) = logged_in(home, &sts);
    let shown = home.run(["someaccount", "--no-cache", "--no-input"]).sts(&sts).output();
    assert_eq!(shown, code_needed("someaccount"));
    let shown = home.run(["someaccount", "--no-cache", "-t", CODES[2]]).sts(&sts).output();
    assert_ne!(exported(&shown, STARTED), first);
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(exported(&shown, REUSED), first);
}

#[test]
fn a_session_with_less_left_than_min_ttl_is_not_used() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    home.pass(HOUR);
    let shown = home.run(["someaccount", "--min-ttl", "10h", "--no-input"]).sts(&sts).output();
    let eleven = reused("11 hours", "someaccount: user bob of 123456789012");
    assert_eq!(exported(&shown, &eleven), first);
    let shown = home.run(["someaccount", "--min-ttl", "11h", "--no-input"]).sts(&sts).output();
    assert_eq!(shown, code_needed("someaccount"));
    let shown = home.run(["someaccount", "--min-ttl", "11h", "-t", CODES[1]]).sts(&sts).output();
    let second = exported(&shown, STARTED);
    assert_ne!(second, first);
    let shown = home.run(["someaccount", "--min-ttl", "11h", "--no-input"]).sts(&sts).output();
    assert_eq!(exported(&shown, REUSED), second);
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn by_default_the_last_quarter_of_an_hour_is_not_used() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    home.pass(HOUR * 11 + HOUR * 3 / 4 - Duration::from_secs(60));
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    let left = reused("16 minutes", "someaccount: user bob of 123456789012");
    assert_eq!(exported(&shown, &left), first);
    home.pass(Duration::from_secs(61));
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output(), code_needed("someaccount"));
    let shown = home.run(["someaccount", "--no-input", "--min-ttl", "0"]).sts(&sts).output();
    let left = reused("15 minutes", "someaccount: user bob of 123456789012");
    assert_eq!(exported(&shown, &left), first);
    let shown = home.run(["someaccount", "-t", CODES[1]]).sts(&sts).output();
    assert_ne!(exported(&shown, STARTED), first);
}

#[test]
fn a_session_about_to_end_makes_it_ask() {
    let sts = sts();
    let (home, _) = logged_in(Home::someaccount(), &sts);
    home.pass(HOUR * 12 - Duration::from_secs(600));
    let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).sts(&sts).env("NO_COLOR", "1"));
    let question = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";
    terminal.wait_for(question);
    terminal.press(&format!("{}\r", CODES[1]));
    assert_eq!(terminal.end(), (0, format!("{question}******\n{STARTED}")));
}

#[test]
fn of_a_short_session_the_last_quarter_is_not_used() {
    let sts = sts();
    let home = Home::someaccount();
    home.run(["someaccount", "-d", "20m", "-t", CODE]).sts(&sts).output().session();
    home.pass(Duration::from_secs(14 * 60));
    home.run(["someaccount", "--no-input"]).sts(&sts).output().session();
    home.pass(Duration::from_secs(61));
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output(), code_needed("someaccount"));
}

#[test]
fn a_min_ttl_that_a_new_session_would_not_reach_is_refused_before_a_code_is_sent() {
    let (home, sts) = (chained(), sts_with_roles());
    let cases: [(&[&str], &str, &str); 7] = [
        (
            &["someaccount", "--min-ttl", "13h"],
            "a new session of `someaccount` would last 12 hours",
            "ask for a longer one: mfa-env someaccount -d 13h --min-ttl 13h",
        ),
        (
            &["someaccount", "-d", "1h", "--min-ttl", "5401"],
            "a new session of `someaccount` would last 1 hour",
            "ask for a longer one: mfa-env someaccount -d 5401 --min-ttl 5401",
        ),
        (
            &["someaccount", "-w", "-r", "--min-ttl", "36h"],
            "a new session of `someaccount` would last 12 hours",
            "ask for a longer one: mfa-env someaccount -w -r -d 36h --min-ttl 36h",
        ),
        (
            &["admin", "--min-ttl", "90m"],
            "a new session of `admin` would last 1 hour",
            "ask for a longer one: mfa-env admin -d 90m --min-ttl 90m",
        ),
        (
            &["admin", "--min-ttl", "13h"],
            "a new session of `admin` would last 1 hour",
            "12 hours is the most: mfa-env admin -d 12h --min-ttl 12h",
        ),
        (
            &["two", "-d", "30m", "--min-ttl", "45m"],
            "a new session of `two` would last 30 minutes",
            "ask for a longer one: mfa-env two -d 45m --min-ttl 45m",
        ),
        (
            &["two", "--min-ttl", "90m"],
            "a new session of `two` would last 1 hour",
            "1 hour is the most: mfa-env two -d 1h --min-ttl 1h",
        ),
    ];
    for (arguments, what, hint) in cases {
        let shown = home.run(arguments).args(["-t", CODE]).sts(&sts).output();
        let expected = failed(2, &format!("error: {what}, less than `--min-ttl`\nhint: {hint}\n"));
        assert_eq!(shown, expected, "{arguments:?}");
        assert_eq!(codes_sent(&sts), [""; 0], "{arguments:?}");
    }
}

#[test]
fn the_hint_for_a_long_min_ttl_works_and_its_session_is_used_again() {
    let (home, sts) = (Home::someaccount(), sts());
    let hint = ["someaccount", "-d", "13h", "--min-ttl", "13h"];
    home.run(hint).args(["-t", CODE]).sts(&sts).output().session();
    // This session is longer than a new one would be.
    home.pass(Duration::from_secs(60));
    let shown = home.run(["someaccount", "--min-ttl", "12h30m", "--no-input"]).sts(&sts).output();
    shown.session();
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_shorter_duration_than_what_is_left_gets_a_session_of_its_own() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    let shown = home.run(["someaccount", "-d", "1h", "--no-input"]).sts(&sts).output();
    assert_eq!(shown, code_needed("someaccount"));
    let shown = home.run(["someaccount", "-d", "1h", "-t", CODES[1]]).sts(&sts).output();
    let short = exported(&shown, &started("1 hour", "someaccount: user bob of 123456789012"));
    assert_ne!(short, first);
    let asked = logins(&sts).into_iter().map(|request| request.parameters["DurationSeconds"].clone());
    assert_eq!(asked.collect::<Vec<_>>(), ["43200", "3600"]);
    // The short session doesn't replace the long one.
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(exported(&shown, REUSED), first);
}

#[test]
fn a_longer_duration_than_what_is_left_takes_what_there_is() {
    let sts = sts();
    let (home, first) = logged_in(Home::someaccount(), &sts);
    home.pass(HOUR);
    let shown = home.run(["someaccount", "-d", "12h", "--no-input"]).sts(&sts).output();
    let left = reused("11 hours", "someaccount: user bob of 123456789012");
    let without_effect = "the session is still valid, so `-d` has no effect (to renew: -r)\n";
    assert_eq!(exported(&shown, &format!("{without_effect}{left}")), first);
}

#[test]
fn a_session_that_has_ended_is_not_used() {
    let sts = sts();
    let (home, _) = logged_in(Home::someaccount(), &sts);
    home.pass(HOUR * 12);
    let shown = home.run(["someaccount", "--no-input", "--min-ttl", "0"]).sts(&sts).output();
    assert_eq!(shown, code_needed("someaccount"));
}

#[test]
fn other_keys_devices_and_endpoints_have_sessions_of_their_own() {
    let sts = sts();
    let other_key = "AKIAOTHEROTHEROTHERO";
    let sections = SOMEACCOUNT.to_owned()
        + &keys_in("key", DEVICE).replace(KEY_ID, other_key)
        + &keys_in("serial", "mfa_serial = arn:aws:iam::123456789012:mfa/bob2\n")
        + &keys_in("partition", "mfa_serial = arn:aws-cn:iam::123456789012:mfa/bob\n")
        + &keys_in("region", &format!("{DEVICE}region = cn-north-1\n"))
        + &keys_in("same", &format!("{DEVICE}region = eu-west-1\n"));
    let (home, first) = logged_in(Home::new().credentials(sections), &sts);
    for profile in ["key", "serial", "partition", "region"] {
        let shown = home.run([profile, "--no-input"]).sts(&sts).output();
        assert_eq!(shown, code_needed(profile));
    }
    let shown = home.run(["someaccount", "--no-input"]).endpoint("http://127.0.0.1:1").output();
    assert_eq!(shown, code_needed("someaccount"));
    let serial = format!("{SERIAL}2");
    let shown = home.run(["someaccount", "--no-input", "--serial-number", &serial]).sts(&sts).output();
    assert_eq!(shown, code_needed("someaccount"));
    // A profile with another region of the same partition shares it.
    let shown = home.run(["same", "--no-input"]).sts(&sts).output();
    assert_eq!(shown.session().access_key_id, first);
}

#[test]
fn roles_of_another_external_id_or_name_have_sessions_of_their_own() {
    let role = |name: &str, more: &str| format!("{}{more}", ADMIN.replace("admin]", &format!("{name}]")));
    let config = role("admin", "")
        + &role("same", "region = eu-west-1\n")
        + &role("external", "external_id = x-1\n")
        + &role("named", "role_session_name = robert\n");
    let sts = sts();
    let (home, _) = logged_in(Home::someaccount().config(config), &sts);
    let id = |profile| home.run([profile, "--no-input"]).sts(&sts).output().session().access_key_id;
    let ids = ["admin", "external", "named"].map(id);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    assert_eq!(
        ["same", "admin", "external", "named"].map(id),
        [&ids[0], &ids[0], &ids[1], &ids[2]].map(String::clone)
    );
    assert_eq!(codes_sent(&sts), [CODE]);
}
