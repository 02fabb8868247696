//! The words for a failed call of a login: what happened, and what the user can do.

use jiff::SignedDuration;

use super::plan::Plan;
use crate::aws::{DurationSeconds, Region, humanize};
use crate::aws_files::profiles::{Chain, KeySource};
use crate::error::{Error, Exit, Hint, shown_value};
use crate::sts::{Endpoint, Reason, StsError};
use crate::system::SET_CLOCK;

/// The error for the user, and why STS refused the call, if it did. `plan` is `None` before there is a plan.
pub fn failed_call(
    failure: &StsError,
    chain: &Chain,
    plan: Option<&Plan<'_>>,
    endpoint: &Endpoint,
) -> (Option<Reason>, Error) {
    let device = plan.and_then(|plan| plan.device);
    let StsError::Refused { reason, code, message } = failure else {
        let error = endpoint.explain(failure);
        let is_code_used =
            matches!(failure, StsError::Unreachable { may_be_sent: true, .. }) && device.is_some();
        let hint = "the code may be used up: take the next one";
        return (None, if is_code_used { error.hint(hint) } else { error });
    };
    let (reason, profile) = (*reason, chain.profile.as_str());
    let device = device.map(ToString::to_string).unwrap_or_default();
    let role_arn = chain.roles.last().map(|role| role.role_arn.to_string()).unwrap_or_default();
    let key = match &chain.signer {
        KeySource::Keys { profile, keys } => {
            format!("{} of profile `{profile}`", shown_value(keys.access_key_id.as_str()))
        }
        KeySource::Process { profile, .. } => format!("of the credential_process of profile `{profile}`"),
        KeySource::Store { profile, store } => format!("of profile `{profile}` in {}", store.title()),
    };
    let (what, hint): (String, Hint) = match reason {
        Reason::InvalidCode => (
            "AWS rejected the MFA code".to_owned(),
            format!("wait for the next code of {device}, and check the clock of the device").into(),
        ),
        Reason::UnknownDevice => {
            let of_files = chain.serial_in_files.as_ref().is_some_and(|serial| serial.as_str() == device);
            let why = if of_files {
                format!("correct the MFA device of profile `{profile}`; find it")
            } else {
                "list the user's devices".to_owned()
            };
            (
                format!("AWS doesn't know the MFA device `{device}` of this user"),
                Hint::run(&why, ["aws", "iam", "list-mfa-devices", "--profile", profile]),
            )
        }
        Reason::MalformedRequest => (
            format!("AWS rejected the request as invalid: {message}"),
            format!("check the MFA device and the duration of profile `{profile}`").into(),
        ),
        Reason::SessionCredentials => (
            format!("profile `{profile}` has temporary keys; GetSessionToken needs long-term keys"),
            format!("put the user's long-term keys into profile `{profile}`").into(),
        ),
        Reason::OverChainLimit => (
            format!("AWS limits chained roles to 1 hour: `{role_arn}`"),
            Hint::mfa_env("", profile, &["-d", "1h"]),
        ),
        Reason::OverRoleMaximum => {
            let duration = plan.map_or(DurationSeconds::ROLE_DEFAULT, Plan::duration);
            (
                format!("{duration} is more than the MaxSessionDuration of `{role_arn}`"),
                Hint::mfa_env("ask for less", profile, &["-d", "1h"]),
            )
        }
        Reason::MayNotAssume => (
            format!("AWS doesn't let you assume `{role_arn}`: {message}"),
            "check the role's trust policy: your user, MFA (aws:MultiFactorAuthPresent), external id".into(),
        ),
        Reason::InvalidKey => (
            format!("AWS doesn't know the access key {key}"),
            "it was deleted or deactivated, or belongs to another partition; see the user's access keys in IAM"
                .into(),
        ),
        Reason::WrongSecret => (
            format!("the secret access key does not belong to the access key {key}"),
            Hint::run("enter both again", ["aws", "configure", "--profile", profile]),
        ),
        Reason::Clock { ahead } => {
            let off = ahead.map(|seconds| {
                let direction = if seconds > 0 { "ahead" } else { "behind" };
                format!("{} {direction}", humanize(SignedDuration::from_secs(seconds.abs())))
            });
            let off = off.unwrap_or_else(|| "wrong".to_owned());
            (
                format!("the clock of this machine is {off}, so STS refuses its signatures"),
                Hint::paste("set the clock (or restart the container, or WSL)", SET_CLOCK),
            )
        }
        Reason::RegionDisabled => {
            let first = Region::first_of(endpoint.region.partition());
            (
                format!("STS is not activated in region {}", endpoint.region.as_str()),
                Hint::mfa_env("", profile, &["--region", first.as_str()]),
            )
        }
        Reason::Expired => (
            "the cached session was rejected as expired".to_owned(),
            Hint::mfa_env("start a new one", profile, &[]),
        ),
        Reason::Throttled => (
            "AWS is throttling this account: too many requests".to_owned(),
            "try again in a minute, with the next code".into(),
        ),
        Reason::Unavailable => (
            format!("STS has a problem at the moment: {code}"),
            "try again in a minute, with the next code; https://health.aws.amazon.com shows outages".into(),
        ),
        Reason::Other => (
            format!("STS refused: {code}: {message}"),
            "`mfa-env -v` shows the request".into(),
        ),
    };
    let exit = if reason == Reason::Unavailable { Exit::Unreachable } else { Exit::Denied };
    (Some(reason), Error::new(exit, what).hint(hint))
}
