//! Sessions that are kept until they end, one file each, so that one code is enough. A file that is
//! damaged, somebody else's, or readable by others is as good as none.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::files::{self, Edit, Target};
use crate::session::{AccessKeyId, Expiration, Identity, Secret, Session, TokenCode};

/// The folder of the cached sessions: `$XDG_CACHE_HOME/mfa-env`.
pub struct Cache {
    directory: PathBuf,
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
    /// # Errors
    /// Where the folder's place can't be told (`HOME` is not set).
    pub fn new(environment: &Environment) -> Result<Self> {
        Ok(Self { directory: environment.cache_directory()? })
    }

    /// The session of that key, where it is still valid and nobody else could have read or written
    /// it. Never fails: at worst a code is asked for.
    pub fn get(&self, key: &Key, now: Timestamp) -> Option<Cached> {
        let entry = read_private(&self.file(key, "json"))?;
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
        let entry: Entry = serde_json::from_slice(&read_private(&self.file(key, "json"))?).ok()?;
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
        self.make_directory()?;
        let mut text = serde_json::to_vec(&entry).expect("strings and numbers have a JSON form");
        text.push(b'\n');
        let path = self.file(key, "json");
        // A file that others can read or that is none is not replaced in place: it would keep its mode.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !is_private(&metadata)) {
            let _ = fs::remove_file(&path);
        }
        // After Enter the disk would be half of what is waited for; an entry that a power failure empties
        // counts as none.
        Target::new(&path)?.without_sync().replace(|_| Ok(Edit::Replace(text.clone())), || Ok(()))
    }

    /// Deletes the session of that key; whether there was one.
    ///
    /// # Errors
    /// Where it is there and can't be deleted.
    pub fn remove(&self, key: &Key) -> Result<bool> {
        remove(&self.file(key, "json"))
    }

    /// Deletes all sessions; how many there were.
    ///
    /// # Errors
    /// Where one can't be deleted.
    pub fn remove_all(&self) -> Result<usize> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return Ok(0) };
        let mut removed = 0;
        for path in entries.flatten().map(|entry| entry.path()) {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => removed += usize::from(remove(&path)?),
                Some("used") => {
                    remove(&path)?;
                }
                // Of a run that was killed as it wrote.
                Some(extension) if extension.starts_with("tmp-") => {
                    remove(&path)?;
                }
                Some(_) | None => {}
            }
        }
        Ok(removed)
    }

    /// A right that one process has at a time, until the file is dropped; none where another has it.
    ///
    /// # Errors
    /// Where the lock can't be made.
    pub fn try_lock(&self, key: &Key, lock: Lock) -> Result<Option<fs::File>> {
        self.make_directory()?;
        let extension = match lock {
            Lock::Asking => "asking",
            Lock::Calling => "calling",
        };
        files::try_lock(&self.file(key, extension))
    }

    /// Remembers that a code was sent: STS takes none twice. Only its digest is kept, and what it
    /// is of is of no use to anybody any more.
    pub fn note_used(&self, serial_number: &str, code: &TokenCode, now: Timestamp) {
        let path = self.used_file(serial_number);
        let text = format!("{} {}\n", now.as_second(), code_digest(serial_number, code));
        // To know it is a convenience: where it can't be written, STS says no in its own words.
        let _ = self.make_directory().and_then(|()| {
            let mut options = fs::OpenOptions::new();
            // Not emptied first: ext4 then waits for the disk as the file is closed.
            options.write(true).create(true).truncate(false).mode(0o600);
            let written = options.open(&path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.set_len(text.len() as u64)
            });
            written.map_err(|error| Error::new(Kind::Files, error.to_string()))
        });
    }

    /// The seconds until the device shows another code, where we sent this one within its 30 s; 0
    /// where it does so already.
    pub fn seconds_to_next_code(&self, serial_number: &str, code: &TokenCode, now: Timestamp) -> Option<u64> {
        let noted = read_private(&self.used_file(serial_number))?;
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

    fn make_directory(&self) -> Result<()> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        let made = made.and_then(|()| {
            if fs::metadata(&self.directory)?.mode() & 0o077 != 0 {
                fs::set_permissions(&self.directory, fs::Permissions::from_mode(0o700))?;
            }
            Ok(())
        });
        made.map_err(|error| {
            let path = files::shown_path(&self.directory);
            Error::new(Kind::Files, format!("failed to make the directory `{path}`: {error}"))
                .hint("set XDG_CACHE_HOME to a folder of yours, or give `--no-cache`")
        })
    }

    fn file(&self, key: &Key, extension: &str) -> PathBuf {
        let text = serde_json::to_vec(key).expect("strings have a JSON form");
        self.directory.join(hex(&Sha256::digest(text))).with_extension(extension)
    }

    fn used_file(&self, serial_number: &str) -> PathBuf {
        self.directory.join(hex(&Sha256::digest(serial_number))).with_extension("used")
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

/// 128 bits are far more than what tells files apart.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn is_private(metadata: &fs::Metadata) -> bool {
    metadata.is_file()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o077 == 0
}

/// The bytes of a file of ours that nobody else can read or write, no link.
fn read_private(path: &Path) -> Option<Vec<u8>> {
    let metadata = fs::symlink_metadata(path).ok()?;
    is_private(&metadata).then(|| files::read(path).ok().flatten())?
}

fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(Error::new(Kind::Files, format!("failed to delete `{}`: {error}", files::shown_path(path))))
        }
    }
}
