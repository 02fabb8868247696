//! Sessions that are kept until they end, one file each, so that one code is enough. A file that is
//! damaged, somebody else's, or readable by others is as good as none.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::aws::{AccessKeyId, Expiration, Identity, Secret, Session, TokenCode};
use crate::environment::Environment;
use crate::error::Result;
use crate::files::{OwnFolder, Refused, Sync, TEMPORARY};

/// The folder of the cached sessions: `$XDG_CACHE_HOME/mfa-env`.
pub struct Cache {
    path: PathBuf,
    /// Once it has been opened.
    folder: OnceLock<OwnFolder>,
}

/// What makes a session: profiles that agree in all of it share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The access key id of the long-term keys, or a digest of the command that gives them.
    pub signer: String,
    pub serial_number: Option<String>,
    /// In the order in which they are assumed.
    pub roles: Vec<RoleKey>,
    pub partition: String,
    pub endpoint_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleKey {
    pub role_arn: String,
    pub external_id: Option<String>,
    pub role_session_name: String,
}

/// A session from the cache, and how long it was given for.
pub struct Cached {
    pub session: Session,
    pub started: Timestamp,
}

/// What a process does for the session of a key, while others wait or do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The question for the code is open on a terminal.
    Asking,
    /// STS is called.
    Calling,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    key: Key,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Zeroizing<String>,
    /// Epoch seconds.
    started: i64,
    expires: i64,
    /// An ARN.
    identity: Option<String>,
}

const VERSION: u32 = 1;

/// How long a device shows a code, in seconds (RFC 6238, and every device that AWS takes).
const CODE_LASTS: i64 = 30;

impl Cache {
    /// `None` if it can't be believed, or there is no place for it; the user is told.
    pub fn open(environment: &Environment) -> Option<Self> {
        let path = super::place(environment.cache_directory())?;
        let folder = OnceLock::new();
        match OwnFolder::open(&path) {
            Ok(Some(opened)) => folder.set(opened).expect("it is empty"),
            Ok(None) => {}
            Err(refused) => {
                super::warn(&refused);
                return None;
            }
        }
        Some(Self { path, folder })
    }

    /// The session of that key, where it is still valid and nobody else could have read or written
    /// it. Never fails: at worst a code is asked for.
    pub fn get(&self, key: &Key, now: Timestamp) -> Option<Cached> {
        let entry = self.read_private(&file_name(key, "json"))?;
        let entry: Entry = serde_json::from_slice(&entry).ok()?;
        if entry.version != VERSION || entry.key != *key {
            return None;
        }
        let session = Session {
            access_key_id: AccessKeyId::new(&entry.access_key_id).ok()?,
            secret_access_key: Secret::new(entry.secret_access_key.to_string()).ok()?,
            session_token: Secret::new(entry.session_token.to_string()).ok()?,
            expiration: Expiration::new(Timestamp::from_second(entry.expires).ok()?, now).ok()?,
            identity: entry.identity.and_then(|arn| Identity::new(&arn).ok()),
        };
        Some(Cached { session, started: Timestamp::from_second(entry.started).ok()? })
    }

    /// When a session of that key was got last, valid or not; epoch seconds.
    pub fn last_started(&self, key: &Key) -> Option<i64> {
        let entry: Entry = serde_json::from_slice(&self.read_private(&file_name(key, "json"))?).ok()?;
        (entry.version == VERSION && entry.key == *key).then_some(entry.started)
    }

    /// # Errors
    /// Where it can't be written.
    pub fn put(&self, key: &Key, session: &Session, now: Timestamp) -> Result<()> {
        let entry = Entry {
            version: VERSION,
            key: key.clone(),
            access_key_id: session.access_key_id.as_str().to_owned(),
            secret_access_key: Zeroizing::new(session.secret_access_key.expose().to_owned()),
            session_token: Zeroizing::new(session.session_token.expose().to_owned()),
            started: now.as_second(),
            expires: session.expiration.epoch_seconds(),
            identity: session.identity.as_ref().map(|identity| identity.arn().to_owned()),
        };
        let mut text = serde_json::to_vec(&entry).expect("strings and numbers have a JSON form");
        text.push(b'\n');
        // No fsync: an entry lost in a power failure costs one code.
        self.made()?.replace(&file_name(key, "json"), Sync::No, |_| Ok(text))
    }

    /// Deletes the session of that key; whether there was one.
    ///
    /// # Errors
    /// Where it is there and can't be deleted.
    pub fn remove(&self, key: &Key) -> Result<bool> {
        self.folder().map_or(Ok(false), |folder| folder.remove(&file_name(key, "json")))
    }

    /// Deletes all sessions; how many there were.
    ///
    /// # Errors
    /// Where one can't be deleted.
    pub fn remove_all(&self) -> Result<usize> {
        let Some(folder) = self.folder() else { return Ok(0) };
        let mut removed = 0;
        for name in folder.names()? {
            match name.strip_prefix('.').unwrap_or(&name).split_at_checked(DIGEST_LENGTH) {
                Some((digest, ".json")) if is_digest(digest) => removed += usize::from(folder.remove(&name)?),
                Some((digest, ".used")) if is_digest(digest) => {
                    folder.remove(&name)?;
                }
                // Of a run that was killed as it wrote.
                Some((digest, left)) if is_digest(digest) && left.contains(TEMPORARY) => {
                    folder.remove(&name)?;
                }
                Some(_) | None => {}
            }
        }
        Ok(removed)
    }

    /// Takes an exclusive lock, released on drop. `None` if another process holds it.
    ///
    /// # Errors
    /// Where the lock can't be made.
    pub fn try_lock(&self, key: &Key, lock: Lock) -> Result<Option<File>> {
        let extension = match lock {
            Lock::Asking => "asking",
            Lock::Calling => "calling",
        };
        self.made()?.try_lock(&file_name(key, extension))
    }

    /// Stores a hash of a code that STS has just accepted, and accepts only once. A million guesses give
    /// the code back, which opens nothing any more.
    pub fn note_used(&self, serial_number: &str, code: &TokenCode, now: Timestamp) {
        let text = format!("{} {}\n", now.as_second(), code_digest(serial_number, code));
        // To know it is a convenience: where it can't be written, STS says no in its own words.
        let _ = self.made().and_then(|folder| folder.overwrite(&note_name(serial_number), text.as_bytes()));
    }

    /// The seconds until the device shows another code, where we sent this one within its 30 s; 0
    /// where it does so already.
    pub fn seconds_to_next_code(&self, serial_number: &str, code: &TokenCode, now: Timestamp) -> Option<u64> {
        let noted = self.read_private(&note_name(serial_number))?;
        let noted = String::from_utf8_lossy(&noted);
        let (at, digest) = noted.trim().split_once(' ')?;
        let at: i64 = at.parse().ok()?;
        let is_same = digest == code_digest(serial_number, code);
        // Up to one step later STS still knows it.
        if !is_same || !(0..2 * CODE_LASTS).contains(&(now.as_second() - at)) {
            return None;
        }
        let step = |seconds: i64| seconds.div_euclid(CODE_LASTS);
        let left = CODE_LASTS - now.as_second().rem_euclid(CODE_LASTS);
        Some(if step(at) == step(now.as_second()) { left.unsigned_abs() } else { 0 })
    }

    /// `None` while there is none.
    fn folder(&self) -> Option<&OwnFolder> {
        if self.folder.get().is_none() {
            // Another process may have made it since.
            match OwnFolder::open(&self.path) {
                Ok(Some(folder)) => drop(self.folder.set(folder)),
                Ok(None) => {}
                Err(refused) => super::warn(&refused),
            }
        }
        self.folder.get()
    }

    fn made(&self) -> Result<&OwnFolder> {
        if self.folder.get().is_none() {
            let folder = OwnFolder::open_or_make(&self.path).map_err(Refused::into_error)?;
            let _ = self.folder.set(folder);
        }
        Ok(self.folder.get().expect("it was set"))
    }

    /// The bytes of a file that nobody else can read.
    fn read_private(&self, name: &str) -> Option<Vec<u8>> {
        match self.folder()?.read(name) {
            Ok(file) => {
                let file = file?;
                let is_private = file.file.metadata().is_ok_and(|metadata| metadata.mode() & 0o077 == 0);
                is_private.then_some(file.bytes)
            }
            Err(refused) => {
                super::warn(&refused);
                None
            }
        }
    }
}

impl Key {
    /// The key of the session before the role at `index` is assumed.
    pub fn before_role(&self, index: usize) -> Self {
        Self { roles: self.roles[..index].to_vec(), ..self.clone() }
    }
}

impl Cached {
    /// Whether so much is left that it is used again: `min_ttl`, or by default 15 minutes or a
    /// quarter of the whole, whichever is less.
    pub fn lasts(&self, min_ttl: Option<SignedDuration>, now: Timestamp) -> bool {
        let quarter = self.session.expiration.timestamp().duration_since(self.started) / 4;
        let least = min_ttl.unwrap_or_else(|| quarter.min(SignedDuration::from_mins(15)));
        self.session.expiration.left(now) >= least
    }
}

fn code_digest(serial_number: &str, code: &TokenCode) -> String {
    let mut digest = Sha256::new();
    digest.update(serial_number);
    digest.update([0]);
    digest.update(code.expose());
    hex(&digest.finalize())
}

/// What stands for a text that is not to be kept: a command may have a secret in it.
pub fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Hexadecimal digits in the name of a file: 128 bits are far more than what tells files apart.
const DIGEST_LENGTH: usize = 32;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(DIGEST_LENGTH / 2).map(|byte| format!("{byte:02x}")).collect()
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn file_name(key: &Key, extension: &str) -> String {
    let text = serde_json::to_vec(key).expect("strings have a JSON form");
    format!("{}.{extension}", hex(&Sha256::digest(text)))
}

fn note_name(serial_number: &str) -> String {
    format!("{}.used", hex(&Sha256::digest(serial_number)))
}
