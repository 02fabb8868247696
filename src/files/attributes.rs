//! What a new version of a file takes over from the old one: owner, ACL, extended attributes, mode.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Gid, Uid, XattrFlags};
use rustix::io::Errno;

/// Owner, ACL, extended attributes and mode of the old file, in an order in which the mode is never
/// wider than it was.
pub(super) fn take_over(file: &File, old: &Path, like: &Metadata) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) != (like.uid(), like.gid()) {
        let (owner, group) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
        match rustix::fs::fchown(file, Some(owner), Some(group)) {
            Ok(()) => {}
            // A file can't be given to a group that one is not in: then our own group must not get
            // what the other one had.
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
            // Labels (SELinux) are the system's to give; a new file in the same place gets its own.
            Err(_) if name.starts_with(b"security.") => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// An attribute is at most 64 KiB, as is the list of names (xattr(7)).
fn with_room(mut read: impl FnMut(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut room = vec![0; 64 * 1024];
    let length = read(&mut room)?;
    room.truncate(length);
    Ok(room)
}
