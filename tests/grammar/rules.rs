//! Each rule of `doctor`'s on the smallest file that shows it: what the three readers make of it, and
//! that `doctor` says so. docs/grammar.md is made of this; `UPDATE_DOCS=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use mfa_env::differences::Rule;
use mfa_env::profiles::FileKind::{self, Config, Credentials};
use serde_json::Value;

use crate::explain::{Said, differences_of};
use crate::published::OTHERWISE;
use crate::readers::Reader::{self, Botocore, RustSdk};
use crate::readers::{self, Files, Reading, by_rust_sdk, by_us};

/// The smallest file of each rule, and who reads it otherwise than we do.
const EXAMPLES: &[(Rule, FileKind, &str, &[Reader])] = &[
    (Rule::DuplicateSection, Credentials, "[a]\nk = v\n[a]\nl = w\n", &[Botocore]),
    (Rule::TwoSpellings, Config, "[profile a]\nk = v\n[profile  a]\nk = w\n", &[RustSdk]),
    (Rule::TwoSpellings, Credentials, "[a]\nk = v\n[ a ]\nk = w\n", &[RustSdk, Botocore]),
    (Rule::TwoSpellings, Config, "[profile a]\nk = v\n[profile \"a\"]\nl = w\n", &[RustSdk, Botocore]),
    (Rule::TwoDefaults, Config, "[profile default]\nk = v\n[default]\nl = w\n", &[Botocore]),
    (Rule::NoName, Credentials, "[]\nk = v\n", &[Botocore]),
    (Rule::SpacesInBrackets, Credentials, "[ a ]\nk = v\n", &[Botocore]),
    (Rule::BracketInComment, Credentials, "[a] # c]\nk = v\n", &[Botocore]),
    (Rule::DefaultForAll, Credentials, "[DEFAULT]\nk = v\n[a]\n", &[Botocore]),
    (Rule::ProfileInCredentials, Credentials, "[profile a]\nk = v\n", &[RustSdk]),
    (Rule::NoPrefix, Config, "[a]\nk = v\n", &[]),
    (Rule::LooksLikePrefix, Config, "[profiles a]\nk = v\n", &[Botocore]),
    (Rule::OddName, Credentials, "[a b]\nk = v\n", &[RustSdk]),
    (Rule::OddName, Config, "[profile \"a b\"]\nk = v\n", &[RustSdk]),
    (Rule::ShellWords, Config, "[profile a b]\nk = v\n", &[RustSdk, Botocore]),
    (Rule::ShellWords, Config, "[profile a\\ b]\nk = v\n", &[RustSdk, Botocore]),
    (Rule::DuplicateKey, Credentials, "[a]\nk = v\nK = w\n", &[Botocore]),
    (Rule::InlineComment, Credentials, "[a]\nk = v # c\n", &[Botocore]),
    (Rule::OddKey, Credentials, "[a]\nk l = v\n", &[RustSdk]),
    (Rule::ColonInKey, Credentials, "[a]\nk:l = v\n", &[Botocore]),
    (Rule::Continuation, Credentials, "[a]\nk = v\n  w\n", &[]),
    (Rule::Continuation, Credentials, "[a]\nk = v\n\n  w\n", &[Botocore]),
    (Rule::IndentedComment, Config, "[default]\ns3 =\n  # k = v\n  l = w\n", &[Botocore]),
    (Rule::NestedInLine, Config, "[services a]\nsts = endpoint_url = v\n", &[Botocore]),
    (Rule::OddSpace, Credentials, "[a]\nk = v\u{a0}\n", &[Botocore]),
    (Rule::OddSpace, Credentials, "[a]\nk = v\n\u{a0}l = w\n", &[RustSdk, Botocore]),
    (Rule::SecurityToken, Credentials, "[a]\naws_security_token = t\n", &[]),
];

/// What we refuse, with the line; and who reads something all the same.
const REFUSED: &[(&str, &[Reader])] = &[
    ("k = v\n", &[]),
    ("[a\n", &[]),
    ("[a] b\n", &[Botocore]),
    ("[a#b]\n", &[Botocore]),
    ("[a]\nk\n", &[]),
    ("[a]\nk: v\n", &[Botocore]),
    ("[a]\n= v\n", &[]),
    ("[a]\n  k = v\n", &[Botocore]),
    ("[a]\ns3 =\n  k\n", &[]),
    ("[a]\ns3 =\n  # c\n  k = v\n", &[Botocore]),
    ("\u{feff}[a]\n", &[]),
    ("[a]\nk = \\xe9\n", &[RustSdk]),
    ("[a]\rk = v\n", &[Botocore]),
];

fn files(file: FileKind, text: &str) -> Files {
    // `\xe9` stands for that byte, which no text holds.
    let bytes = match text.split_once("\\xe9") {
        Some((before, after)) => [before.as_bytes(), b"\xe9", after.as_bytes()].concat(),
        None => text.as_bytes().to_vec(),
    };
    match file {
        Config => Files { config: bytes, credentials: Vec::new() },
        Credentials => Files { config: Vec::new(), credentials: bytes },
    }
}

#[test]
fn each_rule_is_named_where_it_applies_and_says_who_reads_otherwise() {
    let mut botocore = readers::Botocore::start();
    for (rule, file, text, differ) in EXAMPLES {
        let files = files(*file, text);
        assert!(Said::of(&files).rules().contains(rule), "{rule:?}: {text:?}");
        let ours = by_us(&files).expect("we can read it");
        let mut found = Vec::new();
        if by_rust_sdk_often(&files).iter().any(|read| differs(RustSdk, &ours, read)) {
            found.push(RustSdk);
        }
        if differs(Botocore, &ours, &botocore.read(std::slice::from_ref(&files))[0]) {
            found.push(Botocore);
        }
        assert_eq!(&found, differ, "{rule:?}: {text:?}");
    }
    let shown: BTreeSet<_> = EXAMPLES.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(shown, BTreeSet::from(Rule::ALL), "each rule has an example");
}

#[test]
fn each_broken_line_is_refused_and_some_tools_read_on() {
    let mut botocore = readers::Botocore::start();
    for (text, differ) in REFUSED {
        let files = files(Credentials, text);
        assert!(by_us(&files).is_err(), "{text:?}");
        let botocore = botocore.read(std::slice::from_ref(&files)).remove(0);
        let mut found = Vec::new();
        found.extend(by_rust_sdk(&files).is_ok().then_some(RustSdk));
        found.extend(botocore.is_ok().then_some(Botocore));
        assert_eq!(&found, differ, "{text:?}");
    }
}

#[test]
fn doctor_names_each_kind_of_difference() {
    let mut all: Vec<_> = EXAMPLES.iter().map(|(_, file, text, _)| files(*file, text)).collect();
    all.extend(REFUSED.iter().map(|(text, _)| files(Credentials, text)));
    for files in all {
        let expected: Vec<(String, &str)> = match by_us(&files) {
            Err((_, broken)) => vec![(broken.to_string(), "error")],
            Ok(_) => {
                Said::of(&files).all().map(|d| (format!("line {}: {}", d.line, d.what), "warning")).collect()
            }
        };
        let found: Vec<_> =
            doctor(&files).into_iter().filter(|(what, _)| what.starts_with("line ")).collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(what, level)| (mfa_env::error::shown(&what), level.to_owned()))
            .collect();
        assert_eq!(found, expected, "{files:?}");
    }
}

/// What it finds, and how bad that is.
fn doctor(files: &Files) -> Vec<(String, String)> {
    let home = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(home.path().join(".aws")).expect("a new directory");
    fs::write(home.path().join(".aws/config"), &files.config).expect("writable");
    fs::write(home.path().join(".aws/credentials"), &files.credentials).expect("writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mfa-env"));
    let output =
        command.args(["doctor", "--offline", "--json"]).env_clear().env("HOME", home.path()).output();
    let findings: Value = serde_json::from_slice(&output.expect("it starts").stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let findings = findings.as_array().expect("a list").iter();
    findings.map(|finding| (text(&finding["what"]), text(&finding["level"]))).collect()
}

#[test]
fn the_documentation_shows_what_the_readers_make_of_each_rule() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grammar.md");
    let text = documentation();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &text).expect("writable");
    }
    let written = fs::read_to_string(path).expect("it is there");
    assert!(written == text, "docs/grammar.md is old: UPDATE_DOCS=1 cargo test --test grammar documentation");
}

/// Two spellings of a name come out at random.
fn by_rust_sdk_often(files: &Files) -> Vec<Result<Reading, String>> {
    (0..40).map(|_| by_rust_sdk(files)).collect()
}

fn differs(reader: Reader, ours: &Reading, theirs: &Result<Reading, String>) -> bool {
    theirs.as_ref().map_or(true, |theirs| !differences_of(reader, ours, theirs).is_empty())
}

fn documentation() -> String {
    let mut text = include_str!("grammar.md.in").to_owned();
    let mut botocore = readers::Botocore::start();
    let mut rules = String::new();
    for (rule, file, example, _) in EXAMPLES {
        let files = files(*file, example);
        let ours = shown(&by_us(&files).map_err(|(_, broken)| broken.to_string()));
        let rust_sdk: BTreeSet<_> = by_rust_sdk_often(&files).iter().map(shown).collect();
        let rust_sdk = rust_sdk.into_iter().collect::<Vec<_>>().join(", or ");
        let by_botocore = shown(&botocore.read(std::slice::from_ref(&files))[0]);
        let same = |theirs: String| if theirs == ours { "the same".to_owned() } else { theirs };
        let said = Said::of(&files);
        let said = said.all().find(|difference| difference.rule == *rule).expect("it is named");
        let kind = match file {
            Config => "config",
            Credentials => "credentials",
        };
        let (rust_sdk, by_botocore) = (same(rust_sdk), same(by_botocore));
        let what = said
            .what
            .escape_debug()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'")
            .replace("\\\\", "\\");
        writeln!(rules, "| {kind} | {} | {ours} | {rust_sdk} | {by_botocore} | {what} |", code(example))
            .expect("memory");
    }
    let mut refused = String::new();
    for (example, _) in REFUSED {
        let files = files(Credentials, example);
        let (_, ours) = by_us(&files).expect_err("refused");
        let others = (shown(&by_rust_sdk(&files)), shown(&botocore.read(std::slice::from_ref(&files))[0]));
        writeln!(refused, "| {} | {ours} | {} | {} |", code(example), others.0, others.1).expect("memory");
    }
    let mut published = String::new();
    for (name, rule) in OTHERWISE {
        let (_, file, example, _) = EXAMPLES.iter().find(|(of, ..)| *of == rule).expect("each has one");
        let said = Said::of(&files(*file, example));
        let said = said.all().find(|difference| difference.rule == rule).expect("it is named");
        writeln!(published, "| {name} | {} |", said.what).expect("memory");
    }
    for (name, table) in [("RULES", rules), ("REFUSED", refused), ("PUBLISHED", published)] {
        text = text.replace(&format!("@{name}@\n"), &table);
    }
    text
}

fn shown(read: &Result<Reading, String>) -> String {
    let Ok(read) = read else { return "the whole file is lost".to_owned() };
    let profiles: Vec<_> = read.profiles.iter().collect();
    let of = |(name, settings): &(&String, &std::collections::BTreeMap<String, String>)| {
        let pairs: Vec<_> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        code(&format!("[{name}] {}", pairs.join("; ")))
    };
    let endpoints = read.sts_endpoints.iter();
    let endpoints =
        endpoints.map(|(name, endpoint)| code(&format!("[services {name}] sts.endpoint_url={endpoint}")));
    let all: Vec<_> = profiles.iter().map(of).chain(endpoints).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

/// In one line: a line feed is `⏎`, what can't be seen is an escape.
fn code(text: &str) -> String {
    let text = text.trim_end_matches([' ', '\n']).replace('\n', " ⏎ ");
    let escape = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    format!("`{}`", text.chars().map(escape).collect::<String>())
}
