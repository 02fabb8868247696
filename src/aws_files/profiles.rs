//! Pure: merges the two parsed files into profiles. Reads no files and no environment.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use super::chain::{Chain, KeySource, Role, Summary};
pub use super::profile_error::ProfileError;
use crate::aws::SerialNumber;
use crate::aws_files::ini::{self, BrokenLine, Property};

/// All profiles of the config and the credentials file, merged. They borrow from the bytes of the files,
/// since a command needs only one of perhaps thousands.
pub struct Profiles<'f> {
    /// Sorted by name, each once.
    by_name: Vec<(&'f str, Profile<'f>)>,
    /// `[services NAME]` → the STS endpoint that it sets.
    sts_endpoints: BTreeMap<&'f str, String>,
    /// `AWS_MFA_SERIAL`: the device of chains without one.
    pub(super) device_of_environment: Option<Result<SerialNumber, ProfileError>>,
}

/// One profile. Settings in the credentials file win over those in the config file.
#[derive(Default)]
pub struct Profile<'f> {
    /// In the order of the files. If several sections have a key, the last one counts.
    sections: Vec<ProfileSection<'f>>,
}

/// A section of a profile.
struct ProfileSection<'f> {
    file: FileKind,
    /// The text between the brackets.
    header: &'f str,
    properties: Vec<Property<'f>>,
}

/// A value and its place in a file.
pub struct Setting<'f> {
    pub value: Cow<'f, str>,
    pub file: FileKind,
    /// 1-based.
    pub line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Config,
    Credentials,
}

/// The names of all profiles, like [`Profiles::names`]. Keeps nothing else in memory, since a shell asks for
/// them at each TAB, and there may be thousands.
///
/// # Errors
/// As [`Profiles::read`].
pub fn names<'f>(config: &'f [u8], credentials: &'f [u8]) -> Result<Vec<&'f str>, (FileKind, BrokenLine)> {
    let of_config = ini::section_names(config).map_err(|broken| (FileKind::Config, broken))?;
    let of_credentials = ini::section_names(credentials).map_err(|broken| (FileKind::Credentials, broken))?;
    let of_config = of_config.into_iter().filter_map(profile_of_config);
    let mut names: Vec<_> = of_config.chain(of_credentials).collect();
    if names.iter().any(|name| profile_of_long_term(name).is_some()) {
        // Its keys decide whether it stands for another profile.
        return Ok(Profiles::read(config, credentials)?.names().collect());
    }
    // Not `sort_unstable`: this sort is fast for two sorted lists, as most files are.
    names.sort();
    names.dedup();
    Ok(names)
}

impl<'f> Profiles<'f> {
    /// # Errors
    /// The first broken line, and its file.
    pub fn read(config: &'f [u8], credentials: &'f [u8]) -> Result<Self, (FileKind, BrokenLine)> {
        let config = ini::parse(config).map_err(|broken| (FileKind::Config, broken))?;
        let credentials = ini::parse(credentials).map_err(|broken| (FileKind::Credentials, broken))?;
        Ok(Self::of(config, credentials))
    }

    fn of(config: ini::Document<'f>, credentials: ini::Document<'f>) -> Self {
        let mut profiles =
            Self { by_name: Vec::new(), sts_endpoints: BTreeMap::new(), device_of_environment: None };
        let mut sections = Vec::with_capacity(config.sections.len() + credentials.sections.len());
        profiles.add_config(config, &mut sections);
        let of_credentials = credentials.sections.into_iter();
        sections.extend(
            of_credentials.map(|section| ProfileSection::named(section.name, section, FileKind::Credentials)),
        );
        // A stable sort, since the later section of a profile counts.
        sections.sort_by_key(|(name, _)| *name);
        for (name, section) in sections {
            match profiles.by_name.last_mut() {
                Some((last, profile)) if *last == name => profile.sections.push(section),
                Some(_) | None => profiles.by_name.push((name, Profile { sections: vec![section] })),
            }
        }
        profiles.add_those_before_their_first_login();
        profiles
    }

    /// Sets the device of chains without one, from `AWS_MFA_SERIAL`. An invalid value is an error only for
    /// them.
    #[must_use]
    pub fn with_device_of_environment(self, text: Option<&str>) -> Self {
        let parse = |text: &str| {
            SerialNumber::new(text)
                .map_err(|why| ProfileError::Variable { length: text.chars().count(), why })
        };
        Self { device_of_environment: text.map(parse), ..self }
    }

    /// Sorted.
    pub fn names(&self) -> impl Iterator<Item = &'f str> {
        self.by_name.iter().map(|(name, _)| *name)
    }

    pub fn get(&self, name: &str) -> Option<&Profile<'f>> {
        let at = self.by_name.binary_search_by_key(&name, |(name, _)| name).ok()?;
        Some(&self.by_name[at].1)
    }

    /// The STS endpoint of `[services NAME]` in the config file.
    pub fn sts_endpoint(&self, services: &str) -> Option<&str> {
        self.sts_endpoints.get(services).map(String::as_str)
    }

    fn add_config(&mut self, config: ini::Document<'f>, sections: &mut Vec<(&'f str, ProfileSection<'f>)>) {
        // `[profile default]` replaces the whole `[default]`.
        let default_is_prefixed = config
            .sections
            .iter()
            .any(|section| section_of_config(section.name) == Some(("profile", "default")));
        for section in config.sections {
            match section_of_config(section.name) {
                Some(("profile", name)) => {
                    sections.push(ProfileSection::named(name, section, FileKind::Config));
                }
                Some(("services", name)) => {
                    let Some(sts) = section.get("sts") else { continue };
                    match sts.nested("endpoint_url") {
                        Some(endpoint) => self.sts_endpoints.insert(name, endpoint.to_owned()),
                        None => self.sts_endpoints.remove(name),
                    };
                }
                None if section.name == "default" && !default_is_prefixed => {
                    sections.push(ProfileSection::named("default", section, FileKind::Config));
                }
                Some(_) | None => {}
            }
        }
    }

    /// Adds `X` if there is only `[X-long-term]`: aws-mfa writes `[X]` at the first login.
    fn add_those_before_their_first_login(&mut self) {
        let names: Vec<_> = self
            .by_name
            .iter()
            .filter_map(|(name, profile)| Some((profile_of_long_term(name)?, profile)))
            .filter(|(name, profile)| self.get(name).is_none() && profile.get("aws_access_key_id").is_some())
            .map(|(name, _)| (name, Profile::default()))
            .collect();
        if !names.is_empty() {
            self.by_name.extend(names);
            self.by_name.sort_by_key(|(name, _)| *name);
        }
    }
}

impl<'f> ProfileSection<'f> {
    fn named(name: &'f str, section: ini::Section<'f>, file: FileKind) -> (&'f str, Self) {
        (name, Self { file, header: section.raw_name, properties: section.properties })
    }
}

impl<'f> Profile<'f> {
    /// The value of a key. An empty value counts as absent.
    pub fn get(&self, key: &str) -> Option<Cow<'f, str>> {
        self.filled(key).map(|setting| setting.value)
    }

    pub(super) fn filled(&self, key: &str) -> Option<Setting<'f>> {
        self.setting(key).filter(|setting| !setting.value.is_empty())
    }

    /// The text between the brackets of its last section in that file.
    pub fn header_in(&self, file: FileKind) -> Option<&'f str> {
        self.sections.iter().rfind(|section| section.file == file).map(|section| section.header)
    }

    pub fn setting(&self, key: &str) -> Option<Setting<'f>> {
        let (file, property) = self.all().rfind(|(_, property)| property.key == key)?;
        Some(Setting::of(file, property))
    }

    /// The value of a key (in lower case) in that file only.
    pub fn setting_in(&self, file: FileKind, key: &str) -> Option<Setting<'f>> {
        let (_, property) =
            self.all().rfind(|(in_file, property)| *in_file == file && property.key == key)?;
        Some(Setting::of(file, property))
    }

    /// The keys (in lower case) and the settings that count.
    pub fn settings(&self) -> impl Iterator<Item = (&str, Setting<'f>)> {
        let counts = |(_, property): &(FileKind, &Property<'f>)| {
            let last = self.all().rfind(|(_, other)| other.key == property.key);
            last.is_some_and(|(_, last)| std::ptr::eq(last, *property))
        };
        self.all().filter(counts).map(|(file, property)| (&*property.key, Setting::of(file, property)))
    }

    /// Whether any key starts with `prefix` (in lower case).
    pub(super) fn has_key_with(&self, prefix: &str) -> bool {
        self.all().any(|(_, property)| property.key.starts_with(prefix))
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = (FileKind, &Property<'f>)> {
        self.sections
            .iter()
            .flat_map(|section| section.properties.iter().map(move |property| (section.file, property)))
    }
}

impl<'f> Setting<'f> {
    fn of(file: FileKind, property: &Property<'f>) -> Self {
        Self { value: property.full_value(), file, line: property.line }
    }
}

/// aws-mfa's suffix for the section with a profile's long-term keys.
const LONG_TERM: &str = "-long-term";

/// The name of the section with the long-term keys of `profile`.
pub fn long_term_name(profile: &str) -> String {
    format!("{profile}{LONG_TERM}")
}

/// The profile whose long-term keys are in a section of that name.
pub fn profile_of_long_term(name: &str) -> Option<&str> {
    name.strip_suffix(LONG_TERM)
}

/// The profile of a section of the config file.
fn profile_of_config(name: &str) -> Option<&str> {
    match section_of_config(name) {
        Some(("profile", name)) => Some(name),
        None if name == "default" => Some(name),
        Some(_) | None => None,
    }
}

/// The name of config's section for a profile: of the existing section that counts, or of a new one.
pub fn name_in_config(config: &ini::Document<'_>, profile: &str) -> String {
    let of_profile = |name: &str| section_of_config(name) == Some(("profile", profile));
    let mut names = config.sections.iter().map(|section| section.name);
    match names.find(|name| of_profile(name)) {
        Some(name) => name.to_owned(),
        None if profile == "default" => profile.to_owned(),
        // botocore splits a header into words.
        None if profile.contains([' ', '\t']) => format!("profile \"{profile}\""),
        None => format!("profile {profile}"),
    }
}

/// `profile "a b"` → (`profile`, `a b`). `None` without white space.
pub(crate) fn section_of_config(name: &str) -> Option<(&str, &str)> {
    let space = memchr::memchr2(b' ', b'\t', name.as_bytes())?;
    let (kind, name) = (&name[..space], ini::trim(&name[space..]));
    match name.as_bytes() {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => Some((kind, &name[1..name.len() - 1])),
        _ => Some((kind, name)),
    }
}
