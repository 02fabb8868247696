//! AWS Signature Version 4 from the raw request: canonical form, signing key, signature.
//! Pure; public so that tests can sign requests of their own.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use sha2::{Digest, Sha256};

use crate::issue::hmac_sha256;

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A request as it stands on the wire.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// In the order sent; names in any case.
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

/// The Authorization header, taken apart.
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
    /// `None` for anything that is not complete.
    pub fn parse(header: &str) -> Option<Authorization> {
        let fields = header.trim().strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut parts = fields.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        // A key id has no slash, so what follows the first one is the scope.
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

/// What is hashed into the string to sign.
pub fn canonical_request(message: Message<'_>, signed_headers: &str) -> String {
    let (path, query) = message.target.split_once('?').unwrap_or((message.target, ""));
    let mut canonical =
        format!("{}\n{}\n{}\n", message.method, encode(path.as_bytes(), true), canonical_query(query));
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

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name), false), encode(&decode(value), false)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Percent-encodes all but RFC 3986's unreserved characters, and slashes where `path`.
fn encode(bytes: &[u8], path: bool) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if path => encoded.push('/'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    decoded
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// AWS's published examples: the IAM User Guide's ListUsers, and the Signature Version 4 test
/// suite (`aws-sig-v4-test-suite`).
#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const AMZ_DATE: &str = "20150830T123600Z";

    fn sign(service: &str, message: Message<'_>, signed_headers: &str) -> String {
        let scope = Scope { date: "20150830".into(), region: "us-east-1".into(), service: service.into() };
        signature(SECRET, &scope, AMZ_DATE, signed_headers, message)
    }

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn signs_list_users_as_the_iam_guide_does() {
        let headers = headers(&[
            ("Host", "iam.amazonaws.com"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("X-Amz-Date", AMZ_DATE),
        ]);
        let message = Message {
            method: "GET",
            target: "/?Action=ListUsers&Version=2010-05-08",
            headers: &headers,
            body: b"",
        };
        assert_eq!(
            sha256_hex(canonical_request(message, "content-type;host;x-amz-date").as_bytes()),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
        );
        assert_eq!(
            sign("iam", message, "content-type;host;x-amz-date"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn signs_the_form_post_of_the_test_suite() {
        let headers = headers(&[
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Host", "example.amazonaws.com"),
            ("X-Amz-Date", AMZ_DATE),
        ]);
        let message = Message { method: "POST", target: "/", headers: &headers, body: b"Param1=value1" };
        assert_eq!(
            sign("service", message, "content-type;host;x-amz-date"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }

    #[test]
    fn signs_get_vanilla_of_the_test_suite() {
        let headers = headers(&[("Host", "example.amazonaws.com"), ("X-Amz-Date", AMZ_DATE)]);
        let message = Message { method: "GET", target: "/", headers: &headers, body: b"" };
        assert_eq!(
            sign("service", message, "host;x-amz-date"),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn canonical_form_trims_headers_and_sorts_the_query() {
        let headers = headers(&[("My-Header1", "  a   b  "), ("my-header1", "c")]);
        let message = Message { method: "GET", target: "/a%20b?z=1&a=%7e/", headers: &headers, body: b"" };
        let canonical = canonical_request(message, "my-header1");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(canonical, format!("GET\n/a%2520b\na=~%2F&z=1\nmy-header1:a b,c\n\nmy-header1\n{empty}"));
    }

    #[test]
    fn takes_an_authorization_header_apart() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sts/aws4_request, \
                      SignedHeaders=host;x-amz-date,Signature=00ff";
        let authorization = Authorization::parse(header).unwrap();
        assert_eq!(authorization.access_key_id, "AKID");
        assert_eq!(authorization.scope.to_string(), "20150830/us-east-1/sts/aws4_request");
        assert_eq!(authorization.signed_headers, "host;x-amz-date");
        assert_eq!(authorization.signature, "00ff");
        assert_eq!(Authorization::parse("AWS4-HMAC-SHA256 Credential=A/B"), None);
    }
}
