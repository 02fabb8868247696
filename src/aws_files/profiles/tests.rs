//! Table tests: files, and the profiles in them.

use super::*;

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc/def+123\n";

fn profiles<'a>(config: &'a str, credentials: &'a str) -> Profiles<'a> {
    Profiles::read(config.as_bytes(), credentials.as_bytes()).expect("well-formed")
}

#[test]
fn a_prefixed_default_replaces_the_plain_one() {
    let profiles = profiles("[default]\nregion = a\noutput = json\n[profile default]\nregion = b\n", "");
    let default = profiles.get("default").expect("there");
    assert_eq!((default.get("region").as_deref(), default.get("output")), (Some("b"), None));
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
