//! The user's own variables that our session replaced, as stored in `MFA_ENV_SAVED`, and the environment
//! without that session. Pure.

use std::collections::BTreeMap;

use super::{Environment, REGION_VARIABLES};
use crate::error::clean_name;

/// A JSON object: name → [the user's value, our value], with null for an unset variable. Only mfa-env reads
/// it.
pub const SAVED_VARIABLE: &str = "MFA_ENV_SAVED";

/// The user's variables that a login changes, and that `unset` restores.
const REPLACEABLE: [&str; 5] =
    ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_VAULT"];

/// These are ours if the access key id is.
const KEYS: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"];

/// These are always ours. 0.1.0 set the first two.
const MARKERS: [&str; 6] = [
    "MFA_ENV_DEFAULT",
    "MFA_ENV_REGION",
    "MFA_ENV_PROFILE",
    "MFA_ENV_EXPIRES",
    "MFA_ENV_KEY",
    SAVED_VARIABLE,
];

/// The hook of 0.1.0 exported it for a session in `[default]`.
const OF_OLD_HOOK: &str = "AWS_SESSION_EXPIRATION";

/// The largest `MFA_ENV_SAVED`, in bytes.
const LONGEST: usize = 4096;

/// The user's value of a variable, and our value.
type Values = (Option<String>, Option<String>);
type Replaced = BTreeMap<String, Values>;

/// The user's own environment: each variable that still has our value gets the user's value again. A variable
/// with another value was changed since the login, and stays.
pub(super) fn users_own(process: &Environment) -> Environment {
    let mut users = Environment {
        variables: process.variables.clone(),
        unreadable: process.unreadable.clone(),
        ..Environment::default()
    };
    for (name, (theirs, ours)) in replaced(process) {
        if process.get(&name) != ours.as_deref() || process.is_unreadable(&name) {
            continue;
        }
        if !process.has_keys_of_others() {
            users.put(&name, theirs.as_deref());
        } else if name == "AWS_VAULT" || name == OF_OLD_HOOK {
            // The user has set keys since. Profile and region may belong to these keys, but our AWS_VAULT
            // doesn't.
            users.put(&name, None);
        }
    }
    let keys = if process.holds_our_session() { &KEYS[..] } else { &[] };
    for name in keys.iter().chain(&MARKERS) {
        users.put(name, None);
    }
    users
}

/// The variables that differ between this environment and the user's own, with the user's value.
pub(super) fn differences(process: &Environment) -> impl Iterator<Item = (&'static str, Option<&str>)> {
    let users = process.users_own();
    let names = KEYS.into_iter().chain(REPLACEABLE).chain([OF_OLD_HOOK]).chain(MARKERS);
    let state = |of: &Environment, name| (of.get(name).map(str::to_owned), of.is_unreadable(name));
    names.filter(move |name| state(process, name) != state(users, name)).map(|name| (name, users.get(name)))
}

/// What the session in this environment replaced. 0.1.0 may have exported the session.
fn replaced(process: &Environment) -> Replaced {
    let mut replaced = process.get(SAVED_VARIABLE).and_then(parse).unwrap_or_default();
    let mut add = |name: &str, ours: Option<&str>| {
        if let Some(ours) = ours {
            replaced.entry(name.to_owned()).or_insert_with(|| (None, Some(ours.to_owned())));
        }
    };
    // 0.1.0 stored no values of the user, only the region that it set.
    for name in REGION_VARIABLES {
        add(name, process.get("MFA_ENV_REGION"));
    }
    // AWS_VAULT is stored only if the user had one. 0.1.0 set it to the name in the file.
    let cleaned = |name: &str| process.get(name).map(clean_name);
    let is_ours = cleaned("AWS_VAULT") == cleaned("MFA_ENV_PROFILE");
    add("AWS_VAULT", process.get("AWS_VAULT").filter(|_| is_ours));
    // From the hook of 0.1.0: the expiration, a space, the profile.
    let by_hook = process.get("MFA_ENV_DEFAULT").and_then(|values| values.split_once(' '));
    add(OF_OLD_HOOK, by_hook.map(|(expiration, _)| expiration));
    add("AWS_VAULT", by_hook.map(|(_, profile)| profile));
    replaced
}

/// `None` if [`saved`] can't have written this text.
fn parse(text: &str) -> Option<Replaced> {
    let replaced: Replaced = serde_json::from_str(text).ok().filter(|_| text.len() <= LONGEST)?;
    let is_value = |value: &Option<String>| {
        value.as_ref().is_none_or(|value| !value.is_empty() && !value.contains('\0'))
    };
    let is_known = |(name, (theirs, ours)): (&String, &Values)| {
        REPLACEABLE.contains(&name.as_str()) && is_value(theirs) && is_value(ours)
    };
    replaced.iter().all(is_known).then_some(replaced)
}

/// What a login stores of the user's environment.
pub struct Saved {
    /// The value of `MFA_ENV_SAVED`. `None` if nothing is replaced.
    pub text: Option<String>,
    /// The variables that can't be restored, because the value isn't UTF-8 or is too long.
    pub lost: Vec<&'static str>,
}

/// What to store before a session sets these variables to these values.
pub fn saved(users: &Environment, ours: &[(&'static str, Option<&str>)]) -> Saved {
    let mut replaced = Replaced::new();
    let mut lost = Vec::new();
    for (name, ours) in ours {
        let theirs = users.get(name);
        // The user's AWS_VAULT may equal ours, so it is always stored.
        if theirs != *ours && *name != "AWS_VAULT" || theirs.is_some() && *name == "AWS_VAULT" {
            replaced.insert((*name).to_owned(), (theirs.map(str::to_owned), ours.map(str::to_owned)));
        }
        if users.is_unreadable(name) {
            lost.push(*name);
        }
    }
    let to_text =
        |replaced: &Replaced| serde_json::to_string(replaced).expect("strings and null have a JSON form");
    if to_text(&replaced).len() > LONGEST {
        let too_long = |name: &&&str| replaced.get(**name).is_some_and(|(theirs, _)| theirs.is_some());
        lost.extend(REPLACEABLE.iter().filter(too_long));
        replaced.values_mut().for_each(|(theirs, _)| *theirs = None);
    }
    Saved { text: (!replaced.is_empty()).then(|| to_text(&replaced)), lost }
}
