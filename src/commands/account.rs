//! Which account a profile's session is in, and as whom.

use crate::aws::{Identity, Session, account_of, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, KeySource, ProfileError};
use crate::cli;

/// Twelve digits. As STS said; else that of the role, or of the MFA device: a device belongs to the
/// account of its user.
pub fn account<'a>(chain: &'a Chain, identity: Option<&'a Identity>) -> Option<&'a str> {
    let of_files = || match chain.roles.last() {
        Some(role) => account_of(role.role_arn.as_str()),
        None => chain.serial_number.as_ref().and_then(|serial| account_of(serial.as_str())),
    };
    identity.map(Identity::account).or_else(of_files)
}

/// Who the user is now, and for how long.
pub fn started(chain: &Chain, session: &Session, is_reused: bool) -> String {
    let left = humanize(session.expiration.left(jiff::Timestamp::now()));
    let started = if is_reused { "reused" } else { "started" };
    let identity = session.identity.as_ref().map(ToString::to_string);
    let who = identity.or_else(|| Some(format!("account {}", account(chain, None)?)));
    let who = who.map(|who| format!(": {who}")).unwrap_or_default();
    format!("Session {started}; expires in {left} ({}{who})", chain.profile)
}

/// `role admin`, `user bob`; the files do not tell a user's name, so it is `user` before the first login.
pub fn role_or_user(chain: &Chain, identity: Option<&Identity>) -> String {
    match (chain.roles.last(), identity) {
        (Some(role), _) => format!("role {}", last_part(role.role_arn.as_str())),
        (None, Some(identity)) => identity.name(),
        (None, None) => "user".to_owned(),
    }
}

/// The name at the end of an ARN, without its path.
pub fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// How the profile logs in whose session this chain's `credential_process` gets from us
/// (docs/tools.md), and its name. `None` for any other chain.
pub fn served_by_us(chain: &Chain, aws_files: &AwsFiles) -> Option<(String, Result<Chain, ProfileError>)> {
    let KeySource::Process { command, .. } = &chain.signer else { return None };
    let name = cli::profile_of_credential_process(command).filter(|_| chain.roles.is_empty())?;
    let chain = aws_files.chain(&name);
    Some((name, chain))
}
