//! `mfa-env policy`: the IAM policy that makes MFA a must, as it stands in `docs/`.

use crate::cli::PolicyOptions;
use crate::error::Result;
use crate::output;

/// A Deny without MFA, beside the Allows of other policies.
const DENY: &str = include_str!("../../docs/require-mfa.json");

/// An Allow with MFA.
const ALLOW: &str = include_str!("../../docs/require-mfa-allow.json");

/// # Errors
/// Where the text can't be written.
pub fn run(options: &PolicyOptions) -> Result<()> {
    output::print(if options.allow { ALLOW } else { DENY })
}
