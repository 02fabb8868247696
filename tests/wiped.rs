//! What is wiped is gone: the memory of this process, which has no other tests, is searched for it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use mfa_env::cache::{Cache, Key};
use mfa_env::environment::Environment;
use mfa_env::files::{self, Edit, Target};
use mfa_env::session::{AccessKeyId, Expiration, Secret, Session};
use zeroize::Zeroizing;

/// A secret, backwards, so that this is not found itself. Each test has its own: they run side by side.
struct Needle(&'static str);

impl Needle {
    /// A text of that length with the secret near its end, which what takes its place writes over last.
    fn text(&self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        text.extend(std::iter::repeat_n('a', length - self.0.len() - 40));
        text.extend(self.0.chars().rev());
        text.extend(std::iter::repeat_n('a', length - text.len()));
        assert_eq!(text.capacity(), length, "it has left no copy");
        text
    }

    fn is_in_memory(&self) -> bool {
        const STEP: usize = 1 << 20;
        let memory = File::open("/proc/self/mem").expect("Linux");
        let mut bytes = Zeroizing::new(vec![0; STEP + self.0.len()]);
        let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (start, end) =
                line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            for at in (address(start)..address(end)).step_by(STEP) {
                // What another thread gives back meanwhile can't be read.
                let Ok(count) = memory.read_at(&mut bytes, at) else { continue };
                if self.is_in(&bytes[..count]) {
                    return true;
                }
            }
        }
        false
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let first = *self.0.as_bytes().last().expect("not empty");
        memchr::memchr_iter(first, bytes).any(|at| {
            let found = bytes[at..].iter().take(self.0.len());
            found.copied().eq(self.0.bytes().rev())
        })
    }

    /// A file of that name with the secret; nothing of it is in memory any more.
    fn file(&self, path: &Path, length: usize) {
        let text = Zeroizing::new(self.text(length));
        assert!(self.is_in_memory(), "it is not even found where it is");
        fs::write(path, &*text).expect("written");
        drop(text);
        assert!(!self.is_in_memory());
    }
}

/// Without one the end of the heap goes back to the system, wiped or not.
fn neighbour() -> Vec<u8> {
    vec![1; 100_000]
}

#[test]
fn a_file_that_was_read_is_gone_with_its_bytes() {
    let needle = Needle("9b7Qe1Zt5Xw3Kc8Rf2Lm");
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().join("credentials");
    needle.file(&path, 20_000);
    let bytes = files::read(&path).expect("readable").expect("there");
    assert!(needle.is_in_memory());
    let _neighbour = neighbour();
    drop(bytes);
    assert!(!needle.is_in_memory());
}

/// Its size is not known before: what was read of it moves as it grows.
#[test]
fn a_pipe_that_was_read_is_gone_with_its_bytes() {
    let needle = Needle("4Hs6Yd1Pn8Gv3Bj7Ck2T");
    let home = tempfile::tempdir().expect("a temporary folder");
    let (path, pipe) = (home.path().join("credentials"), home.path().join("pipe"));
    needle.file(&path, 10_000);
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("coreutils").success());
    let mut cat = Command::new("sh")
        .args(["-c", "cat \"$0\" \"$0\" > \"$1\""])
        .args([&path, &pipe])
        .spawn()
        .expect("a shell");
    let bytes = files::read(&pipe).expect("readable").expect("there");
    assert!(cat.wait().expect("ours").success());
    assert_eq!(bytes.len(), 20_000);
    assert!(needle.is_in_memory());
    let _neighbour = neighbour();
    drop(bytes);
    assert!(!needle.is_in_memory());
}

#[test]
fn a_file_that_was_replaced_is_gone_from_memory() {
    let (old, new) = (Needle("5Mz2Wf9Ku4Xa7Rq1Jt8D"), Needle("3Lp8Vb5Nh2Yc6Eg9Sk1F"));
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().join("credentials");
    old.file(&path, 20_000);
    let edit = |_: &[u8]| Ok(Edit::Replace(new.text(30_000).into_bytes()));
    Target::new(&path).expect("replaceable").replace(edit, || Ok(())).expect("replaced");
    assert!(!old.is_in_memory());
    assert!(!new.is_in_memory());
}

#[test]
fn a_session_that_was_kept_and_got_back_is_gone_from_memory() {
    let (key, token) = (Needle("8Tc3Jw6Qm1Zf5Pd9Xk2R"), Needle("2Gn7Ys4Bh9Lv1Wa6Ct3E"));
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().to_str().expect("text");
    let cache = Cache::new(&Environment::of(&[("XDG_CACHE_HOME", path)])).expect("a folder");
    let of = Key {
        signer: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        serial_number: None,
        roles: Vec::new(),
        partition: "aws".to_owned(),
        endpoint_url: None,
    };
    let now = Timestamp::now();
    let session = Session {
        access_key_id: AccessKeyId::new("ASIAOURSOURSOURSOURS").expect("in form"),
        secret_access_key: Secret::new(key.text(100)).expect("in form"),
        session_token: Secret::new(token.text(3000)).expect("in form"),
        expiration: Expiration::new(now + SignedDuration::from_hours(1), now).expect("ahead"),
        identity: None,
    };
    cache.put(&of, &session, now).expect("written");
    drop(session);
    assert!(!key.is_in_memory() && !token.is_in_memory(), "kept");
    let cached = cache.get(&of, now).expect("valid");
    assert!(key.is_in_memory() && token.is_in_memory());
    drop(cached);
    assert!(!key.is_in_memory() && !token.is_in_memory(), "got back");
}
