//! Computes AWS Signature Version 4 of a raw request: canonical form, signing key, signature. Pure. Public,
//! so that tests can sign their own requests.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use sha2::{Digest, Sha256};

use crate::issue::hmac_sha256;

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request as it is sent.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// In the order in which they were sent; names in any case.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// `20150830/us-east-1/sts/aws4_request`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD`
    pub date: String,
    pub region: String,
    pub service: String,
}

/// The parsed Authorization header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub access_key_id: String,
    pub scope: Scope,
    /// Lower case, joined by `;`.
    pub signed_headers: String,
    /// 64 hexadecimal digits.
    pub signature: String,
}

impl Authorization {
    /// `None` if it is incomplete.
    pub fn parse(header: &str) -> Option<Authorization> {
        let fields = header.trim().strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut parts = fields.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        // A key id has no slash, so the scope follows the first one.
        let mut credential = field("Credential")?.split('/');
        let access_key_id = credential.next()?.to_owned();
        let scope = Scope {
            date: credential.next()?.to_owned(),
            region: credential.next()?.to_owned(),
            service: credential.next()?.to_owned(),
        };
        (credential.next() == Some("aws4_request") && credential.next().is_none()).then_some(())?;
        Some(Authorization {
            access_key_id,
            scope,
            signed_headers: field("SignedHeaders")?.to_owned(),
            signature: field("Signature")?.to_owned(),
        })
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Scope { date, region, service } = self;
        write!(formatter, "{date}/{region}/{service}/aws4_request")
    }
}

/// The signature of `message`, in hexadecimal. `amz_date` is `YYYYMMDDTHHMMSSZ`.
pub fn signature(
    secret_access_key: &str,
    scope: &Scope,
    amz_date: &str,
    signed_headers: &str,
    message: Message<'_>,
) -> String {
    let canonical = canonical_request(message, signed_headers);
    let string_to_sign = format!("{ALGORITHM}\n{amz_date}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
    let mut key = hmac_sha256(format!("AWS4{secret_access_key}").as_bytes(), scope.date.as_bytes());
    for part in [&scope.region, &scope.service, "aws4_request"] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    hex(&hmac_sha256(&key, string_to_sign.as_bytes()))
}

/// The canonical request. Takes path and query as they are, which is correct for STS: its clients post to
/// `/`.
fn canonical_request(message: Message<'_>, signed_headers: &str) -> String {
    let (path, query) = message.target.split_once('?').unwrap_or((message.target, ""));
    let mut canonical = format!("{}\n{path}\n{query}\n", message.method);
    for name in signed_headers.split(';') {
        let values: Vec<String> = message
            .headers
            .iter()
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    canonical.push_str(&format!("\n{signed_headers}\n{}", sha256_hex(message.body)));
    canonical
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Uses an example of AWS's Signature Version 4 test suite (`aws-sig-v4-test-suite`).
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_the_form_post_of_the_test_suite() {
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Host", "example.amazonaws.com"),
            ("X-Amz-Date", "20150830T123600Z"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let message = Message { method: "POST", target: "/", headers: &headers, body: b"Param1=value1" };
        let scope = Scope { date: "20150830".into(), region: "us-east-1".into(), service: "service".into() };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            signature(secret, &scope, "20150830T123600Z", "content-type;host;x-amz-date", message),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
