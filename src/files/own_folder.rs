//! The only way to the files that mfa-env keeps for itself (cache and state). Opens a folder once,
//! checks that nobody else can change it, and reaches its files through that descriptor: a path could
//! lead elsewhere between a check and a use.
//!
//! The folders above it aren't checked, since users link and share them. Exchanging the folder there
//! gains an attacker nothing, because the new one is checked, too.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::folder::{Folder, Sync, ignore_file_size_signal, lock_name};
use super::refused::{Refused, Why, effective_user};
use crate::error::{Error, Exit, Result};

/// The largest file in bytes. A session with the longest token needs half of this.
pub const SIZE_LIMIT: usize = 64 * 1024;

/// A folder that belongs to this user, isn't a link, and isn't writable by group or others.
#[derive(Debug)]
pub struct OwnFolder(Folder);

/// The content of a regular file in such a folder, which also belongs to this user.
#[derive(Debug)]
pub struct OwnFile {
    pub bytes: Vec<u8>,
    /// The file that was read, even if another one has its name now.
    pub file: File,
}

/// The lock of a file. Released on drop.
pub struct Locked<'f> {
    folder: &'f OwnFolder,
    name: &'f str,
    _lock: File,
}

impl OwnFolder {
    /// Opens a folder and checks it. `None` if it doesn't exist.
    ///
    /// # Errors
    /// If we must not use it.
    pub fn open(path: &Path) -> std::result::Result<Option<Self>, Refused> {
        let refused = |why| Refused { path: path.to_owned(), is_folder: true, why };
        let folder = match Folder::open(path, OFlags::NOFOLLOW) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(None),
            // Linux and macOS give different errors for a link. This check only chooses the message.
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
        let metadata = folder.descriptor.metadata().map_err(|error| refused(Why::NotOpened(error)))?;
        check_access(&metadata).map_err(refused)?;
        Ok(Some(Self(folder)))
    }

    /// Opens a folder like [`open`](Self::open). Makes it with mode 0700 if it doesn't exist.
    ///
    /// # Errors
    /// If we must not use it or can't make it. Makes no folder in another user's home: after `sudo -s`, that
    /// user couldn't use root's folder.
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
        let Some(file) = self.0.open_file(name.as_ref(), OFlags::RDONLY)? else { return Ok(None) };
        self.check(name, &file)?;
        let mut bytes = Vec::new();
        let read = (&file).take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.refused(name, Why::NotOpened(error)))?;
        if bytes.len() > SIZE_LIMIT {
            return Err(self.refused(name, Why::TooLarge));
        }
        Ok(Some(OwnFile { bytes, file }))
    }

    /// Waits for the lock of a file, and deletes the temporary files that killed runs left.
    ///
    /// # Errors
    /// If the lock or the system fails.
    pub fn lock<'f>(&'f self, name: &'f str) -> Result<Locked<'f>> {
        let lock = self.0.lock(name.as_ref(), &self.0.path.join(name))?;
        self.locked(name, lock)
    }

    /// Like [`lock`](Self::lock), but fails at once if another process holds the lock.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn lock_at_once<'f>(&'f self, name: &'f str) -> Result<Locked<'f>> {
        let lock = self.0.try_lock(&lock_name(name.as_ref()))?.ok_or_else(|| {
            Error::new(
                Exit::Files,
                format!("another mfa-env is writing `{}`", self.0.path.join(name).display()),
            )
        })?;
        self.locked(name, lock)
    }

    fn locked<'f>(&'f self, name: &'f str, lock: File) -> Result<Locked<'f>> {
        self.remove_temporaries(name)?;
        Ok(Locked { folder: self, name, _lock: lock })
    }

    /// Overwrites a file in place, for content that may be lost: a kill leaves no temporary file.
    /// Doesn't truncate it first, since ext4 would then wait for the disk on close.
    ///
    /// # Errors
    /// If we must not use the file or can't write it.
    pub fn overwrite(&self, name: &str, bytes: &[u8]) -> Result<()> {
        ignore_file_size_signal();
        let mut file = self.0.open_or_create(name.as_ref())?;
        self.check(name, &file)?;
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
        self.0.remove(name.as_ref()).map_err(|error| self.failed("delete", name, &error))
    }

    fn remove_temporaries(&self, name: &str) -> Result<()> {
        let left = self.0.temporaries(name.as_ref()).map_err(|error| self.failed("list", "", &error))?;
        left.iter().try_for_each(|left| match self.0.remove(left) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("delete", &left.to_string_lossy(), &error)),
        })
    }

    /// The names of its files. Skips names that aren't UTF-8, since we never write such names.
    ///
    /// # Errors
    /// If it can't be listed.
    pub fn names(&self) -> Result<Vec<String>> {
        let names = self.0.names().map_err(|error| self.failed("list", "", &error))?;
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// Takes an exclusive lock, released when the file is dropped or the process ends. `None` if
    /// another process holds it.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn try_lock(&self, name: &str) -> Result<Option<File>> {
        self.0.try_lock(name.as_ref())
    }

    /// Checks that the file could be replaced.
    ///
    /// # Errors
    /// If it couldn't.
    pub fn check_writable(&self, name: &str) -> Result<()> {
        self.read(name)?;
        self.0.check_writable().map_err(|error| self.failed("write to", "", &error))
    }

    fn check(&self, name: &str, file: &File) -> std::result::Result<(), Refused> {
        let metadata = file.metadata().map_err(|error| self.refused(name, Why::NotOpened(error)))?;
        check_access(&metadata).map_err(|why| self.refused(name, why))
    }

    fn refused(&self, name: &str, why: Why) -> Refused {
        Refused { path: self.0.path.join(name), is_folder: false, why }
    }

    fn failed(&self, what: &str, name: &str, error: &io::Error) -> Error {
        super::failed(what, &self.0.path.join(name), error)
    }
}

impl Locked<'_> {
    /// Replaces the file. Sets its time to 1970-01-01, so that it never equals the time of another file by
    /// chance (see `commands::status::default_only`).
    ///
    /// # Errors
    /// If the system fails. The file is then unchanged.
    pub fn replace(&self, bytes: &[u8], sync: Sync) -> Result<()> {
        let OwnFolder(folder) = self.folder;
        let (name, failed) = (self.name.as_ref(), |what, error| self.folder.failed(what, self.name, &error));
        let set_time = |file: &File| file.set_modified(SystemTime::UNIX_EPOCH);
        let written = folder.write_temporary(name, bytes, sync, set_time);
        written.and_then(|new| new.rename(name)).map_err(|error| failed("write", error))?;
        if sync == Sync::Yes {
            let what = "make sure that the disk has the new version of";
            folder.sync().map_err(|error| failed(what, error))?;
        }
        Ok(())
    }
}

/// Whether only this user can write to it.
fn check_access(metadata: &Metadata) -> std::result::Result<(), Why> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    if metadata.uid() != effective_user() {
        Err(Why::OtherUser(metadata.uid()))
    } else if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        Err(Why::WritableByOthers)
    } else {
        Ok(())
    }
}
