//! The only file that writes. Replaces a user's file whole or not at all: the real file behind any
//! link, under a lock, by a synced temporary file and a rename.
//!
//! Each step is there for a way in which another tool loses files: a kill or a full disk in the
//! write, a link replaced, a mode widened, two writers at once.

mod attributes;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{AtFlags, OFlags};
use signal_hook::consts::SIGXFSZ;

use self::attributes::take_over;
use crate::error::{Error, Kind, Result, shown};
use crate::process;

/// How long another process's lock is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// How long an empty or changing file is watched: another writer may be between truncating it and
/// writing it, as the AWS CLI does.
const WRITER_PATIENCE: Duration = Duration::from_secs(1);
/// So long nobody must have written into a file in its place before we replace it: Python's
/// configparser writes a large one in parts, and what comes after our rename would go nowhere.
const QUIET: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(10);
const ELSEWHERE: &str = "AWS_SHARED_CREDENTIALS_FILE, XDG_STATE_HOME and XDG_CACHE_HOME name other places";
/// How often we start again because a writer without a lock was faster.
const ATTEMPTS: usize = 8;

/// What a file holds, keys too: wiped when dropped. Not by `Zeroizing`, which writes each byte by
/// itself: megabytes of profiles take it a millisecond.
#[derive(Default, PartialEq, Eq)]
pub struct Bytes(Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        zeroize::optimization_barrier(&*self.0);
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The bytes of a file; none where there is no such file.
///
/// # Errors
/// Anything else that keeps it from being read, a directory included.
pub fn read(path: &Path) -> Result<Option<Bytes>> {
    match read_whole(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error).hint("check the path and its permissions")),
    }
}

/// The same of a file that other programs write, by truncating it first: what they are in the midst of
/// is waited for.
///
/// # Errors
/// As [`read`].
pub fn read_settled(path: &Path) -> Result<Option<Bytes>> {
    // A pipe, as `<(…)` gives one, can be read once.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return read(path);
    }
    let (bytes, metadata) = settled(path, Duration::ZERO)?;
    Ok(metadata.map(|_| bytes))
}

/// The file that a path leads to, so that two names of one file are one; the path itself where it
/// leads nowhere.
pub fn real_path(path: &Path) -> PathBuf {
    resolve(path).unwrap_or_else(|_| path.to_owned())
}

/// The lock of a file that is there for nothing else; none where another process has it. It is
/// given back when the file is dropped, or its process ends.
///
/// # Errors
/// Where it can't be made.
pub fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = open_lock_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed("lock", path, &error)),
    }
}

/// Whether group or others can read the file: true only where it exists and they can.
pub fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

/// A file that can be replaced, found to be so before any code is asked for.
#[derive(Debug)]
pub struct Target {
    /// As the user named it.
    path: PathBuf,
    /// The real file, links resolved; its directory exists.
    real: PathBuf,
    /// Of a directory that is not to get a lock file: where that one is instead.
    lock: Option<PathBuf>,
    /// Whether the disk is waited for, so that no power failure loses what was there.
    is_synced: bool,
}

/// What an edit makes of the bytes of a file.
pub enum Edit {
    Unchanged,
    Replace(Vec<u8>),
}

impl Target {
    /// Resolves links and checks that the file could be replaced; makes its missing directory.
    ///
    /// # Errors
    /// No regular file, another user's, more than one hard link, a mount point, a directory that
    /// can't be written to, a loop of links.
    pub fn new(path: &Path) -> Result<Self> {
        let real = resolve(path)?;
        let directory = real.parent().unwrap_or(Path::new("/")).to_owned();
        make_directory(&directory)?;
        let target = Self { path: path.to_owned(), real, lock: None, is_synced: true };
        target.check(target.metadata()?.as_ref())?;
        rustix::fs::accessat(rustix::fs::CWD, &directory, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS)
            .map_err(|errno| {
                cannot_replace(
                    &target.path,
                    &format!(
                        "its directory `{}` can't be written to: {}",
                        shown_path(&directory),
                        io::Error::from(errno)
                    ),
                )
                .hint(ELSEWHERE)
            })?;
        Ok(target)
    }

    /// The same with its lock elsewhere: a user's home is no place for one of ours.
    ///
    /// # Errors
    /// Where the lock's directory can't be made.
    pub fn with_lock(mut self, lock: PathBuf) -> Result<Self> {
        make_directory(lock.parent().unwrap_or(Path::new("/")))?;
        self.lock = Some(lock);
        Ok(self)
    }

    /// The same without waiting for the disk: of a file that a power failure may empty, because what
    /// is in it can be got again.
    pub fn without_sync(self) -> Self {
        Self { is_synced: false, ..self }
    }

    /// Replaces the file by what `edit` makes of its bytes, under the lock, and calls `after` before
    /// the lock is given back, also where nothing had to change. `edit` may be called more than
    /// once: another program that takes no lock may write in between.
    ///
    /// # Errors
    /// `edit`'s and `after`'s own; the lock; the system's. The file is then as it was, but for
    /// `after`'s, and for what says that it is written.
    pub fn replace(
        &self,
        mut edit: impl FnMut(&[u8]) -> Result<Edit>,
        after: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        // A full quota (SIGXFSZ) must be an error that we report, not our end.
        if !process::is_ignored(SIGXFSZ) {
            let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        }
        let _lock = self.lock()?;
        self.remove_stale_temporaries();
        for _ in 0..ATTEMPTS {
            let (old, before) = settled(&self.real, QUIET)?;
            self.check(before.as_ref())?;
            let Edit::Replace(new) = edit(&old)? else { return after() };
            let new = Bytes::from(new);
            if new == old && before.is_some() {
                return after();
            }
            let temporary = self.write_temporary(&new, before.as_ref())?;
            if !is_same(before.as_ref(), self.metadata()?.as_ref()) {
                continue;
            }
            temporary.rename_to(&self.real).map_err(|error| self.rename_failed(&error))?;
            let synced = self.sync_directory();
            let read_back = read_whole(&self.real).map_err(|error| {
                failed("read back", &self.path, &error).hint("it is written; look at it before you go on")
            });
            match read_back {
                // Another program wrote over it: once more, on what it wrote.
                Ok(now) if now != new => {}
                Ok(_) => return after().and(synced),
                Err(error) => return after().and(synced).and(Err(error)),
            }
        }
        Err(cannot_replace(&self.path, "another program keeps writing to it")
            .hint("try again once it is done"))
    }

    fn metadata(&self) -> Result<Option<Metadata>> {
        found(fs::symlink_metadata(&self.real), &self.path)
    }

    fn check(&self, metadata: Option<&Metadata>) -> Result<()> {
        let Some(metadata) = metadata else { return Ok(()) };
        let user = rustix::process::geteuid();
        if !metadata.is_file() {
            return Err(cannot_replace(&self.path, "it is no regular file").hint(ELSEWHERE));
        }
        // root edits a user's file and leaves it the user's.
        if metadata.uid() != user.as_raw() && !user.is_root() {
            return Err(cannot_replace(&self.path, "it belongs to another user").hint(format!(
                "make it yours: sudo chown {} {}",
                user.as_raw(),
                quoted(&self.path)
            )));
        }
        if metadata.nlink() > 1 {
            return Err(cannot_replace(
                &self.path,
                &format!("it has {} hard links, and the others would keep the old content", metadata.nlink()),
            )
            .hint("make it a file of its own, or a symbolic link"));
        }
        if self.is_mount_point() {
            return Err(cannot_replace(&self.path, "it is mounted there by itself (a bind mount of a container)")
                .hint("mount its directory instead, or set AWS_SHARED_CREDENTIALS_FILE to a file that can be replaced"));
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn is_mount_point(&self) -> bool {
        use rustix::fs::{StatxAttributes, StatxFlags, statx};
        statx(rustix::fs::CWD, &self.real, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS)
            .is_ok_and(|status| status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_mount_point(&self) -> bool {
        false
    }

    fn name(&self) -> &OsStr {
        self.real.file_name().expect("a resolved file has a name")
    }

    fn directory(&self) -> &Path {
        self.real.parent().expect("a resolved file is in a directory")
    }

    /// `.NAME.mfa-env` + suffix, beside the file.
    fn sibling(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(self.name());
        name.push(".mfa-env");
        name.push(suffix);
        self.directory().join(name)
    }

    /// A file of its own carries the lock: a rename would change the inode under a lock on the data.
    fn lock(&self) -> Result<File> {
        let path = self.lock.clone().unwrap_or_else(|| self.sibling(".lock"));
        let file = open_lock_file(&path)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        Kind::Files,
                        format!(
                            "another mfa-env has held the lock of `{}` for {} seconds",
                            shown_path(&self.path),
                            LOCK_PATIENCE.as_secs()
                        ),
                    )
                    .hint(format!("see who: fuser {}", quoted(&path))));
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
            }
        }
    }

    /// What a killed run of ours left behind. Under the lock nobody else's can be in use.
    fn remove_stale_temporaries(&self) {
        let prefix = self.sibling(".tmp-");
        let prefix = prefix.file_name().unwrap_or_default().as_encoded_bytes();
        // Not `fs::read_dir`: it panics where the directory can't be closed.
        let Ok(directory) = File::open(self.directory()) else { return };
        let Ok(entries) = rustix::fs::Dir::new(directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_bytes();
            if name.starts_with(prefix) {
                let _ = fs::remove_file(self.directory().join(OsStr::from_bytes(name)));
            }
        }
    }

    fn write_temporary(&self, bytes: &[u8], like: Option<&Metadata>) -> Result<Temporary> {
        let failed_at = |error: &io::Error| failed("write a new version of", &self.path, error);
        let (mut file, temporary) = self.create_temporary().map_err(|error| failed_at(&error))?;
        let mut write = || -> io::Result<()> {
            file.write_all(bytes)?;
            if let Some(like) = like {
                take_over(&file, &self.real, like)?;
            }
            if self.is_synced { file.sync_all() } else { Ok(()) }
        };
        write().map_err(|error| failed_at(&error))?;
        Ok(temporary)
    }

    fn create_temporary(&self) -> io::Result<(File, Temporary)> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        for attempt in 0_u32.. {
            let path = self.sibling(&format!(".tmp-{}-{attempt}", std::process::id()));
            match options.open(&path) {
                Ok(file) => return Ok((file, Temporary { path, renamed: false })),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("the loop returns by its 101st turn")
    }

    fn rename_failed(&self, error: &io::Error) -> Error {
        failed("replace", &self.path, error).hint("the file is as it was")
    }

    fn sync_directory(&self) -> Result<()> {
        if !self.is_synced {
            return Ok(());
        }
        File::open(self.directory()).and_then(|directory| directory.sync_all()).map_err(|error| {
            failed("make sure that the disk has the new version of", &self.path, &error)
                .hint("it is written, and may be lost if the power fails now")
        })
    }
}

/// Removed when dropped, unless it was renamed.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    fn rename_to(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Not `fs::read`: where a file grows meanwhile, that one leaves a copy of it in memory.
fn read_whole(path: &Path) -> io::Result<Bytes> {
    // So much is read of a pipe at a time, whose size is 0.
    const OF_UNKNOWN_SIZE: u64 = 8192;
    let mut file = File::open(path)?;
    let size = Some(file.metadata()?.len()).filter(|size| *size > 0).unwrap_or(OF_UNKNOWN_SIZE);
    // One byte more than there should be, to see the end.
    let mut bytes = Bytes(vec![0; usize::try_from(size).map_err(io::Error::other)? + 1]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Bytes(vec![0; 2 * filled]);
            larger.0[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        match file.read(&mut bytes.0[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.0.truncate(filled);
    Ok(bytes)
}

fn found(metadata: io::Result<Metadata>, path: &Path) -> Result<Option<Metadata>> {
    match metadata {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path, &error)),
    }
}

/// The bytes, read while nobody was writing as far as can be told, and for so long.
fn settled(path: &Path, quiet: Duration) -> Result<(Bytes, Option<Metadata>)> {
    let deadline = Instant::now() + WRITER_PATIENCE;
    loop {
        let before = found(fs::metadata(path), path)?;
        let Some(metadata) = &before else { return Ok((Bytes::default(), None)) };
        let bytes = read(path)?.unwrap_or_default();
        let changed = !is_same(before.as_ref(), found(fs::metadata(path), path)?.as_ref());
        let now = SystemTime::now();
        let was_within = |time| metadata.modified().is_ok_and(|at| is_about(at, now, time));
        let just_truncated = bytes.is_empty() && was_within(WRITER_PATIENCE);
        // A rename, as ours, sets the second of these times alone.
        let in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
        let just_written = in_place && was_within(quiet);
        if !(changed || just_truncated || just_written) || Instant::now() >= deadline {
            return Ok((bytes, before));
        }
        thread::sleep(POLL);
    }
}

/// Whether two times are less than that apart. A file server's clock may be a little ahead; a file of
/// tomorrow stays one, and nobody is to wait for it each time.
fn is_about(at: SystemTime, now: SystemTime, time: Duration) -> bool {
    now.duration_since(at).unwrap_or_else(|ahead| ahead.duration()) < time
}

/// The real file behind links; the last of them may point to a file that is not there yet.
fn resolve(path: &Path) -> Result<PathBuf> {
    // Linux gives up after 40 links (path_resolution(7)).
    const MOST_LINKS: usize = 40;
    let mut path_now = std::path::absolute(path).map_err(|error| failed("find", path, &error))?;
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path_now) {
            Ok(link) => path_now = path_now.parent().unwrap_or(Path::new("/")).join(link),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                return match fs::canonicalize(&path_now) {
                    Ok(real) => Ok(real),
                    // Not there yet: its directory may still be reached by a link.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        let directory =
                            path_now.parent().and_then(|directory| fs::canonicalize(directory).ok());
                        let name = path_now.file_name().map(OsStr::to_owned);
                        Ok(directory.zip(name).map_or(path_now, |(directory, name)| directory.join(name)))
                    }
                    Err(error) => Err(failed("find", path, &error)),
                };
            }
            Err(error) => return Err(failed("find", path, &error)),
        }
    }
    Err(cannot_replace(path, "its symbolic links go round in a circle")
        .hint(format!("look at them: namei {}", quoted(path))))
}

fn open_lock_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options.open(path).map_err(|error| failed("open the lock file", path, &error))
}

fn make_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| failed("make the directory", path, &error))
}

fn is_same(one: Option<&Metadata>, other: Option<&Metadata>) -> bool {
    let of =
        |m: &Metadata| (m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
    one.map(of) == other.map(of)
}

fn cannot_replace(path: &Path, why: &str) -> Error {
    Error::new(Kind::Files, format!("can't write to `{}`: {why}", shown_path(path)))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Files, format!("failed to {what} `{}`: {error}", shown_path(path)))
}

/// A path as a message shows it.
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy())
}

fn quoted(path: &Path) -> String {
    shell_escape::unix::escape(shown_path(path).into()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tomorrow_was_not_written_just_now() {
        let (now, second) = (SystemTime::now(), Duration::from_secs(1));
        for (at, expected) in [
            (now - second / 2, true),
            (now + second / 2, true),
            (now - second, false),
            (now + Duration::from_hours(24), false),
        ] {
            assert_eq!(is_about(at, now, second), expected);
        }
    }
}
