//! Roles: the calls to STS, their order and their parameters.

use fake_sts::{FakeSts, Reply, Role};
use support::{
    CODE, Home, KEY_ID, REUSED, SERIAL, SOMEACCOUNT, STARTED, bob, failed, keys_in, logins, reused, started,
    sts,
};

use crate::session::asked_of;

pub fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// A profile with a role of the same name.
pub fn role(name: &str, source: &str, more: &str) -> String {
    format!("[profile {name}]\nrole_arn = {}\nsource_profile = {source}\n{more}", arn(name))
}

/// `admin` from `someaccount`, `two` from `admin`, `three` from `two`.
pub fn chained() -> Home {
    let config = role("admin", "someaccount", "") + &role("two", "admin", "") + &role("three", "two", "");
    Home::someaccount().config(config)
}

pub fn sts_with_roles() -> FakeSts {
    let roles = FakeSts::builder().user(bob()).role(Role::admin());
    roles.role(Role::new(arn("two"))).role(Role::new(arn("three"))).start()
}

/// The calls. `~KEY n~` stands for the session of the nth call.
pub fn calls(sts: &FakeSts) -> Vec<String> {
    let mut calls = asked_of(sts);
    let mut signers: Vec<String> = Vec::new();
    for (call, request) in calls.iter_mut().zip(logins(sts)) {
        let id = request.access_key_id.expect("signed");
        if id != KEY_ID {
            if !signers.contains(&id) {
                signers.push(id.clone());
            }
            let number = signers.iter().position(|signer| *signer == id).expect("it was added") + 1;
            *call = call.replace(&id, &format!("~KEY {number}~"));
        }
    }
    calls
}

fn session_call(code: &str) -> String {
    format!(
        "Action=GetSessionToken DurationSeconds=43200 SerialNumber={SERIAL} TokenCode={code} \
         Version=2011-06-15, signed by {KEY_ID} for us-east-1"
    )
}

pub fn role_call(name: &str, seconds: u32, signer: usize) -> String {
    format!(
        "Action=AssumeRole DurationSeconds={seconds} RoleArn={} RoleSessionName=bob Version=2011-06-15, \
         signed by ~KEY {signer}~ for us-east-1 with a session token",
        arn(name)
    )
}

#[test]
fn a_chain_is_walked_from_the_keys_to_the_last_role() {
    let all = [
        session_call(CODE),
        role_call("admin", 3600, 1),
        role_call("two", 3600, 2),
        role_call("three", 3600, 3),
    ];
    for (profile, count) in [("admin", 2), ("two", 3), ("three", 4)] {
        let (home, sts) = (chained(), sts_with_roles());
        let shown = home.run([profile, "-t", CODE]).sts(&sts).output();
        shown.session();
        assert_eq!(shown.stderr, started("1 hour", &format!("{profile}: role {profile} of 123456789012")));
        assert_eq!(calls(&sts), all[..count]);
        // The second one may carry GetCallerIdentity.
        assert!(sts.connections() <= 2, "one connection is enough for all calls of a login");
    }
}

#[test]
fn a_duration_is_the_last_calls() {
    let (home, sts) = (chained(), sts_with_roles());
    let shown = home.run(["two", "-t", CODE, "-d", "15m"]).sts(&sts).output();
    assert_eq!(shown.stderr, started("15 minutes", "two: role two of 123456789012"));
    let expected = [session_call(CODE), role_call("admin", 3600, 1), role_call("two", 900, 2)];
    assert_eq!(calls(&sts), expected);
}

#[test]
fn what_the_profile_says_of_a_role_is_sent() {
    let more = "external_id = ext-1\nrole_session_name = robert@example.com\nduration_seconds = 1800\n";
    let admin = Role { external_id: Some("ext-1".into()), ..Role::admin() };
    let sts = FakeSts::builder().user(bob()).role(admin).start();
    let home = Home::someaccount().config(role("admin", "someaccount", more));
    let shown = home.run(["admin", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown.stderr, started("30 minutes", "admin: role admin of 123456789012"));
    let expected = format!(
        "Action=AssumeRole DurationSeconds=1800 ExternalId=ext-1 RoleArn={} \
         RoleSessionName=robert@example.com Version=2011-06-15, signed by ~KEY 1~ for us-east-1 with a session token",
        arn("admin")
    );
    assert_eq!(calls(&sts), [session_call(CODE), expected]);
}

#[test]
fn the_session_name_is_the_devices_name_else_the_users_of_this_machine() {
    let names = |serial: &str, variables: &[(&str, &str)]| {
        let sts = sts();
        sts.script(Reply::error(403, "AccessDenied", "no"));
        let home = Home::new()
            .credentials(keys_in("someaccount", &format!("mfa_serial = {serial}\n")))
            .config(role("admin", "someaccount", "duration_seconds = 7200\n"));
        home.run(["admin", "-t", CODE]).sts(&sts).envs(variables).output();
        logins(&sts)[0].parameters["RoleSessionName"].clone()
    };
    assert_eq!(names(SERIAL, &[("USER", "root")]), "bob");
    assert_eq!(names("arn:aws:iam::123456789012:mfa/b/o/b", &[]), "bob");
    assert_eq!(names("arn:aws:iam::123456789012:mfa/b", &[]), "mfa-env");
    assert_eq!(names("GAHT12345678", &[("USER", "robert")]), "robert");
    assert_eq!(names("GAHT12345678", &[("USER", "rob ert!")]), "robert");
    assert_eq!(names("GAHT12345678", &[("LOGNAME", "robert")]), "robert");
    assert_eq!(names("GAHT12345678", &[]), "mfa-env");
}

#[test]
fn a_role_for_longer_than_an_hour_takes_the_code_and_is_cached() {
    let (home, sts) = (chained(), sts_with_roles());
    let run = |options: &[&str]| home.run(["admin", "-d", "2h"]).args(options).sts(&sts).output();
    let shown = run(&["-t", CODE]);
    assert_eq!(shown.stderr, started("2 hours", "admin: role admin of 123456789012"));
    let expected = format!(
        "Action=AssumeRole DurationSeconds=7200 RoleArn={} RoleSessionName=bob SerialNumber={SERIAL} \
         TokenCode={CODE} Version=2011-06-15, signed by {KEY_ID} for us-east-1",
        arn("admin")
    );
    assert_eq!(calls(&sts), [expected]);
    let again = run(&["--no-input"]);
    assert_eq!(again.stderr, reused("2 hours", "admin: role admin of 123456789012"));
    assert_eq!(again.session().access_key_id, shown.session().access_key_id);
    // The user's own session still needs a code.
    assert_eq!(home.run(["someaccount", "--no-input"]).sts(&sts).output().status, 4);
}

#[test]
fn verbose_says_which_way_and_why() {
    let explained = |arguments: &[&str]| {
        let (home, sts) = (chained(), sts_with_roles());
        let shown = home.run(arguments).args(["-v", "-t", CODE]).sts(&sts).output();
        shown.session();
        shown.stderr
    };
    let signed = |profile| {
        format!("profile `{profile}`: signed by the long-term keys {KEY_ID} of profile `someaccount`\n")
    };
    let session = format!(
        "region us-east-1; a role for up to an hour: the user's MFA session, then AssumeRole with it\n\
         calls ~STS~ without TLS\n\
         GetSessionToken for 12 hours, MFA device {SERIAL}\n"
    );
    let two = format!(
        "{}{session}AssumeRole {} for 1 hour\nAssumeRole {} for 1 hour\n{}",
        signed("two"),
        arn("admin"),
        arn("two"),
        started("1 hour", "two: role two of 123456789012")
    );
    assert_eq!(explained(&["two"]), two);
    let long = format!(
        "{}region us-east-1; a role for more than an hour: AssumeRole with the code, signed by the long-term keys\n\
         calls ~STS~ without TLS\n\
         AssumeRole {} for 2 hours, MFA device {SERIAL}\n{}",
        signed("admin"),
        arn("admin"),
        started("2 hours", "admin: role admin of 123456789012")
    );
    assert_eq!(explained(&["admin", "-d", "2h"]), long);
}

#[test]
fn a_role_without_a_device_anywhere_is_assumed_without_a_code() {
    let sts = FakeSts::builder().user(bob()).role(Role::new(arn("two"))).start();
    let home = Home::new().credentials(keys_in("plain", "")).config(role("two", "plain", ""));
    let shown = home.run(["two", "--no-input", "-v"]).sts(&sts).env("USER", "bob").output();
    shown.session();
    let stderr = format!(
        "profile `two`: signed by the long-term keys {KEY_ID} of profile `plain`\n\
         region us-east-1; no MFA device anywhere in the chain: AssumeRole without a code\n\
         calls ~STS~ without TLS\n\
         AssumeRole {} for 1 hour\n{}",
        arn("two"),
        started("1 hour", "two: role two of 123456789012")
    );
    assert_eq!(shown.stderr, stderr);
    let expected = format!(
        "Action=AssumeRole DurationSeconds=3600 RoleArn={} RoleSessionName=bob Version=2011-06-15, \
         signed by {KEY_ID} for us-east-1",
        arn("two")
    );
    assert_eq!(calls(&sts), [expected]);
}

#[test]
fn a_role_may_name_itself_where_it_has_keys() {
    let sts = sts();
    let home = Home::new().config(role(
        "admin",
        "admin",
        &keys_in("x", &format!("mfa_serial = {SERIAL}\n")).replace("[x]\n", ""),
    ));
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    assert_eq!(calls(&sts), [session_call(CODE), role_call("admin", 3600, 1)]);
}

#[test]
fn a_command_may_give_the_keys_that_a_role_starts_from() {
    let json = format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{}"}}"#, support::SECRET);
    let source = format!("[profile vault]\nmfa_serial = {SERIAL}\ncredential_process = cat keys.json\n");
    let home = Home::new().config(source + &role("admin", "vault", ""));
    home.write("keys.json", json);
    let sts = sts();
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    assert_eq!(calls(&sts), [session_call(CODE), role_call("admin", 3600, 1)]);
    // With a cached session, the command doesn't run.
    std::fs::remove_file(home.path("keys.json")).expect("ours");
    home.run(["vault", "--no-input"]).sts(&sts).output().session();
}

#[test]
fn a_source_by_way_of_another_tools_section_signs() {
    let sts = sts();
    let home = Home::new()
        .credentials(SOMEACCOUNT.replace("[someaccount]", "[someaccount-long-term]"))
        .config(role("admin", "someaccount", ""));
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    assert_eq!(calls(&sts), [session_call(CODE), role_call("admin", 3600, 1)]);
    let shown = home.run(["someaccount", "--no-input"]).sts(&sts).output();
    assert_eq!(shown.stderr, STARTED.replace("started", "reused"));
}

/// The profile is the source, so its keys come before its own role, and its duration is not the role's.
#[test]
fn a_role_on_the_command_line_is_assumed_with_the_session_of_the_profile() {
    let user = keys_in("user", &format!("mfa_serial = {SERIAL}\n"));
    let both = role("both", "user", &format!("mfa_serial = {SERIAL}\nduration_seconds = 1800\n"));
    let config = role("admin", "user", "duration_seconds = 1800\n") + &both;
    let home = Home::new().config(config).credentials(user + &keys_in("both", ""));
    let two = [session_call(CODE), role_call("two", 3600, 1)];
    let by_admin = [session_call(CODE), role_call("admin", 3600, 1), role_call("two", 3600, 2)];
    for (profile, expected) in [("user", &two[..]), ("both", &two), ("admin", &by_admin)] {
        let sts = sts_with_roles();
        let shown =
            home.run([profile, "--role-arn", &arn("two"), "--no-cache", "-t", CODE]).sts(&sts).output();
        shown.session();
        assert_eq!(shown.stderr, started("1 hour", &format!("{profile}: role two of 123456789012")));
        assert_eq!(calls(&sts), expected);
    }
}

#[test]
fn a_role_on_the_command_line_shares_the_users_session_and_is_cached() {
    let (home, sts) = (Home::someaccount(), sts_with_roles());
    let someaccount = |options: &[&str]| home.run(["someaccount"]).args(options).sts(&sts).output();
    let two = arn("two");
    // The hint is the whole command.
    let shown = someaccount(&["--role-arn", &two, "--no-input"]);
    let hint = format!("hint: log in first: mfa-env someaccount --role-arn {two}\n");
    assert!(shown.stderr.ends_with(&hint), "{shown:?}");
    someaccount(&["-t", CODE]).session();
    let first = someaccount(&["--role-arn", &two, "--no-input"]);
    assert_eq!(first.stderr, started("1 hour", "someaccount: role two of 123456789012"));
    let again = someaccount(&["--role-arn", &two, "--no-input"]);
    assert_eq!(again.stderr, reused("1 hour", "someaccount: role two of 123456789012"));
    assert_eq!(again.session().access_key_id, first.session().access_key_id);
    assert_eq!(someaccount(&["--no-input"]).stderr, REUSED);
}

#[test]
fn a_role_on_the_command_line_must_be_one() {
    let expected = "error: `--role-arn admin` is not the ARN of a role such as arn:aws:iam::123456789012:role/NAME\n\
                    hint: for a role that a profile has, name that profile instead\n";
    assert_eq!(Home::someaccount().run(["someaccount", "--role-arn", "admin"]).output(), failed(2, expected));
}
