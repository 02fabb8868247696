//! `mfa-env list`: every profile with account, role or user, region, and the time left of its cached session.

use jiff::{SignedDuration, Timestamp};

use super::account::{Who, last_part, served_by_us};
use super::file_bytes::FileBytes;
use crate::aws::{Expiration, Region, humanize};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, FileKind, ProfileError};
use crate::cli::ListOptions;
use crate::environment::Environment;
use crate::error::{Hint, Result, escape, is_control_or_invisible, shown_value};
use crate::login::Context;
use crate::login::endpoint::cached;
use crate::output;
use crate::store::cache::Cache;
use crate::terminal::table::{Cell, table};

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
    let mut header = vec!["PROFILE", "ACCOUNT", "ROLE OR USER", "REGION"];
    if options.verbose {
        header.extend(["DEVICE", "KEYS"]);
    }
    header.push("LEFT");
    let rows: Vec<_> = rows.iter().map(|row| row.cells(options.verbose)).collect();
    output::print_styled(&table(&header, &rows, output::terminal_width()))
}

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
    #[serde(flatten)]
    who: Who,
    region: Option<String>,
    mfa_serial: Option<String>,
    /// The profile whose keys or `credential_process` sign.
    signing_profile: Option<String>,
    /// The place of its keys: a file, a store, or `credential_process`.
    keys_in: Option<&'static str>,
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
            Ok(chain) => Self { profile: name, ..Self::of_chain(&chain, aws_files, cache, environment) },
            Err(error) => Self {
                profile: name,
                who: Who { role_arn: shown("role_arn"), ..Who::default() },
                region: shown("region"),
                mfa_serial: shown("mfa_serial"),
                problem: Some(problem(&error)),
                ..Self::default()
            },
        }
    }

    fn of_chain(
        chain: &Chain,
        aws_files: &AwsFiles,
        cache: Option<&Cache>,
        environment: &Environment,
    ) -> Self {
        let session = cached(chain, cache, environment).map(|cached| cached.session);
        let expiration = session.as_ref().map(|session| session.expiration);
        Self {
            profile: "",
            who: Who::of(chain, session.as_ref().and_then(|session| session.identity.as_ref())),
            region: chain.region.as_ref().map(|region| Region::as_str(region).to_owned()),
            mfa_serial: chain.serial_number.as_ref().map(ToString::to_string),
            signing_profile: Some(chain.signer.profile().to_owned()),
            keys_in: Some(aws_files.place_of(&chain.signer)),
            expiration: expiration.map(Expiration::rfc3339),
            seconds_left: expiration.map(|expiration| expiration.left(Timestamp::now()).as_secs()),
            problem: (chain.serial_number.is_none() && chain.roles.is_empty())
                .then(|| "no MFA device".to_owned()),
        }
    }

    fn cells(&self, verbose: bool) -> Vec<Cell> {
        let role_or_user = match &self.problem {
            Some(problem) => format!("({})", escape(problem)).into(),
            None => or_dash(&self.who.role_or_user),
        };
        let mut cells = vec![escape(self.profile).into(), or_dash(&self.who.account), role_or_user];
        cells.push(or_dash(&self.region));
        if verbose {
            // An ARN would not fit.
            let device = self.mfa_serial.as_deref().map(|serial| last_part(serial).to_owned());
            let keys = match (self.signing_profile.as_deref(), self.keys_in) {
                (Some(own), Some(place)) if own == self.profile => Some(format!("from {place}")),
                (signing, _) => signing.map(|of| format!("of {of}")),
            };
            cells.extend([or_dash(&device), or_dash(&keys)]);
        }
        cells.push(self.left());
        cells
    }

    /// The time left, with the colours of the prompt: yellow from 15 minutes on, red in the last minute.
    fn left(&self) -> Cell {
        let Some(seconds) = self.seconds_left else { return or_dash(&None) };
        let style = match seconds {
            ..60 => output::RED,
            60..=900 => output::YELLOW,
            901.. => output::GREEN,
        };
        Cell { text: humanize(SignedDuration::from_secs(seconds)), style }
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
        ProfileError::Loop { .. } => "it is its own source".to_owned(),
        ProfileError::Variable { .. } => "`AWS_MFA_SERIAL` is invalid".to_owned(),
    }
}
