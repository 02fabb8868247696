//! Pure: which MFA device a user has, by the user's ARN and by what people call a device.

use crate::session::{Identity, Invalid, SerialNumber};

/// The device that the console proposes, and the old one-device-a-user form had for good: named like
/// the user. None where it is no user: only users and the root user have devices.
pub fn proposed(identity: &Identity) -> Option<SerialNumber> {
    let name = match resource(identity) {
        "root" => "root-account-mfa-device",
        // A path may stand before the name of a user, and is no part of the device's.
        resource => resource.strip_prefix("user/")?.rsplit('/').next()?,
    };
    arn(identity, name).ok()
}

/// Whether it is the root user, to whom STS gives sessions of an hour at most.
pub fn is_root(identity: &Identity) -> bool {
    resource(identity) == "root"
}

/// The console's page on which users see and make their devices and keys.
pub fn page_of_devices(identity: &Identity) -> Option<String> {
    let host = match identity.arn().split(':').nth(1)? {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    };
    Some(format!("https://{host}/iam/home#/security_credentials"))
}

/// An ARN, the serial number of a hardware token (`GAHT12345678`), or the name of a device of that
/// user's account.
///
/// # Errors
/// Where no device could be called so.
pub fn parse(text: &str, identity: &Identity) -> Result<SerialNumber, Invalid> {
    let name = text.strip_prefix("mfa/").unwrap_or(text);
    if text.starts_with("arn:") || is_of_a_token(text) {
        SerialNumber::new(text)
    } else if name.is_empty() || name.contains(['/', ':']) {
        Err(Invalid("is neither an ARN nor the name of an MFA device"))
    } else {
        arn(identity, name)
    }
}

fn arn(identity: &Identity, name: &str) -> Result<SerialNumber, Invalid> {
    let partition = identity.arn().split(':').nth(1).unwrap_or_default();
    SerialNumber::new(&format!("arn:{partition}:iam::{}:mfa/{name}", identity.account()))
}

/// Capitals, then digits, together 9 or more: what is printed on a token.
fn is_of_a_token(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = text.len() - digits.len();
    text.len() >= 9 && letters <= 6 && digits.len() >= 6 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// What stands after the account: `user/bob`.
fn resource(identity: &Identity) -> &str {
    identity.arn().splitn(6, ':').nth(5).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(arn: &str) -> Identity {
        Identity::new(arn).expect("an ARN")
    }

    #[test]
    fn proposes_the_device_of_a_user_and_of_nobody_else() {
        for (arn, device) in [
            ("arn:aws:iam::123456789012:user/bob", Some("arn:aws:iam::123456789012:mfa/bob")),
            ("arn:aws-cn:iam::123456789012:user/ops/eu/bob", Some("arn:aws-cn:iam::123456789012:mfa/bob")),
            ("arn:aws:iam::123456789012:root", Some("arn:aws:iam::123456789012:mfa/root-account-mfa-device")),
            ("arn:aws:sts::123456789012:assumed-role/admin/bob", None),
            ("arn:aws:sts::123456789012:federated-user/bob", None),
        ] {
            let proposed = proposed(&identity(arn));
            assert_eq!(proposed.as_ref().map(SerialNumber::as_str), device, "{arn}");
            assert_eq!(is_root(&identity(arn)), arn.ends_with(":root"), "{arn}");
        }
    }

    #[test]
    fn knows_the_console_of_each_partition() {
        let page = |partition: &str| {
            page_of_devices(&identity(&format!("arn:{partition}:iam::123456789012:user/bob")))
        };
        let of = |host: &str| Some(format!("https://{host}/iam/home#/security_credentials"));
        assert_eq!(page("aws"), of("console.aws.amazon.com"));
        assert_eq!(page("aws-cn"), of("console.amazonaws.cn"));
        assert_eq!(page("aws-us-gov"), of("console.amazonaws-us-gov.com"));
        assert_eq!(page("aws-iso"), None);
    }

    #[test]
    fn takes_what_people_call_a_device() {
        let bob = identity("arn:aws-us-gov:iam::123456789012:user/bob");
        let parsed = |text| parse(text, &bob).map(|serial| serial.as_str().to_owned());
        let of_bob = |name: &str| Ok(format!("arn:aws-us-gov:iam::123456789012:mfa/{name}"));
        assert_eq!(parsed("phone"), of_bob("phone"));
        assert_eq!(parsed("mfa/phone"), of_bob("phone"));
        assert_eq!(parsed("bob@example.com"), of_bob("bob@example.com"));
        assert_eq!(parsed("PHONE1"), of_bob("PHONE1"));
        for of_a_token in ["GAHT12345678", "123456789", "ABC123456", "ABCDEF123456"] {
            assert_eq!(parsed(of_a_token), Ok(of_a_token.to_owned()));
        }
        for name in ["AB123456", "ABCD12345", "ABCDEFG123456", "ABC123456a", "Abc123456"] {
            assert_eq!(parsed(name), of_bob(name));
        }
        let other = "arn:aws:iam::210987654321:mfa/x";
        assert_eq!(parsed(other), Ok(other.to_owned()));
        for bad in [
            "",
            "mfa/",
            "a b",
            "user/bob",
            "arn:aws:iam::123456789012:u2f/user/bob/k",
            "123456789012:mfa/bob",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
