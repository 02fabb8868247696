//! The bytes of a file, read while nobody writes it, and wiped when they are no longer needed.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{POLL, failed, found, is_same};
use crate::error::Result;

/// How long an empty or changing file is watched: another writer may be between truncating it and
/// writing it, as the AWS CLI does.
const WRITER_PATIENCE: Duration = Duration::from_secs(1);

/// What a file holds, keys too: wiped when dropped. Not by `Zeroizing`, which writes each byte by
/// itself: megabytes of profiles take it a millisecond.
#[derive(Default, PartialEq, Eq)]
pub struct Bytes(Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        zeroize::optimization_barrier(&*self.0);
    }
}

/// Where it has to grow, what it leaves is wiped: a `Vec` leaves a copy in memory.
impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Self(Vec::with_capacity(2 * (self.0.len() + bytes.len())));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The bytes of a file; none where there is no such file.
///
/// # Errors
/// Anything else that keeps it from being read, a directory included.
pub fn read(path: &Path) -> Result<Option<Bytes>> {
    match read_whole(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error).hint("check the path and its permissions")),
    }
}

/// The same of a file that other programs write, by truncating it first: what they are in the midst of
/// is waited for.
///
/// # Errors
/// As [`read`].
pub fn read_settled(path: &Path) -> Result<Option<Bytes>> {
    // A pipe, as `<(…)` gives one, can be read once.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return read(path);
    }
    let (bytes, metadata) = settled(path, Duration::ZERO)?;
    Ok(metadata.map(|_| bytes))
}

/// Not `fs::read`: where a file grows meanwhile, that one leaves a copy of it in memory.
pub(super) fn read_whole(path: &Path) -> io::Result<Bytes> {
    // So much is read of a pipe at a time, whose size is 0.
    const OF_UNKNOWN_SIZE: u64 = 8192;
    let mut file = File::open(path)?;
    let size = Some(file.metadata()?.len()).filter(|size| *size > 0).unwrap_or(OF_UNKNOWN_SIZE);
    // One byte more than there should be, to see the end.
    let mut bytes = Bytes(vec![0; usize::try_from(size).map_err(io::Error::other)? + 1]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Bytes(vec![0; 2 * filled]);
            larger.0[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        match file.read(&mut bytes.0[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.0.truncate(filled);
    Ok(bytes)
}

/// The bytes, read while nobody was writing as far as can be told, and for so long.
pub(super) fn settled(path: &Path, quiet: Duration) -> Result<(Bytes, Option<Metadata>)> {
    let deadline = Instant::now() + WRITER_PATIENCE;
    loop {
        let before = found(fs::metadata(path), path)?;
        let Some(metadata) = &before else { return Ok((Bytes::default(), None)) };
        let bytes = read(path)?.unwrap_or_default();
        let changed = !is_same(before.as_ref(), found(fs::metadata(path), path)?.as_ref());
        let now = SystemTime::now();
        let was_within = |time| metadata.modified().is_ok_and(|at| is_about(at, now, time));
        let just_truncated = bytes.is_empty() && was_within(WRITER_PATIENCE);
        // A rename, as ours, sets the second of these times alone.
        let in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
        let just_written = in_place && was_within(quiet);
        if !(changed || just_truncated || just_written) || Instant::now() >= deadline {
            return Ok((bytes, before));
        }
        thread::sleep(POLL);
    }
}

/// Whether two times are less than that apart. A file server's clock may be a little ahead; a file of
/// tomorrow stays one, and nobody is to wait for it each time.
fn is_about(at: SystemTime, now: SystemTime, time: Duration) -> bool {
    now.duration_since(at).unwrap_or_else(|ahead| ahead.duration()) < time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_tomorrow_was_not_written_just_now() {
        let (now, second) = (SystemTime::now(), Duration::from_secs(1));
        for (at, expected) in [
            (now - second / 2, true),
            (now + second / 2, true),
            (now - second, false),
            (now + Duration::from_hours(24), false),
        ] {
            assert_eq!(is_about(at, now, second), expected);
        }
    }
}
