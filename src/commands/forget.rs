//! `mfa-env forget`: deletes cached sessions.

use super::file_bytes::FileBytes;
use super::profile_error::{Retry, Unusable};
use crate::cli::ForgetOptions;
use crate::error::Result;
use crate::login::Context;
use crate::login::endpoint::cached_key;
use crate::output;
use crate::store::cache::Cache;

/// # Errors
/// If no profile can have that name, or a file can't be deleted.
pub fn run(options: &ForgetOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let cache = Cache::open(environment);
    let Some(name) = &options.profile else {
        let sessions = cache.map_or(Ok(0), |cache| cache.remove_all())?;
        output::say(&match sessions {
            0 => "no session was cached".to_owned(),
            1 => "1 session forgotten".to_owned(),
            many => format!("{many} sessions forgotten"),
        });
        return Ok(());
    };
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let chain =
        aws_files.chain(name).map_err(|why| Unusable { why, aws_files: &aws_files, retry: Retry::Forget })?;
    let key = cached_key(&chain, environment)?;
    // For a role, the user's session goes, too. Otherwise the next login would need no code, as if nothing
    // were deleted.
    let mut forgotten = false;
    for roles in 0..=key.roles.len() {
        if let Some(cache) = &cache {
            forgotten |= cache.remove(&key.before_role(roles))?;
        }
    }
    output::say(&if forgotten {
        format!("session of `{name}` forgotten; shells that have it keep it until it ends")
    } else {
        format!("no session of `{name}` was cached")
    });
    Ok(())
}
