//! The values that a login is made of, validated when they are made and trusted from then on.
//! Nothing here reads or writes; nothing that is secret has a `Debug` or a `Display`.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::error::{clean_name, shown_value};

/// Fails to compile if the type implements one of the traits: `is` would be ambiguous.
macro_rules! assert_not_impl {
    ($type:ty: $($shown:path),+) => {$(const _: () = {
        struct Shown;
        trait Assertion<Is> {
            fn is() {}
        }
        impl<T: ?Sized> Assertion<()> for T {}
        impl<T: ?Sized + $shown> Assertion<Shown> for T {}
        let _ = <$type as Assertion<_>>::is;
    };)+};
}

assert_not_impl!(Secret: std::fmt::Debug, std::fmt::Display, serde::Serialize);
assert_not_impl!(TokenCode: std::fmt::Debug, std::fmt::Display, serde::Serialize);
assert_not_impl!(LongTermKeys: std::fmt::Debug, std::fmt::Display, serde::Serialize);
assert_not_impl!(Session: std::fmt::Debug, std::fmt::Display, serde::Serialize);

/// Text that must never be shown: wiped when dropped, no `Debug`, no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret access key or a session token.
    ///
    /// # Errors
    /// Where a character is not of `[A-Za-z0-9+/=_-]`: nothing else is in AWS's keys and tokens,
    /// and anything else could be code once it is in a shell.
    pub fn new(text: String) -> Result<Self, Invalid> {
        let secret = Self(Zeroizing::new(text));
        if !secret.0.is_empty() && secret.0.bytes().all(is_key_byte) {
            Ok(secret)
        } else {
            Err(Invalid("has characters that no AWS key has"))
        }
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The public half of a pair of keys: 16 to 128 characters of `[A-Za-z0-9_]` (AWS IAM API, `AccessKey`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// # Errors
    /// Where the text is not of the form above.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let in_form = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if in_form && (16..=128).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid("is not 16 to 128 letters and digits"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether STS issued an access key id: such ids start with `ASIA` (AWS IAM, "unique identifiers").
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}

/// The keys of an IAM user, which sign every call.
#[derive(Clone)]
pub struct LongTermKeys {
    pub access_key_id: AccessKeyId,
    pub secret_access_key: Secret,
}

/// The MFA device: an ARN, or what is printed on a hardware token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// 9 to 256 characters of `[\w+=/:,.@-]` (STS API, `SerialNumber`).
    ///
    /// # Errors
    /// Where it is not of that form, or names something that can't give a code: a FIDO key
    /// (`:u2f/`; GetSessionToken has no FIDO) or the user itself (`:user/`, a common slip).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let in_form = |c: char| c.is_alphanumeric() || "_+=/:,.@-".contains(c);
        let length = text.chars().count();
        if text.contains(":u2f/") {
            Err(Invalid("is a FIDO security key, and STS takes codes only"))
        } else if text.contains(":user/") {
            Err(Invalid("is the ARN of a user, not of an MFA device"))
        } else if !(9..=256).contains(&length) {
            Err(Invalid("is not 9 to 256 characters long"))
        } else if !text.chars().all(in_form) {
            Err(Invalid("has a character other than letters, digits and _+=/:,.@-"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What people call it: `bob (123456789012)`, or the serial of a hardware token.
    pub fn short(&self) -> String {
        let name = self.0.split_once(":mfa/").map(|(_, name)| name);
        match (name, self.0.split(':').nth(4)) {
            (Some(name), Some(account)) => format!("{name} ({account})"),
            _ => self.to_string(),
        }
    }

    /// As a question shows it.
    pub fn label(&self) -> String {
        shown_value(&clean_name(&self.0))
    }

    /// The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`. A hardware serial has none.
    pub fn partition(&self) -> Option<&str> {
        self.0.strip_prefix("arn:")?.split(':').next()
    }
}

/// For people: a secret key would pass for a hardware serial.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown_value(&self.0))
    }
}

/// The six digits of an MFA device. Secret while it is valid: 30 s, or until it is used.
#[derive(Clone)]
pub struct TokenCode(Zeroizing<String>);

impl TokenCode {
    /// # Errors
    /// Where the text is anything but six ASCII digits, white space around and within left out
    /// (apps show `123 456`).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !c.is_whitespace()));
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(Invalid("is not six digits"))
        }
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A region's name as it may stand in a host name: small letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// # Errors
    /// Where it could not be a part of a host name, or is longer than 63 characters (RFC 1035).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let in_form = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if in_form && (1..=63).contains(&text.len()) && !text.starts_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid("is no region such as `eu-west-1`"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, by the prefixes that botocore's and the SDKs' `partitions.json` use.
    pub fn partition(&self) -> &'static str {
        match self.0.split('-').collect::<Vec<_>>()[..] {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            ["us", "iso", ..] => "aws-iso",
            ["us", "isob", ..] => "aws-iso-b",
            ["eu", "isoe", ..] => "aws-iso-e",
            ["us", "isof", ..] => "aws-iso-f",
            ["eusc", ..] => "aws-eusc",
            _ => "aws",
        }
    }

    /// The first region of a partition, where STS is always active.
    pub fn first_of(partition: &str) -> Self {
        Self(
            match partition {
                "aws-cn" => "cn-north-1",
                "aws-us-gov" => "us-gov-west-1",
                "aws-iso" => "us-iso-east-1",
                "aws-iso-b" => "us-isob-east-1",
                "aws-iso-e" => "eu-isoe-west-1",
                "aws-iso-f" => "us-isof-south-1",
                "aws-eusc" => "eusc-de-east-1",
                _ => "us-east-1",
            }
            .to_owned(),
        )
    }
}

/// What STS issued: temporary credentials and when they end.
#[derive(Clone)]
pub struct Session {
    pub access_key_id: AccessKeyId,
    pub secret_access_key: Secret,
    pub session_token: Secret,
    pub expiration: Expiration,
    /// Who it is, where STS told.
    pub identity: Option<Identity>,
}

/// The user or role behind credentials: `arn:aws:iam::123456789012:user/bob`,
/// `arn:aws:sts::123456789012:assumed-role/admin/bob`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// # Errors
    /// Where it is no ARN of an account's.
    pub fn new(arn: &str) -> Result<Self, Invalid> {
        let identity = Self(arn.to_owned());
        // No ARN in IAM is longer than 2048 characters.
        let is_arn = arn.starts_with("arn:") && arn.len() <= 2048 && !arn.chars().any(char::is_control);
        let in_account =
            identity.account().len() == 12 && identity.account().bytes().all(|b| b.is_ascii_digit());
        if is_arn && in_account { Ok(identity) } else { Err(Invalid("is no ARN of an account")) }
    }

    pub fn arn(&self) -> &str {
        &self.0
    }

    /// Twelve digits.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

impl fmt::Display for Identity {
    /// `user bob of 123456789012`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = self.0.splitn(6, ':').nth(5).unwrap_or_default();
        let (kind, name) = resource.split_once('/').unwrap_or(("", resource));
        match kind {
            // The path before the name of a user is of no interest; after a role's name comes the session's.
            "user" => write!(f, "user {}", name.rsplit('/').next().unwrap_or(name))?,
            "assumed-role" => write!(f, "role {}", name.split('/').next().unwrap_or(name))?,
            _ => f.write_str(resource)?,
        }
        write!(f, " of {}", self.account())
    }
}

/// The instant at which a session ends, whole seconds, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiration(Timestamp);

impl Expiration {
    /// # Errors
    /// Where `at` is not after `now`, or more than 36 h and a clock's error of 15 min after it: no
    /// session lasts longer.
    pub fn new(at: Timestamp, now: Timestamp) -> Result<Self, Invalid> {
        const LONGEST: SignedDuration = SignedDuration::from_secs(129_600 + 900);
        let at = Timestamp::from_second(at.as_second()).expect("a part of a timestamp is in range");
        if at <= now {
            Err(Invalid("is in the past"))
        } else if at.duration_since(now) > LONGEST {
            Err(Invalid("is further away than any session lasts"))
        } else {
            Ok(Self(at))
        }
    }

    /// RFC 3339 with `Z`, the form that every AWS SDK and prompt reads.
    pub fn rfc3339(self) -> String {
        self.0.to_string()
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn epoch_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Time left at `now`; negative once it has passed.
    pub fn left(self, now: Timestamp) -> SignedDuration {
        self.0.duration_since(now)
    }

    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

/// Why a value was refused, as the end of a sentence that begins with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);

fn is_key_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/=_-".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_only_serial_numbers_that_aws_refuses_or_that_give_no_code() {
        for good in [
            "arn:aws:iam::123456789012:mfa/bob",
            "arn:aws:iam:123456789:987654321:mfa/bob",
            "arn:aws-us-gov:iam::123456789012:mfa/bob@x.com",
            "GAHT12345678",
        ] {
            assert!(SerialNumber::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "12345678",
            "arn:aws:iam::123456789012:mfa/b b",
            "arn:aws:iam::123456789012:mfa/bob\n",
            "arn:aws:iam::123456789012:user/bob",
            "arn:aws:iam::123456789012:u2f/user/bob/k",
        ] {
            assert!(SerialNumber::new(bad).is_err(), "{bad}");
        }
        assert!(SerialNumber::new(&"a".repeat(256)).is_ok());
        assert!(SerialNumber::new(&"a".repeat(257)).is_err());
    }

    #[test]
    fn refuses_returned_keys_that_could_be_code() {
        for bad in ["", "a b", "a'b", "a\nb", "a\u{1b}b", "';id;'", "$(id)"] {
            assert!(Secret::new(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(Secret::new("wJalrXUtnFEMI/K7MDENG+bPx==".to_owned()).is_ok());
    }

    #[test]
    fn tells_the_partition_of_a_region() {
        let in_partition = |region, partition| Region::new(region).expect("valid").partition() == partition;
        assert!(in_partition("eu-west-1", "aws"));
        assert!(in_partition("us-gov-east-1", "aws-us-gov"));
        assert!(in_partition("cn-northwest-1", "aws-cn"));
        assert!(!in_partition("cn-north-1", "aws"));
        // The host name takes no other region; a secret key has capital letters.
        for bad in ["eu-west-1.evil.com", "EU-WEST-1", "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY", "", "-a"] {
            assert!(Region::new(bad).is_err(), "{bad}");
        }
        for (partition, first) in [
            ("aws", "us-east-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-iso", "us-iso-east-1"),
            ("aws-iso-b", "us-isob-east-1"),
            ("aws-iso-e", "eu-isoe-west-1"),
            ("aws-iso-f", "us-isof-south-1"),
            ("aws-eusc", "eusc-de-east-1"),
        ] {
            assert_eq!(Region::first_of(partition).as_str(), first);
            assert_eq!(Region::first_of(partition).partition(), partition);
        }
    }

    #[test]
    fn tells_the_name_the_account_and_the_partition_of_a_device() {
        let device = |text| SerialNumber::new(text).expect("valid");
        let bob = device("arn:aws-cn:iam::123456789012:mfa/bob");
        assert_eq!((bob.short().as_str(), bob.partition()), ("bob (123456789012)", Some("aws-cn")));
        assert_eq!(bob.to_string(), "arn:aws-cn:iam::123456789012:mfa/bob");
        let token = device("GAHT12345678");
        assert_eq!((token.short().as_str(), token.partition()), ("GAHT12345678", None));
    }

    #[test]
    fn says_who_it_is() {
        let said = |arn| Identity::new(arn).map(|identity| identity.to_string()).ok();
        assert_eq!(
            said("arn:aws:iam::123456789012:user/ops/bob").as_deref(),
            Some("user bob of 123456789012")
        );
        assert_eq!(
            said("arn:aws:sts::123456789012:assumed-role/admin/bob").as_deref(),
            Some("role admin of 123456789012")
        );
        let bob = Identity::new("arn:aws:iam::123456789012:user/bob").expect("an ARN");
        assert_eq!((bob.arn(), bob.account()), ("arn:aws:iam::123456789012:user/bob", "123456789012"));
        assert_eq!(said("arn:aws:iam::123456789012:root").as_deref(), Some("root of 123456789012"));
        for bad in ["", "arn:aws:iam::12:user/bob", "arn:aws:iam::123456789012:user/\u{1b}[2J"] {
            assert_eq!(said(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn refuses_an_expiration_that_no_session_has() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a timestamp");
        let at = |text: &str| Expiration::new(text.parse().expect("a timestamp"), now);
        assert!(at("2026-11-22T10:00:00Z").is_err());
        assert!(at("2026-11-25T10:00:00Z").is_err());
        let good = at("2026-11-22T22:00:00.5Z").expect("valid");
        assert_eq!(good.rfc3339(), "2026-11-22T22:00:00Z");
        assert_eq!((good.epoch_seconds(), good.timestamp().as_second()), (1_795_384_800, 1_795_384_800));
        assert_eq!(good.left(now), SignedDuration::from_hours(12));
        // The longest session, and the error of a clock on top of it.
        assert!(at("2026-11-23T22:15:00Z").is_ok() && at("2026-11-23T22:15:01Z").is_err());
    }
}
