//! `mfa-env list`: every profile with account, role or user, region, and the time left of its cached session.

use anstyle::{AnsiColor, Style};
use jiff::{SignedDuration, Timestamp};

use super::account::{account, role_or_user, served_by_us};
use super::file_bytes::FileBytes;
use crate::aws::{Expiration, Identity, Region, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, FileKind, KeySource, ProfileError};
use crate::cli::ListOptions;
use crate::environment::Environment;
use crate::error::{Hint, Result, escape, is_control_or_invisible, shown_value};
use crate::login::Context;
use crate::login::endpoint::cached_key;
use crate::output;
use crate::store::cache::Cache;
use crate::terminal::table::{Cell, table};

/// # Errors
/// If the files can't be read, or the output can't be written.
pub fn run(options: &ListOptions, context: &Context) -> Result<()> {
    let files = FileBytes::read(&context.environment)?;
    if options.names {
        return output::print(&names(&files.profile_names(&context.environment)?));
    }
    let aws_files = files.parse(&context.environment)?;
    // Otherwise each of thousands of profiles would look for the folder.
    let cache = Cache::open(&context.environment).filter(Cache::is_there);
    let row = |name| ProfileRow::of(name, &aws_files, cache.as_ref(), &context.environment);
    let rows: Vec<_> = aws_files.profiles.names().map(row).collect();
    if options.json {
        return output::print_json(&rows);
    }
    if rows.is_empty() {
        output::say("no profiles yet");
        output::print_hint(&Hint::run("create one", ["mfa-env", "setup"]));
        return Ok(());
    }
    let width = output::terminal_width();
    let text = if options.verbose {
        let header = [PROFILE, ACCOUNT, ROLE_OR_USER, REGION, "MFA DEVICE", "SIGNED BY", LEFT];
        table(header, &rows.iter().map(ProfileRow::all_cells).collect::<Vec<_>>(), width)
    } else {
        let header = [PROFILE, ACCOUNT, ROLE_OR_USER, REGION, LEFT];
        table(header, &rows.iter().map(ProfileRow::cells).collect::<Vec<_>>(), width)
    };
    output::print_styled(&text)
}

const PROFILE: &str = "PROFILE";
const ACCOUNT: &str = "ACCOUNT";
const ROLE_OR_USER: &str = "ROLE OR USER";
const REGION: &str = "REGION";
const LEFT: &str = "LEFT";

/// Only the names, one per line. Menus print them unchanged, so this leaves out names with control or
/// invisible characters.
fn names(names: &[&str]) -> String {
    let is_printed = |name: &&&str| !name.contains(is_control_or_invisible);
    names.iter().filter(is_printed).flat_map(|name| [*name, "\n"]).collect()
}

/// A row of `list`.
#[derive(Default, serde::Serialize)]
struct ProfileRow<'a> {
    profile: &'a str,
    /// The account of the role, or else of the user.
    account: Option<String>,
    role_arn: Option<String>,
    /// Only after STS has told us.
    user: Option<String>,
    #[serde(skip)]
    role_or_user: Option<String>,
    region: Option<String>,
    mfa_serial: Option<String>,
    /// The profile whose keys or `credential_process` sign.
    signing_profile: Option<String>,
    /// When the cached session expires, in RFC 3339.
    expiration: Option<String>,
    seconds_left: Option<i64>,
    /// Why it can't log in.
    problem: Option<String>,
}

impl<'a> ProfileRow<'a> {
    fn of(name: &'a str, aws_files: &AwsFiles, cache: Option<&Cache>, environment: &Environment) -> Self {
        let of_files = |key: &str| aws_files.profiles.get(name).and_then(|profile| profile.get(key));
        let shown = |key: &str| of_files(key).map(|value| shown_value(&value));
        let chain = aws_files.chain(name).and_then(|chain| match served_by_us(&chain, aws_files) {
            // The region is its own, since a `credential_process` returns none.
            Some((of, served)) if of != name => Ok(Chain { region: chain.region, ..served? }),
            Some(_) => Err(ProfileError::Loop { names: vec![name.to_owned()] }),
            None => Ok(chain),
        });
        match chain {
            Ok(chain) => Self { profile: name, ..Self::of_chain(&chain, cache, environment) },
            Err(error) => Self {
                profile: name,
                role_arn: shown("role_arn"),
                region: shown("region"),
                mfa_serial: shown("mfa_serial"),
                problem: Some(problem(&error)),
                ..Self::default()
            },
        }
    }

    fn of_chain(chain: &Chain, cache: Option<&Cache>, environment: &Environment) -> Self {
        let now = Timestamp::now();
        let cached = cached_key(chain, environment).ok().and_then(|key| cache?.get(&key, now));
        let session = cached.as_ref().map(|cached| &cached.session);
        let expiration = session.map(|session| session.expiration);
        let identity = session.and_then(|session| session.identity.as_ref());
        let (KeySource::Keys { profile, .. } | KeySource::Process { profile, .. }) = &chain.signer;
        Self {
            profile: "",
            account: account(chain, identity).map(str::to_owned),
            role_arn: chain.roles.last().map(|role| role.role_arn.to_string()),
            user: identity.and_then(Identity::user).map(str::to_owned),
            role_or_user: Some(role_or_user(chain, identity)),
            region: chain.region.as_ref().map(|region| Region::as_str(region).to_owned()),
            mfa_serial: chain.serial_number.as_ref().map(ToString::to_string),
            signing_profile: Some(profile.clone()),
            expiration: expiration.map(Expiration::rfc3339),
            seconds_left: expiration.map(|expiration| expiration.left(now).as_secs()),
            problem: (chain.serial_number.is_none() && chain.roles.is_empty())
                .then(|| "no MFA device".to_owned()),
        }
    }

    fn cells(&self) -> [Cell; 5] {
        let role_or_user = match &self.problem {
            Some(problem) => Cell::from(format!("({})", escape(problem))),
            None => or_dash(&self.role_or_user),
        };
        [
            escape(self.profile).into(),
            or_dash(&self.account),
            role_or_user,
            or_dash(&self.region),
            self.left(),
        ]
    }

    fn all_cells(&self) -> [Cell; 7] {
        let [profile, account, role_or_user, region, left] = self.cells();
        let (device, signed_by) = (or_dash(&self.mfa_serial), or_dash(&self.signing_profile));
        [profile, account, role_or_user, region, device, signed_by, left]
    }

    /// The time left, with the colours of the prompt: yellow from 15 minutes on, red in the last minute.
    fn left(&self) -> Cell {
        let Some(seconds) = self.seconds_left else { return or_dash(&None) };
        let color = match seconds {
            ..60 => AnsiColor::Red,
            60..=900 => AnsiColor::Yellow,
            901.. => AnsiColor::Green,
        };
        let text = humanize(SignedDuration::from_secs(seconds));
        Cell { text, style: Style::new().fg_color(Some(color.into())) }
    }
}

fn or_dash(text: &Option<String>) -> Cell {
    text.as_deref().map_or_else(|| "-".to_owned(), escape).into()
}

/// In a few words. `mfa-env NAME` explains it, and says what to do.
fn problem(unusable: &ProfileError) -> String {
    match unusable {
        ProfileError::Unknown { .. } => "not there".to_owned(),
        ProfileError::NoKeys { session_keys: false, .. } => "no access key".to_owned(),
        ProfileError::NoKeys { session_keys: true, .. } => "temporary keys only".to_owned(),
        ProfileError::HalfKeys { missing, .. } => format!("no {missing}"),
        ProfileError::Value { key, file, line, .. } => {
            let file = match file {
                FileKind::Config => "config",
                FileKind::Credentials => "credentials",
            };
            format!("bad {key} in line {line} of {file}")
        }
        ProfileError::Elsewhere { sso: true, .. } => "SSO: aws sso login".to_owned(),
        ProfileError::Elsewhere { sso: false, .. } => "web identity".to_owned(),
        ProfileError::NoSource { .. } => "role without source_profile".to_owned(),
        ProfileError::TwoSources { .. } => "source_profile and credential_source".to_owned(),
        ProfileError::UnknownSource { source, .. } => format!("no source_profile {}", shown_value(source)),
        ProfileError::Loop { names } if names.len() > 1 => "its sources form a loop".to_owned(),
        ProfileError::Loop { .. } => "its source is itself".to_owned(),
    }
}
