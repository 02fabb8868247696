//! Table tests: profiles, and how they log in.

use super::*;
use crate::aws_files::default_section::Undo;

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

fn chain(credentials: &str, name: &str) -> Result<Chain, ProfileError> {
    profiles(credentials).chain(name, &OurKeys::default())
}

/// The profile with the keys, then the roles, then the device; or the error.
fn said(chain: Result<Chain, ProfileError>) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let chain = match chain {
        Ok(chain) => chain,
        Err(error) => return format!("{error:?}"),
    };
    let (KeySource::Keys { profile, .. } | KeySource::Process { profile, .. }) = chain.signer;
    let roles = chain.roles.iter().map(|role| format!(" > {}", last(role.role_arn.as_str())));
    let device = chain.serial_number.map(|serial| format!(" by {}", last(serial.as_str())));
    profile + &roles.collect::<String>() + &device.unwrap_or_default()
}

/// How `x` logs in. Checks that `summaries` agrees for each profile, except for the start of a loop.
fn of_x(words: &str) -> String {
    let text = file(words);
    let profiles = profiles(&text);
    let without_names = |error| match error {
        ProfileError::Loop { .. } => ProfileError::Loop { names: Vec::new() },
        other => other,
    };
    for (name, summary) in profiles.summaries(&OurKeys::default()) {
        let chain = profiles.chain(name, &OurKeys::default());
        let of_chain = chain.map(|chain| (!chain.roles.is_empty(), chain.serial_number.is_some()));
        let of_summary = summary.map(|found| (found.has_role, found.has_device));
        assert_eq!(of_chain.map_err(without_names), of_summary.map_err(without_names), "{name} of {words}");
    }
    said(profiles.chain("x", &OurKeys::default()))
}

fn no_keys(name: &str, session_keys: bool) -> String {
    format!("{:?}", ProfileError::NoKeys { name: name.to_owned(), session_keys })
}

fn loop_through(names: &[&str]) -> String {
    format!("{:?}", ProfileError::Loop { names: names.iter().map(|name| (*name).to_owned()).collect() })
}

fn half(name: &str, missing: &'static str) -> String {
    format!("{:?}", ProfileError::HalfKeys { name: name.to_owned(), missing })
}

/// Named like the cases in the Rust SDK's `assume-role-tests.json`.
#[test]
fn reads_roles_as_the_published_cases_have_it() {
    let no_source = |credential_source| {
        format!("{:?}", ProfileError::NoSource { name: "x".to_owned(), credential_source })
    };
    let elsewhere = |name: &str, sso| format!("{:?}", ProfileError::Elsewhere { name: name.to_owned(), sso });
    let unknown_source = ProfileError::UnknownSource { name: "x".to_owned(), source: "b".to_owned() };
    let role_alone = "[x] role_arn=arn:aws:iam::123456789012:role/x";
    for (case, words, expected) in [
        (
            "basic test case, a role_arn backed by a static credential",
            "[x] ROLE b [b] KEYS",
            "b > x".to_owned(),
        ),
        (
            "ignore explicit credentials when source profile is specified",
            "[x] KEYS ROLE b [b] KEYS",
            "b > x".to_owned(),
        ),
        (
            "self referential profile (first load base creds, then use for the role)",
            "[x] KEYS ROLE x",
            "x > x".to_owned(),
        ),
        (
            "Load credentials from a credential_source",
            &format!("{role_alone} credential_source=Ec2InstanceMetadata"),
            no_source(true),
        ),
        ("role_arn without source source_profile", role_alone, no_source(false)),
        (
            "source profile and credential source both present",
            "[x] ROLE b credential_source=Environment [b] KEYS",
            format!("{:?}", ProfileError::TwoSources { name: "x".to_owned() }),
        ),
        (
            "partial credentials error (missing secret)",
            "[x] ROLE b [b] aws_access_key_id=AKIAIOSFODNN7EXAMPLE",
            half("b", "aws_secret_access_key"),
        ),
        (
            "partial credentials error (missing access key)",
            "[x] ROLE b [b] aws_secret_access_key=abc",
            half("b", "aws_access_key_id"),
        ),
        ("missing credentials error (empty source profile)", "[x] ROLE b [b]", no_keys("b", false)),
        ("profile only contains configuration", "[x] region=eu-west-1", no_keys("x", false)),
        ("missing source profile", "[x] ROLE b", format!("{unknown_source:?}")),
        (
            "missing root profile (should never happen in practice)",
            "",
            format!("{:?}", ProfileError::Unknown { name: "x".to_owned() }),
        ),
        ("multiple chained assume role profiles", "[x] ROLE b [b] ROLE c [c] KEYS", "c > b > x".to_owned()),
        (
            "chained assume role profiles with static credentials (ignore assume role when static credentials \
             present)",
            "[x] KEYS ROLE b [b] KEYS ROLE c [c] KEYS",
            "b > x".to_owned(),
        ),
        ("assume role profile infinite loop", "[x] ROLE b [b] ROLE x", loop_through(&["x", "b", "x"])),
        (
            "infinite loop with static credentials",
            "[x] KEYS ROLE b [b] ROLE x",
            loop_through(&["x", "b", "x"]),
        ),
        ("web identity role", &format!("{role_alone} web_identity_token_file=f"), elsewhere("x", false)),
        (
            "web identity token as source profile",
            "[x] ROLE b [b] role_arn=r web_identity_token_file=f",
            elsewhere("b", false),
        ),
        ("SSO credentials profile selected", "[x] sso_start_url=u sso_account_id=1", elsewhere("x", true)),
    ] {
        assert_eq!(of_x(words), expected, "{case}");
    }
    let text = file("[x] ROLE b role_session_name=my_session external_id=my_id [b] KEYS");
    let role = &chain(&text, "x").expect("usable").roles[0];
    let told = [role.role_session_name.as_deref(), role.external_id.as_deref()];
    assert_eq!(told, [Some("my_session"), Some("my_id")], "load role_session_name, load external id");
}

#[test]
fn a_profile_behind_another_takes_its_keys_before_its_role() {
    for (words, expected) in [
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
        ("[x] ROLE b [b] SESSION ROLE c [c] KEYS", &no_keys("b", true)),
        ("[x] ROLE b [b] SESSION ROLE c [c] KEYS [b-long-term] KEYS", "b-long-term > x"),
        ("[x] ROLE b [b] aws_secret_access_key=s ROLE c [c] KEYS", &half("b", "aws_access_key_id")),
        // A loop ends at a profile with keys, except if the user names that profile.
        ("[x] ROLE b [b] KEYS ROLE c [c] ROLE b", "b > x"),
        ("[a] ROLE x [x] KEYS ROLE b [b] ROLE a", &loop_through(&["x", "b", "a", "x"])),
    ] {
        assert_eq!(of_x(words), expected, "{words}");
    }
}

#[test]
fn the_profile_that_is_named_takes_its_role_before_its_keys() {
    for (words, expected) in [
        ("[x] PROCESS ROLE x", "x > x"),
        ("[x] ROLE x [x-long-term] KEYS", "x-long-term > x"),
        ("[x] ROLE x", &no_keys("x", false)),
        ("[x] SESSION", &no_keys("x", true)),
        ("[x] aws_access_key_id=AKIAIOSFODNN7EXAMPLE", &half("x", "aws_secret_access_key")),
        ("[x] KEYS PROCESS", "x"),
        ("[x] PROCESS", "x"),
        ("[x] KEYS source_profile=b credential_source=Environment [b] KEYS", "x"),
        ("[x-long-term] KEYS BOB [x] SESSION", "x-long-term by bob"),
        ("[x] ROLE default [default] SESSION __profile__=b [b] KEYS BOB", "b > x by bob"),
        ("[x] ROLE default [default] SESSION __profile__=x", &loop_through(&["x", "x"])),
        ("[x] ROLE default [default] SESSION __profile__=default", &no_keys("default", true)),
    ] {
        assert_eq!(of_x(words), expected, "{words}");
    }
}

#[test]
fn takes_the_role_that_aws_mfa_keeps_beside_the_long_term_keys() {
    let assume = "assume_role=arn:aws:iam::123456789012:role/R";
    for (words, expected) in [
        (format!("[x-long-term] KEYS BOB {assume}"), "x-long-term > R by bob"),
        (format!("[x] SESSION [x-long-term] KEYS {assume}"), "x-long-term > R"),
        (format!("[x] ROLE b [b] SESSION [b-long-term] KEYS {assume}"), "b-long-term > R > x"),
        (format!("[x] ROLE x [x-long-term] KEYS {assume}"), "x-long-term > x"),
        (format!("[x] KEYS {assume}"), "x"),
    ] {
        assert_eq!(of_x(&words), expected, "{words}");
    }
}

#[test]
fn a_source_alone_gives_its_session() {
    for (words, expected) in [
        ("[x] source_profile=b [b] KEYS BOB", "b by bob"),
        ("[x] source_profile=b SUE [b] KEYS BOB", "b by bob"),
        ("[x] source_profile=b SUE [b] KEYS", "b by sue"),
        ("[x] source_profile=b [b] KEYS ROLE c [c] KEYS", "b"),
        ("[x] source_profile=b [b] ROLE c [c] KEYS", "c > b"),
        ("[x] source_profile=b [b] source_profile=c [c] KEYS", "c"),
        ("[x] ROLE b [b] source_profile=c [c] KEYS", "c > x"),
        ("[x] source_profile=b PROCESS [b] KEYS", "x"),
        ("[x] source_profile=x", &no_keys("x", false)),
        ("[x] source_profile=b [b] source_profile=x", &loop_through(&["x", "b", "x"])),
    ] {
        assert_eq!(of_x(words), expected, "{words}");
    }
    let text = file("[x] source_profile=b [b] KEYS [c] ROLE x");
    let of_files = profiles(&text);
    let our_keys = OurKeys::default();
    let is_alone = |summary: Result<Summary, _>| summary.is_ok_and(|summary| summary.is_source_alone);
    let summaries = of_files.summaries(&our_keys).filter(|(_, summary)| is_alone(summary.clone()));
    let alone: Vec<_> = summaries.map(|(name, _)| name).collect();
    assert_eq!(alone, ["x"]);
    let text = file("[x] source_profile=b region=eu-west-1 [b] KEYS region=us-west-2");
    let region = chain(&text, "x").expect("usable").region;
    assert_eq!(region.as_ref().map(Region::as_str), Some("eu-west-1"));
}

#[test]
fn the_device_is_that_of_the_first_role_then_that_beside_the_keys_then_the_next_one_outwards() {
    for (words, expected) in [
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
    ] {
        assert_eq!(of_x(words), expected, "{words}");
    }
    let error = chain(&file("[x] ROLE b mfa_serial=bad [b] KEYS BOB"), "x").err();
    assert!(matches!(&error, Some(ProfileError::Value { key: "mfa_serial", line: 4, .. })), "{error:?}");
    let text = file("[x] ROLE b mfa_process=outer [b] ROLE c mfa_process=first [c] KEYS mfa_process=keys");
    assert_eq!(chain(&text, "x").expect("usable").mfa_process.as_deref(), Some("first"));
}

#[test]
fn keys_that_we_wrote_are_a_session_whatever_they_look_like() {
    let of_default = |text: &str, ours: &OurKeys| said(profiles(text).chain("default", ours));
    let without_token = file("[default] __profile__=b KEYS [b] KEYS").replacen("EXAMPLE", "EXAMPLF", 1);
    let text = without_token.replace("[b]", "aws_session_token = t\n[b]");
    let ours: OurKeys = [("AKIAIOSFODNN7EXAMPLF".to_owned(), Undo::default())].into_iter().collect();
    assert_eq!(of_default(&text, &ours), "b");
    assert_eq!(of_default(&text, &OurKeys::default()), "default");
    // Without a token, they aren't a session.
    assert_eq!(of_default(&without_token, &ours), "default");
}

#[test]
fn settings_are_those_of_the_profile_and_of_its_long_term_keys() {
    let error = chain(&file("[b-long-term] KEYS region=EU [b] SESSION"), "b").err();
    assert!(
        matches!(&error, Some(ProfileError::Value { name, key: "region", line: 4, .. }) if name == "b-long-term"),
        "{error:?}"
    );
    let chain = chain(&file("[x] ROLE b ignore_configured_endpoint_urls=TRUE [b] KEYS ca_bundle=c"), "x");
    let chain = chain.expect("usable");
    assert_eq!((chain.ignores_endpoint_urls, chain.ca_bundle), (true, None));
}

#[test]
fn the_last_sts_of_services_counts_before_endpoint_url_and_the_case_of_its_keys() {
    let endpoint = |services: &str| {
        let config = format!("[profile a]\nservices = s\nendpoint_url = http://x\n{services}");
        let credentials = file("[a] KEYS");
        let profiles = Profiles::read(config.as_bytes(), credentials.as_bytes()).expect("well-formed");
        profiles.chain("a", &OurKeys::default()).expect("usable").endpoint_url.expect("there is one")
    };
    let first = "[services s]\nsts =\n  endpoint_url = http://y\n";
    assert_eq!(endpoint(first), "http://y");
    assert_eq!(endpoint(&format!("{first}[services s]\nsts =\n  x = 1\n")), "http://x");
    assert_eq!(endpoint(&format!("{first}[services s]\ns3 =\n  x = 1\n")), "http://y");
    assert_eq!(endpoint("[services s]\nsts =\n  Endpoint_URL = http://y\n"), "http://x");
}

#[test]
fn a_role_has_the_forms_that_sts_demands() {
    let check = |setting: &str, is_good: bool| match chain(
        &format!("{}{setting}\n", file("[b] KEYS [a] ROLE b")),
        "a",
    ) {
        Ok(_) => assert!(is_good, "{setting}"),
        Err(ProfileError::Value { key, .. }) => {
            assert!(!is_good && setting.starts_with(key), "{setting}");
        }
        Err(other) => panic!("{setting}: {other:?}"),
    };
    check("role_arn = arn:aws:iam::123456789012:role/a b", false);
    for (key, least, most, others) in
        [("role_session_name", 2, 64, "_+=,.@-"), ("external_id", 2, 1224, "_+=,.@:/-")]
    {
        for (value, is_good) in [
            ("x".repeat(least), true),
            ("x".repeat(most), true),
            ("x".repeat(least - 1), false),
            ("x".repeat(most + 1), false),
            ("a b".to_owned(), false),
            ("a'b".to_owned(), false),
            (others.to_owned(), true),
            ("aZ9".to_owned(), true),
        ] {
            check(&format!("{key} = {value}"), is_good);
        }
    }
    check("role_session_name = a:b", false);
}

#[test]
fn a_long_loop_is_told_by_its_first_profiles() {
    let words: String = (0..20).map(|n| format!("[p{n:02}] ROLE p{:02} ", (n + 1) % 20)).collect();
    let names = ["p00", "p01", "p02", "p03", "p04", "p05", "p06", "p07", "…", "p00"];
    assert_eq!(said(chain(&file(&words), "p00")), loop_through(&names));
}
