//! Reads files, and waits for other programs that are writing them.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{POLL, failed, found, is_same};
use crate::error::Result;

/// How long an empty or changing file is watched: another writer may be between truncating it and
/// writing it, as the AWS CLI does.
const WRITER_PATIENCE: Duration = Duration::from_secs(1);

/// The bytes of a file; none where there is no such file.
///
/// # Errors
/// Anything else that keeps it from being read, a directory included.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
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
pub fn read_settled(path: &Path) -> Result<Option<Vec<u8>>> {
    // A pipe, as `<(…)` gives one, can be read once.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return read(path);
    }
    let (bytes, metadata) = settled(path, Duration::ZERO)?;
    Ok(metadata.map(|_| bytes))
}

/// The bytes, read while nobody was writing as far as can be told, and for so long.
pub(super) fn settled(path: &Path, quiet: Duration) -> Result<(Vec<u8>, Option<Metadata>)> {
    let deadline = Instant::now() + WRITER_PATIENCE;
    loop {
        let before = found(fs::metadata(path), path)?;
        let Some(metadata) = &before else { return Ok((Vec::new(), None)) };
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
