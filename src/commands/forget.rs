//! `mfa-env forget`: deletes cached sessions.

use super::file_bytes::FileBytes;
use super::pick::MOST_NAMES;
use super::profile_error::{Retry, unusable};
use crate::cli::ForgetOptions;
use crate::error::Result;
use crate::login::Context;
use crate::login::endpoint::cached_key;
use crate::output;
use crate::store::cache::{Cache, Key};

pub fn run(options: &ForgetOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let cache = Cache::open(environment);
    let Some(name) = &options.profile else {
        let sessions = cache.map_or(Ok(0), |cache| cache.remove_all())?;
        output::say(&match sessions {
            0 => "no session was cached".to_owned(),
            1 => "deleted 1 cached session".to_owned(),
            many => format!("deleted {many} cached sessions"),
        });
        return Ok(());
    };
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let chain =
        aws_files.chain(name).map_err(|why| unusable(&why, &aws_files, Retry::Command("forget", &[])))?;
    let key = cached_key(&chain, environment)?;
    // For a role, deletes the user's session, too. Otherwise the next login would need no code, as if nothing
    // were deleted.
    let (mut forgotten, mut was_unanswered) = (Vec::new(), false);
    if let Some(cache) = &cache {
        for key in all_of(&key) {
            was_unanswered |= cache.ask_again(&key)?;
            if cache.remove(&key)? {
                forgotten.push(key);
            }
        }
    }
    if forgotten.is_empty() {
        output::say(&match was_unanswered {
            true => format!("other programs may ask for the code of {name} again"),
            false => format!("no session of {name} was cached"),
        });
        return Ok(());
    }
    let uses = |other: &&str| {
        let key = aws_files.chain(other).ok().and_then(|chain| cached_key(&chain, environment).ok());
        *other != name && key.is_some_and(|key| all_of(&key).any(|key| forgotten.contains(&key)))
    };
    let others: Vec<_> = aws_files.profiles.names().filter(uses).collect();
    let others = match &others[..] {
        [] => String::new(),
        [other] => format!(" (also used by {other})"),
        [others @ .., last] if others.len() < MOST_NAMES => {
            format!(" (also used by {} and {last})", others.join(", "))
        }
        _ => format!(" (also used by {}, …)", others[..MOST_NAMES].join(", ")),
    };
    output::say(&format!(
        "deleted {name}'s cached session{others}; shells that use it keep it until it expires"
    ));
    Ok(())
}

/// The cache keys of all sessions that a login with this key gets.
fn all_of(key: &Key) -> impl Iterator<Item = Key> {
    (0..=key.roles.len()).map(|roles| key.before_role(roles))
}
