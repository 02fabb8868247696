//! Resolves a profile to its keys, MFA device and roles, in the order in which AWS's tools read them:
//! see `Place::readings`. Pure; runs no `credential_process`.

mod reading;
#[cfg(test)]
mod tests;
mod values;

pub use self::values::SERIAL_KEYS;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use self::reading::{KeysKind, Place, Step, Subject};
use super::profile_error::ProfileError;
use super::profiles::Profiles;
use super::protection::KeyStore;
use super::session_section::OurKeys;
use crate::aws::{LongTermKeys, Region, RoleArn, SerialNumber};

/// How a profile logs in.
#[derive(Clone)]
pub struct Chain {
    /// The profile. If `default` has our session, the profile of that session.
    pub profile: String,
    pub signer: KeySource,
    /// In the order in which they are assumed; empty for a plain user.
    pub roles: Vec<Role>,
    /// The device in use: that of the files, or the one that was used last instead.
    pub serial_number: Option<SerialNumber>,
    pub serial_in_files: Option<SerialNumber>,
    /// The other devices of the user that are known.
    pub other_devices: Vec<SerialNumber>,
    /// It has a `source_profile` and nothing else: AWS's tools find no credentials in it.
    pub is_source_alone: bool,
    /// From the profile itself, like all following fields except `mfa_process`, which goes with the device.
    pub region: Option<Region>,
    pub duration_seconds: Option<String>,
    pub mfa_process: Option<String>,
    pub ca_bundle: Option<String>,
    /// `endpoint_url`, or the STS endpoint of `services`.
    pub endpoint_url: Option<String>,
    /// `ignore_configured_endpoint_urls`: also ignores the URLs in the environment.
    pub ignores_endpoint_urls: bool,
    pub use_fips_endpoint: bool,
    pub use_dualstack_endpoint: bool,
}

/// Where the long-term keys come from.
#[derive(Clone)]
pub enum KeySource {
    Keys {
        profile: String,
        keys: LongTermKeys,
    },
    Process {
        profile: String,
        command: String,
    },
    /// `mfa-env protect` moved them there.
    Store {
        profile: String,
        store: KeyStore,
    },
}

impl KeySource {
    /// The profile with the keys.
    pub fn profile(&self) -> &str {
        let (Self::Keys { profile, .. } | Self::Process { profile, .. } | Self::Store { profile, .. }) = self;
        profile
    }
}

#[derive(Clone)]
pub struct Role {
    /// The profile that defines it.
    pub profile: String,
    pub role_arn: RoleArn,
    pub external_id: Option<String>,
    pub role_session_name: Option<String>,
}

impl Chain {
    /// Takes the device that was used last. With `mfa_process`, the one in the files: it prints the codes of that one.
    pub(super) fn with_devices(mut self, devices: &BTreeMap<String, Vec<SerialNumber>>) -> Self {
        let used = self.serial_in_files.as_ref().and_then(|serial| devices.get(serial.as_str()));
        if let Some((last, others)) =
            used.filter(|_| self.mfa_process.is_none()).and_then(|used| used.split_first())
        {
            self.serial_number = Some(last.clone());
            self.other_devices = others.to_vec();
        }
        self
    }
}

/// A profile of a chain.
struct Link {
    name: String,
    step: Step,
    device: Device,
    mfa_process: Option<String>,
}

/// A device, or an error that counts only if no other device comes first.
type Device = Option<Result<SerialNumber, ProfileError>>;

impl<'f> Profiles<'f> {
    /// How `name` logs in. Keys that we wrote to `[default]` count as a session's, even if they look like
    /// long-term keys.
    ///
    /// # Errors
    /// If it can't.
    pub fn chain(&self, name: &str, our_keys: &OurKeys) -> Result<Chain, ProfileError> {
        self.chain_at(Place::Named, name, our_keys)
    }

    /// How to assume a role that no profile has, with `name` as its source profile.
    ///
    /// # Errors
    /// As [`Self::chain`].
    pub fn chain_to_role(
        &self,
        role_arn: RoleArn,
        name: &str,
        our_keys: &OurKeys,
    ) -> Result<Chain, ProfileError> {
        let mut chain = self.chain_at(Place::Behind, name, our_keys)?;
        let profile = chain.profile.clone();
        chain.roles.push(Role { profile, role_arn, external_id: None, role_session_name: None });
        // That is for the session of the profile itself.
        chain.duration_seconds = None;
        Ok(chain)
    }

    fn chain_at(&self, place: Place, name: &str, our_keys: &OurKeys) -> Result<Chain, ProfileError> {
        let reader = Reader { profiles: self, our_keys };
        let profile = reader.origin(name);
        let mut links = reader.read(&profile, place)?;
        let is_source_alone = matches!(links.first(), Some(Link { step: Step::Source(_), .. }));
        // The device comes from the role that is assumed first, as in AWS's tools; else from the section with
        // the keys, where only we look; else from the next profile outwards. `mfa_process`, which prints the
        // device's codes, follows the same rule.
        let first_role = links.iter().rfind(|link| matches!(link.step, Step::Role(..)));
        let in_order = || first_role.into_iter().chain(links.iter().rev());
        let device = in_order().find_map(|link| link.device.clone());
        let device = device.or_else(|| self.device_of_environment.clone()).transpose();
        let mfa_process = in_order().find_map(|link| link.mfa_process.clone());
        let Some(Link { step: Step::Keys(signer), .. }) = links.pop() else {
            unreachable!("a chain ends with keys")
        };
        let roles = links.into_iter().rev().filter_map(|link| match link.step {
            Step::Role(role, _) => Some(role),
            Step::Keys(_) | Step::Source(_) => None,
        });
        let subject = reader.subject(&profile).expect("it was read");
        let find =
            |key: &str| subject.sections().find_map(|(name, section)| Some((name, section.filled(key)?)));
        let value = |key: &str| find(key).map(|(_, setting)| setting.value.into_owned());
        let is_on = |key: &str| value(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let region = find("region").map(|(name, setting)| setting.parse(name, "region", Region::new));
        Ok(Chain {
            signer,
            roles: roles.collect(),
            serial_number: device.clone()?,
            serial_in_files: device?,
            other_devices: Vec::new(),
            region: region.transpose()?,
            duration_seconds: value("duration_seconds"),
            mfa_process,
            is_source_alone,
            ca_bundle: value("ca_bundle"),
            endpoint_url: value("services")
                .and_then(|services| self.sts_endpoint(&services))
                .or_else(|| value("endpoint_url")),
            ignores_endpoint_urls: is_on("ignore_configured_endpoint_urls"),
            use_fips_endpoint: is_on("use_fips_endpoint"),
            use_dualstack_endpoint: is_on("use_dualstack_endpoint"),
            profile,
        })
    }
}

struct Reader<'p, 'f> {
    profiles: &'p Profiles<'f>,
    our_keys: &'p OurKeys,
}

impl<'p, 'f> Reader<'p, 'f> {
    /// Reads a profile and its sources, outermost first, until it finds keys.
    fn read(&self, name: &str, place: Place) -> Result<Vec<Link>, ProfileError> {
        let (mut links, mut visited): (Vec<Link>, _) = (Vec::new(), HashSet::new());
        let (mut name, mut place) = (name.to_owned(), place);
        loop {
            if !visited.insert(name.clone()) && place != Place::Itself {
                return Err(loop_of(&links, name));
            }
            let subject = self.subject(&name).ok_or_else(|| match links.last() {
                None => ProfileError::Unknown { name: name.clone() },
                Some(by) => ProfileError::UnknownSource { name: by.name.clone(), source: name.clone() },
            })?;
            let step = place.readings().iter().find_map(|reading| reading(&subject).transpose());
            let step = step.unwrap_or_else(|| Err(subject.no_keys()))?;
            let source = match &step {
                Step::Keys(_) => None,
                Step::Role(_, source) | Step::Source(source) => Some(source.clone()),
            };
            links.push(subject.link(step));
            (name, place) = match source {
                None => return Ok(links),
                Some(source) if source == name => (source, Place::Itself),
                Some(source) => (self.origin(&source), Place::Behind),
            };
        }
    }

    fn subject(&self, name: &str) -> Option<Subject<'f>> {
        Subject::of(name, self.profiles, self.our_keys)
    }

    /// The profile that `name` stands for: `default` with a session stands for the profile in `__profile__`.
    fn origin(&self, name: &str) -> String {
        let origin = || {
            let default = self.subject(name).filter(|_| name == "default")?;
            let is_by_itself = default.keys == KeysKind::LongTerm
                || default.long_term.is_some()
                || default.own.get("role_arn").is_some();
            default.own.get("__profile__").filter(|_| !is_by_itself)
        };
        origin().map_or_else(|| name.to_owned(), Cow::into_owned)
    }
}

/// The error for a loop that starts again at `name`. Lists only the first names of a long loop.
fn loop_of(links: &[Link], name: String) -> ProfileError {
    const MOST: usize = 8;
    let start = links.iter().position(|link| link.name == name).unwrap_or_default();
    let mut names: Vec<_> = links[start..].iter().map(|link| link.name.clone()).collect();
    if names.len() > MOST {
        names.truncate(MOST);
        names.push("…".to_owned());
    }
    names.push(name);
    ProfileError::Loop { names }
}
