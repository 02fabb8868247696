//! `mfa-env status --default-only`. The prompt runs it after the credentials file changed: does `[default]`
//! still have the session that `-w` wrote?
//!
//! If it does, the state file gets the time of the credentials file, so that no prompt asks again. The two
//! times can't be equal by chance, since `-w` sets the time of the state file to 1970.

use std::time::{Duration, SystemTime};

use crate::aws_files::profiles::Profiles;
use crate::environment::Environment;
use crate::error::{Error, Exit, Result};
use crate::files::{self, real_path};
use crate::store::state::State;

/// If a file has just changed, it may change again without a new modification time, since file systems have
/// coarse clocks.
const TICK: Duration = Duration::from_secs(1);

/// # Errors
/// Exit status 4 if `[default]` has another key, or if nothing was written. 1 if we can't tell, or can't
/// store the answer.
pub fn run(environment: &Environment) -> Result<()> {
    let not_ours = || Error::new(Exit::NoSession, "`[default]` does not hold the session that mfa-env wrote");
    let path = environment.credentials_file()?;
    let (state, file) = State::open(environment).ok_or_else(not_ours)?;
    let Some(shown) = state.shown() else { return Err(not_ours()) };
    if real_path(&shown.credentials_file) != real_path(&path) {
        return Err(not_ours());
    }
    let found = files::read_regular(&path)?;
    let is_ours = match &found {
        Some((bytes, _)) => holds(bytes, &shown.access_key_id)?,
        None => false,
    };
    let modified = found.and_then(|(_, metadata)| metadata.modified().ok());
    let age = modified.map(|modified| SystemTime::now().duration_since(modified));
    let is_recent = matches!(age, Some(Ok(age)) if age < TICK);
    if !is_ours {
        if !is_recent {
            State::hide(environment, shown).map_err(|error| unsettled(error.what()))?;
        }
        return Err(not_ours());
    }
    if is_recent {
        return Ok(());
    }
    let modified = modified.ok_or_else(|| unsettled("the credentials file has no modification time"))?;
    let kept = file.set_modified(modified).and_then(|()| file.metadata()?.modified());
    if kept.is_ok_and(|kept| kept == modified) {
        Ok(())
    } else {
        Err(unsettled("the answer can't be stored"))
    }
}

fn holds(credentials: &[u8], access_key_id: &str) -> Result<bool> {
    let profiles = Profiles::read(b"", credentials)
        .map_err(|(_, broken)| unsettled(&format!("the credentials file can't be read: {broken}")))?;
    let key = profiles.get("default").and_then(|default| default.get("aws_access_key_id"));
    Ok(key.is_some_and(|key| key == access_key_id))
}

fn unsettled(why: &str) -> Error {
    Error::new(Exit::Files, format!("unsettled: {why}"))
}
