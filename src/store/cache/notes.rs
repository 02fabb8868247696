//! Notes in the cache: which code was used, and which question had no answer. Only for convenience: without
//! them, STS refuses a used code itself, and the next tool asks again.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Cache, Key, digest, file_name, hex};
use crate::aws::TokenCode;
use crate::error::Result;

/// How long a device shows a code, in seconds (RFC 6238; AWS supports no other devices).
const CODE_LASTS: i64 = 30;

/// How long tools don't ask after a question without an answer, in seconds: many try again at once.
const UNANSWERED_LASTS: i64 = 5 * 60;
/// The extension of the notes of these questions.
pub(super) const UNANSWERED: &str = "unanswered";

impl Cache {
    /// Deletes the note of an unanswered question. Returns whether there was one.
    ///
    /// # Errors
    /// If it exists and can't be deleted.
    pub fn ask_again(&self, key: &Key) -> Result<bool> {
        self.folder().map_or(Ok(false), |folder| folder.remove(&file_name(key, UNANSWERED)))
    }

    /// Stores a hash of the code just sent: STS accepts each code once. A million guesses reveal the code,
    /// but by then it is useless.
    pub fn note_used(&self, serial_number: &str, code: &TokenCode, now: Timestamp) {
        let text = format!("{} {}\n", now.as_second(), code_digest(serial_number, code));
        // Only a convenience: without the note, STS refuses the code itself.
        let _ = self.made().and_then(|folder| folder.overwrite(&note_name(serial_number), text.as_bytes()));
    }

    /// The seconds until the device shows its next code, if we have sent this one before; 0 if it
    /// already shows the next one.
    pub fn seconds_to_next_code(&self, serial_number: &str, code: &TokenCode, now: Timestamp) -> Option<u64> {
        let noted = self.read_private(&note_name(serial_number))?;
        let noted = String::from_utf8_lossy(&noted);
        let (at, digest) = noted.trim().split_once(' ')?;
        let at: i64 = at.parse().ok()?;
        let is_same = digest == code_digest(serial_number, code);
        // STS accepts a code up to one step (30 s) late.
        if !is_same || !(0..2 * CODE_LASTS).contains(&(now.as_second() - at)) {
            return None;
        }
        let step = |seconds: i64| seconds.div_euclid(CODE_LASTS);
        let left = CODE_LASTS - now.as_second().rem_euclid(CODE_LASTS);
        Some(if step(at) == step(now.as_second()) { left.unsigned_abs() } else { 0 })
    }

    /// Stores whether a tool's question was answered.
    pub fn note_answer(&self, key: &Key, is_answered: bool, now: Timestamp) {
        let name = file_name(key, UNANSWERED);
        let text = format!("{}\n", now.as_second());
        // Only a convenience: without the note, the next tool asks again.
        let _ = self.made().and_then(|folder| match is_answered {
            true => folder.remove(&name).map(drop),
            false => folder.overwrite(&name, text.as_bytes()),
        });
    }

    /// Whether a tool's question had no answer in the last five minutes, and the user hasn't logged in since.
    pub fn is_unanswered(&self, key: &Key, now: Timestamp) -> bool {
        let noted = self.read_private(&file_name(key, UNANSWERED));
        let at = noted.and_then(|noted| String::from_utf8_lossy(&noted).trim().parse::<i64>().ok());
        let is_recent = |at: &i64| (0..UNANSWERED_LASTS).contains(&now.as_second().saturating_sub(*at));
        at.filter(is_recent).is_some_and(|at| self.last_started(key).is_none_or(|started| started < at))
    }
}

fn code_digest(serial_number: &str, code: &TokenCode) -> String {
    hex(&Sha256::new().chain_update(serial_number).chain_update([0]).chain_update(code.expose()).finalize())
}

pub(super) fn note_name(serial_number: &str) -> String {
    format!("{}.used", digest(serial_number))
}
