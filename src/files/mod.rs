//! The only room that writes files: `replace` writes the user's, `own_folder` our own, both through `folder`.
//! This file has what both need for paths.

mod attributes;
mod folder;
mod others;
mod own_folder;
mod read;
mod refused;
mod replace;

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;

use self::folder::Folder;

pub use self::folder::{Sync, TEMPORARY};
pub use self::others::{Exposed, Others, exposed};
pub use self::own_folder::{OwnFile, OwnFolder, SIZE_LIMIT};
pub use self::read::{read, read_regular, read_stable};
pub use self::refused::Refused;
pub use self::replace::{Locked, Replaced, Target};
use crate::error::{Error, Exit, Hint, Result};
use crate::system::SHOW_LINKS;

const ELSEWHERE: &str = "AWS_SHARED_CREDENTIALS_FILE, XDG_STATE_HOME and XDG_CACHE_HOME name other places";
const POLL: Duration = Duration::from_millis(10);

/// The path with all links resolved, so that two names of one file are equal. If that fails, the path
/// itself.
pub fn real_path(path: &Path) -> PathBuf {
    resolve(path).unwrap_or_else(|_| path.to_owned())
}

/// The temporary files that killed runs left beside a file of the user.
pub fn leftovers(path: &Path) -> Vec<PathBuf> {
    let real = real_path(path);
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return Vec::new() };
    let left = Folder::open(folder, OFlags::empty()).ok().and_then(|folder| folder.temporaries(name).ok());
    left.unwrap_or_default().into_iter().map(|left| folder.join(left)).collect()
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
    let mut now = std::path::absolute(path).map_err(|error| failed("find", path, &error))?;
    loop {
        match fs::canonicalize(&now) {
            Ok(real) => return Ok(real),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::LOOP) => {
                return Err(cannot_replace(path, "its symbolic links go round in a circle")
                    .hint(Hint::run("look at them", [SHOW_LINKS, &[&*path.to_string_lossy()]].concat())));
            }
            Err(error) => return Err(failed("find", path, &error)),
        }
        let directory = now.parent().unwrap_or(Path::new("/"));
        let Ok(link) = fs::read_link(&now) else {
            // Links may lead to its directory.
            let directory = fs::canonicalize(directory).ok();
            let name = now.file_name().map(OsStr::to_owned);
            return Ok(directory.zip(name).map_or(now, |(directory, name)| directory.join(name)));
        };
        now = directory.join(link);
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
