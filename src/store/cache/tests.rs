//! What the cache stores, what it treats as absent, and its locks.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::notes::{UNANSWERED, note_name};
use super::*;
use crate::aws::TokenCode;

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a timestamp")
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn key() -> Key {
    Key {
        signer: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        serial_number: Some("arn:aws:iam::123456789012:mfa/bob".to_owned()),
        roles: Vec::new(),
        partition: "aws".to_owned(),
        endpoint_url: None,
    }
}

fn session(seconds: i64) -> Session {
    let text = "SESSIONSESSIONSESSION";
    Session {
        access_key_id: AccessKeyId::new(text).expect("in form"),
        secret_access_key: Secret::new(text.to_owned()).expect("in form"),
        session_token: Secret::new(text.to_owned()).expect("in form"),
        expiration: Expiration::new(after(seconds), now()).expect("ahead"),
        identity: Identity::new("arn:aws:iam::123456789012:user/bob").ok(),
    }
}

fn cache() -> (tempfile::TempDir, Cache) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().to_str().expect("text");
    let cache = Cache::open(&Environment::of(&[("XDG_CACHE_HOME", path)])).expect("nobody else's");
    (home, cache)
}

fn file(cache: &Cache, key: &Key) -> PathBuf {
    cache.path.join(file_name(key, "json"))
}

/// The names in the folder, without those of locks; sorted.
fn names(cache: &Cache) -> Vec<String> {
    let names = fs::read_dir(&cache.path).expect("there").flatten();
    let names = names.map(|entry| entry.file_name().into_string().expect("text"));
    let mut names: Vec<_> = names.filter(|name| !name.ends_with(".lock")).collect();
    names.sort();
    names
}

#[test]
fn forgets_sessions_notes_and_what_a_killed_run_left_of_them() {
    let (_home, cache) = cache();
    let other = Key { serial_number: None, ..key() };
    let half_a_session = |key: &Key| {
        cache.put(key, &session(3600), now()).expect("written");
        let left = format!(".{}.mfa-env.tmp-1", file_name(key, "json"));
        fs::write(cache.path.join(&left), "half a session").expect("written");
        left
    };
    let (_, left) = (half_a_session(&key()), half_a_session(&other));
    assert!(cache.remove(&key()).expect("deleted"));
    assert_eq!(names(&cache), [left, file_name(&other, "json")]);
    half_a_session(&key());
    cache.note_used("serial", &TokenCode::new("123456").expect("six digits"), now());
    cache.note_answer(&key(), false, now());
    let not_ours = ["somebody.json", "x.used", ".x.json.mfa-env.tmp-1"];
    for name in not_ours {
        fs::write(cache.path.join(name), "not ours").expect("written");
    }
    assert_eq!(cache.remove_all().expect("deleted"), 2);
    assert_eq!(names(&cache), [".x.json.mfa-env.tmp-1", "somebody.json", "x.used"]);
    assert_eq!(cache.remove_all().expect("there is nothing"), 0);
}

/// As 0.1.0 wrote it; the name is the hash of the key's JSON.
#[test]
fn an_entry_of_an_older_version_is_read() {
    let (_home, cache) = cache();
    cache.put(&key(), &session(3600), now()).expect("written");
    let role = RoleKey {
        role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
        external_id: None,
        role_session_name: "bob".to_owned(),
    };
    let key = Key { roles: vec![role], ..key() };
    let entry = r#"{"version":1,"key":{"signer":"AKIAIOSFODNN7EXAMPLE","serial_number":"arn:aws:iam::123456789012:mfa/bob","roles":[{"role_arn":"arn:aws:iam::123456789012:role/r","external_id":null,"role_session_name":"bob"}],"partition":"aws","endpoint_url":null},"access_key_id":"SESSIONSESSIONSESSION","secret_access_key":"SESSIONSESSIONSESSION","session_token":"SESSIONSESSIONSESSION","started":1795341600,"expires":1795345200,"identity":"arn:aws:iam::123456789012:user/bob"}"#;
    let path = cache.path.join("901edeaa46cfea10502df0dabf291ccd.json");
    fs::write(&path, entry).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    let cached = cache.get(&key, now()).expect("there");
    assert_eq!(cached.session.expiration.timestamp(), after(3600));
}

#[test]
fn what_can_not_be_deleted_is_an_error() {
    let (_home, cache) = cache();
    let path = file(&cache, &key());
    fs::create_dir_all(&path).expect("made");
    assert!(cache.remove(&key()).is_err());
    fs::remove_dir(&path).expect("deleted");
    assert!(!cache.remove(&key()).expect("there is nothing"));
}

#[test]
fn knows_a_code_that_was_used_a_moment_ago() {
    let (_home, cache) = cache();
    let code = |text| TokenCode::new(text).expect("six digits");
    cache.note_used("serial", &code("123456"), now());
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(10)), Some(20));
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(31)), Some(0));
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(59)), Some(0));
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(60)), None);
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(-1)), None);
    assert_eq!(cache.seconds_to_next_code("serial", &code("654321"), after(10)), None);
    assert_eq!(cache.seconds_to_next_code("other", &code("123456"), after(10)), None);
    fs::write(cache.path.join(note_name("serial")), "x".repeat(500)).expect("written");
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(10)), None);
    cache.note_used("serial", &code("123456"), now());
    assert_eq!(cache.seconds_to_next_code("serial", &code("123456"), after(10)), Some(20));
}

#[test]
fn knows_for_five_minutes_that_a_question_had_no_answer() {
    let (_home, cache) = cache();
    let key = &key();
    assert!(!cache.is_unanswered(key, now()));
    cache.note_answer(key, false, now());
    for (seconds, is_unanswered) in [(-1, false), (0, true), (299, true), (300, false)] {
        assert_eq!(cache.is_unanswered(key, after(seconds)), is_unanswered, "{seconds}");
    }
    let other = Key { serial_number: None, ..key.clone() };
    assert!(!cache.is_unanswered(&other, now()));
    // A login since then, by hand, shows that the user is there.
    cache.put(key, &session(3600), after(-1)).expect("written");
    assert!(cache.is_unanswered(key, after(1)));
    cache.put(key, &session(3600), now()).expect("written");
    assert!(!cache.is_unanswered(key, after(1)));
    for is_forgotten in [true, false] {
        cache.note_answer(key, false, after(1));
        assert!(cache.is_unanswered(key, after(2)));
        if is_forgotten {
            cache.remove(key).expect("deleted");
        } else {
            cache.note_answer(key, true, after(2));
        }
        assert!(!cache.is_unanswered(key, after(2)));
    }
    for text in ["", "x", "-9223372036854775808", "99999999999999999999", "9223372036854775807"] {
        let path = cache.path.join(file_name(key, UNANSWERED));
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        assert!(!cache.is_unanswered(key, now()), "{text}");
    }
    cache.note_answer(key, false, now());
    let path = cache.path.join(file_name(key, UNANSWERED));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
    assert!(!cache.is_unanswered(key, now()), "others could have read it");
}
