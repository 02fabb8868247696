//! All files of a home, to restore it within a millisecond.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::home::{Home, write};

/// All directories and files of a home.
#[derive(Clone)]
pub struct Snapshot {
    home: String,
    /// Mode, owner and bytes (`None`: a directory).
    entries: BTreeMap<PathBuf, (u32, u32, Option<Vec<u8>>)>,
}

impl Snapshot {
    pub fn of(home: &Home) -> Snapshot {
        let mut entries = BTreeMap::new();
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(home.path(&directory)).expect("a directory of ours").flatten() {
                let relative = directory.join(entry.file_name());
                let metadata = entry.metadata().expect("a file of ours");
                let bytes = metadata.is_file().then(|| fs::read(entry.path()).expect("a file of ours"));
                if metadata.is_dir() {
                    directories.push(relative.clone());
                }
                entries.insert(relative, (metadata.mode() & 0o7777, metadata.uid(), bytes));
            }
        }
        Snapshot { home: name(home), entries }
    }

    /// Restores the home, or copies it to another one. Makes new files, so that nothing of a run survives.
    pub fn restore(&self, home: &Home) {
        for entry in fs::read_dir(home.path("")).expect("a directory of ours").flatten() {
            let gone = match entry.file_type().expect("a file of ours").is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
            gone.expect("a file of ours");
        }
        for (relative, (mode, _, bytes)) in &self.entries {
            match bytes {
                Some(bytes) => {
                    // The state file names the credentials file.
                    let text = String::from_utf8(bytes.clone()).expect("all files are text");
                    let text = text.replace(&self.home, &name(home));
                    write(&home.path(relative), *mode, text.as_bytes());
                }
                None => DirBuilder::new().mode(*mode).create(home.path(relative)).expect("a new directory"),
            }
        }
    }

    /// A file's bytes; none if it isn't there.
    pub fn file(&self, relative: &str) -> &[u8] {
        let found = self.entries.get(Path::new(relative)).and_then(|(_, _, bytes)| bytes.as_deref());
        found.unwrap_or_default()
    }

    /// Mode and owner.
    pub fn access(&self, relative: &str) -> Option<(u32, u32)> {
        self.entries.get(Path::new(relative)).map(|(mode, owner, _)| (*mode, *owner))
    }

    /// Temporary files that were not removed.
    pub fn strays(self) -> Vec<PathBuf> {
        let is_stray = |path: &PathBuf| path.to_string_lossy().contains(".tmp-");
        self.entries.into_keys().filter(is_stray).collect()
    }
}

fn name(home: &Home) -> String {
    home.path("").display().to_string()
}
