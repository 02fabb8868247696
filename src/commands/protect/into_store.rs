//! Moves keys into a store, step by step. Each step is undone if a later one fails.

use super::{in_config, keep_session, keys_to_move, not_changed, process_of, take_out_of_config, with_locks};
use crate::aws::LongTermKeys;
use crate::aws_files::chain::SERIAL_KEYS;
use crate::aws_files::profiles::{Chain, FileKind, KeySource};
use crate::aws_files::protection::{self, Entry, KeyStore, Protected};
use crate::aws_files::{AwsFiles, EditError};
use crate::cli::profile_of_credential_process;
use crate::commands::file_bytes::FileBytes;
use crate::commands::pick::listed;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::{Locked, Replaced};
use crate::login::key_store::Place;
use crate::output::{print_warning, say, say_to_paste};
use crate::shell::hint_text;

/// Moves keys into a store. `prepare` gets the user's files and adds a new key, if there is one. `before` is the
/// profile's chain before the move.
///
/// # Errors
/// As [`super::run`].
pub fn into_store(
    place: Place<'_>,
    store_command: &str,
    before: Option<&Chain>,
    prepare: &dyn Fn(&FileBytes) -> Result<FileBytes>,
) -> Result<()> {
    let (name, environment) = (place.profile, place.environment);
    let mut protect = Protect {
        place,
        store_command,
        prepare,
        is_key_new: false,
        entry: None,
        has_stored: false,
        has_configured: false,
    };
    with_locks(environment, |config, credentials| protect.run(config, credentials))?;
    keep_session(before, name, environment);
    Ok(())
}

/// A profile and its store.
struct Protect<'p> {
    place: Place<'p>,
    /// For [`KeyStore::Commands`].
    store_command: &'p str,
    /// Gets the user's files and adds a new key, if there is one.
    prepare: &'p dyn Fn(&FileBytes) -> Result<FileBytes>,
    /// `prepare` has added a key that was in no file.
    is_key_new: bool,
    /// The entry that this run has made. `None` once the files need it, so that it is not deleted any more.
    entry: Option<Entry>,
    /// This run has stored it.
    has_stored: bool,
    /// This run has written the config file for it.
    has_configured: bool,
}

impl Protect<'_> {
    fn run(&mut self, config: &mut Locked<'_>, credentials: &mut Locked<'_>) -> Result<()> {
        loop {
            match self.attempt(config, credentials) {
                Ok(true) => return Ok(()),
                // Another program has written one of the files. The next attempt finds what is done already.
                Ok(false) => {}
                Err(error) => return Err(self.take_back(error, config)),
            }
        }
    }

    /// Returns false if another program wrote one of the files at the same time.
    fn attempt(&mut self, config: &mut Locked<'_>, credentials: &mut Locked<'_>) -> Result<bool> {
        let Place { profile: name, environment, .. } = self.place;
        let (old_config, old_credentials) = (config.read()?, credentials.read()?);
        let old = (self.prepare)(&FileBytes::of(old_config.bytes.clone(), old_credentials.bytes.clone()))?;
        self.is_key_new = old.credentials != old_credentials.bytes;
        let aws_files = old.parse(environment)?;
        if self.is_protected(&aws_files) {
            say(&format!("`{name}` is protected already: its keys are in {}", self.place.store.title()));
            return Ok(true);
        }
        let keys = keys_to_move(name, &aws_files)?;
        let new = self.change(&aws_files, &old, &keys, None)?;
        let there = self.place.look_up(true).map_err(|error| self.or_elsewhere(error))?;
        let there = match there.map(|there| Entry::parse(&there).filter(|entry| entry.holds(&keys))) {
            None => None,
            Some(Some(same)) => Some(same),
            Some(None) => {
                let title = self.place.store.title();
                let what =
                    format!("{title} already has another entry for `{name}`, and mfa-env won't replace it");
                let hint = self.place.how_to_remove("if you don't need it, delete it");
                return Err(Error::new(Exit::Files, what).hint(hint));
            }
        };
        let new = if there.is_some() { self.change(&aws_files, &old, &keys, there.as_ref())? } else { new };
        let is_there = there.as_ref() == Some(&new.entry);
        // A store may fail after it has stored.
        self.has_stored |= there.is_none();
        self.entry = Some(new.entry);
        if !is_there {
            self.put()?;
        }
        match config.replace(&old_config, &new.config)? {
            Replaced::Overtaken => return Ok(false),
            Replaced::Written { synced } => {
                self.has_configured |= new.config != old_config.bytes;
                synced?;
            }
        }
        // A new key has never been in the file.
        let replaced = match self.is_key_new {
            true => Replaced::Written { synced: Ok(()) },
            false => credentials.replace(&old_credentials, &new.credentials)?,
        };
        let Replaced::Written { synced } = replaced else { return Ok(false) };
        // From here on, the store may have the only copy.
        self.entry = None;
        synced?;
        self.say_what_is_moved(&aws_files);
        Ok(true)
    }

    /// Whether the profile gets its keys from the store.
    fn is_protected(&self, aws_files: &AwsFiles) -> bool {
        let Place { store: own, profile: name, .. } = &self.place;
        let source = aws_files.chain(name).map(|chain| chain.signer);
        matches!(source, Ok(KeySource::Store { profile, store }) if profile == *name && store == *own)
    }

    /// The new files and the entry. Checks that the profile then gets its keys from the store.
    fn change(
        &self,
        aws_files: &AwsFiles,
        old: &FileBytes,
        keys: &LongTermKeys,
        there: Option<&Entry>,
    ) -> Result<Protected> {
        let name = self.place.profile;
        let process = process_of(name);
        let in_config = in_config(&old.config, name);
        let names = (name, in_config.as_str());
        let old = (&*old.config, &*old.credentials);
        let Protected { config, credentials, entry } =
            protection::protect(old, names, keys, &self.place.store, &process, there)
                .map_err(|(file, why)| not_changed(&why, file, names, aws_files))?;
        let new = FileBytes::of(config, credentials);
        let is_called = profile_of_credential_process(&process).as_deref() == Some(name);
        if !is_called || !self.is_protected(&new.parse(self.place.environment)?) {
            let why = EditError::Unwritable { what: name.to_owned() };
            return Err(not_changed(&why, FileKind::Config, names, aws_files));
        }
        Ok(Protected { config: new.config, credentials: new.credentials, entry })
    }

    /// Stores the entry, and compares it with what the store returns.
    fn put(&self) -> Result<()> {
        let entry = self.entry.as_ref().expect("it was made");
        let put = self.place.put(entry.json(), self.store_command);
        put.map_err(|error| self.or_elsewhere(error))?;
        let stored = self.place.look_up(false)?;
        if stored.and_then(|stored| Entry::parse(&stored)).as_ref() == Some(entry) {
            return Ok(());
        }
        let title = self.place.store.title();
        Err(Error::new(Exit::Files, format!("{title} returned other data than was stored")))
    }

    /// Undoes what this run has done. Adds what could not be undone to the error.
    fn take_back(&self, error: Error, config: &mut Locked<'_>) -> Error {
        let Some(entry) = &self.entry else { return error };
        // Another program may have written the file after this run: then the store has the only copy.
        if !self.is_key_new && !self.is_in_file(entry)
            || self.has_configured && take_out_of_config(&self.place, Some(entry), config).is_err()
        {
            let hint = Hint::command("to undo the rest", "protect", self.place.profile, &["--undo"]);
            return error.hint(hint);
        }
        let is_there = || !matches!(self.place.look_up(true), Ok(None));
        if self.has_stored && is_there() && self.place.remove().is_err() {
            return error.hint(self.place.how_to_remove("delete the copy"));
        }
        error
    }

    /// Whether the credentials file has these keys.
    fn is_in_file(&self, entry: &Entry) -> bool {
        let Place { profile: name, environment, .. } = self.place;
        let has = |files: FileBytes| {
            let signer = files.parse(environment)?.chain(name).map(|chain| chain.signer);
            Ok(matches!(signer, Ok(KeySource::Keys { keys, .. }) if entry.holds(&keys)))
        };
        FileBytes::read(environment).and_then(has).unwrap_or_default()
    }

    /// The error, with other ways to keep the keys.
    fn or_elsewhere(&self, error: Error) -> Error {
        let pass = Hint::command("or keep them in pass", "protect", self.place.profile, &["--store", "pass"]);
        let commands =
            Hint::run("or use commands of your own, such as age", ["mfa-env", "protect", "--help"]);
        match self.place.store {
            _ if error.exit() == Exit::Cancelled => error,
            KeyStore::SecretService => error.hint(pass).hint(commands),
            KeyStore::Pass => error.hint(commands),
            KeyStore::Keychain | KeyStore::Commands { .. } => error,
        }
    }

    fn say_what_is_moved(&self, aws_files: &AwsFiles) {
        let (name, store) = (self.place.profile, self.place.store.title());
        if self.is_key_new {
            say(&format!("Wrote the key of `{name}` to {store}"));
            say(&format!("Wrote the MFA device of `{name}` to `{}`", aws_files.config_file.display()));
        } else {
            let what =
                format!("moved the keys of {name} from {} to {store}", aws_files.credentials_file.display());
            let undo = hint_text(&Hint::command("", "protect", name, &["--undo"]));
            say_to_paste(&what, Some(&format!("(undo: {undo})")));
        }
        say(&format!("AWS tools that use the profile {name} now get an MFA session from mfa-env"));
        let asks_twice = |other: &&str| {
            let profile = aws_files.profiles.get(other).expect("it was named");
            let has = |key| profile.get(key).is_some();
            has("role_arn") && has(SERIAL_KEYS[0]) && profile.get("source_profile").as_deref() == Some(name)
        };
        let roles: Vec<_> = aws_files.profiles.names().filter(asks_twice).map(str::to_owned).collect();
        if !roles.is_empty() {
            let roles = listed(&roles);
            let what =
                format!("AWS tools will ask for a second code, since they find `mfa_serial` in {roles}");
            let remedy = format!("delete that line there: the session of {name} has MFA already");
            print_warning(&what, Some(&remedy.into()));
        }
    }
}
