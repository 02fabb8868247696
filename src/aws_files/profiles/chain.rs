//! What becomes of a profile that logs in: who signs, with which MFA device, which roles after that.

use std::borrow::Cow;

use super::{FileKind, Profile, Profiles, Setting, long_term_name};
use crate::aws::{AccessKeyId, InvalidValue, LongTermKeys, Region, Secret, SerialNumber, is_temporary};
use crate::aws_files::default_section::OurKeys;

/// How a profile logs in.
#[derive(Clone)]
pub struct Chain {
    /// The profile that was asked for; where `default` holds our session, the one it came from.
    pub profile: String,
    pub signer: KeySource,
    /// In the order in which they are assumed; empty for a plain user.
    pub roles: Vec<Role>,
    /// The role's own, else the nearest source's.
    pub serial_number: Option<SerialNumber>,
    pub region: Option<Region>,
    /// `duration_seconds` of the profile.
    pub duration_seconds: Option<String>,
    /// The profile's own, else the nearest source's, as the device.
    pub mfa_process: Option<String>,
    pub ca_bundle: Option<String>,
    /// `endpoint_url`, or the STS endpoint of `services`.
    pub endpoint_url: Option<String>,
    pub use_fips_endpoint: bool,
    pub use_dualstack_endpoint: bool,
}

/// Where the long-term keys come from.
#[derive(Clone)]
pub enum KeySource {
    Keys { profile: String, keys: LongTermKeys },
    Process { profile: String, command: String },
}

#[derive(Clone)]
pub struct Role {
    /// The profile that defines it.
    pub profile: String,
    pub role_arn: String,
    pub external_id: Option<String>,
    pub role_session_name: Option<String>,
}

/// Why a profile can't log in.
#[derive(Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// No section of that name in either file.
    Unknown {
        name: String,
    },
    /// No keys, no role, nothing that gives any.
    NoKeys {
        name: String,
        session_keys: bool,
    },
    /// One of the two keys is missing.
    HalfKeys {
        name: String,
        missing: &'static str,
    },
    /// A value that AWS would refuse. Not the value itself: it may be a secret in the wrong place.
    Value {
        name: String,
        key: &'static str,
        /// Characters of the value.
        length: usize,
        why: InvalidValue,
        file: FileKind,
        line: usize,
    },
    /// SSO and web identity log in elsewhere.
    Elsewhere {
        name: String,
        sso: bool,
    },
    /// `role_arn` without a source that can sign.
    NoSource {
        name: String,
        credential_source: bool,
    },
    UnknownSource {
        name: String,
        source: String,
    },
    /// The profiles of the loop, the first one again at the end.
    Loop {
        names: Vec<String>,
    },
}

impl<'f> Profiles<'f> {
    /// How `name` logs in. Keys that we wrote to `[default]` are a session's, whatever they
    /// look like.
    ///
    /// # Errors
    /// Why it can't.
    pub fn chain(&self, name: &str, our_keys: &OurKeys) -> Result<Chain, ProfileError> {
        let mut visited: Vec<String> = Vec::new();
        let mut roles = Vec::new();
        let mut serial_number = None;
        let mut mfa_process = None;
        let mut current = self.origin(name, our_keys);
        let first = current.clone();
        let signer = loop {
            let long_term = self.long_term_section(&current, our_keys);
            let profile = self.get(&current).ok_or_else(|| match visited.last() {
                None => ProfileError::Unknown { name: current.clone() },
                Some(by) => ProfileError::UnknownSource { name: by.clone(), source: current.clone() },
            })?;
            // A role may name itself as its source: its own keys sign (botocore and the SDKs agree).
            let signs_for_itself = visited.last() == Some(&current);
            if visited.contains(&current) && !signs_for_itself {
                let start = visited.iter().position(|v| *v == current).expect("it is contained");
                let mut names = visited.split_off(start);
                names.push(current);
                return Err(ProfileError::Loop { names });
            }
            if serial_number.is_none() {
                serial_number = serial_of(&current, profile)?;
            }
            if mfa_process.is_none() {
                mfa_process = profile.get("mfa_process").map(Cow::into_owned);
            }
            if serial_number.is_none()
                && let Some((name, section)) = long_term
            {
                serial_number = serial_of(&name, section)?;
            }
            if !signs_for_itself && let Some(role_arn) = profile.get("role_arn") {
                let source = profile.source(&current)?;
                profile.check_role(&current)?;
                roles.push(Role {
                    profile: current.clone(),
                    role_arn: role_arn.into_owned(),
                    external_id: profile.get("external_id").map(Cow::into_owned),
                    role_session_name: profile.get("role_session_name").map(Cow::into_owned),
                });
                visited.push(current);
                current =
                    if visited.last() == Some(&source) { source } else { self.origin(&source, our_keys) };
                continue;
            }
            break self.signer(&current, profile, our_keys)?;
        };
        roles.reverse();
        // The profile's own settings, then those beside the long-term keys that stand in for it.
        let own = self.get(&first).map(|profile| (first.clone(), profile));
        let sections: Vec<_> = own.into_iter().chain(self.long_term_section(&first, our_keys)).collect();
        let find = |key: &str| sections.iter().find_map(|(name, section)| Some((name, section.filled(key)?)));
        let of_profile = |key: &str| find(key).map(|(_, setting)| setting.value.into_owned());
        let region = find("region").map(|(name, setting)| setting.parse(name, "region", Region::new));
        let region = region.transpose()?;
        Ok(Chain {
            region,
            duration_seconds: of_profile("duration_seconds"),
            mfa_process: mfa_process.or_else(|| of_profile("mfa_process")),
            ca_bundle: of_profile("ca_bundle"),
            endpoint_url: of_profile("services")
                .and_then(|services| self.sts_endpoint(&services).map(str::to_owned))
                .or_else(|| of_profile("endpoint_url")),
            use_fips_endpoint: of_profile("use_fips_endpoint")
                .is_some_and(|on| on.eq_ignore_ascii_case("true")),
            use_dualstack_endpoint: of_profile("use_dualstack_endpoint")
                .is_some_and(|on| on.eq_ignore_ascii_case("true")),
            profile: first,
            signer,
            roles,
            serial_number,
        })
    }

    /// The profile that `name` stands for: `default` with a session of our_keys in it stands for the
    /// profile that the session came from, as `__profile__` says.
    fn origin(&self, name: &str, our_keys: &OurKeys) -> String {
        let origin = || {
            let profile = self.get(name)?;
            let has_own_keys =
                profile.keys_kind(our_keys) == KeysKind::LongTerm || profile.get("role_arn").is_some();
            let origin = profile.get("__profile__")?;
            let usable = name == "default" && !has_own_keys && origin != name;
            (usable && self.long_term_section(name, our_keys).is_none()).then(|| origin.into_owned())
        };
        origin().unwrap_or_else(|| name.to_owned())
    }

    /// `[X-long-term]`, if it has long-term keys and X has none.
    fn long_term_section(&self, name: &str, our_keys: &OurKeys) -> Option<(String, &Profile<'f>)> {
        if self.get(name).is_some_and(|profile| profile.keys_kind(our_keys) == KeysKind::LongTerm) {
            return None;
        }
        let name = long_term_name(name);
        let section = self.get(&name)?;
        (section.keys_kind(our_keys) == KeysKind::LongTerm).then_some((name, section))
    }

    fn signer(
        &self,
        name: &str,
        profile: &Profile<'_>,
        our_keys: &OurKeys,
    ) -> Result<KeySource, ProfileError> {
        if profile.keys_kind(our_keys) != KeysKind::LongTerm
            && let Some((name, section)) = self.long_term_section(name, our_keys)
        {
            return Ok(KeySource::Keys { keys: section.keys(&name)?, profile: name });
        }
        match profile.keys_kind(our_keys) {
            KeysKind::LongTerm => Ok(KeySource::Keys { keys: profile.keys(name)?, profile: name.to_owned() }),
            kind @ (KeysKind::Session | KeysKind::None) => {
                if let Some(command) = profile.get("credential_process") {
                    return Ok(KeySource::Process {
                        profile: name.to_owned(),
                        command: command.into_owned(),
                    });
                }
                let sso = profile.has_key_with("sso_");
                if sso || profile.get("web_identity_token_file").is_some() {
                    return Err(ProfileError::Elsewhere { name: name.to_owned(), sso });
                }
                Err(ProfileError::NoKeys { name: name.to_owned(), session_keys: kind == KeysKind::Session })
            }
        }
    }
}

/// What the keys of a section are good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeysKind {
    None,
    /// Issued by STS: they can't ask for a session.
    Session,
    /// Also half a pair, which has an error of its own.
    LongTerm,
}

impl Profile<'_> {
    fn keys_kind(&self, our_keys: &OurKeys) -> KeysKind {
        match (self.get("aws_access_key_id"), self.get("aws_secret_access_key")) {
            (None, None) => KeysKind::None,
            (Some(id), _)
                if is_temporary(&id)
                    || our_keys.contain(&id) && self.filled("aws_session_token").is_some() =>
            {
                KeysKind::Session
            }
            (Some(_), _) | (None, Some(_)) => KeysKind::LongTerm,
        }
    }

    fn keys(&self, name: &str) -> Result<LongTermKeys, ProfileError> {
        let setting = |key: &'static str| {
            self.filled(key).ok_or_else(|| ProfileError::HalfKeys { name: name.to_owned(), missing: key })
        };
        Ok(LongTermKeys {
            access_key_id: setting("aws_access_key_id")?.parse(
                name,
                "aws_access_key_id",
                AccessKeyId::new,
            )?,
            secret_access_key: setting("aws_secret_access_key")?.parse(
                name,
                "aws_secret_access_key",
                |text| Secret::new(text.to_owned()),
            )?,
        })
    }

    /// The forms that STS demands (STS API, AssumeRole), before a code is spent on a slip.
    fn check_role(&self, name: &str) -> Result<(), ProfileError> {
        let is_of =
            |text: &str, others: &str| text.chars().all(|c| c.is_alphanumeric() || others.contains(c));
        let check = |key: &'static str, why: &'static str, is_good: &dyn Fn(&str) -> bool| {
            let parse = |text: &str| if is_good(text) { Ok(()) } else { Err(InvalidValue(why)) };
            self.filled(key).map_or(Ok(()), |setting| setting.parse(name, key, parse))
        };
        check("role_arn", "is no ARN of a role such as arn:aws:iam::123456789012:role/NAME", &|text| {
            text.starts_with("arn:") && text.contains(":role/") && (20..=2048).contains(&text.len())
        })?;
        check("role_session_name", "is not 2 to 64 letters, digits and _+=,.@-", &|text| {
            (2..=64).contains(&text.len()) && is_of(text, "_+=,.@-")
        })?;
        check("external_id", "is not 2 to 1224 letters, digits and _+=,.@:/-", &|text| {
            (2..=1224).contains(&text.len()) && is_of(text, "_+=,.@:/-")
        })
    }

    fn source(&self, name: &str) -> Result<String, ProfileError> {
        self.get("source_profile").map(Cow::into_owned).ok_or_else(|| {
            if self.get("web_identity_token_file").is_some() {
                ProfileError::Elsewhere { name: name.to_owned(), sso: false }
            } else {
                let credential_source = self.get("credential_source").is_some();
                ProfileError::NoSource { name: name.to_owned(), credential_source }
            }
        })
    }
}

impl Setting<'_> {
    /// The value as a checked type.
    fn parse<T>(
        &self,
        name: &str,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidValue>,
    ) -> Result<T, ProfileError> {
        parse(&self.value).map_err(|why| ProfileError::Value {
            name: name.to_owned(),
            key,
            length: self.value.chars().count(),
            why,
            file: self.file,
            line: self.line,
        })
    }
}

/// AWS's own name, the old script's, and aws-mfa's.
const SERIAL_KEYS: [&str; 3] = ["mfa_serial", "__mfa__", "aws_mfa_device"];

fn serial_of(name: &str, profile: &Profile<'_>) -> Result<Option<SerialNumber>, ProfileError> {
    let there = |key: &&&str| profile.get(key).is_some();
    let Some(key) = SERIAL_KEYS.iter().find(there) else { return Ok(None) };
    let setting = profile.setting(key).expect("it was found");
    setting.parse(name, key, SerialNumber::new).map(Some)
}
