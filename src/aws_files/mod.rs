//! `~/.aws/config` and `~/.aws/credentials`: from bytes to profiles, and from a change to new bytes. Pure:
//! the caller reads and writes the files.

pub mod chain;
mod edit_error;
pub mod ini;
pub mod lint;
mod profile_error;
pub mod profiles;
pub mod protection;
pub mod section;
pub mod session_section;
pub mod shadowing;
pub mod splice;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub use self::edit_error::EditError;

use self::profiles::{Chain, FileKind, KeySource, ProfileError, Profiles};
use self::protection::PROCESS;
use self::session_section::OurKeys;
use crate::aws::{RoleArn, SerialNumber};

/// The profiles of the user's two files, and which keys in them are ours.
pub struct AwsFiles<'f> {
    pub profiles: Profiles<'f>,
    pub our_keys: OurKeys,
    /// For each device in the files: the devices that the user used instead, the latest first.
    pub devices: BTreeMap<String, Vec<SerialNumber>>,
    pub credentials_file: PathBuf,
    pub config_file: PathBuf,
}

impl AwsFiles<'_> {
    /// How a profile logs in.
    ///
    /// # Errors
    /// If it can't.
    pub fn chain(&self, name: &str) -> Result<Chain, ProfileError> {
        self.profiles.chain(name, &self.our_keys).map(|chain| chain.with_devices(&self.devices))
    }

    /// A value in `[default]`, of either file.
    pub fn of_default(&self, key: &str) -> Option<Cow<'_, str>> {
        self.profiles.get("default")?.get(key)
    }

    /// How to assume a role that no profile has, with `name` as its source profile.
    ///
    /// # Errors
    /// As [`Self::chain`].
    pub fn chain_to_role(&self, role_arn: RoleArn, name: &str) -> Result<Chain, ProfileError> {
        let chain = self.profiles.chain_to_role(role_arn, name, &self.our_keys)?;
        Ok(chain.with_devices(&self.devices))
    }

    /// Whether the keys of that profile belong to a session, and not to a user.
    pub fn has_session_in(&self, name: &str) -> bool {
        let Some(profile) = self.profiles.get(name) else { return false };
        let has_token = profile.get("aws_session_token").is_some();
        profile.get("aws_access_key_id").is_some_and(|key| self.our_keys.is_of_a_session(&key, has_token))
    }

    /// The place of the keys in one word: a file, a store, or `credential_process`.
    pub fn place_of(&self, keys: &KeySource) -> &'static str {
        let file = |name: &str| Some(self.profiles.get(name)?.setting("aws_secret_access_key")?.file);
        match keys {
            KeySource::Keys { profile, .. } if file(profile) == Some(FileKind::Config) => "config",
            KeySource::Keys { .. } => "credentials",
            KeySource::Process { .. } => PROCESS,
            KeySource::Store { store, .. } => store.name(),
        }
    }

    /// The section for settings of a profile: config's if there is one.
    pub fn section_of(&self, name: &str) -> SectionRef {
        let profile = self.profiles.get(name);
        match profile.and_then(|profile| profile.header_in(FileKind::Config)) {
            Some(header) => SectionRef { header: header.to_owned(), file: self.config_file.clone() },
            None => self.credentials_section_of(name),
        }
    }

    /// The section for the keys of a profile.
    pub fn credentials_section_of(&self, name: &str) -> SectionRef {
        let profile = self.profiles.get(name);
        let header = profile.and_then(|profile| profile.header_in(FileKind::Credentials));
        SectionRef { header: header.unwrap_or(name).to_owned(), file: self.credentials_file.clone() }
    }
}

/// A section, for messages.
#[derive(Clone, Debug)]
pub struct SectionRef {
    /// The text between the brackets.
    pub header: String,
    pub file: PathBuf,
}

impl fmt::Display for SectionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`[{}]` in `{}`", self.header, self.file.display())
    }
}
