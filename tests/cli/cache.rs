//! Cached sessions: which profiles share one, and when it is not used.

use std::time::Duration;

use fake_sts::FakeSts;
use support::{
    CODE, CODES, Home, KEY_ID, SOMEACCOUNT, STARTED, Terminal, WRONG_CODE, between, codes_sent, keys_in,
    logins, str, sts,
};

use crate::roles::{chained, sts_with_roles};

const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";
pub const ADMIN: &str =
    "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n";
const HOUR: Duration = Duration::from_secs(3600);

/// With `./key`, which evaluates a login and prints the key id.
fn ready(home: Home, sts: &FakeSts) -> Home {
    home.write("key", "eval \"$(mfa-env \"$@\")\" && echo $AWS_ACCESS_KEY_ID\n");
    home.set_mode("key", 0o700);
    home.calling(sts.url())
}

#[test]
fn one_code_is_enough_for_all_profiles_of_a_key_and_for_a_role_by_every_way_out() {
    let credentials = SOMEACCOUNT.to_owned() + &keys_in("two", DEVICE);
    let sts = sts();
    let home = ready(Home::new().credentials(credentials).config(ADMIN), &sts);
    home.session(str![[r#"
$ ./key someaccount -t 918273 >first
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
$ ./key someaccount -t 827364 | cmp - first
2> the session is still valid, so the code wasn't used (to renew: -r)
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
$ ./key two --no-input | cmp - first
2> Session reused; expires in 12 hours (two: user bob of 123456789012)
$ ./key admin --no-input >role
2> Session started; expires in 1 hour (admin: role admin of 123456789012)
$ ./key admin --no-input | cmp - role
2> Session reused; expires in 1 hour (admin: role admin of 123456789012)
$ mfa-env someaccount -w; grep -c "aws_access_key_id = $(cat first)" .aws/credentials
1
2> wrote someaccount to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
$ mfa-env someaccount -- printenv AWS_ACCESS_KEY_ID | cmp - first
$ mfa-env -p someaccount --format json | grep -c "\"AccessKeyId\": \"$(cat first)\""
1
"#]]);
    let actions: Vec<_> = logins(&sts).into_iter().map(|request| request.action).collect();
    assert_eq!(actions, ["GetSessionToken", "AssumeRole"]);
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_renewed_session_takes_a_code_and_the_place_of_the_old_one_if_it_succeeds() {
    let sts = sts();
    ready(Home::someaccount(), &sts).session(str![[r#"
$ ./key someaccount -t 918273 >first 2>log
$ ./key someaccount -r --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount -r
? 4
$ ./key someaccount -r -t 550055 2>log
? 3
$ ./key someaccount --no-input | cmp - first
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
$ ./key someaccount -r -t 827364 >second
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
$ ./key someaccount --no-input | cmp - second
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
$ cmp -s first second
? 1
"#]]);
    assert_eq!(codes_sent(&sts), [CODE, WRONG_CODE, CODES[1]]);
}

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

#[test]
fn no_cache_neither_reads_nor_writes() {
    let sts = sts();
    ready(Home::someaccount(), &sts).session(str![[r#"
$ ./key someaccount --no-cache -t 827364 &>log; ls -d .cache
2> ls: cannot access '.cache': No such file or directory
? 2
$ ./key someaccount -t 918273 >first 2>log
$ ./key someaccount --no-cache --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ ./key someaccount --no-cache -t 736455 | cmp -s - first
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
? 1
$ ./key someaccount --no-input | cmp - first
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
"#]]);
}

#[test]
fn a_session_with_less_left_than_min_ttl_is_not_used() {
    let sts = sts();
    let home = ready(Home::someaccount(), &sts);
    home.session(str![[r#"
$ ./key someaccount -t 918273 >first 2>log
"#]]);
    home.pass(HOUR);
    home.session(str![[r#"
$ ./key someaccount --min-ttl 10h --no-input | cmp - first
2> Session reused; expires in 11 hours (someaccount: user bob of 123456789012)
$ ./key someaccount --min-ttl 11h --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ ./key someaccount --min-ttl 11h -t 827364 >second
2> Session started; expires in 12 hours (someaccount: user bob of 123456789012)
$ ./key someaccount --min-ttl 11h --no-input | cmp - second
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
$ cmp -s first second
? 1
"#]]);
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn by_default_the_last_quarter_of_an_hour_or_of_a_short_session_is_not_used() {
    let sts = sts();
    let home = ready(Home::someaccount(), &sts);
    home.session(str![[r#"
$ ./key someaccount -t 918273 >first 2>log
"#]]);
    home.pass(HOUR * 11 + HOUR * 3 / 4 - Duration::from_secs(60));
    home.session(str![[r#"
$ ./key someaccount --no-input | cmp - first
2> Session reused; expires in 16 minutes (someaccount: user bob of 123456789012)
"#]]);
    home.pass(Duration::from_secs(61));
    home.session(str![[r#"
$ ./key someaccount --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ ./key someaccount --no-input --min-ttl 0 | cmp - first
2> Session reused; expires in 15 minutes (someaccount: user bob of 123456789012)
$ ./key someaccount -d 20m -t 827364 2>log | cmp -s - first
? 1
"#]]);
    home.pass(Duration::from_secs(14 * 60));
    home.session(str![[r#"
$ ./key someaccount -d 20m --no-input | wc -l
1
2> the session is still valid, so `-d` has no effect (to renew: -r)
2> Session reused; expires in 6 minutes (someaccount: user bob of 123456789012)
"#]]);
    home.pass(Duration::from_secs(61));
    home.session(str![[r#"
$ ./key someaccount -d 20m --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ ./key someaccount --no-input --min-ttl 0 | cmp -s - first
2> Session reused; expires in 5 minutes (someaccount: user bob of 123456789012)
? 1
"#]]);
}

#[test]
fn a_session_about_to_end_makes_it_ask() {
    let sts = sts();
    let home = Home::someaccount().calling(sts.url());
    home.run(["someaccount", "-t", CODE]).output().session();
    home.pass(HOUR * 12 - Duration::from_secs(600));
    let mut terminal = Terminal::start(home.run(["someaccount", "-w"]).env("NO_COLOR", "1"));
    let question = "MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ";
    terminal.wait_for(question);
    terminal.press(&format!("{}\r", CODES[1]));
    assert_eq!(terminal.end(), (0, format!("{question}******\n{STARTED}")));
}

#[test]
fn a_min_ttl_that_a_new_session_would_not_reach_is_refused_before_a_code_is_sent() {
    let sts = sts_with_roles();
    let home = ready(chained(), &sts);
    home.session(str![[r#"
$ ./key someaccount -t 918273 --min-ttl 13h
2> error: a new session of `someaccount` would last 12 hours, less than `--min-ttl`
2> hint: ask for a longer one: mfa-env someaccount -d 13h --min-ttl 13h
? 2
$ ./key someaccount -t 918273 -d 1h --min-ttl 5401
2> error: a new session of `someaccount` would last 1 hour, less than `--min-ttl`
2> hint: ask for a longer one: mfa-env someaccount -d 5401 --min-ttl 5401
? 2
$ ./key someaccount -t 918273 -w -r --min-ttl 36h
2> error: a new session of `someaccount` would last 12 hours, less than `--min-ttl`
2> hint: ask for a longer one: mfa-env someaccount -w -r -d 36h --min-ttl 36h
? 2
$ ./key admin -t 918273 --min-ttl 90m
2> error: a new session of `admin` would last 1 hour, less than `--min-ttl`
2> hint: ask for a longer one: mfa-env admin -d 90m --min-ttl 90m
? 2
$ ./key admin -t 918273 --min-ttl 13h
2> error: a new session of `admin` would last 1 hour, less than `--min-ttl`
2> hint: the maximum is 12 hours: mfa-env admin -d 12h --min-ttl 12h
? 2
$ ./key two -t 918273 -d 30m --min-ttl 45m
2> error: a new session of `two` would last 30 minutes, less than `--min-ttl`
2> hint: ask for a longer one: mfa-env two -d 45m --min-ttl 45m
? 2
$ ./key two -t 918273 --min-ttl 90m
2> error: a new session of `two` would last 1 hour, less than `--min-ttl`
2> hint: the maximum is 1 hour: mfa-env two -d 1h --min-ttl 1h
? 2
"#]]);
    assert_eq!(codes_sent(&sts), [""; 0]);
    // The hint works, and its session is used again, which is longer than a new one would be.
    home.session(str![[r#"
$ ./key someaccount -t 918273 -d 13h --min-ttl 13h >first
2> Session started; expires in 13 hours (someaccount: user bob of 123456789012)
"#]]);
    home.pass(Duration::from_secs(60));
    home.session(str![[r#"
$ ./key someaccount --min-ttl 12h30m --no-input | cmp - first
2> Session reused; expires in 13 hours (someaccount: user bob of 123456789012)
"#]]);
}

#[test]
fn a_duration_gets_a_session_of_its_own_if_it_is_shorter_than_what_is_left() {
    let sts = sts();
    let home = ready(Home::someaccount(), &sts);
    home.session(str![[r#"
$ ./key someaccount -t 918273 >first 2>log
$ ./key someaccount -d 1h --no-input
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
$ ./key someaccount -d 1h -t 827364 | cmp -s - first
2> Session started; expires in 1 hour (someaccount: user bob of 123456789012)
? 1
$ ./key someaccount --no-input | cmp - first
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
"#]]);
    let asked = logins(&sts).into_iter().map(|request| request.parameters["DurationSeconds"].clone());
    assert_eq!(asked.collect::<Vec<_>>(), ["43200", "3600"]);
    home.pass(HOUR);
    home.session(str![[r#"
$ ./key someaccount -d 12h --no-input | cmp - first
2> the session is still valid, so `-d` has no effect (to renew: -r)
2> Session reused; expires in 11 hours (someaccount: user bob of 123456789012)
"#]]);
    home.pass(HOUR * 11);
    home.session(str![[r#"
$ ./key someaccount --no-input --min-ttl 0
2> error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
2> hint: log in first: mfa-env someaccount
? 4
"#]]);
}

#[test]
fn other_keys_devices_and_endpoints_have_sessions_of_their_own() {
    let sts = sts();
    let sections = SOMEACCOUNT.to_owned()
        + &keys_in("key", DEVICE).replace(KEY_ID, "AKIAOTHEROTHEROTHERO")
        + &keys_in("serial", "mfa_serial = arn:aws:iam::123456789012:mfa/bob2\n")
        + &keys_in("partition", "mfa_serial = arn:aws-cn:iam::123456789012:mfa/bob\n")
        + &keys_in("region", &format!("{DEVICE}region = cn-north-1\n"))
        + &keys_in("same", &format!("{DEVICE}region = eu-west-1\n"));
    ready(Home::new().credentials(sections), &sts).session(str![[r#"
$ ./key someaccount -t 918273 >first 2>log
$ for profile in key serial partition region; do ./key $profile --no-input 2>&1 | grep error; done
error: profile `key` needs an MFA code, and `--no-input` forbids asking for it
error: profile `serial` needs an MFA code, and `--no-input` forbids asking for it
error: profile `partition` needs an MFA code, and `--no-input` forbids asking for it
error: profile `region` needs an MFA code, and `--no-input` forbids asking for it
$ ./key someaccount --no-input --serial-number arn:aws:iam::123456789012:mfa/bob2 2>&1 | grep error
error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
$ ./key same --no-input | cmp - first
2> Session reused; expires in 12 hours (same: user bob of 123456789012)
$ AWS_ENDPOINT_URL_STS=http://127.0.0.1:1 ./key someaccount --no-input 2>&1 | grep error
error: profile `someaccount` needs an MFA code, and `--no-input` forbids asking for it
"#]]);
}

#[test]
fn roles_of_another_external_id_or_name_have_sessions_of_their_own() {
    let role = |name: &str, more: &str| format!("{}{more}", ADMIN.replace("admin]", &format!("{name}]")));
    let config = role("admin", "")
        + &role("same", "region = eu-west-1\n")
        + &role("external", "external_id = x-1\n")
        + &role("named", "role_session_name = robert\n");
    let sts = sts();
    ready(Home::someaccount().config(config), &sts).session(str![[r#"
$ ./key admin -t 918273 >admin 2>log; ./key external >external 2>log; ./key named >named 2>log
$ sort -u admin external named | wc -l
3
$ ./key same | cmp - admin
2> Session reused; expires in 1 hour (same: role admin of 123456789012)
$ ./key external | cmp - external
2> Session reused; expires in 1 hour (external: role admin of 123456789012)
$ ./key named | cmp - named
2> Session reused; expires in 1 hour (named: role admin of 123456789012)
"#]]);
    assert_eq!(codes_sent(&sts), [CODE]);
}
