//! `mfa-env status`: which session this shell would use, why, and for how long.

mod default_only;

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::login::parse_min_ttl;
use super::{Context, FileBytes, advice};
use crate::aws::{DurationSeconds, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::shadowing::{Shadow, shadows_of_default};
use crate::cli::StatusOptions;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, escape, shown_value};
use crate::login::plan;
use crate::output;
use crate::store::state::State;

/// # Errors
/// Exit status 4 where there is no session, or less is left than was asked for.
pub fn run(options: &StatusOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    if options.default_only {
        return default_only::run(environment);
    }
    let min_ttl = options.min_ttl.as_deref().map(parse_min_ttl).transpose()?.unwrap_or(SignedDuration::ZERO);
    let now = Timestamp::now();
    let used = Used::find(environment)?;
    if options.json {
        output::print_json(&used.json(now))?;
    } else if let Used::Session(session) = &used {
        output::print(&session.lines(now))?;
    }
    used.check(min_ttl, now, environment)
}

/// What this shell's programs would use.
enum Used {
    Session(Session),
    /// Why there is none.
    None(String),
}

struct Session {
    profile: String,
    source: Source,
    access_key_id: String,
    expires: Timestamp,
}

#[derive(Clone, Copy)]
enum Source {
    Environment,
    Default,
}

impl Used {
    /// # Errors
    /// If keys would come from the files, and these can't be read.
    fn find(environment: &Environment) -> Result<Self> {
        if environment.is_set("AWS_ACCESS_KEY_ID") {
            return Ok(Self::of_environment(environment));
        }
        let files = FileBytes::read(environment)?;
        let aws_files = files.parse(environment)?;
        Ok(Self::of_files(environment, &aws_files))
    }

    fn of_files(environment: &Environment, aws_files: &AwsFiles) -> Self {
        match shadows_of_default(environment, &aws_files.profiles).first() {
            Some(hides @ (Shadow::Profile | Shadow::DefaultProfile)) => {
                let variable = if *hides == Shadow::Profile { "AWS_PROFILE" } else { "AWS_DEFAULT_PROFILE" };
                let name = escape(environment.get(variable).unwrap_or_default());
                Self::None(format!("{variable} names profile `{name}`, which AWS's tools use as it is"))
            }
            Some(hides) => Self::None(hides.what()),
            None => Self::of_default(environment, aws_files),
        }
    }

    fn of_environment(environment: &Environment) -> Self {
        let key = environment.get("AWS_ACCESS_KEY_ID").unwrap_or_default();
        let expires = environment
            .get("MFA_ENV_EXPIRES")
            .and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
        match (environment.holds_our_session(), expires) {
            (true, Some(expires)) => Self::Session(Session {
                profile: environment.get("MFA_ENV_PROFILE").unwrap_or_default().to_owned(),
                source: Source::Environment,
                access_key_id: key.to_owned(),
                expires,
            }),
            (true, None) => Self::None("MFA_ENV_EXPIRES of this shell was lost".to_owned()),
            (false, _) => Self::None(format!(
                "the key {} in AWS_ACCESS_KEY_ID is none that mfa-env exported",
                shown_value(key)
            )),
        }
    }

    /// The section itself tells; the state file may be of another machine's home.
    fn of_default(environment: &Environment, aws_files: &AwsFiles) -> Self {
        let path = crate::files::shown_path(&aws_files.credentials_file);
        let default = aws_files.profiles.get("default");
        let get = |key| default.and_then(|default| default.get(key));
        let Some(key) = get("aws_access_key_id") else {
            return Self::None(format!("neither this shell nor `[default]` in `{path}` has keys"));
        };
        if !aws_files.is_of_a_session(&key) {
            return Self::None(format!(
                "`[default]` in `{path}` holds the key {}, which is no session's",
                shown_value(&key)
            ));
        }
        let Some(expires) = get("expiration")
            .and_then(|text| text.parse().ok())
            .or_else(|| expires_of(&key, environment, aws_files))
        else {
            return Self::None(format!("`[default]` in `{path}` holds a session, but not when it ends"));
        };
        Self::Session(Session {
            profile: get("__profile__").map_or_else(|| "default".to_owned(), Cow::into_owned),
            source: Source::Default,
            access_key_id: key.into_owned(),
            expires,
        })
    }

    fn json(&self, now: Timestamp) -> serde_json::Value {
        match self {
            Self::Session(session) => serde_json::json!({
                "profile": session.profile,
                "source": match session.source {
                    Source::Environment => "environment",
                    Source::Default => "default",
                },
                "access_key_id": shown_value(&session.access_key_id),
                "expiration": session.expires.to_string(),
                "seconds_left": session.left(now).as_secs().max(0),
            }),
            Self::None(why) => {
                serde_json::json!({ "profile": null, "source": null, "reason": why, "seconds_left": 0 })
            }
        }
    }

    fn check(&self, min_ttl: SignedDuration, now: Timestamp, environment: &Environment) -> Result<()> {
        let session = match self {
            Self::None(why) => {
                let longer = DurationSeconds::new(min_ttl.as_secs()).ok();
                let longer = longer.filter(|longer| *longer > DurationSeconds::SESSION_DEFAULT);
                let longer = longer.map(|longer| format!(" -d {}", longer.argument())).unwrap_or_default();
                return Err(Error::new(Kind::NoSession, format!("no session: {why}"))
                    .hint(format!("start one: mfa-env PROFILE{longer} (mfa-env list shows the profiles)")));
            }
            Self::Session(session) => session,
        };
        let (left, profile) = (session.left(now), escape(&session.profile));
        let what = if left <= SignedDuration::ZERO {
            format!("the session of `{profile}` ended {} ago", humanize(-left))
        } else if left < min_ttl {
            format!("the session of `{profile}` ends in {}, sooner than asked for", humanize(left))
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::NoSession, what).hint(session.how_to_renew(min_ttl, environment)))
    }
}

impl Session {
    fn left(&self, now: Timestamp) -> SignedDuration {
        self.expires.duration_since(now)
    }

    /// With `-d`, if a plain login would not last as long as was asked for.
    fn how_to_renew(&self, min_ttl: SignedDuration, environment: &Environment) -> String {
        let renew: &[&str] = match self.source {
            Source::Environment => &["-r"],
            Source::Default => &["-w", "-r"],
        };
        let command = |more: &[&str]| advice::mfa_env(&self.profile, &[renew, more].concat());
        match self.longer(min_ttl, environment) {
            None => format!("start a new one: {}", command(&[])),
            Some(longer) if longer.is_less_than(min_ttl) => {
                format!("{longer} is the most: {}", command(&["-d", &longer.argument()]))
            }
            Some(longer) => format!("start a new one: {}", command(&["-d", &longer.argument()])),
        }
    }

    /// The duration to ask for, if that of a plain login is less than `min_ttl`: as much, or the most
    /// that the profile can have. `None` also if the files do not tell.
    fn longer(&self, min_ttl: SignedDuration, environment: &Environment) -> Option<DurationSeconds> {
        let files = FileBytes::read(environment).ok()?;
        let aws_files = files.parse(environment).ok()?;
        let chain = aws_files.chain(&self.profile).ok()?;
        let plain = plan::plan(&chain, None).ok()?.duration();
        let asked = DurationSeconds::new(min_ttl.as_secs()).ok()?;
        (plain < asked).then(|| asked.min(plan::longest(&chain)))
    }

    fn lines(&self, now: Timestamp) -> String {
        let source = match self.source {
            Source::Environment => "this shell's environment",
            Source::Default => "[default] of the credentials file",
        };
        let left = self.left(now);
        let when =
            if left > SignedDuration::ZERO { format!("in {}", humanize(left)) } else { "expired".to_owned() };
        format!(
            "profile  {}\nfrom     {source}\nkey      {}\nexpires  {} ({when})\n",
            escape(&self.profile),
            shown_value(&self.access_key_id),
            self.expires,
        )
    }
}

fn expires_of(access_key_id: &str, environment: &Environment, aws_files: &AwsFiles) -> Option<Timestamp> {
    let state = State::load(environment);
    let shown = state.escape().filter(|shown| shown.credentials_file == aws_files.credentials_file)?;
    (shown.access_key_id == access_key_id).then(|| Timestamp::from_second(shown.expires).ok())?
}
