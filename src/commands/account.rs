//! The account and the role or user of a profile's session.

use crate::aws::{Identity, Session, account_of, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, KeySource, ProfileError};
use crate::cli;

/// The account number: from STS; else from the role, or from the MFA device, which is in its user's account.
pub fn account<'a>(chain: &'a Chain, identity: Option<&'a Identity>) -> Option<&'a str> {
    let of_files = || match chain.roles.last() {
        Some(role) => account_of(role.role_arn.as_str()),
        None => chain.serial_number.as_ref().and_then(|serial| account_of(serial.as_str())),
    };
    identity.map(Identity::account).or_else(of_files)
}

/// The message after a login: who the user is now, and for how long.
pub fn started(chain: &Chain, session: &Session, is_reused: bool) -> String {
    session_is(if is_reused { "reused" } else { "started" }, chain, session)
}

/// The message of `setup`, which gives the session to no shell.
pub fn cached(chain: &Chain, session: &Session) -> String {
    session_is("cached", chain, session)
}

fn session_is(state: &str, chain: &Chain, session: &Session) -> String {
    let left = humanize(session.expiration.left(jiff::Timestamp::now()));
    let identity = session.identity.as_ref().map(ToString::to_string);
    let who = identity.or_else(|| Some(format!("account {}", account(chain, None)?)));
    let who = who.map(|who| format!(": {who}")).unwrap_or_default();
    format!("Session {state}; expires in {left} ({}{who})", chain.profile)
}

/// `role admin` or `user bob`. The files don't have a user's name, so it is just `user` before the first
/// login.
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

/// If this chain's `credential_process` calls mfa-env (docs/tools.md): the profile that it names, and how
/// that logs in.
pub fn served_by_us(chain: &Chain, aws_files: &AwsFiles) -> Option<(String, Result<Chain, ProfileError>)> {
    let KeySource::Process { command, .. } = &chain.signer else { return None };
    let name = cli::profile_of_credential_process(command).filter(|_| chain.roles.is_empty())?;
    let chain = aws_files.chain(&name);
    Some((name, chain))
}
