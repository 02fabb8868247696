//! Copies owner, ACL, extended attributes and mode from the old version of a file to the new one.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Gid, Uid, XattrFlags};
use rustix::io::Errno;

/// Copies all four, in an order in which the new file is never more open than the old one.
pub(super) fn take_over(file: &File, old: &Path, like: &Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) != (like.uid(), like.gid()) {
        let (owner, group) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
        match rustix::fs::fchown(file, Some(owner), Some(group)) {
            Ok(()) => {}
            // Only members of a group can give a file to it. If we aren't a member, the new file belongs to
            // our own group, which must not get the rights of the old group.
            Err(_) if now.uid() == like.uid() => {
                copy_attributes(file, old)?;
                return file.set_permissions(Permissions::from_mode(like.mode() & 0o700));
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    copy_attributes(file, old)?;
    file.set_permissions(Permissions::from_mode(like.mode() & 0o777))
}

fn copy_attributes(file: &File, old: &Path) -> io::Result<()> {
    let old = File::open(old)?;
    let mut names = Vec::new();
    match with_room(|room| rustix::fs::flistxattr(&old, room)) {
        Ok(list) => {
            names.extend(list.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec))
        }
        Err(Errno::NOTSUP) => {}
        Err(errno) => return Err(errno.into()),
    }
    for name in names {
        let copied = with_room(|room| rustix::fs::fgetxattr(&old, name.as_slice(), room))
            .and_then(|value| rustix::fs::fsetxattr(file, name.as_slice(), &value, XattrFlags::empty()));
        match copied {
            Ok(()) => {}
            // The system sets the labels (SELinux) and its notes (macOS) of a new file by itself.
            Err(_) if name.starts_with(b"security.") || name.starts_with(b"com.apple.") => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    copy_acl(file, &old)
}

/// On Linux an ACL is an extended attribute.
#[cfg(target_os = "linux")]
fn copy_acl(_file: &File, _old: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "macos")]
fn copy_acl(file: &File, old: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    #[expect(unsafe_code, reason = "neither std nor rustix copies an ACL")]
    // SAFETY: both descriptors are open, and copyfile(3) allows null for its state.
    let copied = unsafe {
        libc::fcopyfile(old.as_raw_fd(), file.as_raw_fd(), std::ptr::null_mut(), libc::COPYFILE_ACL)
    };
    match io::Error::last_os_error() {
        _ if copied == 0 => Ok(()),
        // A file system without ACLs has none to lose.
        error if error.raw_os_error() == Some(libc::ENOTSUP) => Ok(()),
        error => Err(error),
    }
}

/// An attribute has at most 64 KiB, and so has the list of names (xattr(7)).
fn with_room(mut read: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut room = vec![0; 64 * 1024];
    let length = read(&mut room)?;
    room.truncate(length);
    Ok(room)
}
