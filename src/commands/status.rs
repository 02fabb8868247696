//! `mfa-env status`: which session this shell uses, why, and how long it lasts.

mod default_only;
mod renew;

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::account::Who;
use super::file_bytes::FileBytes;
use crate::aws::{DurationSeconds, Identity, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::shadowing::{Shadow, shadows_of_default};
use crate::cli::StatusOptions;
use crate::environment::{Environment, REGION_VARIABLES};
use crate::error::{Error, Exit, Hint, Result, escape, shown_value};
use crate::login::Context;
use crate::output;
use crate::shell::hint_text;
use crate::store::cache::{Cache, Key};
use crate::store::state::State;

/// # Errors
/// Exit status 4 if there is no session, or less time left than `--min-ttl`.
pub fn run(options: &StatusOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    if options.default_only {
        return default_only::run(environment);
    }
    let min_ttl = options.min_ttl.unwrap_or(SignedDuration::ZERO);
    let bytes;
    let parsed = match FileBytes::read(environment) {
        Ok(read) => {
            bytes = read;
            bytes.parse(environment)
        }
        Err(error) => Err(error),
    };
    // Keys in the environment win over the files, so a file that can't be read doesn't matter.
    let (used, aws_files) = if environment.is_set("AWS_ACCESS_KEY_ID") {
        let aws_files = parsed.ok();
        (of_environment(environment, aws_files.as_ref()), aws_files)
    } else {
        let aws_files = parsed?;
        (of_files(environment, &aws_files), Some(aws_files))
    };
    let session = match used {
        Ok(session) => session,
        Err(NoSession { why, remedy }) => {
            if options.json {
                let json =
                    serde_json::json!({ "profile": null, "source": null, "reason": why, "seconds_left": 0 });
                output::print_json(&json)?;
            }
            return Err(no_session(&why, remedy, min_ttl));
        }
    };
    session.print(options.json, environment, aws_files.as_ref())?;
    session.check(min_ttl, environment, aws_files.as_ref())
}

/// The session in `[default]`, which may have expired.
pub(super) fn session_in_default(environment: &Environment, aws_files: &AwsFiles) -> Option<ActiveSession> {
    in_default(environment, aws_files).ok()
}

/// The session in the environment, which may have expired.
pub(super) fn session_in_environment(environment: &Environment) -> Option<ActiveSession> {
    of_environment(environment, None).ok()
}

/// The session that programs in this shell use.
pub(super) struct ActiveSession {
    pub(super) profile: String,
    is_in_default: bool,
    access_key_id: String,
    expires: Timestamp,
}

/// Why they use none.
struct NoSession {
    why: String,
    /// What stops it from hiding a session in `[default]`.
    remedy: Option<Hint>,
}

impl NoSession {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: None }
    }
}

type Used = std::result::Result<ActiveSession, NoSession>;

fn of_environment(environment: &Environment, aws_files: Option<&AwsFiles>) -> Used {
    let key = environment.get("AWS_ACCESS_KEY_ID").unwrap_or_default();
    let expires =
        environment.get("MFA_ENV_EXPIRES").and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
    let why = match (environment.holds_our_session(), expires) {
        (true, Some(expires)) => {
            return Ok(ActiveSession {
                profile: environment.get("MFA_ENV_PROFILE").unwrap_or_default().to_owned(),
                is_in_default: false,
                access_key_id: key.to_owned(),
                expires,
            });
        }
        (true, None) => "MFA_ENV_EXPIRES is missing or invalid in this shell".to_owned(),
        (false, _) => format!("AWS_ACCESS_KEY_ID ({}) wasn't set by mfa-env", shown_value(key)),
    };
    Err(match aws_files {
        Some(aws_files) => hidden(why, Shadow::Keys, environment, aws_files),
        None => NoSession::new(why),
    })
}

fn of_files(environment: &Environment, aws_files: &AwsFiles) -> Used {
    let Some(hides) = shadows_of_default(environment, &aws_files.profiles).first().copied() else {
        return in_default(environment, aws_files);
    };
    let of_variable = |variable| {
        let name = shown_value(environment.get(variable).unwrap_or_default());
        format!("{variable} is `{name}`, so AWS's tools use that profile's own settings")
    };
    let why = match hides {
        Shadow::Profile => of_variable("AWS_PROFILE"),
        Shadow::DefaultProfile => of_variable("AWS_DEFAULT_PROFILE"),
        _ => hides.what("default"),
    };
    Err(hidden(why, hides, environment, aws_files))
}

fn hidden(why: String, shadow: Shadow, environment: &Environment, aws_files: &AwsFiles) -> NoSession {
    let remedy = in_default(environment, aws_files).is_ok().then(|| shadow.remedy());
    NoSession { why, remedy }
}

/// Reads the section itself: the state file may belong to another machine with the same home.
fn in_default(environment: &Environment, aws_files: &AwsFiles) -> Used {
    let path = aws_files.credentials_file.display();
    let Some(key) = aws_files.of_default("aws_access_key_id") else {
        return Err(NoSession::new(format!("neither this shell nor `[default]` in `{path}` has keys")));
    };
    if !aws_files.has_session_in("default") {
        let key = shown_value(&key);
        return Err(NoSession::new(format!("`[default]` in `{path}` holds a long-term key ({key})")));
    }
    let of_state = || {
        let state = State::load(environment);
        let shown = state.shown().filter(|shown| shown.credentials_file == aws_files.credentials_file)?;
        (shown.access_key_id == key).then(|| Timestamp::from_second(shown.expires).ok())?
    };
    let expires = aws_files.of_default("expiration").and_then(|text| text.parse().ok()).or_else(of_state);
    let Some(expires) = expires else {
        return Err(NoSession::new(format!(
            "`[default]` in `{path}` holds a session without its expiration"
        )));
    };
    Ok(ActiveSession {
        profile: profile_of_default(aws_files),
        is_in_default: true,
        access_key_id: key.into_owned(),
        expires,
    })
}

fn profile_of_default(aws_files: &AwsFiles) -> String {
    aws_files.of_default("__profile__").map_or_else(|| "default".to_owned(), Cow::into_owned)
}

fn no_session(why: &str, remedy: Option<Hint>, min_ttl: SignedDuration) -> Error {
    let error = Error::new(Exit::NoSession, format!("no session: {why}"));
    if let Some(remedy) = remedy {
        return error.hint(Hint::paste("to use the session in `[default]`", hint_text(&remedy)));
    }
    let longer = DurationSeconds::new(min_ttl.as_secs()).ok();
    let longer = longer.filter(|longer| *longer > DurationSeconds::SESSION_DEFAULT);
    let longer = longer.map(DurationSeconds::argument);
    let longer = longer.iter().flat_map(|longer| ["-d", longer.as_str()]);
    error
        .hint(Hint::run("start one", ["mfa-env", "PROFILE"].into_iter().chain(longer)))
        .hint(Hint::run("the profiles", ["mfa-env", "list"]))
}

impl ActiveSession {
    /// Negative once it has expired.
    pub(super) fn left(&self) -> SignedDuration {
        self.expires.duration_since(Timestamp::now())
    }

    fn check(
        &self,
        min_ttl: SignedDuration,
        environment: &Environment,
        aws_files: Option<&AwsFiles>,
    ) -> Result<()> {
        let (left, profile) = (self.left(), &self.profile);
        let what = if left <= SignedDuration::ZERO {
            format!("the session of `{profile}` expired {} ago", humanize(-left))
        } else if left < min_ttl {
            let (left, least) = (humanize(left), humanize(min_ttl));
            format!("the session of `{profile}` expires in {left}; you asked for at least {least}")
        } else {
            return Ok(());
        };
        Err(Error::new(Exit::NoSession, what).hint(self.how_to_renew(min_ttl, environment, aws_files)))
    }

    fn print(&self, json: bool, environment: &Environment, aws_files: Option<&AwsFiles>) -> Result<()> {
        let who = self.who(environment, aws_files);
        let region = REGION_VARIABLES.iter().find_map(|name| environment.get(name)).map(Cow::Borrowed);
        let of_default = || aws_files?.of_default("region").filter(|_| self.is_in_default);
        let region = region.or_else(of_default).map(|region| shown_value(&region));
        let (left, key) = (self.left(), shown_value(&self.access_key_id));
        if json {
            return output::print_json(&serde_json::json!({
                "profile": self.profile,
                "account": who.account,
                "role_arn": who.role_arn,
                "user": who.user,
                "region": region,
                "source": if self.is_in_default { "default" } else { "environment" },
                "access_key_id": key,
                "expiration": self.expires.to_string(),
                "seconds_left": left.as_secs().max(0),
            }));
        }
        // Set after the login, by a start-up file or direnv: the login itself unsets it.
        let beside = environment.get("AWS_PROFILE").filter(|_| !self.is_in_default);
        let beside = beside.map(|name| format!("AWS_PROFILE={}, which some tools prefer", shown_value(name)));
        let when =
            if left > SignedDuration::ZERO { format!("in {}", humanize(left)) } else { "expired".to_owned() };
        let local = self.expires.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %:z").to_string();
        // `role admin`, `user bob`, or only the first word.
        let role_or_user = who.role_or_user.as_deref().and_then(|who| who.split_once(' '));
        let lines = [
            ("profile", Some(self.profile.as_str())),
            ("account", who.account.as_deref()),
            role_or_user.map_or(("user", None), |(kind, name)| (kind, Some(name))),
            ("region", region.as_deref()),
            ("from", Some(&self.origin(aws_files))),
            ("beside", beside.as_deref()),
            ("key", Some(&key)),
            ("expires", Some(&format!("{local} ({when})"))),
        ];
        let known = lines.into_iter().filter_map(|(what, text)| Some((what, text?)));
        let lines: String = known.map(|(what, text)| format!("{what:<8} {}\n", escape(text))).collect();
        output::print(&lines)
    }

    /// What the cache and the files tell. May be empty: a session in the environment works even if the files are
    /// broken or the profile is gone.
    fn who(&self, environment: &Environment, aws_files: Option<&AwsFiles>) -> Who {
        // The cache comes first: only it knows the role of `--role-arn`.
        if let Some((key, identity)) = self.cached(environment) {
            let role_arn = key.roles.last().map(|role| role.role_arn.as_str());
            return Who::new(role_arn, key.serial_number.as_deref(), identity.as_ref());
        }
        let chain = aws_files.and_then(|aws_files| aws_files.chain(&self.profile).ok());
        chain.map_or_else(Who::default, |chain| Who::of(&chain, None))
    }

    fn cached(&self, environment: &Environment) -> Option<(Key, Option<Identity>)> {
        Cache::open(environment)?.find(&self.access_key_id)
    }

    /// Where the session is, and the profile of the one in `[default]` that it hides.
    fn origin(&self, aws_files: Option<&AwsFiles>) -> String {
        if self.is_in_default {
            return "[default] of the credentials file (* in the prompt)".to_owned();
        }
        let hides = aws_files.filter(|aws_files| aws_files.has_session_in("default")).map(profile_of_default);
        let hides = hides.map(|profile| format!(" (hides [default]: {profile})")).unwrap_or_default();
        format!("this shell's environment{hides}")
    }
}
