//! A failed call of a login: its message, and what the user can do.

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;

use super::plan::{Call, Plan};
use crate::aws::{DurationSeconds, Region, SerialNumber, humanize};
use crate::aws_files::profiles::{Chain, KeySource};
use crate::error::{Exit, Explain, Hint, shown_value};
use crate::sts::{Endpoint, Reason, StsError, Unreached};
use crate::system::SET_CLOCK;

/// A failed call of a login, and its parameters.
pub struct FailedCall {
    failure: StsError,
    endpoint: Arc<Endpoint>,
    profile: String,
    /// The long-term key, for sentences about it: the id and its owner.
    key: String,
    role_arn: String,
    /// The device for the login's code.
    device: Option<SerialNumber>,
    duration: DurationSeconds,
    by_cached_session: bool,
}

impl FailedCall {
    /// `plan` is `None` if there is none yet.
    pub fn new(failure: StsError, chain: &Chain, plan: Option<&Plan<'_>>, endpoint: &Arc<Endpoint>) -> Self {
        let key = match &chain.signer {
            KeySource::Keys { profile, keys } => {
                format!("{} of profile `{profile}`", shown_value(keys.access_key_id.as_str()))
            }
            KeySource::Process { profile, .. } => format!("of the credential_process of profile `{profile}`"),
        };
        let asked = plan.and_then(|plan| {
            plan.calls.iter().rev().find_map(|call| match call {
                Call::AssumeRole { duration, .. } => Some(*duration),
                Call::GetSessionToken { .. } => None,
            })
        });
        Self {
            failure,
            endpoint: Arc::clone(endpoint),
            profile: chain.profile.clone(),
            key,
            role_arn: chain.roles.last().map(|role| role.role_arn.to_string()).unwrap_or_default(),
            device: plan.and_then(Plan::needs_code_of).cloned(),
            duration: asked.unwrap_or(DurationSeconds::ROLE_DEFAULT),
            by_cached_session: false,
        }
    }

    /// Notes that a cached session signed the call.
    pub(super) fn by_cached_session(self) -> Self {
        Self { by_cached_session: true, ..self }
    }

    pub fn reason(&self) -> Option<Reason> {
        if let StsError::Refused { reason, .. } = self.failure { Some(reason) } else { None }
    }

    fn unreached(&self) -> Unreached<'_> {
        Unreached { failure: &self.failure, endpoint: &self.endpoint }
    }
}

impl fmt::Debug for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StsError::Refused { reason, code, message } = &self.failure else {
            return fmt::Display::fmt(&self.unreached(), f);
        };
        let Self { key, role_arn, .. } = self;
        match reason {
            Reason::InvalidCode => {
                write!(f, "AWS rejected the MFA code")
            }
            Reason::UnknownDevice => {
                let device = self.device.as_ref().map(ToString::to_string).unwrap_or_default();
                write!(f, "AWS doesn't know the MFA device `{device}` of this user")
            }
            Reason::MalformedRequest => write!(f, "AWS rejected the request as invalid: {message}"),
            Reason::SessionCredentials => {
                write!(
                    f,
                    "profile `{}` has temporary keys; GetSessionToken needs long-term keys",
                    self.profile
                )
            }
            Reason::OverChainLimit => {
                write!(f, "AWS limits chained roles to 1 hour: `{role_arn}`")
            }
            Reason::OverRoleMaximum => {
                write!(f, "{} is more than the MaxSessionDuration of `{role_arn}`", self.duration)
            }
            Reason::MayNotAssume => write!(f, "AWS doesn't let you assume `{role_arn}`: {message}"),
            Reason::InvalidKey => write!(f, "AWS doesn't know the access key {key}"),
            Reason::WrongSecret => write!(f, "the secret access key does not belong to the access key {key}"),
            Reason::Clock { ahead: None } => {
                write!(f, "the clock of this machine is wrong, so STS refuses its signatures")
            }
            Reason::Clock { ahead: Some(seconds) } => {
                let direction = if *seconds > 0 { "ahead" } else { "behind" };
                let off = humanize(SignedDuration::from_secs(seconds.abs()));
                write!(f, "the clock of this machine is {off} {direction}, so STS refuses its signatures")
            }
            Reason::RegionDisabled => {
                write!(f, "STS is not activated in region {}", self.endpoint.region.as_str())
            }
            Reason::Expired => write!(f, "the cached session was rejected as expired"),
            Reason::Throttled => write!(f, "AWS is throttling this account: too many requests"),
            Reason::Unavailable => write!(f, "STS has a problem at the moment: {code}"),
            Reason::Other => write!(f, "STS refused: {code}: {message}"),
        }
    }
}

impl Explain for FailedCall {
    fn exit(&self) -> Exit {
        match self.reason() {
            Some(Reason::Unavailable) => Exit::Unreachable,
            Some(_) => Exit::Denied,
            None => self.unreached().exit(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let profile = &self.profile;
        let Some(reason) = self.reason() else {
            let mut hints = self.unreached().hints();
            let may_be_sent = matches!(self.failure, StsError::Unreachable { may_be_sent: true, .. });
            if may_be_sent && self.device.is_some() {
                hints.push("the code may be used up: take the next one".into());
            }
            return hints;
        };
        let hint = match reason {
            Reason::InvalidCode => {
                let device = self.device.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("wait for the next code of {device}, and check the clock of the device").into()
            }
            Reason::UnknownDevice => Hint::run(
                &format!("correct `mfa_serial` of profile `{profile}`; find it"),
                ["aws", "iam", "list-mfa-devices", "--profile", profile],
            ),
            Reason::MalformedRequest => {
                format!("check the MFA device and the duration of profile `{profile}`").into()
            }
            Reason::SessionCredentials => {
                format!("put the user's long-term keys into profile `{profile}`").into()
            }
            Reason::OverChainLimit => Hint::mfa_env("", profile, &["-d", "1h"]),
            Reason::OverRoleMaximum => Hint::mfa_env("ask for less", profile, &["-d", "1h"]),
            Reason::MayNotAssume => {
                "check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id".into()
            }
            Reason::InvalidKey => {
                "it was deleted or deactivated, or belongs to another partition; see the user's access keys in IAM".into()
            }
            Reason::WrongSecret => {
                Hint::run("enter both again", ["aws", "configure", "--profile", profile])
            }
            Reason::Clock { .. } => {
                Hint::paste("set the clock (or restart the container, or WSL)", SET_CLOCK)
            }
            Reason::RegionDisabled => {
                let first = Region::first_of(self.endpoint.region.partition());
                Hint::mfa_env("", profile, &["--region", first.as_str()])
            }
            Reason::Expired => Hint::mfa_env("start a new one", profile, &[]),
            Reason::Throttled => "try again in a minute, with the next code".into(),
            Reason::Unavailable => {
                "try again in a minute, with the next code; https://health.aws.amazon.com tells of outages".into()
            }
            Reason::Other => "`mfa-env -v` shows what was asked for".into(),
        };
        let mut hints = vec![hint];
        if self.by_cached_session && self.exit() == Exit::Denied {
            let why = "the role may limit the age of the MFA; with a new code";
            hints.push(Hint::mfa_env(why, profile, &["-r"]));
        }
        hints
    }
}
