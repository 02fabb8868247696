//! Table tests: files, and how their profiles log in.

use super::*;
use crate::aws::{InvalidValue, SerialNumber};
use crate::aws_files::default_section::{OurKeys, Undo};

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc/def+123\n";
const SESSION: &str =
    "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\naws_session_token = tok\n";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/bob";

fn profiles<'a>(config: &'a str, credentials: &'a str) -> Profiles<'a> {
    Profiles::read(config.as_bytes(), credentials.as_bytes()).expect("well-formed")
}

fn chain(config: &str, credentials: &str, name: &str) -> Result<Chain, ProfileError> {
    profiles(config, credentials).chain(name, &OurKeys::default())
}

fn signer_of(chain: &Chain) -> &str {
    match &chain.signer {
        KeySource::Keys { profile, .. } | KeySource::Process { profile, .. } => profile,
    }
}

#[test]
fn finds_who_signs_and_with_which_device() {
    let role = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\n";
    let cases: &[(&str, &str, String, &str, &str, Option<&str>)] = &[
        ("the old script's profile", "", format!("[b]\n__mfa__ = {SERIAL}\n{KEYS}"), "b", "b", Some(SERIAL)),
        (
            "serial in config",
            "[profile b]\nmfa_serial = GAHT12345678\n",
            format!("[b]\n{KEYS}"),
            "b",
            "b",
            Some("GAHT12345678"),
        ),
        (
            "credentials beat config",
            "[profile b]\nmfa_serial = GAHT12345678\n",
            format!("[b]\nmfa_serial={SERIAL}\n{KEYS}"),
            "b",
            "b",
            Some(SERIAL),
        ),
        (
            "all in config",
            &format!("[profile b]\nmfa_serial={SERIAL}\n{KEYS}"),
            String::new(),
            "b",
            "b",
            Some(SERIAL),
        ),
        ("no serial", "", format!("[b]\n{KEYS}"), "b", "b", None),
        (
            "aws-mfa's layout",
            "",
            format!("[b-long-term]\naws_mfa_device = {SERIAL}\n{KEYS}\n[b]\n{SESSION}"),
            "b",
            "b-long-term",
            Some(SERIAL),
        ),
        (
            "a session in default",
            "",
            format!("[default]\n__profile__ = b\n{SESSION}[b]\nmfa_serial = {SERIAL}\n{KEYS}"),
            "default",
            "b",
            Some(SERIAL),
        ),
        (
            "quoted name",
            "[profile \"a b\"]\nmfa_serial = GAHT12345678\n",
            format!("[a b]\n{KEYS}"),
            "a b",
            "a b",
            Some("GAHT12345678"),
        ),
        (
            "a role, its source's serial",
            role,
            format!("[b]\nmfa_serial = {SERIAL}\n{KEYS}"),
            "r",
            "b",
            Some(SERIAL),
        ),
        (
            "a role whose source is in default",
            "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
            format!("[default]\n__profile__ = b\n{SESSION}[b]\nmfa_serial = {SERIAL}\n{KEYS}"),
            "r",
            "b",
            Some(SERIAL),
        ),
        (
            "a role that is its own source",
            "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = r\n",
            format!("[r]\n{KEYS}"),
            "r",
            "r",
            None,
        ),
        ("a process", "[profile b]\ncredential_process = pass aws\n", String::new(), "b", "b", None),
    ];
    for (what, config, credentials, name, signer, serial) in cases {
        let chain = chain(config, credentials, name).unwrap_or_else(|e| panic!("{what}: {e:?}"));
        assert_eq!(signer_of(&chain), *signer, "{what}");
        assert_eq!(chain.serial_number.as_ref().map(SerialNumber::as_str), *serial, "{what}");
    }
}

#[test]
fn says_why_a_profile_cannot_log_in() {
    let n = |name: &str| name.to_owned();
    let role = |name: &str, source: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = {source}\n"
        )
    };
    let cases: &[(String, String, ProfileError)] = &[
        (n(""), n(""), ProfileError::Unknown { name: n("x") }),
        (n("[x]\nregion = r\n"), n(""), ProfileError::Unknown { name: n("x") }),
        (n("[profile x]\nregion = r\n"), n(""), ProfileError::NoKeys { name: n("x"), session_keys: false }),
        (n(""), format!("[x]\n{SESSION}"), ProfileError::NoKeys { name: n("x"), session_keys: true }),
        (
            n(""),
            n("[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
            ProfileError::HalfKeys { name: n("x"), missing: "aws_secret_access_key" },
        ),
        (n("[profile x]\nsso_session = s\n"), n(""), ProfileError::Elsewhere { name: n("x"), sso: true }),
        (
            n("[profile x]\nrole_arn = arn:aws:iam::123456789012:role/a\nweb_identity_token_file = f\n"),
            n(""),
            ProfileError::Elsewhere { name: n("x"), sso: false },
        ),
        (
            n(
                "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/a\ncredential_source = Ec2InstanceMetadata\n",
            ),
            n(""),
            ProfileError::NoSource { name: n("x"), credential_source: true },
        ),
        (role("x", "y"), n(""), ProfileError::UnknownSource { name: n("x"), source: n("y") }),
        (
            role("x", "y") + &role("y", "z") + &role("z", "y"),
            n(""),
            ProfileError::Loop { names: vec![n("y"), n("z"), n("y")] },
        ),
        (
            n(""),
            format!("[x]\n{KEYS}mfa_serial = arn:aws:iam::1:user/bob\n"),
            ProfileError::Value {
                name: n("x"),
                key: "mfa_serial",
                length: 23,
                why: InvalidValue("is the ARN of a user, not of an MFA device"),
                file: FileKind::Credentials,
                line: 4,
            },
        ),
        (
            n(""),
            n("[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = a b\n"),
            ProfileError::Value {
                name: n("x"),
                key: "aws_secret_access_key",
                length: 3,
                why: InvalidValue("has characters that no AWS key has"),
                file: FileKind::Credentials,
                line: 3,
            },
        ),
    ];
    for (config, credentials, expected) in cases {
        let error = chain(config, credentials, "x").err();
        assert_eq!(error.as_ref(), Some(expected));
    }
}

#[test]
fn keys_that_we_wrote_are_a_session_whatever_they_look_like() {
    let without_token = format!("[default]\n__profile__ = b\n{KEYS}[b]\n{}", KEYS.replace("7EX", "8EX"));
    let credentials = without_token.replace("[b]", "aws_session_token = t\n[b]");
    let profiles = profiles("", &credentials);
    let our_keys: OurKeys = [("AKIAIOSFODNN7EXAMPLE".to_owned(), Undo::default())].into_iter().collect();
    let chain = profiles.chain("default", &our_keys).expect("usable");
    assert_eq!((chain.profile.as_str(), signer_of(&chain)), ("b", "b"));
    let chain = profiles.chain("default", &OurKeys::default()).expect("usable");
    assert_eq!((chain.profile.as_str(), signer_of(&chain)), ("default", "default"));
    // Without a token they are nobody's session.
    let profiles = Profiles::read(b"", without_token.as_bytes()).expect("well-formed");
    let chain = profiles.chain("default", &our_keys).expect("usable");
    assert_eq!((chain.profile.as_str(), signer_of(&chain)), ("default", "default"));
}

#[test]
fn default_that_names_itself_does_not_hang() {
    let error = chain("", &format!("[default]\n__profile__ = default\n{SESSION}"), "default").err();
    assert_eq!(error, Some(ProfileError::NoKeys { name: "default".to_owned(), session_keys: true }));
}

#[test]
fn a_prefixed_default_replaces_the_plain_one() {
    let profiles = profiles("[default]\nregion = a\noutput = json\n[profile default]\nregion = b\n", "");
    let default = profiles.get("default").expect("there");
    assert_eq!((default.get("region").as_deref(), default.get("output")), (Some("b"), None));
}

#[test]
fn chains_roles_in_the_order_in_which_they_are_assumed() {
    let config = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::123456789012:role/B\nsource_profile = c\n";
    let chain = chain(config, &format!("[c]\n{KEYS}"), "a").expect("usable");
    let arns: Vec<_> = chain.roles.iter().map(|role| role.role_arn.as_str()).collect();
    assert_eq!(arns, ["arn:aws:iam::123456789012:role/B", "arn:aws:iam::123456789012:role/A"]);
}

#[test]
fn takes_the_sts_endpoint_of_services_before_endpoint_url() {
    let config = "[profile a]\nservices = s\nendpoint_url = http://x\n[services s]\nsts =\n  endpoint_url = http://y\n";
    let chain = chain(config, &format!("[a]\n{KEYS}"), "a").expect("usable");
    assert_eq!(chain.endpoint_url.as_deref(), Some("http://y"));
}

#[test]
fn a_slip_beside_the_long_term_keys_is_named_as_one_in_the_profile() {
    let error = chain("", &format!("[b-long-term]\n{KEYS}region = no region\n[b]\n{SESSION}"), "b").err();
    assert!(
        matches!(&error, Some(ProfileError::Value { name, key: "region", line: 4, .. }) if name == "b-long-term"),
        "{error:?}"
    );
}

#[test]
fn the_last_sts_of_services_counts_and_the_case_of_its_keys() {
    let endpoint = |services: &str| {
        let config = format!("[profile a]\nservices = s\n{services}");
        chain(&config, &format!("[a]\n{KEYS}"), "a").expect("usable").endpoint_url
    };
    let first = "[services s]\nsts =\n  endpoint_url = http://y\n";
    assert_eq!(endpoint(&format!("{first}[services s]\nsts =\n  x = 1\n")), None);
    assert_eq!(endpoint(&format!("{first}[services s]\ns3 =\n  x = 1\n")).as_deref(), Some("http://y"));
    assert_eq!(endpoint("[services s]\nsts =\n  Endpoint_URL = http://y\n"), None);
}

#[test]
fn the_names_alone_are_those_of_the_profiles() {
    let config = "[default]\n[profile b]\n[profile \"a b\"]\n[sso-session s]\n[services x]\n[no-profile]\n";
    let credentials = "[c]\n[b]\n[a b]\n";
    let names = |credentials: &str| -> Vec<_> {
        let names = super::names(config.as_bytes(), credentials.as_bytes()).expect("well-formed");
        names.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(names(credentials), ["a b", "b", "c", "default"]);
    let long_term = format!("[d-long-term]\n{KEYS}[e-long-term]\nregion = eu-west-1\n");
    assert_eq!(names(&long_term), ["a b", "b", "d", "d-long-term", "default", "e-long-term"]);
    let broken = super::names(b"[a]\nk\n", b"k\n").expect_err("no `=`");
    assert_eq!((broken.0, broken.1.line), (FileKind::Config, 2));
}

#[test]
fn a_profile_knows_the_headers_of_its_sections_as_they_are_in_the_files() {
    let config = "[profile  \"a b\" ]\n[profile default]\nk = v\n";
    let profiles = profiles(config, "[ c ]\nk = v\n[a b]\nk = v\n");
    let headers = |name: &str| {
        let profile = profiles.get(name).expect("there");
        [FileKind::Config, FileKind::Credentials].map(|file| profile.header_in(file))
    };
    assert_eq!(headers("a b"), [Some("profile  \"a b\" "), Some("a b")]);
    assert_eq!(headers("default"), [Some("profile default"), None]);
    assert_eq!(headers("c"), [None, Some(" c ")]);
}

#[test]
fn a_role_has_the_forms_that_sts_demands() {
    let arn = "arn:aws:iam::123456789012:role/r";
    let of_length = |length: usize| format!("{arn}{}", "r".repeat(length - arn.len()));
    let names = |least: usize, most: usize| {
        let good = ["x".repeat(least), "x".repeat(most)];
        let bad = ["x".repeat(least - 1), "x".repeat(most + 1), "a b".to_owned(), "a'b".to_owned()];
        (good, bad)
    };
    let check = |key: &str, value: &str, is_good: bool| {
        let role_arn = if key == "role_arn" { value } else { arn };
        let setting = if key == "role_arn" { String::new() } else { format!("{key} = {value}\n") };
        let text = format!("[a]\nrole_arn = {role_arn}\n{setting}source_profile = b\n[b]\n{KEYS}");
        let profiles = profiles("", &text);
        match profiles.chain("a", &OurKeys::default()) {
            Ok(_) => assert!(is_good, "{key} = {value}"),
            Err(ProfileError::Value { key: found, .. }) => {
                assert!(!is_good && found == key, "{key} = {value}")
            }
            Err(other) => panic!("{key} = {value}: {other:?}"),
        }
    };
    for (value, is_good) in [
        (arn, true),
        (&of_length(2048), true),
        (&of_length(2049), false),
        ("arn:a:iam::1:role/rr", true),
        ("arn:a:iam::1:role/r", false),
        ("arn:aws:iam::123456789012:user/r", false),
        ("aws:iam::123456789012:role/r", false),
    ] {
        check("role_arn", value, is_good);
    }
    for (key, least, most, others) in
        [("role_session_name", 2, 64, "_+=,.@-"), ("external_id", 2, 1224, "_+=,.@:/-")]
    {
        let (good, bad) = names(least, most);
        good.iter().for_each(|value| check(key, value, true));
        bad.iter().for_each(|value| check(key, value, false));
        check(key, others, true);
        check(key, "aZ9", true);
    }
    check("role_session_name", "a:b", false);
}

#[test]
fn a_section_of_the_config_file_keeps_its_name_and_a_new_one_gets_quotes_where_it_needs_them() {
    let name = |config: &str, profile: &str| {
        name_in_config(&ini::parse(config.as_bytes()).expect("well-formed"), profile)
    };
    let config = "[default]\n[a]\n[profile \"b c\"]\n[profile  d]\n";
    assert_eq!(name(config, "b c"), "profile \"b c\"");
    assert_eq!(name(config, "d"), "profile  d");
    assert_eq!(name(config, "a"), "profile a");
    assert_eq!(name(config, "e f"), "profile \"e f\"");
    assert_eq!(name(config, "default"), "default");
    assert_eq!(name("[profile default]\n", "default"), "profile default");
}
