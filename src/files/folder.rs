//! A folder, opened once. Its files are reached through its descriptor: a path could lead elsewhere between
//! a check and a use. Replaces a file completely or not at all, under a lock.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::refused::{Refused, Why, effective_user};
use super::{POLL, failed};
use crate::error::{Error, Exit, Hint, Result};
use crate::process::signals;
use crate::system::SHOW_USERS_OF;

/// Part of the name of each temporary file: `.NAME.mfa-env.tmp-PID`.
pub const TEMPORARY: &str = ".mfa-env.tmp-";
/// How long to wait for the lock of another process.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) descriptor: File,
}

/// Whether a write waits for the disk (fsync), so that it survives a power failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    Yes,
    No,
}

/// A new version of a file. Deleted on drop, unless it was renamed.
pub(super) struct Temporary<'f> {
    folder: &'f Folder,
    name: OsString,
    renamed: bool,
}

impl Folder {
    pub(super) fn open(path: &Path, flags: OFlags) -> rustix::io::Result<Self> {
        let flags = flags | OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        Ok(Self { path: path.to_owned(), descriptor })
    }

    pub(super) fn check_writable(&self) -> io::Result<()> {
        let access = Access::WRITE_OK | Access::EXEC_OK;
        Ok(rustix::fs::accessat(&self.descriptor, ".", access, AtFlags::EACCESS)?)
    }

    /// Opens a regular file of this user, without following a link. `None` if it doesn't exist.
    pub(super) fn open_file(
        &self,
        name: &OsStr,
        flags: OFlags,
    ) -> std::result::Result<Option<File>, Refused> {
        let refused = |why| Refused { path: self.path.join(name), is_folder: false, why };
        // Without NONBLOCK, opening a named pipe would wait.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.descriptor, name, flags, OWNER_ONLY) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Ok(None),
            // Systems give different errors for a link or a socket. This check only chooses the message.
            Err(errno) => {
                let status = rustix::fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW);
                let why = match status.map(|it| (FileType::from_raw_mode(it.st_mode), it.st_uid)) {
                    Ok((FileType::Symlink, _)) => Why::Link,
                    Ok((FileType::RegularFile, user)) if user != effective_user() => Why::OtherUser(user),
                    Ok((FileType::RegularFile, _)) | Err(_) => Why::NotOpened(errno.into()),
                    Ok(_) => Why::WrongKind,
                };
                return Err(refused(why));
            }
        };
        match file.metadata() {
            Err(error) => Err(refused(Why::NotOpened(error))),
            Ok(metadata) if !metadata.is_file() => Err(refused(Why::WrongKind)),
            Ok(metadata) if metadata.uid() != effective_user() => {
                Err(refused(Why::OtherUser(metadata.uid())))
            }
            Ok(_) => Ok(Some(file)),
        }
    }

    pub(super) fn open_or_create(&self, name: &OsStr) -> std::result::Result<File, Refused> {
        let file = self.open_file(name, OFlags::WRONLY | OFlags::CREATE)?;
        let why = || Why::NotMade(io::ErrorKind::NotFound.into());
        file.ok_or_else(|| Refused { path: self.path.join(name), is_folder: false, why: why() })
    }

    /// Takes an exclusive lock on that file, released on drop. `None` if another process holds it.
    pub(super) fn try_lock(&self, name: &OsStr) -> Result<Option<File>> {
        let cannot_lock = |refused: Refused| {
            Error::new(Exit::Files, format!("the lock file {refused}")).hint(refused.hint())
        };
        let file = self.open_or_create(name).map_err(cannot_lock)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                // Some network file systems have no locks.
                Err(TryLockError::Error(error)) => {
                    return Err(failed("lock", &self.path.join(name), &error).hint(super::ELSEWHERE));
                }
            }
        }
    }

    /// Waits for the lock of a file. `path` is its path for messages.
    pub(super) fn lock(&self, name: &OsStr, path: &Path) -> Result<File> {
        let deadline = Instant::now() + LOCK_TIMEOUT;
        let lock = lock_name(name);
        loop {
            match self.try_lock(&lock)? {
                Some(file) => return Ok(file),
                None if Instant::now() < deadline => thread::sleep(POLL),
                None => {
                    let (path, seconds) = (path.display(), LOCK_TIMEOUT.as_secs());
                    let what = format!("another mfa-env has held the lock of `{path}` for {seconds} seconds");
                    let lock = self.path.join(lock);
                    return Err(Error::new(Exit::Files, what)
                        .hint(Hint::run("see who", [SHOW_USERS_OF, &lock.to_string_lossy()])));
                }
            }
        }
    }

    /// The names of its files. Not `fs::read_dir`, which panics if it can't close the folder.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.descriptor)? {
            names.push(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned());
        }
        Ok(names)
    }

    /// The temporary files of a file that killed runs left.
    pub(super) fn temporaries(&self, name: &OsStr) -> io::Result<Vec<OsString>> {
        let prefix = hidden(name, TEMPORARY);
        let mut names = self.names()?;
        names.retain(|name| name.as_bytes().starts_with(prefix.as_bytes()));
        Ok(names)
    }

    /// Deletes a file. Returns whether it existed.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Writes a new version of a file under another name. Call this only under the lock of the file.
    pub(super) fn write_temporary(
        &self,
        name: &OsStr,
        bytes: &[u8],
        sync: Sync,
        prepare: impl FnOnce(&File) -> io::Result<()>,
    ) -> io::Result<Temporary<'_>> {
        ignore_file_size_signal();
        let mut temporary = hidden(name, TEMPORARY);
        temporary.push(std::process::id().to_string());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.descriptor, &temporary, flags, OWNER_ONLY)?;
        let temporary = Temporary { folder: self, name: temporary, renamed: false };
        let mut file = File::from(file);
        file.write_all(bytes)?;
        prepare(&file)?;
        if sync == Sync::Yes {
            sync_file(&file)?;
        }
        Ok(temporary)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        sync_file(&self.descriptor)
    }
}

impl Temporary<'_> {
    /// Replaces that file.
    pub(super) fn rename(mut self, name: &OsStr) -> io::Result<()> {
        let folder = &self.folder.descriptor;
        rustix::fs::renameat(folder, &self.name, folder, name)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = self.folder.remove(&self.name);
        }
    }
}

fn hidden(name: &OsStr, suffix: &str) -> OsString {
    [OsStr::new("."), name, OsStr::new(suffix)].into_iter().collect()
}

pub(super) fn lock_name(name: &OsStr) -> OsString {
    hidden(name, ".mfa-env.lock")
}

/// Makes a write beyond `ulimit -f` return an error instead of killing us by SIGXFSZ.
pub(super) fn ignore_file_size_signal() {
    signals::disarm(signals::SIGXFSZ);
}

/// Waits until the disk has the file. On macOS std asks the drive, too (F_FULLFSYNC), which some file
/// systems refuse (SMB, NFS); fsync is then all that there is.
fn sync_file(file: &File) -> io::Result<()> {
    const NOT_HERE: [Errno; 4] = [Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOTTY, Errno::INVAL];
    match file.sync_all() {
        Err(error) if Errno::from_io_error(&error).is_some_and(|errno| NOT_HERE.contains(&errno)) => {
            Ok(rustix::fs::fsync(file)?)
        }
        result => result,
    }
}
