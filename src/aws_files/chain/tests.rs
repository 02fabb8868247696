//! Table tests: profiles, and how they log in.

use super::*;
use crate::aws_files::session_section::Undo;

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc/def+123\n";

/// Expands short words to the lines of a file: `[name]` opens a section, `ROLE b` means `role/NAME` with the
/// session of `b`.
fn file(words: &str) -> String {
    let mut name = "";
    let mut words = words.split_whitespace();
    let mut text = String::new();
    while let Some(word) = words.next() {
        text += &match word {
            "KEYS" => KEYS.to_owned(),
            "SESSION" => KEYS.replace("AKIA", "ASIA") + "aws_session_token = tok\n",
            "PROCESS" => "credential_process = pass aws\n".to_owned(),
            "BOB" => "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n".to_owned(),
            "SUE" => "mfa_serial = arn:aws:iam::123456789012:mfa/sue\n".to_owned(),
            "ROLE" => {
                let source = words.next().expect("a source");
                format!("role_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = {source}\n")
            }
            _ => {
                name = word.strip_prefix('[').map_or(name, |word| word.trim_end_matches(']'));
                format!("{word}\n")
            }
        };
    }
    text
}

fn profiles(credentials: &str) -> Profiles<'_> {
    Profiles::read(b"", credentials.as_bytes()).expect("well-formed")
}

/// The profile with the keys, then the roles, then the device; or the error.
fn said(chain: Result<Chain, ProfileError>) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let chain = match chain {
        Ok(chain) => chain,
        Err(error) => return error.to_string(),
    };
    let profile = chain.signer.profile().to_owned();
    let roles = chain.roles.iter().map(|role| format!(" > {}", last(role.role_arn.as_str())));
    let device = chain.serial_number.map(|serial| format!(" by {}", last(serial.as_str())));
    profile + &roles.collect::<String>() + &device.unwrap_or_default()
}

/// Checks how `x` logs in.
fn check(cases: &[(&str, &str)]) {
    for (words, expected) in cases {
        let text = file(words);
        assert_eq!(said(profiles(&text).chain("x", &OurKeys::default())), *expected, "{words}");
    }
}

/// In the order of the Rust SDK's `assume-role-tests.json`.
#[test]
fn reads_roles_as_the_published_cases_have_it() {
    check(&[
        ("[x] ROLE b [b] KEYS", "b > x"),
        ("[x] KEYS ROLE b [b] KEYS", "b > x"),
        ("[x] KEYS ROLE x", "x > x"),
        (
            "[x] role_arn=r credential_source=Ec2InstanceMetadata",
            "profile `x` takes its keys from a machine's role (`credential_source`)",
        ),
        ("[x] role_arn=r", "profile `x` has `role_arn` and no `source_profile`"),
        (
            "[x] ROLE b credential_source=Environment [b] KEYS",
            "profile `x` has both `source_profile` and `credential_source`",
        ),
        (
            "[x] ROLE b [b] aws_access_key_id=AKIAIOSFODNN7EXAMPLE",
            "profile `b` has no `aws_secret_access_key`",
        ),
        ("[x] ROLE b [b] aws_secret_access_key=abc", "profile `b` has no `aws_access_key_id`"),
        ("[x] ROLE b [b]", "profile `b` has no access key"),
        ("[x] region=eu-west-1", "profile `x` has no access key"),
        ("[x] ROLE b", "`source_profile` of profile `x` is `b`, and there is no such profile"),
        ("", "there is no profile `x`"),
        ("[x] ROLE b [b] ROLE c [c] KEYS", "c > b > x"),
        ("[x] KEYS ROLE b [b] KEYS ROLE c [c] KEYS", "b > x"),
        ("[x] ROLE b [b] ROLE x", "the profiles are each other's `source_profile`: `x` → `b` → `x`"),
        ("[x] KEYS ROLE b [b] ROLE x", "the profiles are each other's `source_profile`: `x` → `b` → `x`"),
        (
            "[x] role_arn=r web_identity_token_file=f",
            "profile `x` logs in by a web identity token, not by an MFA code",
        ),
        (
            "[x] ROLE b [b] role_arn=r web_identity_token_file=f",
            "profile `b` logs in by a web identity token, not by an MFA code",
        ),
        ("[x] sso_start_url=u sso_account_id=1", "profile `x` logs in by SSO, not by an MFA code"),
    ]);
}

#[test]
fn a_profile_behind_another_takes_its_keys_before_its_role() {
    check(&[
        // An error in a role that isn't used doesn't matter.
        ("[x] ROLE b [b] KEYS ROLE gone", "b > x"),
        ("[x] ROLE b [b] KEYS ROLE b", "b > x"),
        ("[x] ROLE b [b] KEYS ROLE c credential_source=Environment [c] KEYS", "b > x"),
        ("[x] ROLE b [b] KEYS role_arn=nonsense", "b > x"),
        ("[x] ROLE b [b] KEYS PROCESS", "b > x"),
        // These don't count as keys.
        ("[x] ROLE b [b] PROCESS ROLE c [c] KEYS", "c > b > x"),
        ("[x] ROLE b [b] ROLE c [b-long-term] KEYS [c] KEYS", "c > b > x"),
        ("[x] ROLE default [default] SESSION __profile__=b ROLE c [b] KEYS [c] KEYS", "c > default > x"),
        // The session of another tool counts as keys, but can't sign.
        (
            "[x] ROLE b [b] SESSION ROLE c [c] KEYS",
            "profile `b` holds only temporary keys, and these can't ask for a session",
        ),
        ("[x] ROLE b [b] SESSION ROLE c [c] KEYS [b-long-term] KEYS", "b-long-term > x"),
        ("[x] ROLE b [b] aws_secret_access_key=s ROLE c [c] KEYS", "profile `b` has no `aws_access_key_id`"),
        // A loop ends at a profile with keys, except if the user names that profile.
        ("[x] ROLE b [b] KEYS ROLE c [c] ROLE b", "b > x"),
        (
            "[a] ROLE x [x] KEYS ROLE b [b] ROLE a",
            "the profiles are each other's `source_profile`: `x` → `b` → `a` → `x`",
        ),
    ]);
}

#[test]
fn the_profile_that_is_named_takes_its_role_before_its_keys() {
    check(&[
        ("[x] PROCESS ROLE x", "x > x"),
        ("[x] ROLE x [x-long-term] KEYS", "x-long-term > x"),
        ("[x] ROLE x", "profile `x` has no access key"),
        ("[x] SESSION", "profile `x` holds only temporary keys, and these can't ask for a session"),
        ("[x] aws_access_key_id=AKIAIOSFODNN7EXAMPLE", "profile `x` has no `aws_secret_access_key`"),
        ("[x] KEYS PROCESS", "x"),
        ("[x] PROCESS", "x"),
        ("[x] KEYS source_profile=b credential_source=Environment [b] KEYS", "x"),
        ("[x-long-term] KEYS BOB [x] SESSION", "x-long-term by bob"),
        ("[x] ROLE default [default] SESSION __profile__=b [b] KEYS BOB", "b > x by bob"),
        (
            "[x] ROLE default [default] SESSION __profile__=x",
            "the profiles are each other's `source_profile`: `x` → `x`",
        ),
        (
            "[x] ROLE default [default] SESSION __profile__=default",
            "profile `default` holds only temporary keys, and these can't ask for a session",
        ),
    ]);
}

#[test]
fn takes_the_role_that_aws_mfa_keeps_beside_the_long_term_keys() {
    for (words, expected) in [
        ("[x-long-term] KEYS BOB", "x-long-term > R by bob"),
        ("[x] SESSION [x-long-term] KEYS", "x-long-term > R"),
        ("[x] ROLE b [b] SESSION [b-long-term] KEYS", "b-long-term > R > x"),
        ("[x] ROLE x [x-long-term] KEYS", "x-long-term > x"),
        ("[x] KEYS", "x"),
    ] {
        check(&[(&format!("{words} assume_role=arn:aws:iam::123456789012:role/R"), expected)]);
    }
}

#[test]
fn a_source_alone_gives_its_session() {
    check(&[
        ("[x] source_profile=b [b] KEYS BOB", "b by bob"),
        ("[x] source_profile=b SUE [b] KEYS BOB", "b by bob"),
        ("[x] source_profile=b SUE [b] KEYS", "b by sue"),
        ("[x] source_profile=b [b] KEYS ROLE c [c] KEYS", "b"),
        ("[x] source_profile=b [b] ROLE c [c] KEYS", "c > b"),
        ("[x] source_profile=b [b] source_profile=c [c] KEYS", "c"),
        ("[x] ROLE b [b] source_profile=c [c] KEYS", "c > x"),
        ("[x] source_profile=b PROCESS [b] KEYS", "x"),
        ("[x] source_profile=x", "profile `x` has no access key"),
        (
            "[x] source_profile=b [b] source_profile=x",
            "the profiles are each other's `source_profile`: `x` → `b` → `x`",
        ),
    ]);
}

#[test]
fn the_device_is_that_of_the_first_role_then_that_beside_the_keys_then_the_next_one_outwards() {
    check(&[
        ("[x] ROLE b BOB [b] ROLE c SUE [c] KEYS", "c > b > x by sue"),
        ("[x] ROLE b BOB [b] ROLE c SUE [c] KEYS mfa_serial=GAHT12345678", "c > b > x by sue"),
        ("[x] ROLE b BOB [b] ROLE c [c] KEYS SUE", "c > b > x by sue"),
        ("[x] ROLE b BOB [b] ROLE c [c] KEYS", "c > b > x by bob"),
        ("[a] ROLE x [x] ROLE b BOB [b] ROLE c [c] KEYS", "c > b > x by bob"),
        ("[x] ROLE b BOB [b] source_profile=c SUE [c] KEYS", "c > x by bob"),
        ("[x] ROLE b BOB [b] KEYS SUE", "b > x by bob"),
        ("[x] ROLE b [b] KEYS", "b > x"),
        // An invalid device counts if it comes first.
        ("[x] ROLE b mfa_serial=bad [b] ROLE c SUE [c] KEYS", "c > b > x by sue"),
        (
            "[x] ROLE b mfa_serial=bad [b] KEYS BOB",
            "`mfa_serial` of profile `x` (3 characters) is not 9 to 256 characters long",
        ),
    ]);
    let text = file("[x] ROLE b mfa_process=outer [b] ROLE c mfa_process=first [c] KEYS mfa_process=keys");
    let chain = profiles(&text).chain("x", &OurKeys::default());
    assert_eq!(chain.expect("usable").mfa_process.as_deref(), Some("first"));
}

#[test]
fn keys_that_we_wrote_are_a_session_whatever_they_look_like() {
    let ours: OurKeys = [("AKIAIOSFODNN7EXAMPLF".to_owned(), Undo::default())].into_iter().collect();
    for (token, ours, expected) in [
        ("aws_session_token=t", &ours, "b"),
        ("aws_session_token=t", &OurKeys::default(), "default"),
        // Without a token, they aren't a session.
        ("", &ours, "default"),
    ] {
        let text = file(&format!("[default] __profile__=b KEYS {token} [b] KEYS"));
        let text = text.replacen("EXAMPLE", "EXAMPLF", 1);
        assert_eq!(said(profiles(&text).chain("default", ours)), expected, "{text}");
    }
}

#[test]
fn a_role_has_the_forms_that_sts_demands() {
    for (key, most, others) in [("role_session_name", 64, "_+=,.@-"), ("external_id", 1224, "_+=,.@:/-")] {
        for (value, is_good) in [
            ("xx", true),
            (&"x".repeat(most), true),
            ("x", false),
            (&"x".repeat(most + 1), false),
            ("a'b", false),
            (others, true),
            ("aZ9", true),
        ] {
            let text = file(&format!("[b] KEYS [x] ROLE b {key}={value}"));
            let chain = profiles(&text).chain("x", &OurKeys::default());
            assert_eq!(chain.is_ok(), is_good, "{key} = {value}");
        }
    }
}

#[test]
fn a_long_loop_is_told_by_its_first_profiles() {
    let words: String = (1..20).map(|n| format!("[p{n:02}] ROLE p{:02} ", n + 1)).collect();
    let told = "`x` → `p01` → `p02` → `p03` → `p04` → `p05` → `p06` → `p07` → `…` → `x`";
    check(&[(
        &format!("[x] ROLE p01 {words} [p20] ROLE x"),
        &format!("the profiles are each other's `source_profile`: {told}"),
    )]);
}
