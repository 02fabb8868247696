//! `mfa-env policy`: prints the IAM policy that requires MFA (`docs/require-mfa.json`).

use crate::error::Result;
use crate::output;

const REQUIRE_MFA: &str = include_str!("../../docs/require-mfa.json");

/// # Errors
/// If standard output can't be written.
pub fn run() -> Result<()> {
    output::print(REQUIRE_MFA)
}
