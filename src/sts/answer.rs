//! Turns STS's answers and failed connections into our own types. Pure.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::ops::Range;

use aws_sdk_sts::types::Credentials as Returned;
use jiff::Timestamp;
use jiff::fmt::strtime;

use super::{CertificateFault, StsError};
use crate::aws::{AccessKeyId, Expiration, Identity, Secret, Session};

/// Why STS refused a call. Recognised by the error's code and by parts of its message, as STS sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A wrong code or a used one: STS gives the same answer.
    InvalidCode,
    UnknownDevice,
    MalformedRequest,
    SessionCredentials,
    OverChainLimit,
    OverRoleMaximum,
    MayNotAssume,
    InvalidKey,
    WrongSecret,
    /// This machine's clock is wrong, by `ahead` seconds; negative if it is behind.
    Clock {
        ahead: Option<i64>,
    },
    RegionDisabled,
    Expired,
    Throttled,
    /// STS has a fault (HTTP 5xx).
    Unavailable,
    Other,
}

pub(super) fn reason(code: &str, message: &str, status: u16) -> Reason {
    let says = |text: &str| message.contains(text);
    match code {
        "AccessDenied" if says("invalid MFA one time pass code") => Reason::InvalidCode,
        "AccessDenied" if says("unable to validate MFA code") => Reason::UnknownDevice,
        "AccessDenied" if says("with session credentials") => Reason::SessionCredentials,
        "AccessDenied" if says("not authorized to perform: sts:AssumeRole") => Reason::MayNotAssume,
        "ValidationError" if says("role chaining") => Reason::OverChainLimit,
        "ValidationError" if says("MaxSessionDuration") => Reason::OverRoleMaximum,
        "ValidationError" => Reason::MalformedRequest,
        "InvalidClientTokenId" => Reason::InvalidKey,
        "SignatureDoesNotMatch" if says("Signature expired") || says("Signature not yet current") => {
            Reason::Clock { ahead: seconds_ahead(message) }
        }
        "RequestExpired" => Reason::Clock { ahead: None },
        "SignatureDoesNotMatch" | "IncompleteSignature" => Reason::WrongSecret,
        "RegionDisabledException" => Reason::RegionDisabled,
        "ExpiredToken" | "ExpiredTokenException" => Reason::Expired,
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => Reason::Throttled,
        _ if status >= 500 => Reason::Unavailable,
        _ => Reason::Other,
    }
}

/// Computes SENT - NOW from `Signature expired: SENT is now earlier than X (NOW - 15 min.)` or
/// `Signature not yet current: SENT is still later than X (NOW + 15 min.)`.
fn seconds_ahead(message: &str) -> Option<i64> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let time = |word: &str| {
        strtime::parse("%Y%m%dT%H%M%SZ", word)
            .ok()?
            .to_datetime()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
    };
    let times: Vec<_> = words.filter_map(time).collect();
    let [sent, _, now] = &times[..] else { return None };
    Some(sent.timestamp().as_second() - now.timestamp().as_second())
}

/// STS's message, without the secrets of the request, and cut off if it is very long. STS repeats a
/// malformed code in its message; an emulator or a proxy may repeat anything, escaped or in part. So this
/// compares only letters (in either case) and digits, and hides every 16 of them in a row that also are in a secret. A
/// shorter secret is hidden if it is there as a whole.
pub(super) fn redacted(message: &str, secrets: &[&str]) -> String {
    const RUN: usize = 16;
    let message = message.trim();
    let (letters, places) = letters_and_digits(message);
    let mut is_hidden = vec![false; letters.len()];
    for secret in secrets {
        let (secret, _) = letters_and_digits(secret);
        let length = secret.len().clamp(1, RUN);
        let parts: HashSet<_> = secret.windows(length).collect();
        for (at, part) in letters.windows(length).enumerate() {
            if parts.contains(part) {
                is_hidden[at..at + length].fill(true);
            }
        }
    }
    let (mut shown, mut rest, mut at) = (String::new(), 0, 0);
    for run in is_hidden.chunk_by(|one, next| one == next) {
        let end = at + run.len();
        if run[0] {
            shown += &message[rest..places[at].start];
            shown += "******";
            rest = places[end - 1].end;
        }
        at = end;
    }
    shown += &message[rest..];
    let end = shown.floor_char_boundary(LONGEST_MESSAGE);
    if end < shown.len() { format!("{}…", &shown[..end]) } else { shown }
}

/// The ASCII letters (in lower case) and digits of a text, and their places. Decodes the escapes of URLs, JSON, and XML.
fn letters_and_digits(text: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    const ESCAPES: [(&str, usize); 3] = [("%", 2), ("\\u", 4), ("&#x", 2)];
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        let escaped = ESCAPES.iter().find_map(|(prefix, digits)| {
            let hex = text[at..].strip_prefix(prefix)?.get(..*digits)?;
            Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, at + prefix.len() + digits))
        });
        let (c, end) = escaped.unwrap_or((c, at + c.len_utf8()));
        let letter = u8::try_from(c).ok().filter(u8::is_ascii_alphanumeric);
        found.extend(letter.map(|letter| (letter.to_ascii_lowercase(), at..end)));
        at = end;
    }
    found.into_iter().unzip()
}

/// In bytes. STS's longest messages have some hundreds.
const LONGEST_MESSAGE: usize = 1024;

/// What is wrong with the server's certificate, for the cases in which the user can do something.
pub(super) fn certificate_fault(error: &(dyn StdError + 'static)) -> Option<CertificateFault> {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};

    match causes(error).find_map(|cause| cause.downcast_ref())? {
        rustls::Error::InvalidCertificate(UnknownIssuer) => Some(CertificateFault::UnknownAuthority),
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => Some(CertificateFault::Expired),
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            Some(CertificateFault::NotYetValid)
        }
        _ => None,
    }
}

/// Whether the answer was longer than the limit in `transport`.
pub(super) fn is_too_long(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<http_body_util::LengthLimitError>())
}

/// The text of the innermost cause. The outer ones only name layers of the SDK.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    // The standard library puts this before the text of getaddrinfo(3).
    text.strip_prefix("failed to lookup address information: ").map(str::to_owned).unwrap_or(text)
}

fn causes<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        // `source` of an I/O error skips the error inside it.
        let within = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match within {
            Some(within) => Some(within as &(dyn StdError + 'static)),
            None => (*error).source(),
        }
    })
}

/// In bytes. AWS documents no maximum for a token. Linux can't start a program with a variable of 128 KiB.
const LONGEST_SECRET: usize = 32 * 1024;

/// Makes a session from STS's answer. Checks each field, since a shell will evaluate them.
pub(super) fn session_of(
    returned: Option<&Returned>,
    identity: Option<Identity>,
    now: Timestamp,
) -> Result<Session, StsError> {
    let unusable = |field: &str, why: String| StsError::NotSts { cause: format!("{field} {why}") };
    let returned = returned.ok_or_else(|| unusable("the answer", "has no credentials".to_owned()))?;
    let secret = |field: &str, value: &str| {
        if value.len() > LONGEST_SECRET {
            return Err(unusable(field, "is longer than 32 KiB".to_owned()));
        }
        Secret::new(value.to_owned()).map_err(|invalid| unusable(field, invalid.to_string()))
    };
    let at = returned.expiration.secs();
    let expiration =
        Timestamp::from_second(at).map_err(|_| unusable("Expiration", "is no time".to_owned())).and_then(
            |at| Expiration::new(at, now).map_err(|invalid| unusable("Expiration", invalid.to_string())),
        )?;
    Ok(Session {
        access_key_id: AccessKeyId::new(&returned.access_key_id)
            .map_err(|invalid| unusable("AccessKeyId", invalid.to_string()))?,
        secret_access_key: secret("SecretAccessKey", &returned.secret_access_key)?,
        session_token: secret("SessionToken", &returned.session_token)?,
        expiration,
        identity,
    })
}
