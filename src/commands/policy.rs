//! `mfa-env policy`: prints the IAM policy that requires MFA (`docs/require-mfa.json`).

use crate::error::Result;
use crate::output;

const REQUIRE_MFA: &str = include_str!("../../docs/require-mfa.json");

pub fn run() -> Result<()> {
    output::print(REQUIRE_MFA)
}
