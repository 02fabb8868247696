//! ARNs: MFA devices, and the user or role that credentials belong to.

use std::fmt;

use super::InvalidValue;
use crate::error::{clean_name, shown_value};

/// An MFA device: its ARN, or the serial number printed on a hardware token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// 9 to 256 characters of `[\w+=/:,.@-]` (STS API, `SerialNumber`).
    ///
    /// # Errors
    /// If it has another form, or names something that shows no codes: a FIDO key (`:u2f/`, which
    /// GetSessionToken does not support) or a user (`:user/`, a common mistake).
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let in_form = |c: char| c.is_alphanumeric() || "_+=/:,.@-".contains(c);
        let length = text.chars().count();
        if text.contains(":u2f/") {
            Err(InvalidValue("is a FIDO security key, and STS takes codes only"))
        } else if text.contains(":user/") {
            Err(InvalidValue("is the ARN of a user, not of an MFA device"))
        } else if !(9..=256).contains(&length) {
            Err(InvalidValue("is not 9 to 256 characters long"))
        } else if !text.chars().all(in_form) {
            Err(InvalidValue("has a character other than letters, digits and _+=/:,.@-"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text that a question shows.
    pub fn label(&self) -> String {
        shown_value(&clean_name(&self.0))
    }

    /// The name of the device in its ARN, or all of a hardware token's serial number.
    pub fn name(&self) -> String {
        let is_arn = self.partition().is_some();
        let name = self.0.rsplit('/').next().filter(|_| is_arn).unwrap_or(&self.0);
        shown_value(&clean_name(name))
    }

    /// The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`. A hardware token has none.
    pub fn partition(&self) -> Option<&str> {
        self.0.strip_prefix("arn:")?.split(':').next()
    }
}

/// Hides what may be a secret key: a key in the wrong field looks like a hardware serial number.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_value(&self.0))
    }
}

/// The ARN of a role, for AssumeRole: `arn:aws:iam::123456789012:role/path/admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn(String);

impl RoleArn {
    /// 20 to 2048 characters (STS API, `RoleArn`). A role (IAM API, `Role`) has a path of printable ASCII
    /// characters without a space, and a name of letters, digits and `_+=,.@-`.
    ///
    /// # Errors
    /// If it has another form.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let in_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let name = text.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
        let is_role = name.is_some_and(|name| !name.is_empty() && name.chars().all(in_name));
        let in_form = text.starts_with("arn:") && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_role && in_form && (20..=2048).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("is not the ARN of a role such as arn:aws:iam::123456789012:role/NAME"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The user or role that credentials belong to: `arn:aws:iam::123456789012:user/bob`,
/// `arn:aws:sts::123456789012:assumed-role/admin/bob`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// # Errors
    /// If it isn't an ARN with an account number.
    pub fn new(arn: &str) -> Result<Self, InvalidValue> {
        let identity = Self(arn.to_owned());
        // IAM's ARNs have at most 2048 characters.
        let is_arn = arn.starts_with("arn:") && arn.len() <= 2048 && !arn.chars().any(char::is_control);
        let in_account =
            identity.account().len() == 12 && identity.account().bytes().all(|b| b.is_ascii_digit());
        if is_arn && in_account { Ok(identity) } else { Err(InvalidValue("is not the ARN of an account")) }
    }

    pub fn arn(&self) -> &str {
        &self.0
    }

    /// The account number: twelve digits.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

impl Identity {
    fn resource(&self) -> &str {
        self.0.splitn(6, ':').nth(5).unwrap_or_default()
    }

    /// The user's name, without its path.
    pub fn user(&self) -> Option<&str> {
        self.resource().strip_prefix("user/")?.rsplit('/').next()
    }

    /// `user bob`, `role admin`, `root`
    pub fn name(&self) -> String {
        let resource = self.resource();
        match (self.user(), resource.strip_prefix("assumed-role/")) {
            (Some(user), _) => format!("user {user}"),
            // The session name follows the role's name.
            (None, Some(role)) => format!("role {}", role.split('/').next().unwrap_or(role)),
            (None, None) => resource.to_owned(),
        }
    }
}

impl fmt::Display for Identity {
    /// `user bob of 123456789012`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name(), self.account())
    }
}

/// The account in an ARN; `None` for the serial number of a hardware token.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// tests/cli/profiles.rs (a_device_that_gives_no_code) has users and FIDO keys.
    #[test]
    fn refuses_only_serial_numbers_that_aws_refuses() {
        let of_length = |length| "a".repeat(length);
        for (text, is_good) in [
            ("arn:aws:iam:123456789:987654321:mfa/bob", true),
            ("arn:aws-us-gov:iam::123456789012:mfa/bob@x.com", true),
            ("GAHT12345678", true),
            ("12345678", false),
            ("arn:aws:iam::123456789012:mfa/b b", false),
            ("arn:aws:iam::123456789012:mfa/bob\n", false),
            (&of_length(256), true),
            (&of_length(257), false),
        ] {
            assert_eq!(SerialNumber::new(text).is_ok(), is_good, "{text}");
        }
    }

    #[test]
    fn a_role_is_named_by_an_arn_in_form() {
        let arn = "arn:aws:iam::123456789012:role/";
        let of_length = |length: usize| format!("{arn}{}", "r".repeat(length - arn.len()));
        for (text, is_good) in [
            ("arn:aws-cn:iam::123456789012:role/a/!b/c.d+e@f", true),
            ("arn:a:iam::1:role/rr", true),
            ("arn:a:iam::1:role/r", false),
            (&of_length(2048), true),
            (&of_length(2049), false),
            ("aws:iam::123456789012:role/r", false),
            (arn, false),
            (&format!("{arn}a b/c"), false),
            (&format!("{arn}a\tb"), false),
            (&format!("{arn}a\""), false),
            (&format!("{arn}\u{e9}"), false),
        ] {
            assert_eq!(RoleArn::new(text).is_ok(), is_good, "{text}");
        }
    }

    #[test]
    fn says_who_it_is() {
        for (arn, said) in [
            ("arn:aws:iam::123456789012:user/ops/bob", Some("user bob of 123456789012")),
            ("arn:aws:sts::123456789012:assumed-role/admin/bob", Some("role admin of 123456789012")),
            ("arn:aws:iam::123456789012:root", Some("root of 123456789012")),
            ("arn:aws:iam::12:user/bob", None),
            ("arn:aws:iam::123456789012:user/\u{1b}[2J", None),
        ] {
            assert_eq!(
                Identity::new(arn).map(|identity| identity.to_string()).ok().as_deref(),
                said,
                "{arn}"
            );
        }
    }
}
