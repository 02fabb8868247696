//! Replaces a user's file completely or not at all: resolves links, takes a lock, writes and syncs a
//! temporary file, and renames it.
//!
//! Each step prevents a way in which other tools lose data: a kill or a full disk during the write, a
//! replaced link, a wider mode, two writers at once.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::AtFlags;

use super::attributes::take_over;
use super::read::read_unchanged;
use super::{
    cannot_replace, failed, found, is_same, make_directory, open_lock_file, resolve, sync, wait_for_lock,
};
use crate::error::{Error, Hint, Result};
use crate::process::signals;

/// Wait until the file has been unchanged for this long: Python's configparser writes large files in
/// several steps, and would lose the steps after our rename.
const STABLE_FOR: Duration = Duration::from_millis(100);
const ELSEWHERE: &str = "AWS_SHARED_CREDENTIALS_FILE, XDG_STATE_HOME and XDG_CACHE_HOME name other places";
/// How often to start again after a program without a lock wrote the file.
const ATTEMPTS: usize = 8;

/// A file that can be replaced. Made before we ask for a code, so that a refusal costs none.
#[derive(Debug)]
pub struct Target {
    /// The path that the user gave.
    path: PathBuf,
    /// The path with links resolved. Its directory exists.
    real: PathBuf,
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
    /// isn't writable, or if the links form a loop.
    pub fn new(path: &Path) -> Result<Self> {
        let real = resolve(path)?;
        let directory = real.parent().unwrap_or(Path::new("/")).to_owned();
        make_directory(&directory)?;
        let target = Self { path: path.to_owned(), real };
        target.check(target.metadata()?.as_ref())?;
        rustix::fs::accessat(rustix::fs::CWD, &directory, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS)
            .map_err(|errno| {
                cannot_replace(
                    &target.path,
                    &format!(
                        "its directory `{}` can't be written to: {}",
                        directory.display(),
                        io::Error::from(errno)
                    ),
                )
                .hint(ELSEWHERE)
            })?;
        Ok(target)
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// If another mfa-env holds it for too long, or the system fails.
    pub fn lock(&self) -> Result<Locked<'_>> {
        ignore_file_size_signal();
        // A separate file, since the rename gives the data file a new inode.
        let path = self.sibling(".lock");
        let lock = open_lock_file(&path)?;
        wait_for_lock(&lock, &self.path, &path)?;
        self.remove_stale_temporaries();
        Ok(Locked { target: self, _lock: lock, attempts_left: ATTEMPTS })
    }

    fn metadata(&self) -> Result<Option<Metadata>> {
        found(fs::symlink_metadata(&self.real), &self.path)
    }

    fn check(&self, metadata: Option<&Metadata>) -> Result<()> {
        let Some(metadata) = metadata else { return Ok(()) };
        let user = rustix::process::geteuid();
        if !metadata.is_file() {
            return Err(cannot_replace(&self.path, "it is not a regular file").hint(ELSEWHERE));
        }
        // root may edit a user's file; it stays the user's.
        if metadata.uid() != user.as_raw() && !user.is_root() {
            return Err(cannot_replace(&self.path, "it belongs to another user").hint(Hint::run(
                "make it yours",
                ["sudo", "chown", &user.as_raw().to_string(), &self.path.to_string_lossy()],
            )));
        }
        if metadata.nlink() > 1 {
            return Err(cannot_replace(
                &self.path,
                &format!("it has {} hard links, and the others would keep the old content", metadata.nlink()),
            )
            .hint("make it a file of its own, or a symbolic link"));
        }
        Ok(())
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

    /// Deletes what killed runs left. Under the lock, no other process uses such a file.
    fn remove_stale_temporaries(&self) {
        let prefix = self.sibling(".tmp-");
        let prefix = prefix.file_name().unwrap_or_default().as_encoded_bytes();
        // Not `fs::read_dir`, which panics if it can't close the directory.
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
            sync(&file)
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
        // A rename can't replace a mount point (rename(2)). Containers mount single files.
        if error.kind() == io::ErrorKind::ResourceBusy {
            return cannot_replace(&self.path, "the file itself is a mount point, as in a container")
                .hint("mount its directory instead, or set AWS_SHARED_CREDENTIALS_FILE to a file that can be replaced");
        }
        failed("replace", &self.path, error).hint("the file is as it was")
    }

    fn sync_directory(&self) -> Result<()> {
        File::open(self.directory()).and_then(|directory| sync(&directory)).map_err(|error| {
            failed("make sure that the disk has the new version of", &self.path, &error)
                .hint("it is written, and may be lost if the power fails now")
        })
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
        target.check(metadata.as_ref())?;
        Ok(OldFile { bytes, metadata })
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
        let temporary = target.write_temporary(new, old.metadata.as_ref())?;
        if !is_same(old.metadata.as_ref(), target.metadata()?.as_ref()) {
            return Ok(Replaced::Overtaken);
        }
        temporary.rename_to(&target.real).map_err(|error| target.rename_failed(&error))?;
        let synced = target.sync_directory();
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

/// Makes a write beyond `ulimit -f` return an error instead of killing us by SIGXFSZ.
pub(super) fn ignore_file_size_signal() {
    signals::disarm(signals::SIGXFSZ);
}

/// A temporary file. Deleted on drop, unless it was renamed.
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
