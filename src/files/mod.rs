//! The only room that writes files: `replace` writes the user's, `own_folder` our own. Here is what
//! both need for paths and locks.

mod attributes;
mod others;
mod own_folder;
mod read;
mod replace;

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

pub use self::others::{Exposed, Others, exposed};
pub use self::own_folder::{OwnFile, OwnFolder, Refused, Sync};
pub use self::read::{read, read_regular, read_stable};
pub use self::replace::{Replaced, Target};
use crate::error::{Error, Exit, Hint, Result};
use crate::system::{SHOW_LINKS, SHOW_USERS_OF};

/// Part of the name of each temporary file: `.NAME.mfa-env.tmp-…`.
pub const TEMPORARY: &str = ".mfa-env.tmp-";
const POLL: Duration = Duration::from_millis(10);
/// How long to wait for the lock of another process.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The path with all links resolved, so that two names of one file are equal. If that fails, the path
/// itself.
pub fn real_path(path: &Path) -> PathBuf {
    resolve(path).unwrap_or_else(|_| path.to_owned())
}

/// The temporary files that killed runs left beside a file of the user.
pub fn leftovers(path: &Path) -> Vec<PathBuf> {
    let real = real_path(path);
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return Vec::new() };
    let prefix = format!(".{}{TEMPORARY}", name.to_string_lossy());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let left = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    left.map(|entry| entry.path()).collect()
}

/// Whether the file exists and its mode gives any right to group or others.
pub fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 != 0)
}

fn found(metadata: io::Result<Metadata>, path: &Path) -> Result<Option<Metadata>> {
    match metadata {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path, &error)),
    }
}

/// The file behind all links. The last link may point to a file that doesn't exist yet.
fn resolve(path: &Path) -> Result<PathBuf> {
    // Linux, too, stops after 40 links (path_resolution(7)).
    const MOST_LINKS: usize = 40;
    let mut path_now = std::path::absolute(path).map_err(|error| failed("find", path, &error))?;
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path_now) {
            Ok(link) => path_now = path_now.parent().unwrap_or(Path::new("/")).join(link),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                return match fs::canonicalize(&path_now) {
                    Ok(real) => Ok(real),
                    // The file doesn't exist yet, but links may lead to its directory.
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
        .hint(Hint::run("look at them", [SHOW_LINKS, &[&*path.to_string_lossy()]].concat())))
}

/// Opens the lock file beside a file of the user. Checks only the file, since the folder isn't ours.
fn open_lock_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags.bits().cast_signed());
    let cannot_lock = |why: &str| {
        Error::new(Exit::Files, format!("the lock file `{}` {why}", path.display()))
            .hint(Hint::run("remove it", ["rm", "-f", &path.to_string_lossy()]))
    };
    let file =
        options.open(path).map_err(|error| match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::LOOP) => cannot_lock("is a symbolic link"),
            // Of a socket Linux says NXIO, and macOS OPNOTSUPP.
            Some(Errno::NXIO | Errno::OPNOTSUPP | Errno::ISDIR) => cannot_lock("is not a regular file"),
            _ => failed("open the lock file", path, &error),
        })?;
    let metadata = file.metadata().map_err(|error| failed("look at", path, &error))?;
    if !metadata.is_file() {
        return Err(cannot_lock("is not a regular file"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(cannot_lock("belongs to another user"));
    }
    Ok(file)
}

/// Waits until `file`, which is the lock file `lock` of `path`, is locked.
fn wait_for_lock(file: &File, path: &Path, lock: &Path) -> Result<()> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    Exit::Files,
                    format!(
                        "another mfa-env has held the lock of `{}` for {} seconds",
                        path.display(),
                        LOCK_TIMEOUT.as_secs()
                    ),
                )
                .hint(Hint::run("see who", [SHOW_USERS_OF, &lock.to_string_lossy()])));
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(failed("lock", lock, &error)),
        }
    }
}

/// Waits until the disk has the file. On macOS std asks the drive, too (F_FULLFSYNC), which some file
/// systems refuse (SMB, NFS); fsync is then all that there is.
fn sync(file: &File) -> io::Result<()> {
    const NOT_HERE: [Errno; 4] = [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOTTY, Errno::INVAL];
    match file.sync_all() {
        Err(error) if Errno::from_io_error(&error).is_some_and(|errno| NOT_HERE.contains(&errno)) => {
            Ok(rustix::fs::fsync(file)?)
        }
        result => result,
    }
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
    Error::new(Exit::Files, format!("can't write to `{}`: {why}", path.display()))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(Exit::Files, format!("failed to {what} `{}`: {error}", path.display()))
}
