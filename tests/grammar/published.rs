//! The cases that the Rust SDK publishes in the crate aws-runtime, read from cargo's registry.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use mfa_env::environment::Environment;
use serde::Deserialize;
use serde_json::Value;

use crate::readers::{Files, by_us, normal};

/// The SDK's message and our message for a broken line.
const MESSAGES: [(&str, &str); 7] = [
    (
        "Profile definition must end with ']'",
        "expected a section such as `[default]`; after its `]`, only a comment",
    ),
    ("Expected a profile definition", "expected a section such as `[default]` before anything else"),
    ("Property did not have a name", "expected `key = value`: there is no key before the `=`"),
    ("Expected an '=' sign defining a property", "expected `key = value`: there is no `=`"),
    ("Expected a property definition", "an indented line right after a section"),
    ("Expected an '=' sign defining a sub-property", "expected `key = value`: there is no `=`"),
    ("Sub-property did not have a name", "expected `key = value`: there is no key before the `=`"),
];

#[derive(Deserialize)]
struct Cases<T> {
    tests: Vec<T>,
}

#[derive(Deserialize)]
struct ParserCase {
    name: String,
    input: Input,
    output: Output,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(default)]
    config_file: String,
    #[serde(default)]
    credentials_file: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Output {
    /// We don't read its `sso_sessions`.
    Config {
        profiles: BTreeMap<String, BTreeMap<String, String>>,
    },
    ErrorContaining(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LocationCase {
    name: String,
    environment: BTreeMap<String, String>,
    platform: String,
    profile: Option<String>,
    config_location: String,
    credentials_location: String,
}

fn cases<T: serde::de::DeserializeOwned>(file: &str) -> Vec<T> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    // What other systems need may never have been downloaded.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version=1", "--locked", "--offline", "--manifest-path", manifest]);
    let output = command.args(["--filter-platform", &platform]).output().expect("cargo is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == "aws-runtime").expect("a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    let path = manifest.with_file_name("test-data").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str::<Cases<T>>(&text).expect("the form of the published cases").tests
}

#[test]
fn the_65_published_cases_of_the_parser_are_read_as_published() {
    let cases: Vec<ParserCase> = cases("profile-parser-tests.json");
    assert_eq!(cases.len(), 65);
    println!("cases: {}", cases.len());
    let mut differ = 0;
    for ParserCase { name, input, output } in cases {
        let files = Files::new(&input.config_file, &input.credentials_file);
        match (output, by_us(&files)) {
            (Output::ErrorContaining(message), Err((_, broken))) => {
                let (_, ours) =
                    MESSAGES.iter().find(|(theirs, _)| message.starts_with(theirs)).expect("a known message");
                assert!(broken.problem.starts_with(ours), "{name}: {message}: {broken}");
            }
            (Output::Config { profiles }, Ok(ours)) => {
                let normal = |settings: BTreeMap<_, String>| {
                    settings.into_iter().map(|(key, value)| (key, normal(&value))).collect()
                };
                let profiles: BTreeMap<_, _> =
                    profiles.into_iter().map(|(name, settings)| (name, normal(settings))).collect();
                differ += usize::from(ours.profiles != profiles);
                assert_eq!(ours.without_what_the_sdk_ignores().profiles, profiles, "{name}");
            }
            (Output::Config { profiles }, Err((_, broken))) => panic!("{name}: {profiles:?}: {broken}"),
            (Output::ErrorContaining(message), Ok(ours)) => panic!("{name}: {message}: {ours:?}"),
        }
    }
    assert_eq!(differ, 6, "docs/grammar.md counts the cases with names that the SDK ignores");
}

#[test]
fn the_9_published_cases_of_the_places_are_as_published() {
    let cases: Vec<LocationCase> = cases("file-location-tests.json");
    assert_eq!(cases.len(), 9);
    println!("cases: {}", cases.len());
    // mfa-env is not for Windows.
    let (windows, ours): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.platform == "windows");
    assert_eq!((windows.len(), ours.len()), (5, 4));
    for case in ours {
        let variables: Vec<_> = case.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let environment = Environment::of(&variables);
        let config = environment.config_file().expect("it can be found");
        assert_eq!(config, PathBuf::from(case.config_location), "{}", case.name);
        let credentials = environment.credentials_file().expect("it can be found");
        assert_eq!(credentials, PathBuf::from(case.credentials_location), "{}", case.name);
        let profile = environment.users_own().get("AWS_PROFILE");
        let published = case.profile.as_deref().unwrap_or("default");
        assert_eq!(profile.unwrap_or("default"), published, "{}", case.name);
    }
}
