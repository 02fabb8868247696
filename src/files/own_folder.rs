//! The only way to the files that mfa-env keeps for itself (cache and state). Opens a folder once,
//! checks that nobody else can change it, and reaches its files through that descriptor: a path could
//! lead elsewhere between a check and a use.
//!
//! The folders above it aren't checked, since users link and share them. Exchanging the folder there
//! gains an attacker nothing, because the new one is checked, too.
//!
//! Longer than 300 lines, so that all ways to these files are in one place.

mod refused;

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{Access, AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

pub use self::refused::Refused;
use self::refused::Why;
use super::replace::ignore_file_size_signal;
use super::{TEMPORARY, wait_for_lock};
use crate::error::{Error, Exit, Result};

/// The largest file in bytes. A session with the longest token needs half of this.
const SIZE_LIMIT: usize = 64 * 1024;

/// A folder that belongs to this user, isn't a link, and isn't writable by group or others.
#[derive(Debug)]
pub struct OwnFolder {
    path: PathBuf,
    descriptor: File,
}

/// The content of a regular file in such a folder, which also belongs to this user.
#[derive(Debug)]
pub struct OwnFile {
    pub bytes: Vec<u8>,
    /// The file that was read, even if another one has its name now.
    pub file: File,
}

/// Whether a write waits for the disk (fsync), so that it survives a power failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    Yes,
    No,
}

impl OwnFolder {
    /// Opens a folder and checks it. `None` if it doesn't exist.
    ///
    /// # Errors
    /// If we must not use it.
    pub fn open(path: &Path) -> std::result::Result<Option<Self>, Refused> {
        let refused = |why| Refused { path: path.to_owned(), is_folder: true, why };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Ok(None),
            // Linux and macOS give different errors for a link. This look only chooses the message.
            Err(errno) => match std::fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_symlink() => return Err(refused(Why::Link)),
                Ok(metadata) if !metadata.is_dir() => return Err(refused(Why::WrongKind)),
                Ok(metadata) if metadata.uid() != effective_user() => {
                    return Err(refused(Why::OtherUser(metadata.uid())));
                }
                // A folder above it is really a file.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
                Ok(_) | Err(_) => return Err(refused(Why::NotOpened(errno.into()))),
            },
        };
        let metadata = descriptor.metadata().map_err(|error| refused(Why::NotOpened(error)))?;
        check_owner(metadata.uid(), metadata.mode()).map_err(refused)?;
        Ok(Some(Self { path: path.to_owned(), descriptor }))
    }

    /// Opens a folder like [`open`](Self::open). Makes it with mode 0700 if it doesn't exist.
    ///
    /// # Errors
    /// If we must not use it or can't make it. In another user's folder we make none: after
    /// `sudo -s`, root's folder would get in that user's way.
    pub fn open_or_make(path: &Path) -> std::result::Result<Self, Refused> {
        if let Some(folder) = Self::open(path)? {
            return Ok(folder);
        }
        let failed = |error| Refused { path: path.to_owned(), is_folder: true, why: Why::NotMade(error) };
        for above in path.ancestors().skip(1) {
            match std::fs::metadata(above) {
                Ok(metadata) if metadata.uid() == effective_user() || metadata.uid() == 0 => break,
                Ok(metadata) => {
                    let why = Why::OtherUser(metadata.uid());
                    return Err(Refused { path: above.to_owned(), is_folder: true, why });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let above = path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(above).map_err(failed)?;
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed(errno.into())),
        }
        Self::open(path)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
    }

    /// Reads a file. `None` if it doesn't exist.
    ///
    /// # Errors
    /// If we must not use it.
    pub fn read(&self, name: &str) -> std::result::Result<Option<OwnFile>, Refused> {
        let Some(mut file) = self.open_file(name, OFlags::RDONLY)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let limit = SIZE_LIMIT as u64 + 1;
        (&mut file)
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| self.refused(name, Why::NotOpened(error)))?;
        if bytes.len() > SIZE_LIMIT {
            return Err(self.refused(name, Why::TooLarge));
        }
        Ok(Some(OwnFile { bytes, file }))
    }

    /// Replaces a file by the result of `edit`, under a lock. Sets its time to 1970-01-01, so that it
    /// never equals the time of another file by chance (see `commands::status::default_only`).
    ///
    /// # Errors
    /// If `edit`, the lock or the system fails. The file is then unchanged.
    pub fn replace(
        &self,
        name: &str,
        sync: Sync,
        edit: impl FnOnce(Result<Option<OwnFile>>) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let lock = lock_name(name);
        let file = self.open_or_create(&lock)?;
        wait_for_lock(&file, &self.path.join(name), &self.path.join(lock))?;
        self.replace_locked(name, sync, edit)
    }

    /// Like [`replace`](Self::replace), but fails at once if another process holds the lock.
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub fn try_replace(
        &self,
        name: &str,
        sync: Sync,
        edit: impl FnOnce(Result<Option<OwnFile>>) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let _lock = self.try_lock(&lock_name(name))?.ok_or_else(|| {
            Error::new(Exit::Files, format!("another mfa-env writes `{}`", self.path.join(name).display()))
        })?;
        self.replace_locked(name, sync, edit)
    }

    fn replace_locked(
        &self,
        name: &str,
        sync: Sync,
        edit: impl FnOnce(Result<Option<OwnFile>>) -> Result<Vec<u8>>,
    ) -> Result<()> {
        ignore_file_size_signal();
        self.remove_temporaries(name)?;
        let bytes = edit(self.read(name).map_err(Error::from))?;
        let temporary = format!("{}{}", temporary_prefix(name), std::process::id());
        let written = self.write(&temporary, &bytes, sync).and_then(|()| {
            rustix::fs::renameat(&self.descriptor, &temporary, &self.descriptor, name)?;
            Ok(())
        });
        if let Err(error) = written {
            let _ = rustix::fs::unlinkat(&self.descriptor, &temporary, AtFlags::empty());
            return Err(self.failed("write", name, &error));
        }
        if sync == Sync::Yes {
            let what = "make sure that the disk has the new version of";
            super::sync(&self.descriptor).map_err(|error| self.failed(what, name, &error))?;
        }
        Ok(())
    }

    /// Overwrites a file in place, for content that may be lost: a kill leaves no temporary file.
    /// Doesn't truncate it first, since ext4 would then wait for the disk on close.
    ///
    /// # Errors
    /// If we must not use the file or can't write it.
    pub fn overwrite(&self, name: &str, bytes: &[u8]) -> Result<()> {
        ignore_file_size_signal();
        let mut file = self.open_or_create(name)?;
        file.write_all(bytes)
            .and_then(|()| file.set_len(bytes.len() as u64))
            .map_err(|error| self.failed("write", name, &error))
    }

    /// Deletes a file and the temporary files of killed runs. Returns whether the file existed.
    ///
    /// # Errors
    /// If it can't be deleted.
    pub fn remove(&self, name: &str) -> Result<bool> {
        self.remove_temporaries(name)?;
        match rustix::fs::unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.failed("delete", name, &errno.into())),
        }
    }

    /// The names of its files, without those that aren't UTF-8: we write none.
    ///
    /// # Errors
    /// If it can't be listed.
    pub fn names(&self) -> Result<Vec<String>> {
        let failed = |errno: Errno| self.failed("list", "", &errno.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.descriptor).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            names.extend(std::str::from_utf8(entry.file_name().to_bytes()).map(str::to_owned));
        }
        Ok(names)
    }

    /// Takes an exclusive lock, released when the file is dropped or the process ends. `None` if
    /// another process holds it.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn try_lock(&self, name: &str) -> Result<Option<File>> {
        let file = self.open_or_create(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.failed("lock", name, &error)),
        }
    }

    /// Checks that the file could be replaced.
    ///
    /// # Errors
    /// If it couldn't.
    pub fn check_writable(&self, name: &str) -> Result<()> {
        self.read(name)?;
        rustix::fs::accessat(&self.descriptor, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(|errno| self.failed("write to", "", &errno.into()))
    }

    fn open_or_create(&self, name: &str) -> Result<File> {
        let file = self.open_file(name, OFlags::WRONLY | OFlags::CREATE)?;
        file.ok_or_else(|| self.failed("make", name, &io::ErrorKind::NotFound.into()))
    }

    fn open_file(&self, name: &str, flags: OFlags) -> std::result::Result<Option<File>, Refused> {
        // Without NONBLOCK, opening a named pipe would wait.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.descriptor, name, flags, OWNER_ONLY) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(self.refused(name, Why::Link)),
            // A socket (OPNOTSUPP on macOS), a pipe without a reader, or a directory.
            Err(Errno::NXIO | Errno::OPNOTSUPP | Errno::ISDIR) => {
                return Err(self.refused(name, Why::WrongKind));
            }
            // This look only words the message.
            Err(errno) => match rustix::fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(status) if status.st_uid != effective_user() => {
                    return Err(self.refused(name, Why::OtherUser(status.st_uid)));
                }
                _ => return Err(self.refused(name, Why::NotOpened(errno.into()))),
            },
        };
        let metadata = file.metadata().map_err(|error| self.refused(name, Why::NotOpened(error)))?;
        if !metadata.is_file() {
            return Err(self.refused(name, Why::WrongKind));
        }
        check_owner(metadata.uid(), metadata.mode()).map_err(|why| self.refused(name, why))?;
        Ok(Some(file))
    }

    fn write(&self, temporary: &str, bytes: &[u8], sync: Sync) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.descriptor, temporary, flags, OWNER_ONLY)?);
        file.write_all(bytes)?;
        file.set_modified(SystemTime::UNIX_EPOCH)?;
        if sync == Sync::Yes { super::sync(&file) } else { Ok(()) }
    }

    /// Deletes the temporary files that killed runs left.
    fn remove_temporaries(&self, name: &str) -> Result<()> {
        let prefix = temporary_prefix(name);
        for left in self.names()?.iter().filter(|left| left.starts_with(&prefix)) {
            match rustix::fs::unlinkat(&self.descriptor, left, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(self.failed("delete", left, &errno.into())),
            }
        }
        Ok(())
    }

    fn refused(&self, name: &str, why: Why) -> Refused {
        Refused { path: self.path.join(name), is_folder: false, why }
    }

    fn failed(&self, what: &str, name: &str, error: &io::Error) -> Error {
        super::failed(what, &self.path.join(name), error)
    }
}

const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

fn temporary_prefix(name: &str) -> String {
    format!(".{name}{TEMPORARY}")
}

fn lock_name(name: &str) -> String {
    format!(".{name}.mfa-env.lock")
}

fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn check_owner(user: u32, mode: u32) -> std::result::Result<(), Why> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    if user != effective_user() {
        Err(Why::OtherUser(user))
    } else if mode & WRITABLE_BY_OTHERS != 0 {
        Err(Why::WritableByOthers)
    } else {
        Ok(())
    }
}
