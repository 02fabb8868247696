//! Writes a session to `[default]` of generated files, and checks how all readers read it.

use std::collections::BTreeMap;

use mfa_env::aws::{AccessKeyId, Expiration, Region, Secret, Session};
use mfa_env::aws_files::lint;
use mfa_env::aws_files::session_section::{self, Content, OurKeys};

use crate::readers::{Files, Reading, by_rust_sdk, has_two_spellings};

const KEYS: [(&str, &str); 3] = [
    ("aws_access_key_id", "ASIAOURSOURSOURSOURS"),
    ("aws_secret_access_key", "SECRET"),
    ("aws_session_token", "TOKEN"),
];
const OTHERS: [(&str, &str); 5] = [
    ("expiration", "2026-11-22T22:00:00Z"),
    ("region", "eu-west-1"),
    ("__profile__", "bob"),
    ("__started__", "2026-11-22 10:00:00+00:00"),
    ("__expires__", "2026-11-22 22:00:00+00:00"),
];

/// Files with a session in `[default]`.
pub struct Written {
    pub files: Files,
}

/// `None` if mfa-env refuses to write to the file.
pub fn write(files: &Files) -> Option<Written> {
    mfa_env::aws_files::profiles::Profiles::read(&files.config, &files.credentials).ok()?;
    let region = Region::new("eu-west-1").expect("valid");
    let session = session();
    let content = Content {
        section: "default",
        profile: "bob",
        session: &session,
        region: Some(&region),
        started: "2026-11-22 10:00:00+00:00",
        expires: "2026-11-22 22:00:00+00:00",
    };
    let (credentials, _) =
        session_section::write(&files.credentials, &content, &OurKeys::default(), None).ok()?;
    Some(Written { files: Files { config: files.config.clone(), credentials } })
}

fn session() -> Session {
    let time = |text: &str| text.parse().expect("a timestamp");
    Session {
        access_key_id: AccessKeyId::new(KEYS[0].1).expect("valid"),
        secret_access_key: Secret::new(KEYS[1].1.to_owned()).expect("valid"),
        session_token: Secret::new(KEYS[2].1.to_owned()).expect("valid"),
        expiration: Expiration::new(time("2026-11-22T22:00:00Z"), time("2026-11-22T10:00:00Z"))
            .expect("valid"),
        identity: None,
    }
}

impl Written {
    /// What a reader reads differently from before, or from what was written.
    pub fn check(
        &self,
        old: &Files,
        botocore_before: &Result<Reading, String>,
        botocore_after: &Result<Reading, String>,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        if !has_two_spellings(old) {
            problems.extend(check("the Rust SDK", &by_rust_sdk(old), &by_rust_sdk(&self.files)));
        }
        // botocore gives the keys of `[DEFAULT]` to every section, even a new one, and an old token may be
        // among them.
        let leaks = old.headers().iter().any(|(_, name)| name == "DEFAULT");
        if leaks || !lint::findings_in_section("default", &old.credentials).is_empty() {
            return problems;
        }
        problems.extend(check("botocore", botocore_before, botocore_after));
        if let Ok(after) = botocore_after {
            let expected = KEYS.map(|(_, value)| Some(value.to_owned()));
            if after.keys_of_default.as_ref() != Some(&expected) {
                problems.push(format!("botocore signs with {:?}", after.keys_of_default));
            }
        }
        problems
    }
}

fn check(reader: &str, before: &Result<Reading, String>, after: &Result<Reading, String>) -> Vec<String> {
    let (before, after) = match (before, after) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(_), _) => return Vec::new(),
        (Ok(_), Err(error)) => return vec![format!("{reader} can't read it any longer: {error}")],
    };
    let mut problems = Vec::new();
    let split = |reading: &Reading| {
        let mut profiles = reading.profiles.clone();
        let mut default = profiles.remove("default").unwrap_or_default();
        let ours: BTreeMap<_, _> =
            KEYS.iter().chain(&OTHERS).map(|(key, _)| (*key, default.remove(*key))).collect();
        // An old token goes.
        default.remove("aws_security_token");
        (profiles, default, ours)
    };
    let (old, new) = (split(before), split(after));
    if old.0 != new.0 {
        problems.push(format!("{reader} reads other profiles otherwise: {:?}, before {:?}", new.0, old.0));
    }
    if old.1 != new.1 {
        problems.push(format!(
            "{reader} reads other keys of [default] otherwise: {:?}, before {:?}",
            new.1, old.1
        ));
    }
    for (key, value) in KEYS.iter().chain(&OTHERS) {
        if new.2[key].as_deref() != Some(value) {
            problems.push(format!("{reader} reads {key} of [default] as {:?}", new.2[key]));
        }
    }
    problems
}
