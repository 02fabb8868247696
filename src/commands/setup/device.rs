//! Pure: guesses a user's MFA device, and parses a device that the user types.

use crate::aws::{Identity, InvalidValue, SerialNumber};

/// The device with the user's name, which most users have. `None` if the identity isn't an IAM user.
pub fn suggested(identity: &Identity) -> Option<SerialNumber> {
    named(identity.user()?, identity).ok()
}

/// Parses an ARN, the serial number of a hardware token (`GAHT12345678`), or the name of a device in the
/// user's account.
pub fn parse(text: &str, identity: &Identity) -> Result<SerialNumber, InvalidValue> {
    let is_code = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    if is_code {
        Err(InvalidValue("looks like an MFA code, not like the name, ARN or serial number of a device"))
    } else if text.starts_with("arn:") || is_of_a_token(text) {
        SerialNumber::new(text)
    } else if text.is_empty() || text.contains(['/', ':']) {
        Err(InvalidValue("is not the name, ARN or serial number of an MFA device"))
    } else {
        named(text, identity)
    }
}

fn named(name: &str, identity: &Identity) -> Result<SerialNumber, InvalidValue> {
    let partition = identity.arn().split(':').nth(1).unwrap_or_default();
    SerialNumber::new(&format!("arn:{partition}:iam::{}:mfa/{name}", identity.account()))
}

/// Whether it looks like a token's serial number: capitals and at least six digits, at least 9 characters in
/// all.
fn is_of_a_token(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
    text.len() >= 9 && digits >= 6 && digits + capitals == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_name_an_arn_and_a_serial_number_and_no_code() {
        let bob = Identity::new("arn:aws-us-gov:iam::123456789012:user/bob").expect("an ARN");
        let parsed = |text| parse(text, &bob).map(|serial| serial.as_str().to_owned());
        for name in ["phone", "bob@example.com", "PHONE1", "1234567", "ABCD12345", "Abc123456"] {
            assert_eq!(parsed(name), Ok(format!("arn:aws-us-gov:iam::123456789012:mfa/{name}")));
        }
        for whole in ["GAHT12345678", "123456789", "arn:aws:iam::210987654321:mfa/x"] {
            assert_eq!(parsed(whole), Ok(whole.to_owned()));
        }
        for bad in ["", "a b", "user/bob", "arn:aws:iam::123456789012:u2f/user/bob/k", "918273"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
