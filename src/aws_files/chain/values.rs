//! Checks the values of a profile. Errors name the file and the line.

use super::reading::KeysKind;
use super::{Device, Role};
use crate::aws::{AccessKeyId, InvalidValue, LongTermKeys, RoleArn, Secret, SerialNumber};
use crate::aws_files::profile_error::ProfileError;
use crate::aws_files::profiles::{Profile, Setting};
use crate::aws_files::session_section::OurKeys;

/// The names in AWS's tools, in `aws-login.py`, and in aws-mfa.
pub const SERIAL_KEYS: [&str; 3] = ["mfa_serial", "__mfa__", "aws_mfa_device"];

impl Profile<'_> {
    pub(super) fn keys_kind(&self, our_keys: &OurKeys) -> KeysKind {
        match (self.get("aws_access_key_id"), self.get("aws_secret_access_key")) {
            (None, None) => KeysKind::None,
            (Some(id), _) if our_keys.is_of_a_session(&id, self.filled("aws_session_token").is_some()) => {
                KeysKind::Session { is_ours: our_keys.contain(&id) || self.get("__profile__").is_some() }
            }
            (Some(_), _) | (None, Some(_)) => KeysKind::LongTerm,
        }
    }

    pub(super) fn long_term_keys(&self, name: &str) -> Result<LongTermKeys, ProfileError> {
        let [id, secret] = ["aws_access_key_id", "aws_secret_access_key"];
        let filled = |key| {
            self.filled(key).ok_or_else(|| ProfileError::HalfKeys { name: name.to_owned(), missing: key })
        };
        Ok(LongTermKeys {
            access_key_id: filled(id)?.parse(name, id, AccessKeyId::new)?,
            secret_access_key: filled(secret)?.parse(name, secret, |text| Secret::new(text.to_owned()))?,
        })
    }

    pub(super) fn device(&self, name: &str) -> Device {
        let (key, setting) = SERIAL_KEYS.iter().find_map(|key| Some((key, self.filled(key)?)))?;
        Some(setting.parse(name, key, SerialNumber::new))
    }

    /// The role whose ARN is the value of `key`. Checks the forms that STS demands (STS API, AssumeRole), so
    /// that a mistake is found before a code is used.
    pub(super) fn role(&self, name: &str, key: &'static str) -> Result<Option<Role>, ProfileError> {
        let text = |key: &'static str, most: usize, others: &str, why: &'static str| {
            let is_good = |text: &str| {
                let in_form = |c: char| c.is_alphanumeric() || others.contains(c);
                (2..=most).contains(&text.len()) && text.chars().all(in_form)
            };
            let parse = |text: &str| if is_good(text) { Ok(text.to_owned()) } else { Err(InvalidValue(why)) };
            self.filled(key).map(|setting| setting.parse(name, key, parse)).transpose()
        };
        let Some(role_arn) = self.filled(key) else { return Ok(None) };
        let (of_name, of_id) =
            ("is not 2 to 64 letters, digits and _+=,.@-", "is not 2 to 1224 letters, digits and _+=,.@:/-");
        Ok(Some(Role {
            profile: name.to_owned(),
            role_arn: role_arn.parse(name, key, RoleArn::new)?,
            role_session_name: text("role_session_name", 64, "_+=,.@-", of_name)?,
            external_id: text("external_id", 1224, "_+=,.@:/-", of_id)?,
        }))
    }
}

impl Setting<'_> {
    /// Parses the value into a checked type.
    pub(in crate::aws_files) fn parse<T>(
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
