//! Pure: merges the two parsed files into profiles. Reads no files and no environment.

use std::borrow::Cow;

pub use super::chain::{Chain, KeySource, Role};
pub use super::profile_error::ProfileError;
use crate::aws::SerialNumber;
use crate::aws_files::ini::{self, BrokenLine, Property, Section};

/// All profiles of the config and the credentials file. Keeps only the places of their sections, and parses
/// a profile when it is asked for: a command needs few of perhaps thousands.
pub struct Profiles<'f> {
    /// Sorted by the profile's name; those of a profile in the order of the files, config first.
    sections: Vec<ProfileSection<'f>>,
    /// The name in `[services NAME]`, and the section.
    services: Vec<(&'f str, Section<'f>)>,
    /// `AWS_MFA_SERIAL`: the device of chains without one.
    pub(super) device_of_environment: Option<Result<SerialNumber, ProfileError>>,
}

/// A section of a profile.
struct ProfileSection<'f> {
    profile: &'f str,
    file: FileKind,
    section: Section<'f>,
}

/// One profile. Settings in the credentials file win over those in the config file.
#[derive(Default)]
pub struct Profile<'f> {
    /// Of each section: the file, and the text between the brackets.
    headers: Vec<(FileKind, &'f str)>,
    /// In the order of the files. If several have the same key, the last one counts.
    settings: Vec<Setting<'f>>,
}

/// A key, its value, and its place in a file.
#[derive(Clone)]
pub struct Setting<'f> {
    /// In lower case.
    pub key: Cow<'f, str>,
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

    fn of(config: Vec<Section<'f>>, credentials: Vec<Section<'f>>) -> Self {
        let mut services = Vec::new();
        let mut sections = Vec::with_capacity(config.len() + credentials.len());
        // `[profile default]` replaces the whole `[default]`.
        let is_prefixed_default =
            |section: &Section<'_>| section_of_config(section.name) == Some(("profile", "default"));
        let default_is_prefixed = config.iter().any(is_prefixed_default);
        for section in config {
            let file = FileKind::Config;
            match section_of_config(section.name) {
                Some(("services", name)) => services.push((name, section)),
                Some(("profile", profile)) => sections.push(ProfileSection { profile, file, section }),
                None if section.name == "default" && !default_is_prefixed => {
                    sections.push(ProfileSection { profile: "default", file, section });
                }
                Some(_) | None => {}
            }
        }
        sections.extend(credentials.into_iter().map(|section| ProfileSection {
            profile: section.name,
            file: FileKind::Credentials,
            section,
        }));
        let mut profiles = Self { sections, services, device_of_environment: None };
        profiles.sort();
        profiles.add_those_before_their_first_login();
        profiles
    }

    /// Sets the device of chains without one, from `AWS_MFA_SERIAL`. An invalid value is an error only for
    /// these chains.
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
        self.sections.chunk_by(|one, next| one.profile == next.profile).map(|sections| sections[0].profile)
    }

    pub fn get(&self, name: &str) -> Option<Profile<'f>> {
        let start = self.sections.partition_point(|section| section.profile < name);
        let mut profile = Profile::default();
        for ProfileSection { file, section, .. } in
            self.sections[start..].iter().take_while(|section| section.profile == name)
        {
            profile.headers.push((*file, section.raw_name));
            let properties = section.properties().into_iter();
            profile.settings.extend(properties.map(|property| Setting::of(*file, property)));
        }
        (!profile.headers.is_empty()).then_some(profile)
    }

    /// The STS endpoint of `[services NAME]` in the config file.
    pub fn sts_endpoint(&self, services: &str) -> Option<String> {
        let of_name = self.services.iter().rev().filter(|(name, _)| *name == services);
        let last = of_name.filter_map(|(_, section)| section.get("sts")).next();
        last?.nested("endpoint_url")
    }

    fn sort(&mut self) {
        // A stable sort, since the later section of a profile counts.
        self.sections.sort_by_key(|section| section.profile);
    }

    /// Adds `X` if there is only `[X-long-term]`: aws-mfa writes `[X]` at the first login.
    fn add_those_before_their_first_login(&mut self) {
        let new: Vec<_> = self
            .names()
            .filter_map(|name| Some((profile_of_long_term(name)?, self.get(name)?)))
            .filter(|(name, long_term)| {
                long_term.get("aws_access_key_id").is_some() && self.get(name).is_none()
            })
            .map(|(profile, _)| ProfileSection {
                profile,
                file: FileKind::Credentials,
                section: Section::empty(profile),
            })
            .collect();
        if !new.is_empty() {
            self.sections.extend(new);
            self.sort();
        }
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
        self.headers.iter().rfind(|(in_file, _)| *in_file == file).map(|(_, header)| *header)
    }

    /// How many sections it has in that file.
    pub fn sections_in(&self, file: FileKind) -> usize {
        self.headers.iter().filter(|(in_file, _)| *in_file == file).count()
    }

    /// The setting that counts for a key (in lower case).
    pub fn setting(&self, key: &str) -> Option<Setting<'f>> {
        self.settings.iter().rfind(|setting| setting.key == key).cloned()
    }

    /// All settings, in the order of the files. If several have the same key, the last one counts.
    pub fn settings(&self) -> &[Setting<'f>] {
        &self.settings
    }
}

impl<'f> Setting<'f> {
    fn of(file: FileKind, property: Property<'f>) -> Self {
        Self { key: property.key, value: property.value, file, line: property.line }
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
pub fn name_in_config(config: &[Section<'_>], profile: &str) -> String {
    let of_profile = |name: &str| section_of_config(name) == Some(("profile", profile));
    let mut names = config.iter().map(|section| section.name);
    match names.find(|name| of_profile(name)) {
        Some(name) => name.to_owned(),
        None if profile == "default" => profile.to_owned(),
        // botocore splits a header into words, as a shell does.
        None if profile.contains([' ', '\t', '\'']) => format!("profile \"{profile}\""),
        None => format!("profile {profile}"),
    }
}

/// `profile "a b"` → (`profile`, `a b`). `None` without white space.
pub(crate) fn section_of_config(name: &str) -> Option<(&str, &str)> {
    let space = name.bytes().position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (kind, name) = (&name[..space], ini::trim(&name[space..]));
    match name.as_bytes() {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => Some((kind, &name[1..name.len() - 1])),
        _ => Some((kind, name)),
    }
}
