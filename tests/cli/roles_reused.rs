//! Roles and cached sessions: which ones are used on the way, and what happens if STS no longer accepts one.

use std::time::Duration;

use fake_sts::FakeSts;
use support::{CODE, CODE_NOT_SENT, CODES, SERIAL, Terminal, bob, codes_sent, failed, reused, started};

use crate::asking::bash;
use crate::roles::{arn, calls, chained, role_call, sts_with_roles};

#[test]
fn sessions_on_the_way_are_used_again() {
    let (home, sts) = (chained(), sts_with_roles());
    home.run(["three", "-t", CODE]).sts(&sts).output().session();
    for (profile, left) in
        [("someaccount", "12 hours"), ("admin", "1 hour"), ("two", "1 hour"), ("three", "1 hour")]
    {
        let shown = home.run([profile, "--no-input"]).sts(&sts).output();
        shown.session();
        let kind = if profile == "someaccount" { "user bob" } else { &format!("role {profile}") };
        assert_eq!(shown.stderr, reused(left, &format!("{profile}: {kind} of 123456789012")));
    }
    assert_eq!(calls(&sts).len(), 4);
}

#[test]
fn a_role_on_the_way_that_has_ended_or_is_about_to_is_assumed_again_without_a_code() {
    for left in [0, 300] {
        let (home, sts) = (chained(), sts_with_roles());
        home.run(["two", "-t", CODE]).sts(&sts).output().session();
        home.pass(Duration::from_secs(3600 - left));
        let shown = home.run(["two", "--no-input"]).sts(&sts).output();
        assert_eq!(shown.stderr, started("1 hour", "two: role two of 123456789012"));
        assert_eq!(calls(&sts)[3..], [role_call("admin", 3600, 1), role_call("two", 3600, 3)]);
    }
}

#[test]
fn a_role_on_the_way_that_sts_has_ended_leads_to_the_users_session() {
    let (home, sts) = (chained(), sts_with_roles());
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    sts.expire_sessions();
    home.run(["someaccount", "-r", "-t", CODES[1]]).sts(&sts).output().session();
    let shown = home.run(["two", "--no-input"]).sts(&sts).output();
    assert_eq!(shown.stderr, started("1 hour", "two: role two of 123456789012"));
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn a_code_that_a_role_does_not_need_is_not_sent_and_that_is_said() {
    let (home, sts) = (chained(), sts_with_roles());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let shown = home.run(["admin", "-t", CODES[1]]).sts(&sts).output();
    let said = started("1 hour", "admin: role admin of 123456789012");
    assert_eq!(shown.stderr, format!("{CODE_NOT_SENT}{said}"));
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn the_code_is_asked_for_once() {
    let (home, sts) = (chained(), sts_with_roles());
    let mut terminal =
        Terminal::start(bash(&home, r#"eval "$(mfa-env three)"; eval "$(mfa-env two)""#).sts(&sts));
    terminal.wait_for("MFA code for three (arn:aws:iam::123456789012:mfa/bob): ");
    terminal.press(&format!("{CODE}\r"));
    let expected = format!(
        "MFA code for three ({SERIAL}): ******\n{}{}",
        started("1 hour", "three: role three of 123456789012"),
        reused("1 hour", "two: role two of 123456789012")
    );
    assert_eq!(terminal.end(), (0, expected));
    assert_eq!(codes_sent(&sts), [CODE]);
}

#[test]
fn a_role_that_refuses_a_cached_session_hints_at_a_new_code() {
    let sts = FakeSts::builder().user(bob()).start();
    let home = chained();
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let shown = home.run(["admin", "--no-input"]).sts(&sts).output();
    let message = format!(
        "error: AWS doesn't let you assume `{0}`: User: arn:aws:iam::123456789012:user/bob is not authorized to \
         perform: sts:AssumeRole on resource: {0}\n\
         hint: check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id\n\
         hint: the role may require a recent code; to enter one: mfa-env admin -r\n",
        arn("admin")
    );
    assert_eq!(shown, failed(3, &message));
}

#[test]
fn a_cached_session_that_sts_has_ended_is_dropped_and_a_code_taken() {
    let (home, sts) = (chained(), sts_with_roles());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    sts.expire_sessions();
    let shown = home.run(["admin", "--no-input"]).sts(&sts).output();
    let message = "error: profile `admin` needs an MFA code, and `--no-input` forbids asking for it\n\
                   hint: log in first: mfa-env admin\n";
    assert_eq!(shown, failed(4, message));
    assert_eq!(home.cached().len(), 0);
    let shown = home.run(["admin", "-t", CODES[1]]).sts(&sts).output();
    assert_eq!(shown.stderr, started("1 hour", "admin: role admin of 123456789012"));
    assert_eq!(codes_sent(&sts), [CODE, CODES[1]]);
}

#[test]
fn a_cached_session_that_sts_has_ended_is_asked_for_again_in_the_same_run() {
    let (home, sts) = (chained(), sts_with_roles());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    sts.expire_sessions();
    let mut terminal = Terminal::start(bash(&home, r#"eval "$(mfa-env admin)"; echo $?"#).sts(&sts));
    terminal.wait_for("MFA code for admin");
    terminal.press(&format!("{}\r", CODES[1]));
    let said = started("1 hour", "admin: role admin of 123456789012");
    assert_eq!(terminal.end(), (0, format!("MFA code for admin ({SERIAL}): ******\n{said}0\n")));
}
