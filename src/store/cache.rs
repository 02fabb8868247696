//! Cached sessions, one file each, so that one code is enough. Treats a file as absent if it is
//! damaged, belongs to another user, or is readable by others.

mod notes;
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

use crate::aws::{AccessKeyId, Expiration, Identity, Secret, Session};
use crate::environment::Environment;
use crate::error::Result;
use crate::files::{OwnFolder, Sync, TEMPORARY};

/// The folder of the cached sessions: `$XDG_CACHE_HOME/mfa-env`.
pub struct Cache {
    path: PathBuf,
    /// Set once the folder has been opened.
    folder: OnceLock<OwnFolder>,
}

/// What identifies a cached session. Profiles with the same cache key share a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The access key id of the long-term keys, or a hash of their `credential_process`.
    pub signer: String,
    pub serial_number: Option<String>,
    /// In the order in which they are assumed, the first one first.
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

/// A session from the cache, and when it was issued.
pub struct Cached {
    pub session: Session,
    pub started: Timestamp,
}

/// What a process is doing to get a session. Each has its own lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It asks for the code.
    Asking,
    /// It asks for a tool. One lock for all sessions: two questions on one terminal would take each other's input.
    AskingForTool,
    /// It calls STS.
    Calling,
}

#[derive(Serialize, Deserialize)]
struct CachedSession {
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

impl Cache {
    /// Opens the cache. If another user could change it, or if there is no home: warns, and returns `None`.
    pub fn open(environment: &Environment) -> Option<Self> {
        let path = super::place(environment.cache_directory())?;
        let opened = OwnFolder::open(&path).map_err(|refused| super::warn(&refused)).ok()?;
        Some(Self { path, folder: opened.map(OnceLock::from).unwrap_or_default() })
    }

    /// Whether the folder exists.
    pub fn is_there(&self) -> bool {
        self.folder.get().is_some()
    }

    /// The session, if it is valid and no other user could have read or written it. Never fails: at
    /// worst the user enters a code.
    pub fn get(&self, key: &Key, now: Timestamp) -> Option<Cached> {
        let entry = self.read_entry(key)?;
        let session = Session {
            access_key_id: AccessKeyId::new(&entry.access_key_id).ok()?,
            secret_access_key: Secret::new(entry.secret_access_key.to_string()).ok()?,
            session_token: Secret::new(entry.session_token.to_string()).ok()?,
            expiration: Expiration::new(Timestamp::from_second(entry.expires).ok()?, now).ok()?,
            identity: entry.identity.and_then(|arn| Identity::new(&arn).ok()),
        };
        Some(Cached { session, started: Timestamp::from_second(entry.started).ok()? })
    }

    /// The cache key and the identity of the session with this access key, even if it has expired.
    pub fn find(&self, access_key_id: &str) -> Option<(Key, Option<Identity>)> {
        let names = self.folder()?.names().ok()?;
        let names = names.iter().filter(|name| name.ends_with(".json"));
        let mut entries = names.filter_map(|name| self.read(name));
        let found = entries.find(|entry| entry.access_key_id == access_key_id)?;
        Some((found.key, found.identity.and_then(|arn| Identity::new(&arn).ok())))
    }

    /// When the last session of this key was issued, valid or not; in epoch seconds.
    pub fn last_started(&self, key: &Key) -> Option<i64> {
        self.read_entry(key).map(|entry| entry.started)
    }

    fn read_entry(&self, key: &Key) -> Option<CachedSession> {
        self.read(&file_name(key, "json")).filter(|entry| entry.key == *key)
    }

    fn read(&self, name: &str) -> Option<CachedSession> {
        let entry: CachedSession = serde_json::from_slice(&self.read_private(name)?).ok()?;
        (entry.version == VERSION).then_some(entry)
    }

    /// Stores a session.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn put(&self, key: &Key, session: &Session, now: Timestamp) -> Result<()> {
        let entry = CachedSession {
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
        // No fsync: if a power failure destroys an entry, the next login needs a code.
        self.made()?.lock(&file_name(key, "json"))?.replace(&text, Sync::No)
    }

    /// Deletes the session, and the note of an unanswered question. Returns whether there was a session.
    ///
    /// # Errors
    /// If one of them exists and can't be deleted.
    pub fn remove(&self, key: &Key) -> Result<bool> {
        self.ask_again(key)?;
        self.folder().map_or(Ok(false), |folder| folder.remove(&file_name(key, "json")))
    }

    /// Deletes all sessions. Returns how many there were.
    ///
    /// # Errors
    /// If one can't be deleted.
    pub fn remove_all(&self) -> Result<usize> {
        let Some(folder) = self.folder() else { return Ok(0) };
        let mut removed = 0;
        for name in folder.names()? {
            let stem = name.strip_prefix('.').unwrap_or(&name);
            let Some((digest, rest)) = stem.split_at_checked(DIGEST_LENGTH) else { continue };
            // Or the temporary file of a killed run.
            let is_ours = [".json", ".used", ".unanswered"].contains(&rest) || rest.contains(TEMPORARY);
            if is_digest(digest) && is_ours && folder.remove(&name)? {
                removed += usize::from(rest == ".json");
            }
        }
        Ok(removed)
    }

    /// Takes an exclusive lock, released on drop. `None` if another process holds it.
    ///
    /// # Errors
    /// If the lock file can't be made.
    pub fn try_lock(&self, key: &Key, lock: Lock) -> Result<Option<File>> {
        let name = match lock {
            Lock::Asking => file_name(key, "asking"),
            Lock::AskingForTool => "tool.asking".to_owned(),
            Lock::Calling => file_name(key, "calling"),
        };
        self.made()?.try_lock(&name)
    }

    /// The folder; `None` while it does not exist.
    fn folder(&self) -> Option<&OwnFolder> {
        if self.folder.get().is_none() {
            // Another process may have made the folder since.
            let opened = super::believed(OwnFolder::open(&self.path))?;
            let _ = self.folder.set(opened);
        }
        self.folder.get()
    }

    fn made(&self) -> Result<&OwnFolder> {
        if self.folder.get().is_none() {
            let folder = OwnFolder::open_or_make(&self.path)?;
            let _ = self.folder.set(folder);
        }
        Ok(self.folder.get().expect("it was set"))
    }

    /// The bytes of a file, if only its owner can read it.
    fn read_private(&self, name: &str) -> Option<Vec<u8>> {
        let file = super::believed(self.folder()?.read(name))?;
        let is_private = file.file.metadata().is_ok_and(|metadata| metadata.mode() & 0o077 == 0);
        is_private.then_some(file.bytes)
    }
}

impl Key {
    /// The key of the session before the role at `index` is assumed.
    pub fn before_role(&self, index: usize) -> Self {
        Self { roles: self.roles[..index].to_vec(), ..self.clone() }
    }
}

impl Cached {
    /// Whether enough time is left to use it again: `min_ttl`, or by default 15 minutes or a quarter of
    /// its duration, whichever is less.
    pub fn lasts(&self, min_ttl: Option<SignedDuration>, now: Timestamp) -> bool {
        let quarter = self.session.expiration.timestamp().duration_since(self.started) / 4;
        let least = min_ttl.unwrap_or_else(|| quarter.min(SignedDuration::from_mins(15)));
        self.session.expiration.left(now) >= least
    }
}

/// A hash, for a text that we must not store: a command may contain a secret.
pub fn digest(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text))
}

/// Hexadecimal digits in a file name: 128 bits, so that two keys never share a file.
const DIGEST_LENGTH: usize = 32;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(DIGEST_LENGTH / 2).map(|byte| format!("{byte:02x}")).collect()
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn file_name(key: &Key, extension: &str) -> String {
    let text = serde_json::to_vec(key).expect("strings have a JSON form");
    format!("{}.{extension}", digest(text))
}
