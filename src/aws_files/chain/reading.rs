//! Reads one profile, and decides which of its settings comes first. Ignores other profiles.

use std::borrow::Cow;

use super::{KeySource, Link, Role};
use crate::aws_files::profile_error::ProfileError;
use crate::aws_files::profiles::{Profile, Profiles, long_term_name};
use crate::aws_files::protection::KeyStore;
use crate::aws_files::session_section::OurKeys;

/// The part of a chain that one profile gives.
pub(super) enum Step {
    /// The chain ends here.
    Keys(KeySource),
    /// A role, and the profile whose session assumes it. It may be the role's own profile.
    Role(Role, String),
    /// The session of another profile.
    Source(String),
}

/// The place of a profile in a chain, which decides what comes first in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The profile that the user names.
    Named,
    /// The `source_profile` of another profile.
    Behind,
    /// The profile is its own `source_profile`.
    Itself,
}

/// One way to read a profile. `None` if the profile has no such settings.
pub(super) type Reading = fn(&Subject<'_>) -> Result<Option<Step>, ProfileError>;

impl Place {
    /// The first reading with a result counts. In a source profile, keys come before the role, as in the AWS
    /// CLI and the SDKs for Rust and JavaScript. Half a key pair counts as keys. `credential_process`,
    /// `[X-long-term]` and a session that we wrote don't.
    pub(super) fn readings(self) -> &'static [Reading] {
        match self {
            Self::Named => &[role, own_keys, long_term, process, elsewhere, source],
            Self::Behind => &[own_keys, temporary_keys, role, long_term, process, elsewhere, source],
            Self::Itself => &[own_keys, long_term_keys, process, elsewhere],
        }
    }
}

/// A profile while it is read.
pub(super) struct Subject<'f> {
    name: String,
    pub(super) own: Profile<'f>,
    pub(super) keys: KeysKind,
    /// `[X-long-term]` and its name, if it has long-term keys and the profile has none.
    pub(super) long_term: Option<(String, Profile<'f>)>,
}

/// The kind of keys in a section.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeysKind {
    None,
    /// Issued by STS, so they can't get a session.
    Session {
        is_ours: bool,
    },
    /// A pair of keys, or half of one, which gets its own error.
    LongTerm,
}

fn own_keys(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    match subject.keys {
        KeysKind::LongTerm => Step::keys(&subject.name, &subject.own).map(Some),
        KeysKind::Session { .. } | KeysKind::None => Ok(None),
    }
}

/// Temporary keys of another tool. AWS's tools would sign with them and ignore the role.
fn temporary_keys(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    match subject.keys {
        KeysKind::Session { is_ours: false } if subject.own.get("role_arn").is_some() => {
            long_term(subject)?.map_or_else(|| Err(subject.no_keys()), |step| Ok(Some(step)))
        }
        KeysKind::Session { .. } | KeysKind::LongTerm | KeysKind::None => Ok(None),
    }
}

fn role(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    // With a web identity, the role is the beginning of a chain and not a step.
    if subject.own.get("role_arn").is_none() || subject.own.get("web_identity_token_file").is_some() {
        return Ok(None);
    }
    let name = subject.name.clone();
    let credential_source = subject.own.get("credential_source").is_some();
    match subject.own.get("source_profile") {
        Some(_) if credential_source => Err(ProfileError::TwoSources { name }),
        None => Err(ProfileError::NoSource { name, credential_source }),
        Some(source) => {
            let role = subject.own.role(&subject.name, "role_arn")?;
            Ok(role.map(|role| Step::Role(role, source.into_owned())))
        }
    }
}

/// aws-mfa has a separate section for the long-term keys, and perhaps the role in it.
fn long_term(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    let Some((name, section)) = &subject.long_term else { return Ok(None) };
    match section.role(name, "assume_role")? {
        Some(role) => Ok(Some(Step::Role(role, subject.name.clone()))),
        None => long_term_keys(subject),
    }
}

fn long_term_keys(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    subject.long_term.as_ref().map(|(name, section)| Step::keys(name, section)).transpose()
}

/// `mfa-env protect` sets both. Its `credential_process` is for other programs: it would start us again.
fn process(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    if let Some(store) = KeyStore::of_profile(&subject.name, &subject.own)? {
        return Ok(Some(Step::Keys(KeySource::Store { profile: subject.name.clone(), store })));
    }
    let command = subject.own.get("credential_process");
    Ok(command.map(|command| {
        Step::Keys(KeySource::Process { profile: subject.name.clone(), command: command.into_owned() })
    }))
}

fn elsewhere(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    let sso = subject.own.settings().iter().any(|setting| setting.key.starts_with("sso_"));
    if sso || subject.own.get("web_identity_token_file").is_some() {
        return Err(ProfileError::Elsewhere { name: subject.name.clone(), sso });
    }
    Ok(None)
}

/// A source without a role, as in aws-vault. AWS's tools find no credentials in such a profile.
fn source(subject: &Subject<'_>) -> Result<Option<Step>, ProfileError> {
    Ok(subject.own.get("source_profile").map(|source| Step::Source(source.into_owned())))
}

impl<'f> Subject<'f> {
    pub(super) fn of(name: &str, profiles: &Profiles<'f>, our_keys: &OurKeys) -> Option<Self> {
        let own = profiles.get(name)?;
        let keys = own.keys_kind(our_keys);
        let long_term = || {
            let name = long_term_name(name);
            let section = profiles.get(&name)?;
            (section.keys_kind(our_keys) == KeysKind::LongTerm).then_some((name, section))
        };
        let long_term = if keys == KeysKind::LongTerm { None } else { long_term() };
        Some(Self { name: name.to_owned(), own, keys, long_term })
    }

    /// The profile's own section, then the one with its long-term keys, each with its name.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&str, &Profile<'f>)> {
        let long_term = self.long_term.as_ref().map(|(name, section)| (name.as_str(), section));
        [Some((self.name.as_str(), &self.own)), long_term].into_iter().flatten()
    }

    pub(super) fn link(&self, step: Step) -> Link {
        let mfa_process = self.sections().find_map(|(_, section)| section.get("mfa_process"));
        Link {
            name: self.name.clone(),
            step,
            device: self.sections().find_map(|(name, section)| section.device(name)),
            mfa_process: mfa_process.map(Cow::into_owned),
        }
    }

    pub(super) fn no_keys(&self) -> ProfileError {
        ProfileError::NoKeys { name: self.name.clone(), session_keys: self.keys != KeysKind::None }
    }
}

impl Step {
    fn keys(name: &str, section: &Profile<'_>) -> Result<Self, ProfileError> {
        let keys = section.long_term_keys(name)?;
        Ok(Self::Keys(KeySource::Keys { profile: name.to_owned(), keys }))
    }
}
