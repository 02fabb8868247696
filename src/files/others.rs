//! Finds AWS files that other users could change. It matters because a `credential_process` line in
//! them runs a program.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::real_path;

/// A file or folder that another user could change.
#[derive(Debug, PartialEq, Eq)]
pub struct Exposed {
    pub path: PathBuf,
    pub by: Others,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Others {
    /// The owner's user id: neither this user nor root.
    Owner(u32),
    /// The mode lets group or others write.
    Mode,
}

/// What others could change: these files, their folders, and both again behind symbolic links. Lists
/// each once. Skips pipes and devices, which keep no content.
pub fn exposed<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Vec<Exposed> {
    let mut found = Vec::new();
    for path in paths {
        let real = real_path(path);
        let metadata = fs::metadata(&real);
        if metadata.as_ref().is_ok_and(|metadata| !metadata.is_file()) {
            continue;
        }
        for folder in [path.parent(), real.parent()].into_iter().flatten() {
            // In a sticky folder, only a file's owner can replace it.
            let is_open = |folder: &Metadata| {
                let is_safe = folder.mode() & STICKY != 0 && metadata.is_ok();
                (!is_safe).then(|| others(folder)).flatten()
            };
            let by = fs::metadata(folder).ok().and_then(|folder| is_open(&folder));
            found.extend(by.map(|by| Exposed { path: folder.to_owned(), by }));
        }
        let by = metadata.ok().and_then(|metadata| others(&metadata));
        found.extend(by.map(|by| Exposed { path: real, by }));
    }
    let mut named = Vec::new();
    found.retain(|exposed| {
        let real = real_path(&exposed.path);
        let is_new = !named.contains(&real);
        named.push(real);
        is_new
    });
    found
}

/// `S_ISVTX` (inode(7)).
const STICKY: u32 = 0o1000;

fn others(metadata: &Metadata) -> Option<Others> {
    let user = rustix::process::geteuid().as_raw();
    if ![user, 0].contains(&metadata.uid()) {
        return Some(Others::Owner(metadata.uid()));
    }
    (metadata.mode() & 0o022 != 0).then_some(Others::Mode)
}
