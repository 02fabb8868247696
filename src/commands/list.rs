//! `mfa-env list`: every profile, what it signs with, its MFA device, region and cached session.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use jiff::{SignedDuration, Timestamp};

use super::{Context, FileBytes};
use crate::aws::humanize;
use crate::aws::{Expiration, Region, SerialNumber};
use crate::aws_files::AwsFiles;
use crate::aws_files::profiles::{Chain, FileKind, KeySource, ProfileError};
use crate::cli::ListOptions;
use crate::environment::Environment;
use crate::error::{Result, escape, is_control_or_invisible, shown_value};
use crate::login::endpoint::cached_key;
use crate::output;
use crate::store::cache::Cache;

/// # Errors
/// Where the files can't be read, or the output not be written.
pub fn run(options: &ListOptions, context: &Context) -> Result<()> {
    let files = FileBytes::read(&context.environment)?;
    if options.names {
        return output::print(&names(&files.profile_names(&context.environment)?));
    }
    let aws_files = files.parse(&context.environment)?;
    let cache = Cache::open(&context.environment);
    let row = |name| Row::of(name, &aws_files, cache.as_ref(), &context.environment);
    let rows: Vec<_> = aws_files.profiles.names().map(row).collect();
    if options.json {
        return output::print_json(&rows);
    }
    if rows.is_empty() {
        output::say("no profiles yet");
        output::print_hint(&"make one: mfa-env setup".into());
        return Ok(());
    }
    output::print_styled(&table(&rows))
}

/// One a line and nothing else: bash's completion reads them at each TAB, and menus print them as they
/// are. So names that would steer a terminal, or hide in it, are left out.
fn names(names: &[&str]) -> String {
    let is_printed = |name: &&&str| !name.contains(is_control_or_invisible);
    names.iter().filter(is_printed).flat_map(|name| [*name, "\n"]).collect()
}

/// A profile as `list` shows it.
#[derive(serde::Serialize)]
struct Row<'a> {
    profile: &'a str,
    /// `keys`, `keys of X`, `role of X`, `process`, or none.
    signs_with: Option<String>,
    mfa_serial: Option<String>,
    #[serde(skip)]
    device: Option<String>,
    region: Option<String>,
    role_arn: Option<String>,
    /// Of the cached session, RFC 3339.
    expiration: Option<String>,
    seconds_left: Option<i64>,
    /// Why it can't log in here.
    problem: Option<String>,
}

impl<'a> Row<'a> {
    fn of(name: &'a str, aws_files: &AwsFiles, cache: Option<&Cache>, environment: &Environment) -> Self {
        let now = Timestamp::now();
        match aws_files.chain(name) {
            Ok(chain) => {
                let cached = cached_key(&chain, environment).ok().and_then(|key| cache?.get(&key, now));
                let expiration = cached.map(|cached| cached.session.expiration);
                Self {
                    profile: name,
                    signs_with: Some(signs_with(name, &chain)),
                    mfa_serial: chain.serial_number.as_ref().map(ToString::to_string),
                    device: chain.serial_number.as_ref().map(SerialNumber::short),
                    region: chain.region.as_ref().map(|region| Region::as_str(region).to_owned()),
                    role_arn: chain.roles.last().map(|role| role.role_arn.clone()),
                    expiration: expiration.map(Expiration::rfc3339),
                    seconds_left: expiration.map(|expiration| expiration.left(now).as_secs()),
                    problem: (chain.serial_number.is_none() && chain.roles.is_empty())
                        .then(|| "no MFA device".to_owned()),
                }
            }
            Err(unusable) => Self {
                profile: name,
                signs_with: None,
                mfa_serial: None,
                device: None,
                region: aws_files
                    .profiles
                    .get(name)
                    .and_then(|profile| profile.get("region"))
                    .map(|value| shown_value(&value)),
                role_arn: aws_files
                    .profiles
                    .get(name)
                    .and_then(|profile| profile.get("role_arn"))
                    .map(|value| shown_value(&value)),
                expiration: None,
                seconds_left: None,
                problem: Some(problem(&unusable)),
            },
        }
    }
}

impl Row<'_> {
    fn left(&self) -> String {
        self.seconds_left.map_or_else(|| "-".to_owned(), |left| humanize(SignedDuration::from_secs(left)))
    }

    /// As the prompt's segment has it: yellow from 15 minutes on, red in the last minute.
    fn style(&self) -> Style {
        let color = match self.seconds_left {
            None => return Style::new(),
            Some(..60) => AnsiColor::Red,
            Some(60..=900) => AnsiColor::Yellow,
            Some(901..) => AnsiColor::Green,
        };
        Style::new().fg_color(Some(color.into()))
    }
}

fn signs_with(name: &str, chain: &Chain) -> String {
    let (signer, what) = match &chain.signer {
        KeySource::Keys { profile, .. } => (profile, "keys"),
        KeySource::Process { profile, .. } => (profile, "process"),
    };
    match (&chain.roles[..], signer == name) {
        ([], true) => what.to_owned(),
        ([], false) => format!("{what} of {signer}"),
        ([..], _) => format!("role, {what} of {signer}"),
    }
}

/// In few words; `mfa-env NAME` says it whole, with what to do.
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
            format!("bad {key} ({file}, line {line})")
        }
        ProfileError::Elsewhere { sso: true, .. } => "SSO: aws sso login".to_owned(),
        ProfileError::Elsewhere { sso: false, .. } => "web identity".to_owned(),
        ProfileError::NoSource { .. } => "a role without source_profile".to_owned(),
        ProfileError::UnknownSource { source, .. } => format!("no source_profile {}", shown_value(source)),
        ProfileError::Loop { .. } => "source_profile goes in a circle".to_owned(),
    }
}

fn table(rows: &[Row<'_>]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = output::terminal_width() {
        table.set_width(width);
    }
    table.set_header(["PROFILE", "SIGNS WITH", "MFA DEVICE", "REGION", "LEFT"]);
    for row in rows {
        let or_dash = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), escape);
        let device = match (&row.device, &row.problem) {
            (Some(device), _) => escape(device),
            (None, Some(problem)) => format!("({})", escape(problem)),
            (None, None) => "-".to_owned(),
        };
        table.add_row([
            escape(row.profile),
            or_dash(&row.signs_with),
            device,
            or_dash(&row.region),
            row.left(),
        ]);
    }
    let mut lines = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
    let bold = Style::new().bold();
    let mut out = lines.next().map(|header| format!("{bold}{header}{bold:#}\n")).unwrap_or_default();
    // Coloured after the layout, to which an escape sequence would be text. Each row's last cell is
    // on the first of its lines.
    let mut rows = rows.iter().peekable();
    for line in lines {
        let ends = rows.peek().and_then(|row| Some((line.strip_suffix(&row.left())?, *row)));
        match ends {
            Some((start, row)) => {
                let style = row.style();
                writeln!(out, "{start}{style}{}{style:#}", row.left())
                    .expect("a String takes all that is written");
                rows.next();
            }
            None => writeln!(out, "{line}").expect("a String takes all that is written"),
        }
    }
    out
}
