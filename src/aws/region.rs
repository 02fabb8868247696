//! Regions and their partitions.

use super::InvalidValue;

/// A region name: small letters, digits and hyphens, since it becomes part of a host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// # Errors
    /// If it can't be part of a host name: other characters, or more than 63 of them (RFC 1035).
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let in_form = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if in_form && (1..=63).contains(&text.len()) && !text.starts_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("is not a region such as `eu-west-1`"))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, from the prefixes in the `partitions.json` of botocore and the SDKs.
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

    /// The hosts of AWS's sign-in service and of the console. `None` for a partition without public ones.
    pub fn console_hosts(&self) -> Option<(&'static str, &'static str)> {
        match self.partition() {
            "aws" => Some(("signin.aws.amazon.com", "console.aws.amazon.com")),
            "aws-cn" => Some(("signin.amazonaws.cn", "console.amazonaws.cn")),
            "aws-us-gov" => Some(("signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com")),
            _ => None,
        }
    }

    /// The first region of a partition: STS is always active there.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_partition_of_a_region_and_its_first_region() {
        for (partition, first, another) in [
            ("aws", "us-east-1", "eu-west-1"),
            ("aws-cn", "cn-north-1", "cn-northwest-1"),
            ("aws-us-gov", "us-gov-west-1", "us-gov-east-1"),
            ("aws-iso", "us-iso-east-1", "us-iso-west-1"),
            ("aws-iso-b", "us-isob-east-1", "us-isob-west-1"),
            ("aws-iso-e", "eu-isoe-west-1", "eu-isoe-west-1"),
            ("aws-iso-f", "us-isof-south-1", "us-isof-east-1"),
            ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1"),
        ] {
            assert_eq!(Region::first_of(partition).as_str(), first);
            for region in [first, another] {
                assert_eq!(Region::new(region).expect("valid").partition(), partition, "{region}");
            }
        }
        // The third could be a secret key: capital letters keep it out of a host name.
        for bad in ["eu-west-1.evil.com", "EU-WEST-1", "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY", "", "-a"] {
            assert!(Region::new(bad).is_err(), "{bad}");
        }
    }
}
