//! STS says no: each of its errors (facts/sts.md) has a message, a hint and an exit status.

use std::time::Duration;

use fake_sts::{FakeSts, Reply, Role, User};
use jiff::SignedDuration;

use crate::harness::{CODE, Home, KEY_ID, SERIAL, Shown, WRONG_CODE, bob, failed, keys_in, logins, sts};

fn someaccount(sts: &FakeSts, code: &str) -> Shown {
    Home::someaccount().run(["someaccount", "-t", code]).sts(sts).output()
}

/// The session of a role whose source is bob.
fn role(sts: &FakeSts, options: &[&str]) -> Shown {
    let home = Home::new()
        .credentials(keys_in("bob", &format!("mfa_serial = {SERIAL}\n")))
        .config("[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = bob\n");
    home.run(["admin", "-t", CODE]).args(options).sts(sts).output()
}

#[test]
fn a_wrong_code() {
    let sts = sts();
    let expected = failed(
        3,
        "error: STS did not accept the MFA code: it is mistyped, or was used before\n\
         hint: wait for the next code of arn:aws:iam::123456789012:mfa/bob; is the clock of the device right?\n",
    );
    assert_eq!(someaccount(&sts, WRONG_CODE), expected);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn an_unknown_device() {
    let user = User { serial_number: Some("arn:aws:iam::123456789012:mfa/phone".into()), ..bob() };
    let sts = FakeSts::builder().user(user).start();
    let expected = failed(
        3,
        "error: STS knows no MFA device `arn:aws:iam::123456789012:mfa/bob` of this user\n\
         hint: correct `mfa_serial` of profile `someaccount`; find it: aws iam list-mfa-devices --profile someaccount\n",
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn a_code_that_sts_repeats_is_not_shown() {
    let sts = sts();
    let message = format!(
        "1 validation error detected: Value '{CODE}' at 'tokenCode' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\d]*"
    );
    sts.script(Reply::error(400, "ValidationError", message));
    let expected = failed(
        3,
        "error: STS found the request invalid: 1 validation error detected: Value '******' at 'tokenCode' \
         failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*\n\
         hint: check the MFA device and the duration of profile `someaccount`\n",
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn session_keys_that_do_not_look_like_it() {
    let sts = sts();
    sts.script(Reply::error(403, "AccessDenied", "Cannot call GetSessionToken with session credentials"));
    let expected = failed(
        3,
        &format!(
            "error: the key {KEY_ID} of profile `someaccount` is a temporary one, and STS gives no session for it\n\
             hint: put the user's long-term keys into profile `someaccount`\n"
        ),
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn an_unknown_key() {
    let sts = FakeSts::builder().user(User { access_key_id: "AKIAOTHEROTHEROTHERO".into(), ..bob() }).start();
    let expected = failed(
        3,
        &format!(
            "error: STS does not know the access key {KEY_ID} of profile `someaccount`\n\
             hint: it was deleted or deactivated, or belongs to another partition; see the user's access keys in IAM\n"
        ),
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn a_wrong_secret() {
    let sts = FakeSts::builder().user(User { secret_access_key: "other".into(), ..bob() }).start();
    let expected = failed(
        3,
        &format!(
            "error: the secret access key does not belong to the access key {KEY_ID} of profile `someaccount`\n\
             hint: enter both again: aws configure --profile someaccount\n"
        ),
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn a_clock_that_is_off() {
    // The server's clock is ahead: this machine is behind.
    for (offset, said) in [(45, "45 minutes behind"), (-60, "1 hour ahead"), (60 * 24 * 3, "72 hours behind")]
    {
        let sts = sts();
        sts.set_clock_offset(SignedDuration::from_mins(offset));
        let expected = failed(
            3,
            &format!(
                "error: the clock of this machine is {said}, so STS refuses its signatures\n\
                 hint: set the clock: sudo timedatectl set-ntp true (a container or WSL: restart it)\n"
            ),
        );
        assert_eq!(someaccount(&sts, CODE), expected);
    }
}

#[test]
fn a_region_where_sts_is_off() {
    let sts = sts();
    sts.script(Reply::region_disabled("123456789012"));
    let shown =
        Home::someaccount().run(["someaccount", "-t", CODE, "--region", "ap-east-1"]).sts(&sts).output();
    let expected = failed(
        3,
        "error: STS is not activated in region ap-east-1\nhint: mfa-env someaccount --region us-east-1\n",
    );
    assert_eq!(shown, expected);
    assert_eq!(logins(&sts)[0].region.as_deref(), Some("ap-east-1"));
}

#[test]
fn an_expired_session() {
    for code in ["ExpiredToken", "ExpiredTokenException"] {
        let sts = sts();
        sts.script(Reply::error(403, code, "The security token included in the request is expired"));
        let expected = failed(
            3,
            "error: STS says that the session which signs has expired\n\
             hint: start a new one: mfa-env someaccount -r\n",
        );
        assert_eq!(someaccount(&sts, CODE), expected);
    }
}

#[test]
fn throttled() {
    let sts = sts();
    sts.script(Reply::throttled());
    let expected = failed(
        3,
        "error: STS refuses for now: too many requests in this account\n\
         hint: try again in a minute, with the next code\n",
    );
    assert_eq!(someaccount(&sts, CODE), expected);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn a_fault_of_sts_is_not_tried_again() {
    for (reply, said) in [
        (Reply::unavailable(), "ServiceUnavailable"),
        (Reply::error(500, "InternalFailure", "x"), "InternalFailure"),
        (Reply::Raw { status: 502, content_type: "text/html".into(), body: "<html>".into() }, "HTTP 502"),
    ] {
        let sts = sts();
        sts.script(reply);
        let expected = failed(
            5,
            &format!(
                "error: STS has a fault at the moment: {said}\n\
                 hint: try again in a minute, with the next code; https://health.aws.amazon.com tells of outages\n"
            ),
        );
        assert_eq!(someaccount(&sts, CODE), expected);
        assert_eq!(logins(&sts).len(), 1);
    }
}

#[test]
fn an_error_that_nobody_knows_is_shown_without_executing_it() {
    let sts = sts();
    sts.script(Reply::error(403, "Odd\u{1b}[31m", "evil\n\u{1b}]0;x\u{7}'; id #\u{202e}"));
    let expected = failed(
        3,
        "error: STS refused: Odd\\u{1b}[31m: evil\\u{a}\\u{1b}]0;x\\u{7}'; id #\\u{202e}\n\
         hint: `mfa-env -v` shows what was asked for\n",
    );
    assert_eq!(someaccount(&sts, CODE), expected);
}

#[test]
fn a_role_that_does_not_let_one_in() {
    let sts = FakeSts::builder().user(bob()).start();
    let expected = failed(
        3,
        "error: STS does not let you assume `arn:aws:iam::123456789012:role/admin`: User: \
         arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::123456789012:role/admin\n\
         hint: check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id\n",
    );
    assert_eq!(role(&sts, &[]), expected);
}

#[test]
fn a_role_for_longer_than_its_maximum() {
    let short = Role { max_session_duration: Duration::from_secs(3600), ..Role::admin() };
    let sts = FakeSts::builder().user(bob()).role(short).start();
    let expected = failed(
        3,
        "error: 2 hours is more than the MaxSessionDuration of `arn:aws:iam::123456789012:role/admin`\n\
         hint: ask for less: mfa-env admin -d 1h\n",
    );
    assert_eq!(role(&sts, &["-d", "2h"]), expected);
}

#[test]
fn a_chained_role_for_longer_than_an_hour() {
    let sts = sts();
    sts.script(Reply::error(
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    ));
    let expected = failed(
        3,
        "error: STS gives `arn:aws:iam::123456789012:role/admin` for at most 1 hour through another role or session\n\
         hint: mfa-env admin -d 1h\n",
    );
    assert_eq!(role(&sts, &["-d", "2h"]), expected);
}

#[test]
fn a_wrong_code_for_a_role_that_takes_it_itself() {
    let sts = sts();
    let home = Home::new()
        .credentials(keys_in("bob", &format!("mfa_serial = {SERIAL}\n")))
        .config("[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = bob\n");
    let shown = home.run(["admin", "-d", "2h", "-t", WRONG_CODE]).sts(&sts).output();
    let expected = failed(
        3,
        "error: STS did not accept the MFA code: it is mistyped, or was used before\n\
         hint: wait for the next code of arn:aws:iam::123456789012:mfa/bob; is the clock of the device right?\n",
    );
    assert_eq!(shown, expected);
    assert_eq!(logins(&sts)[0].action, "AssumeRole");
}
