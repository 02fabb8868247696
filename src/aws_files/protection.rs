//! Pure: moves the long-term keys of a profile from the credentials file to an entry for a secret store, and
//! back, byte for byte.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::aws::{InvalidValue, LongTermKeys};
use crate::aws_files::EditError;
use crate::aws_files::ini::{self, Section};
use crate::aws_files::profiles::{FileKind, Profile, ProfileError};
use crate::aws_files::section;
use crate::aws_files::splice::{Added, Splice, only_line, only_one};

/// A place for long-term keys outside of AWS's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStore {
    /// The Secret Service of the desktop (Linux).
    SecretService,
    /// macOS.
    Keychain,
    Pass,
    /// The user's own commands. This one prints the entry.
    Commands {
        fetch: String,
    },
}

/// What a store keeps of a profile: the keys in the form of a `credential_process`, and how to undo the move. JSON.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    version: u32,
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    /// Missing if the user has made the entry.
    #[serde(default)]
    undo: Undo,
}

#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
struct Undo {
    /// The lines that were taken out of the section, in order.
    lines: Vec<Line>,
    /// The header, blank line and line ending that were added to the config file with our lines.
    config: Added,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    /// How many lines of the section stay above it.
    above: usize,
    /// With its line ending.
    text: Zeroizing<String>,
}

/// Both files after the move, and the entry.
pub struct Protected {
    pub config: Vec<u8>,
    pub credentials: Vec<u8>,
    pub entry: Entry,
}

pub const STORE: &str = "mfa_env_store";
pub const FETCH: &str = "mfa_env_fetch";
pub const PROCESS: &str = "credential_process";
const COMMANDS: &str = "command";
const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

impl KeyStore {
    /// The values of `--store`.
    pub const NAMES: [&str; 3] = ["secret-service", "keychain", "pass"];

    pub fn named(name: &str) -> Option<Self> {
        let [secret_service, keychain, pass] = Self::NAMES;
        [(secret_service, Self::SecretService), (keychain, Self::Keychain), (pass, Self::Pass)]
            .into_iter()
            .find_map(|(other, store)| (other == name).then_some(store))
    }

    /// The store that a profile names.
    ///
    /// # Errors
    /// If mfa-env doesn't know it.
    pub fn of_profile(name: &str, profile: &Profile<'_>) -> Result<Option<Self>, ProfileError> {
        let parse = |text: &str| match profile.get(FETCH) {
            Some(fetch) if text == COMMANDS => Ok(Self::Commands { fetch: fetch.into_owned() }),
            None if text == COMMANDS => Err(InvalidValue("needs `mfa_env_fetch`")),
            _ => Self::named(text).ok_or(InvalidValue("is not secret-service, keychain, pass or command")),
        };
        profile.filled(STORE).map(|setting| setting.parse(name, STORE, parse)).transpose()
    }

    /// The value of `mfa_env_store`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SecretService => Self::NAMES[0],
            Self::Keychain => Self::NAMES[1],
            Self::Pass => Self::NAMES[2],
            Self::Commands { .. } => COMMANDS,
        }
    }

    /// For messages.
    pub fn title(&self) -> &'static str {
        match self {
            Self::SecretService => "the Secret Service",
            Self::Keychain => "the keychain",
            Self::Pass => "pass",
            Self::Commands { .. } => "your own store",
        }
    }
}

impl Entry {
    /// `None` if it isn't one.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().filter(|entry: &Self| entry.version == 1)
    }

    pub fn json(&self) -> Zeroizing<Vec<u8>> {
        // Large enough: a buffer that grows leaves a copy of the keys in memory.
        let mut json = Zeroizing::new(Vec::with_capacity(16 * 1024));
        serde_json::to_writer(&mut *json, self).expect("text and numbers have a JSON form");
        json
    }

    /// Whether it has these keys.
    pub fn holds(&self, keys: &LongTermKeys) -> bool {
        self.access_key_id == keys.access_key_id.as_str()
            && *self.secret_access_key == *keys.secret_access_key.expose()
    }

    /// Whether a section's keys are those of the entry.
    fn has(&self, (access_key_id, secret_access_key): &(Option<String>, Option<Zeroizing<String>>)) -> bool {
        access_key_id.as_ref() == Some(&self.access_key_id)
            && secret_access_key.as_ref() == Some(&self.secret_access_key)
    }
}

/// Moves the keys of a profile. `in_config` is the name of its section in the config file, `process` its new
/// `credential_process`, and `there` the entry that an earlier run has left.
///
/// # Errors
/// See [`EditError`], and the file.
pub fn protect(
    (config, credentials): (&[u8], &[u8]),
    (profile, in_config): (&str, &str),
    keys: &LongTermKeys,
    store: &KeyStore,
    process: &str,
    there: Option<&Entry>,
) -> Result<Protected, (FileKind, EditError)> {
    let taken_out = take_out(credentials, profile).map_err(|why| (FileKind::Credentials, why));
    let (credentials, lines) = taken_out?;
    let mut pairs = vec![(PROCESS, process), (STORE, store.name())];
    if let KeyStore::Commands { fetch } = store {
        pairs.push((FETCH, fetch));
    }
    let set = section::set(config, in_config, &pairs).map_err(|why| (FileKind::Config, why));
    let (new, mut added) = set?;
    // An earlier run has written config.
    if let Some(there) = there.filter(|_| new == config) {
        added = there.undo.config.clone();
    }
    let entry = Entry {
        version: 1,
        access_key_id: keys.access_key_id.as_str().to_owned(),
        secret_access_key: Zeroizing::new(keys.secret_access_key.expose().to_owned()),
        undo: Undo { lines, config: added },
    };
    Ok(Protected { config: new, credentials, entry })
}

/// The config file without what [`protect`] wrote. `credential_process` stays if it isn't ours any more.
///
/// # Errors
/// See [`EditError`].
pub fn without_store(
    config: &[u8],
    in_config: &str,
    is_our_process: bool,
    entry: Option<&Entry>,
) -> Result<Vec<u8>, EditError> {
    let keys = [STORE, FETCH, PROCESS];
    let keys = if is_our_process { &keys[..] } else { &keys[..2] };
    let added = entry.map(|entry| entry.undo.config.clone()).unwrap_or_default();
    section::remove(config, in_config, keys, &added)
}

/// The credentials file without the keys of a profile, and the lines that had them.
fn take_out(credentials: &[u8], profile: &str) -> Result<(Vec<u8>, Vec<Line>), EditError> {
    let sections = ini::parse(credentials).map_err(EditError::Broken)?;
    let Some(section) = only_of(&sections, profile)? else { return Ok((credentials.to_vec(), Vec::new())) };
    let mut splice = Splice::new(credentials, Some(section));
    let mut ours = Vec::new();
    for key in KEYS {
        ours.extend(only_line(section, key)?);
    }
    ours.sort_by_key(|property| property.span.start);
    let mut lines = Vec::new();
    for property in &ours {
        let above = section.text[section.body.start..property.span.start].matches('\n').count();
        let text = Zeroizing::new(section.text[property.span.clone()].to_owned());
        lines.push(Line { above: above - lines.len(), text });
        splice.put_back(property, "");
    }
    Ok((splice.finish(Some(section), "", &KEYS.map(|key| (key, None)), &[])?, lines))
}

/// The credentials file with the keys of an entry where they were: byte for byte as before if the section hasn't
/// changed since. Unchanged if it has these keys already.
///
/// # Errors
/// See [`EditError`]. [`EditError::LongTermKeys`] if it has other keys.
pub fn put_back(credentials: &[u8], profile: &str, entry: &Entry) -> Result<Vec<u8>, EditError> {
    match keys_in(credentials, profile)? {
        keys if entry.has(&keys) => return Ok(credentials.to_vec()),
        (None, None) => {}
        (access_key_id, _) => return Err(EditError::LongTermKeys { access_key_id }),
    }
    let Entry { access_key_id, secret_access_key, undo, .. } = entry;
    let with = |lines: Vec<(usize, &Zeroizing<String>)>| {
        let new = inserted(credentials, profile, lines)?;
        if entry.has(&keys_in(&new, profile)?) { Ok(new) } else { Err(EditError::Unproved) }
    };
    // Where they were, or else right after the header: the section may have changed.
    let texts = || undo.lines.iter().map(|line| &line.text);
    let places = undo.lines.iter().map(|line| line.above);
    with(places.zip(texts()).collect()).or_else(|_| with(texts().map(|text| (0, text)).collect())).or_else(
        |_| {
            // The user may have changed the keys of the entry, and these lines have the old ones.
            let ending = if credentials.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
            let lines = [(KEYS[0], access_key_id), (KEYS[1], &**secret_access_key)];
            let lines = lines.map(|(key, value)| Zeroizing::new(format!("{key} = {value}{ending}")));
            with(lines.iter().map(|line| (0, line)).collect())
        },
    )
}

/// The keys in the section of that name.
fn keys_in(
    credentials: &[u8],
    profile: &str,
) -> Result<(Option<String>, Option<Zeroizing<String>>), EditError> {
    let sections = ini::parse(credentials).map_err(EditError::Broken)?;
    let section = only_of(&sections, profile)?;
    let value = |key| Some(section?.get(key)?.value.into_owned());
    Ok((value(KEYS[0]), value(KEYS[1]).map(Zeroizing::new)))
}

/// The credentials file with these lines in the section, each after that many of its lines.
fn inserted(
    credentials: &[u8],
    profile: &str,
    lines: Vec<(usize, &Zeroizing<String>)>,
) -> Result<Vec<u8>, EditError> {
    // Adds the section if it isn't there.
    let (mut base, _) = section::set(credentials, profile, &[])?;
    let (mut new, ending) = {
        let sections = ini::parse(&base).map_err(EditError::Broken)?;
        let section = only_of(&sections, profile)?.ok_or(EditError::Unproved)?;
        let text = section.text;
        let ending = if text[section.header.clone()].ends_with("\r\n") { "\r\n" } else { "\n" };
        let mut new = Zeroizing::new(Vec::with_capacity(base.len() + 1024));
        let mut at = section.body.start;
        new.extend_from_slice(&base[..at]);
        for (above, line) in lines {
            let starts =
                text[section.body.clone()].match_indices('\n').map(|(at, _)| section.body.start + at + 1);
            let start =
                std::iter::once(section.body.start).chain(starts).nth(above).unwrap_or(section.body.end);
            new.extend_from_slice(&base[at..start.max(at)]);
            at = start.max(at);
            if !new.ends_with(b"\n") {
                new.extend_from_slice(ending.as_bytes());
            }
            new.extend_from_slice(line.as_bytes());
        }
        if !new.ends_with(b"\n") && at < base.len() {
            new.extend_from_slice(ending.as_bytes());
        }
        new.extend_from_slice(&base[at..]);
        (new, ending)
    };
    // The proof: taking them out again gives the file as it is now.
    let (without, _) = take_out(&new, profile)?;
    if !base.ends_with(b"\n") && without.len() != base.len() {
        base.extend_from_slice(ending.as_bytes());
    }
    if without == base { Ok(std::mem::take(&mut *new)) } else { Err(EditError::Unproved) }
}

fn only_of<'s, 'a>(sections: &'s [Section<'a>], name: &str) -> Result<Option<&'s Section<'a>>, EditError> {
    only_one(sections.iter().filter(|section| section.name == name))
}
