//! AssumeRole: with a code, with a session, from another role, and where each ends.

use std::time::Duration;

use fake_sts::{FakeSts, Role, User};
use jiff::SignedDuration;

use crate::client::{ADMIN, Client, Keys, UNKNOWN_DEVICE, assume, session, start, with_code};

const NOT_AUTHORIZED: &str = "User: arn:aws:iam::123456789012:user/bob is not authorized to \
                              perform: sts:AssumeRole on resource: ";

#[test]
fn assumes_a_role_with_a_code_for_longer_than_an_hour() {
    let sts = start();
    let client = Client::new(&sts);
    let code = with_code("123456");
    let parameters = assume(&[code[0], code[1], ("DurationSeconds", "43200")]);
    let answer = client.call(&Keys::bob(), "AssumeRole", &parameters);
    let arn = "arn:aws:sts::123456789012:assumed-role/admin/me";
    assert_eq!(answer.element("Arn"), arn);
    let identity = client.call(&answer.keys(), "GetCallerIdentity", &[]);
    assert_eq!(identity.element("Arn"), arn);
    assert_eq!(identity.element("UserId"), answer.element("AssumedRoleId"));
}

#[test]
fn a_session_carries_its_mfa_into_a_role_for_at_most_an_hour() {
    let sts = start();
    let client = Client::new(&sts);
    let keys = session(&client, "123456");
    client.call(&keys, "AssumeRole", &assume(&[("DurationSeconds", "3600")])).keys();
    let answer = client.call(&keys, "AssumeRole", &assume(&[("DurationSeconds", "3601")]));
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles \
                   assumed by role chaining.";
    assert_eq!(answer.error(), (400, "ValidationError", message));
}

#[test]
fn a_role_that_asks_for_mfa_is_closed_without_it() {
    let sts = start();
    let client = Client::new(&sts);
    let message = format!("{NOT_AUTHORIZED}{ADMIN}");
    let answer = client.call(&Keys::bob(), "AssumeRole", &assume(&[]));
    assert_eq!(answer.error(), (403, "AccessDenied", message.as_str()));
    let plain = client.call(&Keys::bob(), "GetSessionToken", &[]).keys();
    let answer = client.call(&plain, "AssumeRole", &assume(&[]));
    assert_eq!(answer.error(), (403, "AccessDenied", message.as_str()));
}

#[test]
fn a_role_may_limit_the_age_of_the_mfa() {
    let role = Role { max_mfa_age: Some(Duration::from_secs(600)), ..Role::admin() };
    let sts = FakeSts::builder().user(User::bob()).role(role).start();
    let mut client = Client::new(&sts);
    let keys = session(&client, "123456");
    client.call(&keys, "AssumeRole", &assume(&[])).keys();
    client.clock_offset = SignedDuration::from_secs(601);
    sts.set_clock_offset(client.clock_offset);
    assert_eq!(client.call(&keys, "AssumeRole", &assume(&[])).error().1, "AccessDenied");
}

#[test]
fn chains_from_role_to_role_without_mfa() {
    let next = "arn:aws:iam::210987654321:role/path/next";
    let sts = FakeSts::builder()
        .user(User::bob())
        .role(Role { require_mfa: false, ..Role::admin() })
        .role(Role::new(next))
        .start();
    let client = Client::new(&sts);
    let first = client.call(&Keys::bob(), "AssumeRole", &assume(&[])).keys();
    let parameters = [("RoleArn", next), ("RoleSessionName", "me")];
    let second = client.call(&first, "AssumeRole", &parameters);
    assert_eq!(second.element("Arn"), "arn:aws:sts::210987654321:assumed-role/next/me");
    let identity = client.call(&second.keys(), "GetCallerIdentity", &[]);
    assert_eq!(identity.element("Account"), "210987654321");
    let code = with_code("123456");
    let answer = client.call(&first, "AssumeRole", &[&parameters[..], &code].concat());
    assert_eq!(answer.error(), (403, "AccessDenied", UNKNOWN_DEVICE));
}

#[test]
fn refuses_more_than_the_roles_maximum() {
    let sts = FakeSts::builder().user(User::bob()).role(Role::new(ADMIN)).start();
    let parameters = assume(&[("DurationSeconds", "3601")]);
    let answer = Client::new(&sts).call(&Keys::bob(), "AssumeRole", &parameters);
    let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(answer.error(), (400, "ValidationError", message));
}

#[test]
fn refuses_an_unknown_role_and_a_wrong_external_id() {
    let role = Role { external_id: Some("right".into()), ..Role::new(ADMIN) };
    let sts = FakeSts::builder().user(User::bob()).role(role).start();
    let client = Client::new(&sts);
    let other = "arn:aws:iam::123456789012:role/other";
    let parameters = [("RoleArn", other), ("RoleSessionName", "me")];
    let answer = client.call(&Keys::bob(), "AssumeRole", &parameters);
    let message = format!("{NOT_AUTHORIZED}{other}");
    assert_eq!(answer.error(), (403, "AccessDenied", message.as_str()));
    for wrong in [&assume(&[]), &assume(&[("ExternalId", "wrong")])] {
        let answer = client.call(&Keys::bob(), "AssumeRole", wrong);
        assert_eq!(answer.error().1, "AccessDenied");
    }
    client.call(&Keys::bob(), "AssumeRole", &assume(&[("ExternalId", "right")])).keys();
}
