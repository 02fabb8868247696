//! `mfa-env protect`: moves the long-term keys of a profile from the credentials file to a secret store, and back.
//! At each moment, they are in at least one of the two. If a run is killed, the next one completes it.

mod into_store;
mod refused;
mod undo;

use std::borrow::Cow;

use jiff::Timestamp;

pub use self::into_store::into_store;
pub use self::refused::keys_to_move;
use self::undo::undo;
use super::file_bytes::FileBytes;
use super::profile_error::{Retry, unusable};
use crate::aws_files::ini;
use crate::aws_files::profiles::{Chain, FileKind, name_in_config};
use crate::aws_files::protection::{self, Entry, KeyStore, PROCESS};
use crate::aws_files::{AwsFiles, EditError, SectionRef};
use crate::cli::{ProtectOptions, profile_of_credential_process};
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::{self, Locked, Target};
use crate::login::Context;
use crate::login::endpoint::cached_key;
use crate::login::key_store::Place;
use crate::shell::{Shell, is_plain};
use crate::store::cache::Cache;

/// # Errors
/// If the keys can't be moved. The files are then unchanged, except if the error says otherwise.
pub fn run(options: &ProtectOptions, context: &Context) -> Result<()> {
    let (environment, name) = (&context.environment, options.profile.as_str());
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let retry: &[_] = if options.undo { &["--undo"] } else { &[] };
    let cant = |why| unusable(&why, &aws_files, Retry::Command("protect", retry));
    let Some(profile) = aws_files.profiles.get(name) else {
        return Err(cant(aws_files.chain(name).err().expect("it doesn't exist")));
    };
    let found = KeyStore::of_profile(name, &profile).map_err(cant)?;
    let commands = options.fetch_command.as_ref().map(|fetch| KeyStore::Commands { fetch: fetch.clone() });
    let asked = commands.or_else(|| options.store.clone());
    let store = match (asked, found) {
        (Some(asked), Some(found)) if asked != found => {
            let what = format!("`{name}` is protected already: its keys are in {}", found.title());
            let undo = Hint::command("move them back first", "protect", name, &["--undo"]);
            return Err(Error::new(Exit::Usage, what).hint(undo));
        }
        (None, None) if options.undo => {
            let what = format!("`{name}` isn't protected: its section names no secret store");
            return Err(
                Error::new(Exit::Usage, what).hint(Hint::run("where keys are", ["mfa-env", "list", "-v"]))
            );
        }
        (Some(store), _) | (None, Some(store)) => store,
        (None, None) if cfg!(target_os = "macos") => KeyStore::Keychain,
        (None, None) => KeyStore::SecretService,
    };
    let store_command = options.store_command.as_deref().unwrap_or_default();
    let place = Place { store, profile: name, environment };
    let before = aws_files.chain(name).ok();
    if options.undo {
        with_locks(environment, |config, credentials| undo(&place, config, credentials))?;
        keep_session(before.as_ref(), name, environment);
        return Ok(());
    }
    into_store(place, store_command, before.as_ref(), &|files| Ok(files.clone()))
}

fn with_locks(
    environment: &Environment,
    change: impl FnOnce(&mut Locked<'_>, &mut Locked<'_>) -> Result<()>,
) -> Result<()> {
    let (config_file, credentials_file) = (environment.config_file()?, environment.credentials_file()?);
    if files::real_path(&config_file) == files::real_path(&credentials_file) {
        let what = "your config file and your credentials file are the same file";
        return Err(Error::new(Exit::Files, what).hint("set AWS_CONFIG_FILE to another file"));
    }
    let (config, credentials) = (Target::new(&config_file)?, Target::new(&credentials_file)?);
    // Always in this order, so that two runs don't wait for each other.
    let (mut config, mut credentials) = (config.lock()?, credentials.lock()?);
    change(&mut config, &mut credentials)
}

fn take_out_of_config(place: &Place<'_>, entry: Option<&Entry>, config: &mut Locked<'_>) -> Result<()> {
    let Place { profile: name, environment, .. } = *place;
    config.edit(|old| {
        let files = FileBytes::of(old.to_vec(), Vec::new());
        let aws_files = files.parse(environment)?;
        let profile = aws_files.profiles.get(name);
        let process = profile.and_then(|profile| profile.get(PROCESS).map(Cow::into_owned));
        let of = process.and_then(|process| profile_of_credential_process(&process));
        let names = (name, &*in_config(old, name));
        protection::without_store(old, names.1, of.as_deref() == Some(name), entry)
            .map_err(|why| not_changed(&why, FileKind::Config, names, &aws_files))
    })
}

/// Keeps a cached session: the keys are the same, but the cache knows them by their place. Without it, the next login
/// asks for a code.
fn keep_session(before: Option<&Chain>, name: &str, environment: &Environment) {
    let keep = || {
        let files = FileBytes::read(environment).ok()?;
        let after = files.parse(environment).ok()?.chain(name).ok()?;
        let cache = Cache::open(environment)?;
        let cached = cache.get(&cached_key(before?, environment).ok()?, Timestamp::now())?;
        cache.put(&cached_key(&after, environment).ok()?, &cached.session, cached.started).ok()
    };
    let _ = keep();
}

/// The name of the profile's section in the config file.
fn in_config(config: &[u8], name: &str) -> String {
    name_in_config(&ini::parse(config).unwrap_or_default(), name)
}

/// The `credential_process`. botocore splits it into words as a POSIX shell does, and the SDKs give it to `sh`.
fn process_of(name: &str) -> String {
    let separator = if name.starts_with('-') { '=' } else { ' ' };
    let name = if is_plain(name) { name.to_owned() } else { Shell::Posix.quote(name) };
    format!("mfa-env --profile{separator}{name} --format json")
}

/// `names` are those of the section in the credentials file and in the config file.
fn not_changed(why: &EditError, file: FileKind, names: (&str, &str), aws_files: &AwsFiles) -> Error {
    let (header, file) = match file {
        FileKind::Credentials => (names.0, &aws_files.credentials_file),
        FileKind::Config => (names.1, &aws_files.config_file),
    };
    why.explain(&SectionRef { header: header.to_owned(), file: file.clone() }, None)
}
