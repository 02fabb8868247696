//! Checks that writing a session to `[default]` and removing it again changes no other byte, and restores
//! the file.

use mfa_env::aws::{AccessKeyId, Expiration, Region, Secret, Session};
use mfa_env::aws_files::EditError;
use mfa_env::aws_files::ini;
use mfa_env::aws_files::session_section::{
    self, Content, DEFAULT, FromConfig, MovedKeys, OurKeys, Undo, Unset,
};

pub const KEY_ID: &str = "ASIAOURSOURSOURSOURS";
/// Our keys in `[default]`. `region` may be ours or the user's.
const OWN_KEYS: [&str; 8] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "expiration",
    "__profile__",
    "__started__",
    "__expires__",
];

/// The first byte selects the sessions and `--force`. The other bytes are the file.
pub fn check(bytes: &[u8]) {
    let Some((options, old)) = bytes.split_first() else { return };
    let is_on = |bit: u8| options & bit != 0;
    let region_if = |is_there: bool| is_there.then(|| Region::new("eu-west-1").expect("valid"));
    let region = region_if(is_on(1));
    let profile = if is_on(2) { "bob" } else { "team/prod x" };
    let from_config = FromConfig {
        mfa_serial: is_on(8).then(|| "GAHT12345678".to_owned()),
        region: is_on(16).then(|| "us-east-1".to_owned()),
    };
    let force = is_on(4).then_some(&from_config);
    let write =
        |old: &[u8], last: Option<&Undo>, force| write(DEFAULT, old, profile, region.as_ref(), last, force);
    let (mut new, mut undo) = match write(old, None, force) {
        Ok(written) => written,
        Err(refusal) => {
            return assert_ne!(refusal, EditError::Unproved, "a false alarm");
        }
    };
    assert_eq!(key_of_default(&new).as_deref(), Some(KEY_ID));
    let was_renamed = matches!(write(old, None, None), Err(EditError::LongTermKeys { .. }));
    assert!(!was_renamed || force.is_some(), "long-term keys are replaced by force alone");
    if !was_renamed {
        assert_eq!(foreign(&new), foreign(old), "somebody else's lines");
    }
    assert_eq!(write(&new, Some(&undo), None), Ok((new.clone(), undo.clone())), "a second time");
    if is_on(32) {
        let other = region_if(!is_on(1));
        let next = self::write(DEFAULT, &new, "another", other.as_ref(), Some(&undo), None);
        (new, undo) = next.expect("what was written can be written again");
    }
    // The undo goes through JSON, as in the state file.
    let json = serde_json::to_string(&undo).expect("text");
    let undo: Undo = serde_json::from_str(&json).expect("its own form");
    assert!(undo.is_in_form(DEFAULT), "{json}");
    let Ok(Unset::Done { bytes: back, moved_keys: MovedKeys::None | MovedKeys::Back }) =
        session_section::unset(&new, DEFAULT, &known(Some(&undo)))
    else {
        panic!("what was written can't be taken out");
    };
    if was_renamed || !has_credentials(old) {
        assert_eq!(back.escape_ascii().to_string(), old.escape_ascii().to_string(), "the file as it was");
    } else {
        assert_eq!(foreign(&back), foreign(old), "somebody else's lines");
    }
}

/// Writes a session to a section of a file.
///
/// # Errors
/// As [`session_section::write`].
pub fn write(
    section: &str,
    old: &[u8],
    profile: &str,
    region: Option<&Region>,
    last: Option<&Undo>,
    force: Option<&FromConfig>,
) -> Result<(Vec<u8>, Undo), EditError> {
    let time = |text: &str| text.parse().expect("a timestamp");
    let session = Session {
        access_key_id: AccessKeyId::new(KEY_ID).expect("valid"),
        secret_access_key: Secret::new("SECRET".to_owned()).expect("valid"),
        session_token: Secret::new("TOKEN".to_owned()).expect("valid"),
        expiration: Expiration::new(time("2026-11-22T22:00:00Z"), time("2026-11-22T10:00:00Z"))
            .expect("valid"),
        identity: None,
    };
    let content = Content {
        section,
        profile,
        session: &session,
        region,
        started: "2026-11-22 10:00:00+00:00",
        expires: "2026-11-22 22:00:00+00:00",
    };
    session_section::write(old, &content, &known(last), force)
}

/// What the state file knows about our session.
pub fn known(undo: Option<&Undo>) -> OurKeys {
    [(KEY_ID.to_owned(), undo.cloned().unwrap_or_default())].into_iter().collect()
}

fn key_of_default(file: &[u8]) -> Option<String> {
    let sections = ini::parse(file).expect("it was read before");
    let default = sections.iter().find(|section| section.name == "default")?;
    Some(default.get("aws_access_key_id")?.value.into_owned())
}

/// All bytes except our lines in `[default]`, its header, and line endings at the end of the file.
pub fn foreign(file: &[u8]) -> Vec<u8> {
    let sections = ini::parse(file).expect("it was read before");
    let mut rest = Vec::new();
    let mut at = 0;
    for section in sections.into_iter().filter(|section| section.name == "default") {
        let own = section.properties().into_iter().filter(|p| is_own(&p.key) || p.key == "region");
        for span in std::iter::once(section.header).chain(own.map(|property| property.span)) {
            rest.extend_from_slice(&file[at..span.start]);
            at = span.end;
        }
    }
    rest.extend_from_slice(&file[at..]);
    let end = rest.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    rest.truncate(end);
    rest
}

/// Whether `[default]` has part of an earlier session, which doesn't come back.
fn has_credentials(file: &[u8]) -> bool {
    let sections = ini::parse(file).expect("it was read before");
    let mut default = sections.iter().filter(|section| section.name == "default");
    let is_credential = |key: &str| OWN_KEYS[..4].contains(&key);
    default.any(|section| section.properties().iter().any(|property| is_credential(&property.key)))
}

fn is_own(key: &str) -> bool {
    OWN_KEYS.contains(&key)
}
