//! `mfa-env status`: which session this shell uses, why, and how long it lasts.

mod default_only;
mod renew;
mod whose;

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::whose::Whose;
use super::file_bytes::FileBytes;
use crate::aws::{DurationSeconds, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::shadowing::{Shadow, shadows_of_default};
use crate::cli::StatusOptions;
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result, escape, shown_value};
use crate::login::Context;
use crate::output;
use crate::shell::hint_text;
use crate::store::state::State;

/// # Errors
/// Exit status 4 if there is no session, or less time left than `--min-ttl`.
pub fn run(options: &StatusOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    if options.default_only {
        return default_only::run(environment);
    }
    let min_ttl = options.min_ttl.unwrap_or(SignedDuration::ZERO);
    let now = Timestamp::now();
    let bytes;
    let parsed = match FileBytes::read(environment) {
        Ok(read) => {
            bytes = read;
            bytes.parse(environment)
        }
        Err(error) => Err(error),
    };
    // With keys in the environment, a file that can't be read hides nothing.
    let (used, aws_files) = if environment.is_set("AWS_ACCESS_KEY_ID") {
        let aws_files = parsed.ok();
        (Used::with_keys(environment, aws_files.as_ref()), aws_files)
    } else {
        let aws_files = parsed?;
        (Used::of_files(environment, &aws_files), Some(aws_files))
    };
    let aws_files = aws_files.as_ref();
    match &used {
        Used::Session(session) => {
            let whose = Whose::find(session, environment, aws_files);
            if options.json {
                output::print_json(&session.json(&whose, now))?;
            } else {
                output::print(&session.lines(&whose, environment, now))?;
            }
        }
        Used::None { why, .. } if options.json => output::print_json(
            &serde_json::json!({ "profile": null, "source": null, "reason": why, "seconds_left": 0 }),
        )?,
        Used::None { .. } => {}
    }
    used.check(min_ttl, now, environment, aws_files)
}

/// The profile of the session in `[default]`, and how long it lasts; negative once it has expired.
pub(super) fn session_in_default(
    environment: &Environment,
    aws_files: &AwsFiles,
) -> Option<(String, SignedDuration)> {
    match Used::of_default(environment, aws_files) {
        Used::Session(session) => Some((session.profile.clone(), session.left(Timestamp::now()))),
        Used::None { .. } => None,
    }
}

/// What programs in this shell use.
enum Used {
    Session(ActiveSession),
    None {
        why: String,
        /// The command that stops it from hiding a session, if there is one.
        remedy: Option<Hint>,
    },
}

struct ActiveSession {
    profile: String,
    source: Source,
    access_key_id: String,
    expires: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Environment,
    Default,
}

impl Used {
    fn with_keys(environment: &Environment, aws_files: Option<&AwsFiles>) -> Self {
        match (Self::of_environment(environment), aws_files) {
            (Self::None { why, .. }, Some(aws_files)) => {
                Self::hidden(why, Shadow::Keys, environment, aws_files)
            }
            (used, _) => used,
        }
    }

    fn of_files(environment: &Environment, aws_files: &AwsFiles) -> Self {
        match shadows_of_default(environment, &aws_files.profiles).first() {
            Some(hides @ (Shadow::Profile | Shadow::DefaultProfile)) => {
                let variable = if *hides == Shadow::Profile { "AWS_PROFILE" } else { "AWS_DEFAULT_PROFILE" };
                let name = environment.get(variable).unwrap_or_default();
                let why = format!("{variable} is `{name}`, so AWS's tools use that profile's own settings");
                Self::hidden(why, *hides, environment, aws_files)
            }
            Some(hides) => Self::hidden(hides.what(), *hides, environment, aws_files),
            None => Self::of_default(environment, aws_files),
        }
    }

    fn none(why: impl Into<String>) -> Self {
        Self::None { why: why.into(), remedy: None }
    }

    fn hidden(why: String, shadow: Shadow, environment: &Environment, aws_files: &AwsFiles) -> Self {
        let hidden = Self::of_default(environment, aws_files);
        Self::None { why, remedy: matches!(hidden, Self::Session(_)).then(|| shadow.remedy()) }
    }

    fn of_environment(environment: &Environment) -> Self {
        let key = environment.get("AWS_ACCESS_KEY_ID").unwrap_or_default();
        let expires = environment
            .get("MFA_ENV_EXPIRES")
            .and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
        match (environment.holds_our_session(), expires) {
            (true, Some(expires)) => Self::Session(ActiveSession {
                profile: environment.get("MFA_ENV_PROFILE").unwrap_or_default().to_owned(),
                source: Source::Environment,
                access_key_id: key.to_owned(),
                expires,
            }),
            (true, None) => Self::none("MFA_ENV_EXPIRES of this shell was lost"),
            (false, _) => {
                Self::none(format!("AWS_ACCESS_KEY_ID ({}) wasn't set by mfa-env", shown_value(key)))
            }
        }
    }

    /// Reads the section itself: the state file may belong to another machine with the same home.
    fn of_default(environment: &Environment, aws_files: &AwsFiles) -> Self {
        let path = aws_files.credentials_file.display();
        let default = aws_files.profiles.get("default");
        let get = |key| default.and_then(|default| default.get(key));
        let Some(key) = get("aws_access_key_id") else {
            return Self::none(format!("neither this shell nor `[default]` in `{path}` has keys"));
        };
        if !aws_files.is_of_a_session(&key) {
            return Self::none(format!(
                "`[default]` in `{path}` holds a long-term key ({})",
                shown_value(&key)
            ));
        }
        let Some(expires) = get("expiration")
            .and_then(|text| text.parse().ok())
            .or_else(|| expires_of(&key, environment, aws_files))
        else {
            return Self::none(format!("`[default]` in `{path}` holds a session without its expiration"));
        };
        Self::Session(ActiveSession {
            profile: get("__profile__").map_or_else(|| "default".to_owned(), Cow::into_owned),
            source: Source::Default,
            access_key_id: key.into_owned(),
            expires,
        })
    }

    fn check(
        &self,
        min_ttl: SignedDuration,
        now: Timestamp,
        environment: &Environment,
        aws_files: Option<&AwsFiles>,
    ) -> Result<()> {
        let session = match self {
            Self::None { why, remedy: Some(remedy) } => {
                return Err(Error::new(Exit::NoSession, format!("no session: {why}"))
                    .hint(Hint::paste("to use the session in `[default]`", hint_text(remedy))));
            }
            Self::None { why, remedy: None } => {
                let longer = DurationSeconds::new(min_ttl.as_secs()).ok();
                let longer = longer.filter(|longer| *longer > DurationSeconds::SESSION_DEFAULT);
                let longer = longer.map(DurationSeconds::argument);
                let longer = longer.iter().flat_map(|longer| ["-d", longer.as_str()]);
                return Err(Error::new(Exit::NoSession, format!("no session: {why}"))
                    .hint(Hint::run("start one", ["mfa-env", "PROFILE"].into_iter().chain(longer)))
                    .hint(Hint::run("the profiles", ["mfa-env", "list"])));
            }
            Self::Session(session) => session,
        };
        let (left, profile) = (session.left(now), &session.profile);
        let what = if left <= SignedDuration::ZERO {
            format!("the session of `{profile}` expired {} ago", humanize(-left))
        } else if left < min_ttl {
            let (left, least) = (humanize(left), humanize(min_ttl));
            format!("the session of `{profile}` expires in {left}; you asked for at least {least}")
        } else {
            return Ok(());
        };
        Err(Error::new(Exit::NoSession, what).hint(session.how_to_renew(min_ttl, environment, aws_files)))
    }
}

impl ActiveSession {
    fn left(&self, now: Timestamp) -> SignedDuration {
        self.expires.duration_since(now)
    }

    fn json(&self, whose: &Whose, now: Timestamp) -> serde_json::Value {
        serde_json::json!({
            "profile": self.profile,
            "account": whose.account,
            "role_arn": whose.role_arn,
            "user": whose.user,
            "region": whose.region,
            "source": match self.source {
                Source::Environment => "environment",
                Source::Default => "default",
            },
            "access_key_id": shown_value(&self.access_key_id),
            "expiration": self.expires.to_string(),
            "seconds_left": self.left(now).as_secs().max(0),
        })
    }

    fn lines(&self, whose: &Whose, environment: &Environment, now: Timestamp) -> String {
        let from = match (self.source, &whose.hides) {
            (Source::Environment, None) => "this shell's environment".to_owned(),
            (Source::Environment, Some(of)) => {
                format!("this shell's environment (hides [default]: {of})")
            }
            (Source::Default, _) => "[default] of the credentials file (* in the prompt)".to_owned(),
        };
        // A start-up file or direnv has set it after the login, which unsets it.
        let beside = environment.get("AWS_PROFILE").filter(|_| self.source == Source::Environment);
        let beside = beside.map(|name| format!("AWS_PROFILE={}, which some tools prefer", shown_value(name)));
        let left = self.left(now);
        let when =
            if left > SignedDuration::ZERO { format!("in {}", humanize(left)) } else { "expired".to_owned() };
        let local = self.expires.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %:z").to_string();
        // `role admin`, `user bob`, or only the first word.
        let role_or_user = whose.role_or_user.as_deref().and_then(|who| who.split_once(' '));
        let lines = [
            ("profile", Some(self.profile.as_str())),
            ("account", whose.account.as_deref()),
            role_or_user.map_or(("user", None), |(kind, name)| (kind, Some(name))),
            ("region", whose.region.as_deref()),
            ("from", Some(&from)),
            ("beside", beside.as_deref()),
            ("key", Some(&shown_value(&self.access_key_id))),
            ("expires", Some(&format!("{local} ({when})"))),
        ];
        let known = lines.into_iter().filter_map(|(what, text)| Some((what, text?)));
        known.map(|(what, text)| format!("{what:<8} {}\n", escape(text))).collect()
    }
}

fn expires_of(access_key_id: &str, environment: &Environment, aws_files: &AwsFiles) -> Option<Timestamp> {
    let state = State::load(environment);
    let shown = state.shown().filter(|shown| shown.credentials_file == aws_files.credentials_file)?;
    (shown.access_key_id == access_key_id).then(|| Timestamp::from_second(shown.expires).ok())?
}
