//! Whose the session of a profile is: the account, and the role or user.

use crate::aws::{Identity, Session, account_of, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, KeySource, ProfileError};
use crate::cli;
use crate::error::{Error, Exit, Hint, shown_value};

/// The account, and the role or user, of a session: from the files, and from STS's answer if there was one.
#[derive(Default, serde::Serialize)]
pub struct Who {
    /// The account of the role, or else of the user: the MFA device is in its user's account.
    pub account: Option<String>,
    pub role_arn: Option<String>,
    /// Only from STS.
    pub user: Option<String>,
    /// `role admin` or `user bob`. The files don't have a user's name, so it is just `user` before the
    /// first login.
    #[serde(skip)]
    pub role_or_user: Option<String>,
}

impl Who {
    pub fn of(chain: &Chain, identity: Option<&Identity>) -> Self {
        let role_arn = chain.roles.last().map(|role| role.role_arn.as_str());
        Self::new(role_arn, chain.serial_number.as_ref().map(|serial| serial.as_str()), identity)
    }

    pub fn new(role_arn: Option<&str>, serial_number: Option<&str>, identity: Option<&Identity>) -> Self {
        let of_files = || account_of(role_arn.or(serial_number)?);
        let role_or_user = match role_arn {
            Some(arn) => format!("role {}", last_part(arn)),
            None => identity.map_or_else(|| "user".to_owned(), Identity::name),
        };
        Self {
            account: identity.map(Identity::account).or_else(of_files).map(str::to_owned),
            role_arn: role_arn.map(str::to_owned),
            user: identity.and_then(Identity::user).map(str::to_owned),
            role_or_user: Some(role_or_user),
        }
    }
}

/// The message after a login: who the user is now, and for how long. `state` is a word such as `started`.
pub fn session_is(state: &str, chain: &Chain, session: &Session) -> String {
    let left = humanize(session.expiration.left(jiff::Timestamp::now()));
    let who = match &session.identity {
        Some(identity) => Some(identity.to_string()),
        None => Who::of(chain, None).account.map(|account| format!("account {account}")),
    };
    let who = who.map(|who| format!(": {who}")).unwrap_or_default();
    format!("Session {state}; expires in {left} ({}{who})", chain.profile)
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

/// Refuses a profile for other programs, whose `credential_process` gets them the session of another profile.
/// `hint` says what to do with that one.
///
/// # Errors
/// If it is such a profile.
pub fn refuse_served(
    chain: &Chain,
    aws_files: &AwsFiles,
    hint: impl FnOnce(&str) -> Hint,
) -> Result<(), Error> {
    match served_by_us(chain, aws_files) {
        Some((of, _)) if of != chain.profile => {
            let what = format!(
                "profile `{}` gets the session of `{}` from mfa-env",
                chain.profile,
                shown_value(&of)
            );
            Err(Error::new(Exit::Usage, what).hint(hint(&of)))
        }
        _ => Ok(()),
    }
}
