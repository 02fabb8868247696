//! Reads files, and waits for other programs that are writing them.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::OFlags;

use super::{POLL, failed, found, is_same};
use crate::error::Result;

/// How long to watch an empty or changing file: the AWS CLI truncates a file before it writes it.
const WRITER_TIMEOUT: Duration = Duration::from_secs(1);

/// AWS's files are small. A larger one is something else, or endless (`/dev/zero`).
const SIZE_LIMIT: u64 = 64 * 1024 * 1024;
/// How long to wait for a pipe: the program in `<(…)` may ask the user for a password first.
const PIPE_TIMEOUT: Duration = Duration::from_secs(60);

/// The bytes of a file, pipe or device; `None` if it doesn't exist.
///
/// # Errors
/// If it can't be read: a directory, more than 64 MiB, a pipe that isn't closed within a minute.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    read_within(path, PIPE_TIMEOUT)
}

fn read_within(path: &Path, time: Duration) -> Result<Option<Vec<u8>>> {
    let read = match fs::metadata(path) {
        // A pipe may have taken the file's place since. Without NONBLOCK, opening it would wait.
        Ok(metadata) if metadata.is_file() => {
            let mut options = File::options();
            options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
            options.read(true).open(path).and_then(read_whole)
        }
        Ok(_) => read_on_thread(path.to_owned(), time),
        Err(error) => Err(error),
    };
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error).hint("check the path and its permissions")),
    }
}

fn read_whole(file: File) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(SIZE_LIMIT)).unwrap_or_default() + 1);
    if size <= SIZE_LIMIT {
        file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    }
    if size > SIZE_LIMIT || bytes.len() as u64 > SIZE_LIMIT {
        let what = format!("it is larger than {} MiB", SIZE_LIMIT >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

/// Opening a pipe waits for its writer, and can't be interrupted: hence the thread.
fn read_on_thread(path: PathBuf, time: Duration) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(File::open(path).and_then(read_whole));
    })?;
    receiver.recv_timeout(time).unwrap_or_else(|_| {
        let what = format!("it is a pipe that was not closed within {} seconds", time.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, what))
    })
}

/// Like [`read`], but waits while another program seems to be in the middle of writing the file.
///
/// # Errors
/// As [`read`].
pub fn read_stable(path: &Path) -> Result<Option<Vec<u8>>> {
    // A pipe, such as `<(…)`, can be read only once.
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return read(path);
    }
    let (bytes, metadata) = read_unchanged(path, Duration::ZERO)?;
    Ok(metadata.map(|_| bytes))
}

/// Like [`read_stable`], with the file's metadata, which didn't change while it was read.
///
/// # Errors
/// As [`read`], and if it isn't a regular file.
pub fn read_regular(path: &Path) -> Result<Option<(Vec<u8>, Metadata)>> {
    let (bytes, metadata) = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(failed("read", path, &io::Error::other("it is not a regular file")));
        }
        Ok(_) | Err(_) => read_unchanged(path, Duration::ZERO)?,
    };
    Ok(metadata.map(|metadata| (bytes, metadata)))
}

/// Waits until nobody has written the file in place for `stable_for`, but at most `WRITER_TIMEOUT`, and
/// returns its bytes.
pub(super) fn read_unchanged(path: &Path, stable_for: Duration) -> Result<(Vec<u8>, Option<Metadata>)> {
    let deadline = Instant::now() + WRITER_TIMEOUT;
    loop {
        let before = found(fs::metadata(path), path)?;
        let Some(metadata) = &before else { return Ok((Vec::new(), None)) };
        let bytes = read(path)?.unwrap_or_default();
        let changed = !is_same(before.as_ref(), found(fs::metadata(path), path)?.as_ref());
        let now = SystemTime::now();
        let was_within = |time| metadata.modified().is_ok_and(|at| is_recent(at, now, time));
        let just_truncated = bytes.is_empty() && was_within(WRITER_TIMEOUT);
        // A rename, such as ours, changes only ctime.
        let in_place = (metadata.mtime(), metadata.mtime_nsec()) == (metadata.ctime(), metadata.ctime_nsec());
        let just_written = in_place && was_within(stable_for);
        if !(changed || just_truncated || just_written) || Instant::now() >= deadline {
            return Ok((bytes, before));
        }
        thread::sleep(POLL);
    }
}

/// Whether two times are less than `time` apart. A file server's clock may be a little ahead. A time far
/// in the future doesn't count as recent: we would wait at every read.
fn is_recent(at: SystemTime, now: SystemTime, time: Duration) -> bool {
    now.duration_since(at).unwrap_or_else(|ahead| ahead.duration()) < time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_that_nobody_writes_to_is_an_error_after_its_time() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("coreutils").success());
        let error = read_within(&path, Duration::from_millis(20)).expect_err("nobody writes");
        assert!(
            error.what().ends_with("/pipe`: it is a pipe that was not closed within 0 seconds"),
            "{error}"
        );
    }

    #[test]
    fn what_is_too_large_or_has_no_end_is_an_error() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let sparse = home.path().join("sparse");
        File::create(&sparse).and_then(|file| file.set_len(SIZE_LIMIT + 1)).expect("made");
        for path in [&sparse, Path::new("/dev/zero")] {
            let error = read(path).expect_err("too large");
            assert!(error.what().ends_with("`: it is larger than 64 MiB"), "{error}");
        }
        File::options().write(true).open(&sparse).and_then(|file| file.set_len(SIZE_LIMIT)).expect("ours");
        assert_eq!(read(&sparse).expect("readable").map(|bytes| bytes.len() as u64), Some(SIZE_LIMIT));
    }

    #[test]
    fn a_file_of_tomorrow_was_not_written_just_now() {
        let (now, second) = (SystemTime::now(), Duration::from_secs(1));
        for (at, expected) in [
            (now - second / 2, true),
            (now + second / 2, true),
            (now - second, false),
            (now + Duration::from_hours(24), false),
        ] {
            assert_eq!(is_recent(at, now, second), expected);
        }
    }
}
