//! Replaces a user's file completely or not at all: resolves links, takes a lock, writes and syncs a
//! temporary file, and renames it.
//!
//! Each step prevents a way in which other tools lose data: a kill or a full disk during the write, a
//! replaced link, a wider mode, two writers at once.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::attributes::take_over;
use super::folder::{Folder, Sync, lock_name};
use super::read::read_unchanged;
use super::{ELSEWHERE, cannot_replace, failed, found, is_same, make_directory, resolve};
use crate::error::{Error, Hint, Result};

/// Wait until the file has been unchanged for this long: Python's configparser writes large files in
/// several steps, and would lose the steps after our rename.
const STABLE_FOR: Duration = Duration::from_millis(100);
/// How often to start again after a program without a lock wrote the file.
const ATTEMPTS: usize = 8;

/// A file that can be replaced. Made before we ask for a code, so that a refusal uses up no code.
#[derive(Debug)]
pub struct Target {
    /// The path that the user gave.
    path: PathBuf,
    /// The path with links resolved, its directory and its name.
    real: PathBuf,
    directory: Folder,
    name: OsString,
}

/// The lock of a file. Released on drop.
pub struct Locked<'t> {
    target: &'t Target,
    _lock: File,
    attempts_left: usize,
}

/// A file that was read.
pub struct OldFile {
    /// Empty if the file doesn't exist.
    pub bytes: Vec<u8>,
    metadata: Option<Metadata>,
}

pub enum Replaced {
    Written {
        /// An error if the sync or the reading back failed.
        synced: Result<()>,
    },
    /// A program without a lock wrote in between: read the file again.
    Overtaken,
}

impl Target {
    /// Resolves links, makes the directory if it is missing, and checks that the file could be replaced.
    ///
    /// # Errors
    /// If the file isn't regular, belongs to another user or has several hard links, if the directory
    /// isn't writable or has no locks, or if the links form a loop.
    pub fn new(path: &Path) -> Result<Self> {
        let real = resolve(path)?;
        let directory = real.parent().unwrap_or(Path::new("/"));
        make_directory(directory)?;
        check(path, found(fs::symlink_metadata(&real), path)?.as_ref())?;
        let opened = Folder::open(directory, OFlags::empty()).map_err(io::Error::from);
        let opened = opened.and_then(|folder| folder.check_writable().map(|()| folder));
        let folder = opened.map_err(|error| {
            let why = format!("its directory `{}` can't be written to: {error}", directory.display());
            cannot_replace(path, &why).hint(ELSEWHERE)
        })?;
        let name = real.file_name().expect("a resolved file has a name").to_owned();
        // Before a code is spent: some network file systems have no locks.
        folder.try_lock(&lock_name(&name))?;
        Ok(Self { path: path.to_owned(), real, directory: folder, name })
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// If another mfa-env holds it for too long, or the system fails.
    pub fn lock(&self) -> Result<Locked<'_>> {
        let lock = self.directory.lock(&self.name, &self.path)?;
        // Remove what killed runs left. Under the lock, no other process uses such a file.
        for left in self.directory.temporaries(&self.name).unwrap_or_default() {
            let _ = self.directory.remove(&left);
        }
        Ok(Locked { target: self, _lock: lock, attempts_left: ATTEMPTS })
    }

    fn rename_failed(&self, error: &io::Error) -> Error {
        // A rename can't replace a mount point (rename(2)). Containers mount single files.
        if error.kind() == io::ErrorKind::ResourceBusy {
            return cannot_replace(&self.path, "the file itself is a mount point, as in a container")
                .hint("mount its directory instead, or set AWS_SHARED_CREDENTIALS_FILE to a file that can be replaced");
        }
        failed("replace", &self.path, error).hint("the file is unchanged")
    }
}

impl Locked<'_> {
    /// Reads the file, when nobody has written it for a moment.
    ///
    /// # Errors
    /// If it can't be replaced, or another program keeps writing to it.
    pub fn read(&mut self) -> Result<OldFile> {
        let target = self.target;
        let Some(left) = self.attempts_left.checked_sub(1) else {
            return Err(cannot_replace(&target.path, "another program keeps writing to it")
                .hint("try again once it is done"));
        };
        self.attempts_left = left;
        let (bytes, metadata) = read_unchanged(&target.real, STABLE_FOR)?;
        check(&target.path, metadata.as_ref())?;
        Ok(OldFile { bytes, metadata })
    }

    /// Replaces the file by its edited bytes. Edits it again if another program wrote in between.
    ///
    /// # Errors
    /// If it can't be edited or replaced. It is then unchanged, except if the error says that it is written.
    pub fn edit(&mut self, edit: impl Fn(&[u8]) -> Result<Vec<u8>>) -> Result<()> {
        loop {
            let old = self.read()?;
            if let Replaced::Written { synced } = self.replace(&old, &edit(&old.bytes)?)? {
                return synced;
            }
        }
    }

    /// Replaces the file by these bytes, completely or not at all.
    ///
    /// # Errors
    /// If it can't be replaced. It is then unchanged.
    pub fn replace(&self, old: &OldFile, new: &[u8]) -> Result<Replaced> {
        let target = self.target;
        if new == old.bytes && old.metadata.is_some() {
            return Ok(Replaced::Written { synced: Ok(()) });
        }
        let take_over = |file: &File| match &old.metadata {
            Some(metadata) => take_over(file, &target.real, metadata),
            None => Ok(()),
        };
        let temporary = target.directory.write_temporary(&target.name, new, Sync::Yes, take_over);
        let temporary = temporary.map_err(|error| failed("write a new version of", &target.path, &error))?;
        if !is_same(old.metadata.as_ref(), found(fs::symlink_metadata(&target.real), &target.path)?.as_ref())
        {
            return Ok(Replaced::Overtaken);
        }
        temporary.rename(&target.name).map_err(|error| target.rename_failed(&error))?;
        let synced = target.directory.sync().map_err(|error| {
            failed("make sure that the disk has the new version of", &target.path, &error)
                .hint("it is written, but may be lost if the power fails now")
        });
        Ok(match fs::read(&target.real) {
            // Another program overwrote the file: try again with its content.
            Ok(now) if now != new => Replaced::Overtaken,
            Ok(_) => Replaced::Written { synced },
            Err(error) => {
                let unread = failed("read back", &target.path, &error);
                let unread = unread.hint("it is written; look at it before you go on");
                Replaced::Written { synced: synced.and(Err(unread)) }
            }
        })
    }
}

fn check(path: &Path, metadata: Option<&Metadata>) -> Result<()> {
    let Some(metadata) = metadata else { return Ok(()) };
    let user = rustix::process::geteuid();
    if !metadata.is_file() {
        return Err(cannot_replace(path, "it is not a regular file").hint(ELSEWHERE));
    }
    // root may edit a user's file; it stays the user's.
    if metadata.uid() != user.as_raw() && !user.is_root() {
        return Err(cannot_replace(path, "it belongs to another user").hint(Hint::run(
            "make it yours",
            ["sudo", "chown", &user.as_raw().to_string(), &path.to_string_lossy()],
        )));
    }
    if metadata.nlink() > 1 {
        let links = metadata.nlink();
        let why = format!("it has {links} hard links, and the others would keep the old content");
        return Err(cannot_replace(path, &why).hint("make it a file of its own, or a symbolic link"));
    }
    Ok(())
}
