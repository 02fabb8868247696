//! Standard output in one write. A reader that has gone is no error.

use std::io::{self, Write};

use crate::error::{Error, Exit, Result};

/// Prints to standard output in one write. A closed pipe is not an error.
///
/// # Errors
/// If the write fails, for example because the disk is full.
pub fn print(text: &str) -> Result<()> {
    write_whole(io::stdout().lock(), text)
}

pub(crate) fn write_whole(mut to: impl Write, text: &str) -> Result<()> {
    written(to.write_all(text.as_bytes()).and_then(|()| to.flush()))
}

/// Treats EPIPE as success: a reader that has gone does not care.
///
/// # Errors
/// Any other write error.
pub fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Exit::Files, format!("failed to write the output: {error}"))
                .hint("is the disk full?"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
