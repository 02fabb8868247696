//! The command that renews a session which has expired, or which is too short.

use jiff::{SignedDuration, Timestamp};

use super::ActiveSession;
use crate::aws::{DurationSeconds, RoleArn};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::Chain;
use crate::environment::Environment;
use crate::error::Hint;
use crate::login::endpoint::{cached, cached_key};
use crate::login::plan;
use crate::store::cache::Cache;

impl ActiveSession {
    /// The plain login, which needs no code while the user's MFA session lasts. With `-r` if it would reuse a
    /// session that is too short, and with `-d` if a new one would be too short.
    pub(in crate::commands) fn how_to_renew(
        &self,
        min_ttl: SignedDuration,
        environment: &Environment,
        aws_files: Option<&AwsFiles>,
    ) -> Hint {
        let chain = aws_files.and_then(|aws_files| self.chain(environment, aws_files));
        let plain = chain.as_ref().and_then(|(chain, _)| plain_login(min_ttl, environment, chain));
        let (reuses, longer) = plain.unwrap_or_default();
        let longer_argument = longer.map(DurationSeconds::argument);
        let role_arn = chain.and_then(|(_, role_arn)| role_arn);
        let mut arguments = if self.is_in_default { vec!["-w"] } else { Vec::new() };
        arguments.extend(role_arn.iter().flat_map(|role_arn| ["--role-arn", role_arn.as_str()]));
        arguments.extend(reuses.then_some("-r"));
        arguments.extend(longer_argument.iter().flat_map(|longer| ["-d", longer.as_str()]));
        let why = match longer {
            Some(longer) if longer.is_less_than(min_ttl) => format!("the maximum is {longer}"),
            Some(_) | None => "start a new one".to_owned(),
        };
        Hint::mfa_env(&why, &self.profile, &arguments)
    }

    /// How the profile logs in, and the role if this session was started with `--role-arn`.
    fn chain(&self, environment: &Environment, aws_files: &AwsFiles) -> Option<(Chain, Option<RoleArn>)> {
        let of_option = || {
            let (key, _) = self.cached(environment)?;
            let role_arn = RoleArn::new(&key.roles.last()?.role_arn).ok()?;
            let chain = aws_files.chain_to_role(role_arn.clone(), &self.profile).ok()?;
            (cached_key(&chain, environment).ok()? == key).then_some((chain, Some(role_arn)))
        };
        of_option().or_else(|| Some((aws_files.chain(&self.profile).ok()?, None)))
    }
}

/// Two facts about a plain login: whether it would reuse a session with less than `min_ttl`, and the duration to
/// request if a new session would last less than that. `None` if it would fail.
fn plain_login(
    min_ttl: SignedDuration,
    environment: &Environment,
    chain: &Chain,
) -> Option<(bool, Option<DurationSeconds>)> {
    let now = Timestamp::now();
    let reuses = cached(chain, Cache::open(environment).as_ref(), environment)
        .is_some_and(|found| found.lasts(None, now) && found.session.expiration.left(now) < min_ttl);
    let plain = plan::plan(chain, None).ok()?.duration();
    let asked = DurationSeconds::new(min_ttl.as_secs()).ok().filter(|asked| plain < *asked);
    Some((reuses, asked.map(|asked| asked.min(plan::longest(chain)))))
}
