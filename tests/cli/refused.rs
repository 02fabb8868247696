//! STS refuses: each of its errors has a message, a hint and an exit status.

use std::time::Duration;

use fake_sts::{FakeSts, Reply, Role, User};
use jiff::SignedDuration;
use support::{CODE, Home, KEY_ID, SERIAL, Shown, WRONG_CODE, bob, failed, keys_in, logins, sts};

const INVALID_CODE: [&str; 2] = [
    "AWS rejected the MFA code",
    "wait for the next code of arn:aws:iam::123456789012:mfa/bob, and check the clock of the device",
];

fn someaccount(sts: &FakeSts, code: &str) -> Shown {
    Home::someaccount().run(["someaccount", "-t", code]).sts(sts).output()
}

/// Logs in with a role whose source is bob.
fn role(sts: &FakeSts, code: &str, options: &[&str]) -> Shown {
    let home = Home::new()
        .credentials(keys_in("bob", &format!("mfa_serial = {SERIAL}\n")))
        .config("[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = bob\n");
    home.run(["admin", "-t", code]).args(options).sts(sts).output()
}

fn refused(status: i32, [what, hint]: [&str; 2]) -> Shown {
    failed(status, &format!("error: {what}\nhint: {hint}\n"))
}

#[test]
fn a_wrong_code_for_a_role_that_takes_it_itself() {
    let sts = sts();
    assert_eq!(role(&sts, WRONG_CODE, &["-d", "2h"]), refused(3, INVALID_CODE));
    assert_eq!(logins(&sts)[0].action, "AssumeRole");
}

#[test]
fn another_device_key_or_secret_than_sts_knows() {
    let key = format!("{KEY_ID} of profile `someaccount`");
    for (user, what, hint) in [
        (
            User { serial_numbers: vec!["arn:aws:iam::123456789012:mfa/phone".into()], ..bob() },
            "AWS doesn't know the MFA device `arn:aws:iam::123456789012:mfa/bob` of this user",
            "correct the MFA device of profile `someaccount`; find it: aws iam list-mfa-devices --profile someaccount",
        ),
        (
            User { access_key_id: "AKIAOTHEROTHEROTHERO".into(), ..bob() },
            &format!("AWS doesn't know the access key {key}"),
            "it was deleted or deactivated, or belongs to another partition; see the user's access keys in IAM",
        ),
        (
            User { secret_access_key: "other".into(), ..bob() },
            &format!("the secret access key does not belong to the access key {key}"),
            "enter both again: aws configure --profile someaccount",
        ),
    ] {
        let sts = FakeSts::builder().user(user).start();
        assert_eq!(someaccount(&sts, CODE), refused(3, [what, hint]));
    }
}

#[test]
fn a_clock_that_is_off() {
    // If the server's clock is ahead, this machine is behind.
    for (offset, said) in [(45, "45 minutes behind"), (-60, "1 hour ahead"), (60 * 24 * 3, "3 days behind")] {
        let sts = sts();
        sts.set_clock_offset(SignedDuration::from_mins(offset));
        let what = format!("the clock of this machine is {said}, so STS refuses its signatures");
        let hint = "set the clock (or restart the container, or WSL): sudo timedatectl set-ntp true";
        assert_eq!(someaccount(&sts, CODE), refused(3, [&what, hint]));
    }
}

#[test]
fn a_region_where_sts_is_off() {
    let sts = sts();
    sts.script(Reply::region_disabled("123456789012"));
    let shown =
        Home::someaccount().run(["someaccount", "-t", CODE, "--region", "ap-east-1"]).sts(&sts).output();
    let what = "STS is not activated in region ap-east-1";
    assert_eq!(shown, refused(3, [what, "mfa-env someaccount --region us-east-1"]));
    assert_eq!(logins(&sts)[0].region.as_deref(), Some("ap-east-1"));
}

#[test]
fn every_other_refusal_has_its_words_and_is_not_tried_again() {
    let expired = "The security token included in the request is expired";
    let start_anew = ["the cached session was rejected as expired", "start a new one: mfa-env someaccount"];
    let clock = [
        "the clock of this machine is wrong, so STS refuses its signatures",
        "set the clock (or restart the container, or WSL): sudo timedatectl set-ntp true",
    ];
    let of_key =
        format!("the secret access key does not belong to the access key {KEY_ID} of profile `someaccount`");
    let secret = [of_key.as_str(), "enter both again: aws configure --profile someaccount"];
    let later = "try again in a minute, with the next code; https://health.aws.amazon.com shows outages";
    let html = Reply::Raw { status: 502, content_type: "text/html".into(), body: "<html>".into() };
    for (reply, status, words) in [
        (
            Reply::error(403, "AccessDenied", "Cannot call GetSessionToken with session credentials"),
            3,
            [
                "profile `someaccount` has temporary keys; GetSessionToken needs long-term keys",
                "put the user's long-term keys into profile `someaccount`",
            ],
        ),
        (Reply::error(403, "ExpiredToken", expired), 3, start_anew),
        (Reply::error(403, "RequestExpired", "x"), 3, clock),
        (Reply::error(403, "SignatureDoesNotMatch", "Signature expired: then"), 3, clock),
        (Reply::error(403, "IncompleteSignature", "x"), 3, secret),
        (Reply::error(403, "ExpiredTokenException", expired), 3, start_anew),
        (
            Reply::throttled(),
            3,
            [
                "AWS is throttling this account: too many requests",
                "try again in a minute, with the next code",
            ],
        ),
        (Reply::unavailable(), 5, ["STS has a problem at the moment: ServiceUnavailable", later]),
        (
            Reply::error(500, "InternalFailure", "x"),
            5,
            ["STS has a problem at the moment: InternalFailure", later],
        ),
        (html, 5, ["STS has a problem at the moment: HTTP 502", later]),
        // STS repeats the code, and mfa-env hides it.
        (
            Reply::error(
                400,
                "ValidationError",
                format!(
                    "1 validation error detected: Value '{CODE}' at 'tokenCode' failed to satisfy constraint"
                ),
            ),
            3,
            [
                "AWS rejected the request as invalid: 1 validation error detected: Value '******' at 'tokenCode' \
                 failed to satisfy constraint",
                "check the MFA device and the duration of profile `someaccount`",
            ],
        ),
        // An unknown error is shown, with its escapes as text.
        (
            Reply::error(403, "Odd\u{1b}[31m", "evil\n\u{1b}]0;x\u{7}'; id #\u{202e}"),
            3,
            [
                "STS refused: Odd\\u{1b}[31m: evil\\u{a}\\u{1b}]0;x\\u{7}'; id #\\u{202e}",
                "`mfa-env -v` shows the request",
            ],
        ),
    ] {
        let sts = sts();
        sts.script(reply);
        assert_eq!(someaccount(&sts, CODE), refused(status, words));
        assert_eq!(logins(&sts).len(), 1);
    }
}

#[test]
fn a_role_that_does_not_let_one_in() {
    let sts = FakeSts::builder().user(bob()).start();
    let what = "AWS doesn't let you assume `arn:aws:iam::123456789012:role/admin`: User: \
                arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:AssumeRole on resource: \
                arn:aws:iam::123456789012:role/admin";
    let hint = "check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id";
    assert_eq!(role(&sts, CODE, &[]), refused(3, [what, hint]));
}

#[test]
fn a_role_for_longer_than_its_maximum() {
    let short = Role { max_session_duration: Duration::from_secs(3600), ..Role::admin() };
    let sts = FakeSts::builder().user(bob()).role(short).start();
    let what = "2 hours is more than the MaxSessionDuration of `arn:aws:iam::123456789012:role/admin`";
    assert_eq!(role(&sts, CODE, &["-d", "2h"]), refused(3, [what, "ask for less: mfa-env admin -d 1h"]));
}

#[test]
fn a_chained_role_for_longer_than_an_hour() {
    let sts = sts();
    let said =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    sts.script(Reply::error(400, "ValidationError", said));
    let what = "AWS limits chained roles to 1 hour: `arn:aws:iam::123456789012:role/admin`";
    assert_eq!(role(&sts, CODE, &["-d", "2h"]), refused(3, [what, "mfa-env admin -d 1h"]));
}
