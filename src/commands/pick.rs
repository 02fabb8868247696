//! Which profile, where the command line names none: a list on the terminal, the recent ones first.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::resolve::cached_key;
use super::{Accounts, Context};
use crate::cli::SessionOptions;
use crate::duration::for_people;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, shown};
use crate::profiles::{Chain, Unusable, profile_of_long_term};
use crate::session::SerialNumber;
use crate::store::cache::Cache;
use crate::terminal::{self, Look, NoAnswer, Row};

const QUESTION: &str = "Profile:";

/// The profile of a session: the one that is named, that of this shell or AWS's own choice; where
/// that one has no MFA device, or with `--pick`, the one that the user chooses.
///
/// # Errors
/// Where there is nothing to choose from, no terminal, or the user gives up.
pub fn profile(
    options: &SessionOptions,
    default: &str,
    accounts: &Accounts,
    context: &Context,
) -> Result<String> {
    if let Some(name) = options.profile() {
        return Ok(name.to_owned());
    }
    let is_wanted =
        options.pick || (options.may_choose() && needs_choice(default, accounts) && terminal::is_there());
    if !is_wanted {
        return Ok(default.to_owned());
    }
    let names = with_device(accounts);
    if !options.pick && names.len() < 2 {
        return Ok(default.to_owned());
    }
    if names.is_empty() {
        return Err(Error::new(Kind::Files, "no profile has an MFA device yet").hint("mfa-env setup"));
    }
    choose(&names, accounts, &context.environment)
}

/// One of these profiles.
///
/// # Errors
/// Where there is no terminal, or the user gives up.
pub fn choose(names: &[String], accounts: &Accounts, environment: &Environment) -> Result<String> {
    let mut profiles: Vec<_> =
        names.iter().map(|name| Choice::of(name.clone(), accounts, environment)).collect();
    profiles.sort_by_key(|profile| Reverse(profile.last_started));
    let rows = rows(&profiles, terminal::columns());
    match terminal::choose(QUESTION, &rows, look(environment)) {
        Ok(index) => Ok(profiles.swap_remove(index).name),
        Err(NoAnswer::Cancelled) => Err(Error::new(Kind::Cancelled, "cancelled; nothing was changed")),
        Err(NoAnswer::NoTerminal) => {
            Err(Error::new(Kind::NoSession, "there is no terminal to choose a profile on")
                .hint("name one: mfa-env PROFILE; `mfa-env list` shows them"))
        }
    }
}

fn look(environment: &Environment) -> Look {
    if environment.is_dumb() {
        Look::Dumb
    } else if environment.is_set("NO_COLOR") {
        Look::Plain
    } else {
        Look::Colored
    }
}

/// Whether the profile that would be taken can't log in for want of a device.
fn needs_choice(name: &str, accounts: &Accounts) -> bool {
    match accounts.chain(name) {
        Ok(chain) => chain.serial_number.is_none() && chain.roles.is_empty(),
        Err(
            Unusable::Unknown { .. }
            | Unusable::NoKeys { .. }
            | Unusable::Elsewhere { .. }
            | Unusable::NoSource { .. },
        ) => true,
        // What the user has to correct, not to go round.
        Err(
            Unusable::HalfKeys { .. }
            | Unusable::Value { .. }
            | Unusable::UnknownSource { .. }
            | Unusable::Loop { .. },
        ) => false,
    }
}

/// The profiles that log in with an MFA device, each once: `default` with a session of ours in it
/// stands for the profile that the session came from.
fn with_device(accounts: &Accounts) -> Vec<String> {
    let has_device = |name: &&str| {
        accounts.chain(name).is_ok_and(|chain| chain.serial_number.is_some() && chain.profile == **name)
    };
    let names: Vec<_> = accounts.profiles.names().filter(has_device).map(str::to_owned).collect();
    let is_known_by_another = |name: &String| {
        profile_of_long_term(name).is_some_and(|base| names.iter().any(|other| other == base))
    };
    names.iter().filter(|name| !is_known_by_another(name)).cloned().collect()
}

/// A profile in the list.
struct Choice {
    name: String,
    /// The role, else the device.
    what: String,
    left: Option<SignedDuration>,
    /// Epoch seconds.
    last_started: Option<i64>,
}

impl Choice {
    fn of(name: String, accounts: &Accounts, environment: &Environment) -> Self {
        let chain = accounts.chain(&name).ok();
        let key = chain.as_ref().and_then(|chain| cached_key(chain, environment).ok());
        let cache = Cache::open(environment);
        let cached = cache.as_ref().zip(key.as_ref());
        let now = Timestamp::now();
        Self {
            what: chain.as_ref().map(what).unwrap_or_default(),
            left: cached
                .and_then(|(cache, key)| cache.get(key, now))
                .map(|found| found.session.expiration.left(now)),
            last_started: cached.and_then(|(cache, key)| cache.last_started(key)),
            name,
        }
    }
}

fn what(chain: &Chain) -> String {
    match (chain.roles.last(), &chain.serial_number) {
        (Some(role), _) => {
            let name = role.role_arn.rsplit('/').next().unwrap_or(&role.role_arn);
            let account = role.role_arn.split(':').nth(4).unwrap_or_default();
            format!("role {name} ({account})")
        }
        (None, Some(serial_number)) => SerialNumber::short(serial_number),
        (None, None) => String::new(),
    }
}

/// Names, what they are and the time left below each other, in lines of at most so many columns.
fn rows(profiles: &[Choice], columns: Option<usize>) -> Vec<Row> {
    let width = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    let names: Vec<_> = profiles.iter().map(|profile| shown(&profile.name)).collect();
    let whats: Vec<_> = profiles.iter().map(|profile| shown(&profile.what)).collect();
    let lefts: Vec<_> = profiles
        .iter()
        .map(|profile| profile.left.map(|left| format!("{} left", for_people(left))).unwrap_or_default())
        .collect();
    let (name_width, what_width) = (width(&names), width(&whats));
    let columns = columns.unwrap_or(usize::MAX);
    // What there is no room for is left out from the middle: the time left is worth more.
    let left_width = width(&lefts);
    let room = columns.saturating_sub(name_width + left_width + 4);
    let what_width = if room < 8 { 0 } else { what_width.min(room) };
    let row = |((name, what), left): ((&String, &String), &String)| {
        let searched = format!("{name} {what}");
        let line = match what_width {
            0 => format!("{name:<name_width$}  {left}"),
            _ => format!("{name:<name_width$}  {:<what_width$}  {left}", cut(what, what_width)),
        };
        Row { text: cut(line.trim_end(), columns), searched, name: name.clone() }
    };
    names.iter().zip(&whats).zip(&lefts).map(row).collect()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(columns: Option<usize>) -> Vec<String> {
        let choice = |name: &str, what: &str, left: Option<i64>| Choice {
            name: name.to_owned(),
            what: what.to_owned(),
            left: left.map(SignedDuration::from_mins),
            last_started: None,
        };
        let profiles = [
            choice("prod", "bob (123456789012)", Some(120)),
            choice("a\u{1b}[31m", "role admin (210987654321)", None),
        ];
        rows(&profiles, columns).into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn rows_are_cut_where_there_is_no_room_for_them() {
        assert_eq!(
            lines(None),
            [
                "prod         bob (123456789012)         2 hours left",
                "a\\u{1b}[31m  role admin (210987654321)"
            ]
        );
        assert_eq!(
            lines(Some(40)),
            ["prod         bob (1234567…  2 hours left", "a\\u{1b}[31m  role admin (…"]
        );
        assert_eq!(lines(Some(25)), ["prod         2 hours left", "a\\u{1b}[31m"]);
        assert_eq!(lines(Some(8)), ["prod   …", "a\\u{1b}…"]);
    }
}
