//! The state file of `[default]`: what `-w` wrote, and how to undo it. Makes no decisions.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::aws::AccessKeyId;
use crate::aws_files::session_section::{DEFAULT, OurKeys, Undo};
use crate::environment::Environment;
use crate::error::{Error, Exit, Result, clean_name};
use crate::files::{self, OwnFile, OwnFolder, Refused, Sync};

/// `$XDG_STATE_HOME/mfa-env/default`. Tells every prompt about the session in `[default]`, and tells
/// `unset -w` what to restore. Contains no secret.
///
/// The first line is for shells, and empty if there is no session. Its fields are separated by tabs:
/// the profile (fit to be shown), the expiration in epoch seconds, the access key id, the expiration
/// in RFC 3339 (bash 3.2 and fish can't convert it), and the credentials file. The second line is JSON
/// for mfa-env itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct State {
    shown: Option<Shown>,
    entries: Vec<WrittenSession>,
}

/// The session that the prompt shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub profile: String,
    /// Seconds since 1970-01-01 UTC.
    pub expires: i64,
    pub access_key_id: String,
    pub credentials_file: PathBuf,
}

/// The name of the file.
const FILE: &str = "default";

/// A session that we wrote to a credentials file, or were about to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct WrittenSession {
    /// The real file, with links resolved.
    credentials_file: PathBuf,
    #[serde(default = "section_of_0_1_0")]
    section: String,
    access_key_id: String,
    undo: Undo,
}

/// Until 0.2.0 there was no other one.
fn section_of_0_1_0() -> String {
    DEFAULT.to_owned()
}

impl State {
    /// The state. Empty if the file is missing or damaged, or if another user could have written it.
    pub fn load(environment: &Environment) -> Self {
        Self::open(environment).map(|(state, _)| state).unwrap_or_default()
    }

    /// Like [`load`](Self::load), for a command that will change the credentials file: if it took an
    /// unreadable state for an empty one, it would lose the undo.
    ///
    /// # Errors
    /// If the file may exist but can't be read.
    pub fn load_to_change(environment: &Environment) -> Result<Self> {
        match Self::read(environment) {
            Err(refused) if refused.is_failure() => Err(refused.into()),
            found => Ok(super::believed(found).map(|file| Self::parse(&file.bytes)).unwrap_or_default()),
        }
    }

    /// The state and the open file, if it exists and only this user can change it.
    pub fn open(environment: &Environment) -> Option<(Self, File)> {
        super::believed(Self::read(environment)).map(|file| (Self::parse(&file.bytes), file.file))
    }

    /// The file. `None` if it doesn't exist, or without a home.
    fn read(environment: &Environment) -> std::result::Result<Option<OwnFile>, Refused> {
        let Some(path) = super::place(environment.state_directory()) else { return Ok(None) };
        OwnFolder::open(&path)?.map_or(Ok(None), |folder| folder.read(FILE))
    }

    /// The keys that we wrote to this credentials file.
    pub fn our_keys(&self, credentials_file: &Path) -> OurKeys {
        self.keys_where(credentials_file, |_| true)
    }

    /// The keys that we wrote to this section of it.
    pub fn our_keys_in(&self, section: &str, credentials_file: &Path) -> OurKeys {
        self.keys_where(credentials_file, |entry| entry.section == section)
    }

    fn keys_where(&self, credentials_file: &Path, is_wanted: impl Fn(&WrittenSession) -> bool) -> OurKeys {
        if self.entries.is_empty() {
            return OurKeys::default();
        }
        let real = files::real_path(credentials_file);
        let of_file = self.entries.iter().filter(|entry| entry.credentials_file == real && is_wanted(entry));
        of_file.map(|entry| (entry.access_key_id.clone(), entry.undo.clone())).collect()
    }

    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// Call this before the credentials file changes: stores how to undo the change. If we die between
    /// the two writes, one of the entries still matches the file.
    ///
    /// # Errors
    /// If the state file can't be written. Then don't change the credentials file.
    pub fn announce(environment: &Environment, section: &str, shown: &Shown, undo: &Undo) -> Result<()> {
        Self::update(environment, |state| {
            let entry = WrittenSession {
                credentials_file: files::real_path(&shown.credentials_file),
                section: section.to_owned(),
                access_key_id: shown.access_key_id.clone(),
                undo: undo.clone(),
            };
            // One with the same key stays until the write is confirmed: its undo may have another region.
            state.entries.retain(|known| *known != entry);
            state.entries.insert(0, entry);
        })
    }

    /// Call this after the credentials file changed: stores the session in `[default]` for the prompts.
    ///
    /// # Errors
    /// If the state file can't be written.
    pub fn confirm(environment: &Environment, section: &str, shown: Shown) -> Result<()> {
        Self::update(environment, |state| {
            let real = files::real_path(&shown.credentials_file);
            // The first one is the one that was announced last.
            let mut is_announced = true;
            state.entries.retain(|entry| {
                !entry.is_of(section, &real)
                    || entry.access_key_id == shown.access_key_id && std::mem::take(&mut is_announced)
            });
            if section == DEFAULT {
                state.shown = Some(shown.clone());
            }
        })?;
        // The hook of 0.1.0 wrote it. It does no harm if it stays.
        let _ = Self::folder(environment).and_then(|folder| folder.remove("default.seen"));
        Ok(())
    }

    /// Call this after the session was removed from the credentials file.
    ///
    /// # Errors
    /// If the state file can't be written.
    pub fn forget(environment: &Environment, section: &str, credentials_file: &Path) -> Result<()> {
        if Self::open(environment).is_none() {
            return Ok(());
        }
        Self::update(environment, |state| {
            let real = files::real_path(credentials_file);
            state.entries.retain(|entry| !entry.is_of(section, &real));
            let is_shown = |shown: &mut Shown| files::real_path(&shown.credentials_file) == real;
            state.shown.take_if(|shown| section == DEFAULT && is_shown(shown));
        })
    }

    /// Stops the prompts from showing a session that another program has replaced. Keeps its undo.
    ///
    /// # Errors
    /// If another process writes the state file, or it can't be written.
    pub fn hide(environment: &Environment, shown: &Shown) -> Result<()> {
        let folder = Self::folder(environment)?;
        let locked = folder.lock_at_once(FILE)?;
        let mut state = folder.read(FILE)?.map(|file| Self::parse(&file.bytes)).unwrap_or_default();
        state.shown.take_if(|now| now == shown);
        locked.replace(state.to_text().as_bytes(), Sync::No)
    }

    /// Checks that the state file could be written, before a code is used.
    ///
    /// # Errors
    /// If it couldn't.
    pub fn check_writable(environment: &Environment) -> Result<()> {
        Self::folder(environment)?.check_writable(FILE)
    }

    fn folder(environment: &Environment) -> Result<OwnFolder> {
        Ok(OwnFolder::open_or_make(&environment.state_directory()?)?)
    }

    fn update(environment: &Environment, change: impl FnOnce(&mut Self)) -> Result<()> {
        let folder = Self::folder(environment)?;
        let locked = folder.lock(FILE)?;
        let mut state = folder.read(FILE)?.map(|file| Self::parse(&file.bytes)).unwrap_or_default();
        change(&mut state);
        let text = state.to_text();
        if text.len() > files::SIZE_LIMIT {
            let what = "the state file can't hold the undo of another session, or of a line that long";
            return Err(Error::new(Exit::Files, what));
        }
        locked.replace(text.as_bytes(), Sync::Yes)
    }

    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let shown = lines.next().and_then(Shown::parse);
        let entries = lines.next().and_then(|json| serde_json::from_str(json).ok());
        let entries: Vec<serde_json::Value> = entries.unwrap_or_default();
        // Drops entries that we can't have written.
        let entry =
            |value| serde_json::from_value::<WrittenSession>(value).ok().filter(WrittenSession::is_in_form);
        Self { shown, entries: entries.into_iter().filter_map(entry).collect() }
    }

    fn to_text(&self) -> String {
        let shown = self.shown.as_ref().and_then(Shown::to_line).unwrap_or_default();
        let entries = serde_json::to_string(&self.entries).expect("strings and flags have a JSON form");
        format!("{shown}\n{entries}\n")
    }
}

impl WrittenSession {
    fn is_of(&self, section: &str, real_file: &Path) -> bool {
        self.section == section && self.credentials_file == real_file
    }

    fn is_in_form(&self) -> bool {
        AccessKeyId::new(&self.access_key_id).is_ok()
            && self.credentials_file.is_absolute()
            && self.undo.is_in_form(&self.section)
    }
}

impl Shown {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, '\t');
        let profile = fields.next().filter(|profile| !profile.is_empty())?.to_owned();
        let expires = fields.next()?.parse().ok()?;
        let access_key_id = fields.next()?.to_owned();
        fields.next()?;
        Some(Self { profile, expires, access_key_id, credentials_file: PathBuf::from(fields.next()?) })
    }

    /// `None` if shells can't read it back: if the path has a control character.
    fn to_line(&self) -> Option<String> {
        let path = self.credentials_file.to_str()?;
        let readable = !path.chars().any(char::is_control);
        let expiration = jiff::Timestamp::from_second(self.expires).ok()?;
        let Self { expires, access_key_id, .. } = self;
        let profile = clean_name(&self.profile);
        readable.then(|| format!("{profile}\t{expires}\t{access_key_id}\t{expiration}\t{path}"))
    }
}
