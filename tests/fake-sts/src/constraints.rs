//! The limits of parameters from STS's API model, so that no test sends what AWS would refuse. Like AWS,
//! repeats the value in the message, even a code: clients must redact it.

use std::ops::RangeInclusive;

use crate::actions::Parameters;
use crate::answer::StsError;

/// Length, and the allowed characters other than letters, digits and `_`.
const TEXTS: [(&str, RangeInclusive<usize>, &str); 5] = [
    ("SerialNumber", 9..=256, "+=/:,.@-"),
    ("TokenCode", 6..=6, ""),
    ("RoleSessionName", 2..=64, "+=,.@-"),
    ("ExternalId", 2..=1224, "+=,.@:/-"),
    ("RoleArn", 20..=2048, "+=,.@:/-"),
];

/// Returns the duration, or `default` if there is none.
///
/// # Errors
/// ValidationError for the first invalid parameter.
pub(crate) fn check(
    parameters: &Parameters,
    durations: RangeInclusive<u32>,
    default: u32,
) -> Result<u32, StsError> {
    for (name, length, others) in TEXTS {
        let Some(value) = parameters.get(name) else { continue };
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || others.contains(c);
        if !length.contains(&value.len()) || !value.chars().all(is_allowed) {
            return Err(out_of_bounds(name, value));
        }
    }
    let Some(value) = parameters.get("DurationSeconds") else { return Ok(default) };
    let seconds = value.parse().ok().filter(|seconds| durations.contains(seconds));
    seconds.ok_or_else(|| out_of_bounds("DurationSeconds", value))
}

fn out_of_bounds(name: &str, value: &str) -> StsError {
    StsError::validation(format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint"
    ))
}
