//! Authenticates a request: key, partition, clock, SigV4 signature, session token, expiry. `actions` decides
//! what the signer may do.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::answer::StsError;
use crate::http::Request;
use crate::sigv4::{self, Authorization, Message, Scope};
use crate::state::{SessionKind, State};

/// How far a client's clock may be off in either direction.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
const AMZ_DATE: &str = "%Y%m%dT%H%M%SZ";

/// The authenticated signer.
pub(crate) struct Caller {
    /// An index into `State::accounts`.
    pub account: usize,
    /// `None` if long-term keys signed.
    pub session: Option<SessionKind>,
}

/// # Errors
/// As STS: MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId,
/// SignatureDoesNotMatch (clock included), ExpiredToken.
pub(crate) fn authenticate(state: &State, request: &Request, now: Timestamp) -> Result<Caller, StsError> {
    let header = request.header("authorization").ok_or_else(|| {
        let message = "Request is missing Authentication Token";
        StsError::new(403, "MissingAuthenticationToken", message)
    })?;
    let authorization = Authorization::parse(header).ok_or_else(|| {
        incomplete(
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' \
             parameters.",
        )
    })?;
    let amz_date = request.header("x-amz-date").ok_or_else(|| {
        incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    })?;
    let token = request.header("x-amz-security-token");

    let key_id = &authorization.access_key_id;
    let (caller, secret, expiration) = find(state, key_id, token).ok_or_else(StsError::invalid_token)?;
    if state.accounts[caller.account].partition() != partition(&authorization.scope.region) {
        return Err(StsError::invalid_token());
    }
    check_clock(amz_date, now)?;
    check_scope(&authorization.scope, amz_date)?;
    check_signed_headers(&authorization.signed_headers, token.is_some())?;
    let message = Message {
        method: &request.method,
        target: &request.target,
        headers: &request.headers,
        body: &request.body,
    };
    let signed = &authorization.signed_headers;
    let expected = sigv4::signature(secret, &authorization.scope, amz_date, signed, message);
    if authorization.signature != expected {
        return Err(StsError::signature(
            "The request signature we calculated does not match the signature you provided. Check \
             your AWS Secret Access Key and signing method. Consult the service documentation for \
             details.",
        ));
    }
    match expiration {
        Some(expiration) if expiration <= now => Err(StsError::expired_token()),
        _ => Ok(caller),
    }
}

/// The owner of a key id, its secret, and its expiration; `None` also if the token wasn't issued with the
/// key.
fn find<'a>(
    state: &'a State,
    key_id: &str,
    token: Option<&str>,
) -> Option<(Caller, &'a str, Option<Timestamp>)> {
    if let Some(session) = state.sessions.get(key_id) {
        (token == Some(session.session_token.as_str())).then_some(())?;
        let caller = Caller { account: session.account, session: Some(session.kind.clone()) };
        return Some((caller, &session.secret_access_key, Some(session.expiration)));
    }
    let mut users = state.accounts.iter().map(|account| &account.user);
    let account = users.position(|user| user.access_key_id == key_id && token.is_none())?;
    let caller = Caller { account, session: None };
    Some((caller, &state.accounts[account].user.secret_access_key, None))
}

fn check_clock(amz_date: &str, now: Timestamp) -> Result<(), StsError> {
    let signed_at = DateTime::strptime(AMZ_DATE, amz_date)
        .and_then(|datetime| datetime.to_zoned(TimeZone::UTC))
        .map_err(|_| {
            incomplete(&format!(
                "Date must be in ISO-8601 'basic format'. Got '{amz_date}'. See \
                 http://en.wikipedia.org/wiki/ISO_8601"
            ))
        })?
        .timestamp();
    let show = |at: Timestamp| at.strftime(AMZ_DATE).to_string();
    let (earliest, latest) = (now - CLOCK_TOLERANCE, now + CLOCK_TOLERANCE);
    if signed_at < earliest {
        return Err(StsError::signature(format!(
            "Signature expired: {amz_date} is now earlier than {} ({} - 15 min.)",
            show(earliest),
            show(now)
        )));
    }
    if signed_at > latest {
        return Err(StsError::signature(format!(
            "Signature not yet current: {amz_date} is still later than {} ({} + 15 min.)",
            show(latest),
            show(now)
        )));
    }
    Ok(())
}

fn check_scope(scope: &Scope, amz_date: &str) -> Result<(), StsError> {
    if scope.service != "sts" {
        let message = "Credential should be scoped to correct service: 'sts'. ";
        return Err(StsError::signature(message));
    }
    let day = amz_date.get(..8).unwrap_or_default();
    if scope.date != day {
        return Err(StsError::signature(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '{}' != '{day}', from '{amz_date}'.",
            scope.date
        )));
    }
    Ok(())
}

/// Checks that the signature covers the headers that matter.
fn check_signed_headers(signed_headers: &str, with_token: bool) -> Result<(), StsError> {
    let needed = [("host", true), ("x-amz-date", true), ("x-amz-security-token", with_token)];
    for (name, needed) in needed {
        if needed && !signed_headers.split(';').any(|signed| signed == name) {
            return Err(StsError::signature(format!(
                "'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )));
        }
    }
    Ok(())
}

fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn incomplete(message: &str) -> StsError {
    StsError::new(400, "IncompleteSignature", message)
}
