//! GetSessionToken: what it gives, which codes it takes, what it refuses.

use fake_sts::{Codes, FakeSts, Role, User};
use jiff::Timestamp;

use crate::client::{ADMIN, BOBS_DEVICE, Client, INVALID_CODE, Keys, UNKNOWN_DEVICE};
use crate::client::{assume, session, start, with_code};

#[test]
fn a_session_token_is_good_for_twelve_hours_and_is_the_users() {
    let sts = start();
    let client = Client::new(&sts);
    let before = Timestamp::now();
    let answer = client.call(&Keys::bob(), "GetSessionToken", &with_code("123456"));
    let expiration: Timestamp = answer.element("Expiration").parse().unwrap();
    let seconds = (expiration.as_second() - before.as_second()).unsigned_abs();
    assert!((43_200..43_210).contains(&seconds), "{seconds}");
    assert_eq!(answer.element("Expiration").len(), "2026-11-22T10:00:00Z".len());

    let identity = client.call(&answer.keys(), "GetCallerIdentity", &[]);
    assert_eq!(identity.element("Arn"), "arn:aws:iam::123456789012:user/bob");
    assert_eq!(identity.element("Account"), "123456789012");
}

#[test]
fn refuses_wrong_and_reused_codes_alike() {
    let sts = start();
    let client = Client::new(&sts);
    session(&client, "123456");
    for code in ["123456", "000000"] {
        let answer = client.call(&Keys::bob(), "GetSessionToken", &with_code(code));
        assert_eq!(answer.error(), (403, "AccessDenied", INVALID_CODE));
    }
}

#[test]
fn refuses_an_unknown_or_foreign_device() {
    let sts = start();
    let serial = ("SerialNumber", "arn:aws:iam::123456789012:mfa/eve");
    let parameters = [serial, ("TokenCode", "123456")];
    let answer = Client::new(&sts).call(&Keys::bob(), "GetSessionToken", &parameters);
    assert_eq!(answer.error(), (403, "AccessDenied", UNKNOWN_DEVICE));
}

#[test]
fn refuses_a_serial_number_without_a_code() {
    let sts = start();
    let parameters = [("SerialNumber", BOBS_DEVICE)];
    let answer = Client::new(&sts).call(&Keys::bob(), "GetSessionToken", &parameters);
    let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one \
                   time pass code.";
    assert_eq!(answer.error(), (403, "AccessDenied", message));
}

#[test]
fn echoes_a_code_of_bad_form() {
    let sts = start();
    let answer = Client::new(&sts).call(&Keys::bob(), "GetSessionToken", &with_code("12345"));
    let message = "1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy \
                   constraint: Member must have length greater than or equal to 6";
    assert_eq!(answer.error(), (400, "ValidationError", message));
}

#[test]
fn refuses_parameters_out_of_range() {
    let sts = start();
    let client = Client::new(&sts);
    let role_name = [("RoleArn", ADMIN), ("RoleSessionName", "a b")];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case; 6] = [
        ("GetSessionToken", &[("DurationSeconds", "899")], "than or equal to 900"),
        ("GetSessionToken", &[("DurationSeconds", "129601")], "than or equal to 129600"),
        ("AssumeRole", &assume(&[("DurationSeconds", "43201")]), "than or equal to 43200"),
        ("AssumeRole", &assume(&[("ExternalId", "x")]), "than or equal to 2"),
        ("AssumeRole", &role_name, r"pattern: [\w+=,.@-]*"),
        ("AssumeRole", &[("RoleArn", ADMIN)], "Member must not be null"),
    ];
    for (action, parameters, end) in cases {
        let answer = client.call(&Keys::bob(), action, parameters);
        let (status, code, message) = answer.error();
        assert_eq!((status, code), (400, "ValidationError"));
        assert!(message.ends_with(end), "{message}");
    }
}

#[test]
fn gives_a_root_user_an_hour_and_no_roles() {
    let root = User { root: true, ..User::bob() };
    let sts = FakeSts::builder().user(root).role(Role::admin()).start();
    let client = Client::new(&sts);
    let too_long = [("DurationSeconds", "3601")];
    let answer = client.call(&Keys::bob(), "GetSessionToken", &too_long);
    assert_eq!(answer.error().1, "ValidationError");
    let keys = client.call(&Keys::bob(), "GetSessionToken", &[]).keys();
    let identity = client.call(&keys, "GetCallerIdentity", &[]);
    assert_eq!(identity.element("Arn"), "arn:aws:iam::123456789012:root");
    let answer = client.call(&Keys::bob(), "AssumeRole", &assume(&[]));
    let message = "Roles may not be assumed by root accounts.";
    assert_eq!(answer.error(), (403, "AccessDenied", message));
}

#[test]
fn refuses_get_session_token_with_session_keys() {
    let sts = start();
    let client = Client::new(&sts);
    let keys = session(&client, "123456");
    let answer = client.call(&keys, "GetSessionToken", &with_code("234567"));
    let message = "Cannot call GetSessionToken with session credentials";
    assert_eq!(answer.error(), (403, "AccessDenied", message));
}

#[test]
fn accepts_the_code_that_a_rotating_device_shows_once() {
    let user = User { codes: Codes::Rotating, ..User::bob() };
    let sts = FakeSts::builder().user(user).start();
    let client = Client::new(&sts);
    let code = sts.current_code(BOBS_DEVICE);
    session(&client, &code);
    let answer = client.call(&Keys::bob(), "GetSessionToken", &with_code(&code));
    assert_eq!(answer.error(), (403, "AccessDenied", INVALID_CODE));
    assert!((1..=30).contains(&sts.seconds_left_in_step()));
}

#[test]
fn accepts_any_code_again_and_again() {
    let user = User { codes: Codes::Any, ..User::bob() };
    let sts = FakeSts::builder().user(user).start();
    let client = Client::new(&sts);
    assert_ne!(session(&client, "000000").id, session(&client, "000000").id);
}
