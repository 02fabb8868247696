//! Pure: decides which STS calls log a profile in, in which order, and why. Makes no calls.

use crate::aws::DurationSeconds;
use crate::aws::{InvalidValue, SerialNumber};
use crate::aws_files::profiles::{Chain, Role};

/// The calls that log a profile in. The long-term keys sign the first one; the session of each call signs the
/// next.
pub struct Plan<'c> {
    /// The device whose code the first call needs.
    pub device: Option<&'c SerialNumber>,
    /// If the first call is GetSessionToken: its duration.
    pub user_session: Option<DurationSeconds>,
    /// The calls of AssumeRole, with their durations.
    pub roles: Vec<(&'c Role, DurationSeconds)>,
    /// The reason for these calls, for `-v`.
    pub why: &'static str,
    /// The profile's duration, if AWS gives less.
    pub shortened: Option<DurationSeconds>,
}

/// Why a profile can't log in with these options.
#[derive(Debug, PartialEq, Eq)]
pub enum PlanError {
    /// A user's session needs an MFA device, but there is no serial number.
    NoSerialNumber,
    /// The profile's `duration_seconds` is invalid.
    ProfileDuration { why: InvalidValue },
    /// AssumeRole gives at most 12 h.
    OverRoleLimit { asked: DurationSeconds },
    /// AssumeRole gives at most 1 h for a role that is reached through another role.
    OverChainLimit { asked: DurationSeconds },
}

/// Makes the plan. `duration` is the user's `-d`, for the last call.
pub fn plan(chain: &Chain, duration: Option<DurationSeconds>) -> Result<Plan<'_>, PlanError> {
    let device = chain.serial_number.as_ref();
    let of_profile = match (&chain.duration_seconds, duration) {
        (Some(value), None) => {
            Some(DurationSeconds::parse(value).map_err(|why| PlanError::ProfileDuration { why })?)
        }
        (Some(_) | None, _) => None,
    };
    // With such a duration, AWS's tools would fail at each call, so take the default.
    let shortened =
        of_profile.filter(|asked| chain.roles.len() > 1 && *asked > DurationSeconds::ROLE_DEFAULT);
    let duration = if shortened.is_some() { None } else { duration.or(of_profile) };
    let Some((last, before)) = chain.roles.split_last() else {
        return Ok(Plan {
            device: Some(device.ok_or(PlanError::NoSerialNumber)?),
            user_session: Some(duration.unwrap_or(DurationSeconds::SESSION_DEFAULT)),
            roles: Vec::new(),
            why: "a user with an MFA device: a session by GetSessionToken",
            shortened,
        });
    };
    let duration = duration.unwrap_or(DurationSeconds::ROLE_DEFAULT);
    if duration > DurationSeconds::ROLE_LIMIT {
        return Err(PlanError::OverRoleLimit { asked: duration });
    }
    let is_long = duration > DurationSeconds::ROLE_DEFAULT;
    if is_long && !before.is_empty() {
        return Err(PlanError::OverChainLimit { asked: duration });
    }
    let (user_session, why) = match device {
        None => (None, "no MFA device anywhere in the chain: AssumeRole without a code"),
        Some(_) if is_long => {
            (None, "a role for more than an hour: AssumeRole with the code, signed by the long-term keys")
        }
        Some(_) => (
            Some(DurationSeconds::SESSION_DEFAULT),
            "a role for up to an hour: the user's MFA session, then AssumeRole with it",
        ),
    };
    let before = before.iter().map(|role| (role, DurationSeconds::ROLE_DEFAULT));
    Ok(Plan { device, user_session, roles: before.chain([(last, duration)]).collect(), why, shortened })
}

/// The longest `-d` that AWS accepts for this chain.
pub fn longest(chain: &Chain) -> DurationSeconds {
    match chain.roles.len() {
        0 => DurationSeconds::SESSION_LIMIT,
        1 => DurationSeconds::ROLE_LIMIT,
        _ => DurationSeconds::ROLE_DEFAULT,
    }
}

impl Plan<'_> {
    /// The duration of the final session.
    pub fn duration(&self) -> DurationSeconds {
        let of_role = self.roles.last().map(|(_, duration)| *duration);
        of_role.or(self.user_session).expect("a plan has calls")
    }

    /// How many roles the first call has assumed: 0 or 1.
    pub fn roles_of_first_call(&self) -> usize {
        usize::from(self.user_session.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::RoleArn;
    use crate::aws_files::profiles::KeySource;

    fn chain(roles: usize, serial_number: bool, duration_seconds: Option<&str>) -> Chain {
        let role = |n: usize| Role {
            profile: format!("r{n}"),
            role_arn: RoleArn::new(&format!("arn:aws:iam::123456789012:role/r{n}")).expect("valid"),
            external_id: None,
            role_session_name: None,
        };
        Chain {
            profile: "p".to_owned(),
            signer: KeySource::Process { profile: "p".to_owned(), command: "x".to_owned() },
            roles: (1..=roles).map(role).collect(),
            serial_number: serial_number.then(|| SerialNumber::new("GAHT12345678").expect("valid")),
            serial_in_files: None,
            other_devices: Vec::new(),
            is_source_alone: false,
            region: None,
            duration_seconds: duration_seconds.map(str::to_owned),
            mfa_process: None,
            ca_bundle: None,
            endpoint_url: None,
            ignores_endpoint_urls: false,
            use_fips_endpoint: false,
            use_dualstack_endpoint: false,
        }
    }

    fn said(plan: &Plan<'_>) -> String {
        let user = plan.user_session.map(|duration| format!("session {}", duration.get()));
        let role =
            |(role, duration): &(&Role, DurationSeconds)| format!("{} {}", role.profile, duration.get());
        user.into_iter().chain(plan.roles.iter().map(role)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn chooses_the_calls() {
        let duration = |text| DurationSeconds::parse(text).expect("valid");
        let cases: &[(usize, bool, Option<&str>, Option<&str>, &str)] = &[
            (0, true, None, None, "session 43200"),
            (0, true, None, Some("36h"), "session 129600"),
            (0, true, Some("3600"), None, "session 3600"),
            (0, true, Some("3600"), Some("2h"), "session 7200"),
            (1, true, None, None, "session 43200, r1 3600"),
            (1, true, None, Some("15m"), "session 43200, r1 900"),
            (1, true, None, Some("2h"), "r1 7200"),
            (1, true, Some("43200"), None, "r1 43200"),
            (1, false, None, Some("2h"), "r1 7200"),
            (3, true, None, None, "session 43200, r1 3600, r2 3600, r3 3600"),
            (2, false, None, Some("30m"), "r1 3600, r2 1800"),
            (2, true, Some("900"), None, "session 43200, r1 3600, r2 900"),
            (2, true, Some("43200"), None, "session 43200, r1 3600, r2 3600"),
            (2, true, Some("86400"), Some("30m"), "session 43200, r1 3600, r2 1800"),
        ];
        for (roles, serial_number, of_profile, asked, expected) in cases {
            let chain = chain(*roles, *serial_number, *of_profile);
            let plan = plan(&chain, asked.map(duration)).expect("a way");
            assert_eq!(said(&plan), *expected);
            assert_eq!(plan.device, chain.serial_number.as_ref(), "{expected}");
        }
    }

    #[test]
    fn the_longest_session_can_be_asked_for_and_no_longer_one() {
        for roles in 0..4 {
            let chain = chain(roles, true, None);
            let longest = longest(&chain);
            let plan_of = |duration| plan(&chain, Some(duration)).map(|plan| plan.duration());
            assert_eq!(plan_of(longest), Ok(longest), "{roles}");
            if let Ok(longer) = DurationSeconds::new(i64::from(longest.get()) + 1) {
                assert!(plan_of(longer).is_err(), "{roles}");
            }
        }
    }
}
