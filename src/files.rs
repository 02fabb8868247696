//! The only place that writes files: `read` and `replace` below, and what both need of paths and locks.

mod attributes;
mod read;
mod replace;

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

pub use self::read::{read, read_settled};
pub use self::replace::{Edit, Target};
use crate::error::{Error, Kind, Result, shown};
use crate::shell::command_line;

const POLL: Duration = Duration::from_millis(10);

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

fn found(metadata: io::Result<Metadata>, path: &Path) -> Result<Option<Metadata>> {
    match metadata {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path, &error)),
    }
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
        .hint(format!("look at them: {}", command_line(&["namei", &path.to_string_lossy()]))))
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
