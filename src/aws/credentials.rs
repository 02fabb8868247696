//! Keys, session tokens and codes: what signs a call, and what STS returns.

use zeroize::Zeroizing;

use super::{Expiration, Identity, InvalidValue};

/// Doesn't compile if the type implements one of the traits, since `is` is then ambiguous.
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

/// Text that must never be shown. Wiped on drop; has no `Debug` and no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret access key or a session token.
    ///
    /// # Errors
    /// If it has characters other than `[A-Za-z0-9+/=_-]`. AWS uses no others, and in a shell
    /// they could be code.
    pub fn new(text: String) -> Result<Self, InvalidValue> {
        let secret = Self(Zeroizing::new(text));
        if !secret.0.is_empty() && secret.0.bytes().all(is_key_byte) {
            Ok(secret)
        } else {
            Err(InvalidValue("has characters that no AWS key has"))
        }
    }

    /// The text itself. Call this only where the secret is sent or written.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The public half of a key pair: 16 to 128 characters of `[A-Za-z0-9_]` (AWS IAM API, `AccessKey`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// # Errors
    /// If the text has another form.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let in_form = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if in_form && (16..=128).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("is not 16 to 128 letters and digits"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether STS issued this access key id: temporary ids start with `ASIA` (AWS IAM, "unique identifiers").
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}

/// The long-term keys of an IAM user.
#[derive(Clone)]
pub struct LongTermKeys {
    pub access_key_id: AccessKeyId,
    pub secret_access_key: Secret,
}

/// A code from an MFA device: six digits. It stays secret until it is used or 30 s have passed.
#[derive(Clone)]
pub struct TokenCode(Zeroizing<String>);

impl TokenCode {
    /// # Errors
    /// If the text isn't six ASCII digits. White space is ignored, since apps show `123 456`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !c.is_whitespace()));
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(InvalidValue("is not six digits"))
        }
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Temporary credentials from STS, and when they expire.
#[derive(Clone)]
pub struct Session {
    pub access_key_id: AccessKeyId,
    pub secret_access_key: Secret,
    pub session_token: Secret,
    pub expiration: Expiration,
    /// The user or role, if STS told us.
    pub identity: Option<Identity>,
}

fn is_key_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/=_-".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_returned_keys_that_could_be_code() {
        for bad in ["", "a b", "a'b", "a\nb", "a\u{1b}b", "';id;'", "$(id)"] {
            assert!(Secret::new(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(Secret::new("wJalrXUtnFEMI/K7MDENG+bPx==".to_owned()).is_ok());
    }
}
