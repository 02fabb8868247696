//! The only file that knows the AWS SDK. Async stays inside; no value of the SDK leaves, none is
//! ever shown by `Debug` (they hold codes and keys).

use std::cell::OnceCell;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region as SdkRegion};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::Credentials as Returned;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use http::Uri;
use jiff::Timestamp;
use jiff::fmt::strtime;
use tokio::runtime::Runtime;

use crate::session::{
    AccessKeyId, DurationSeconds, Expiration, Identity, LongTermKeys, Region, Secret, SerialNumber, Session,
    TokenCode, std_for_people,
};

/// Where STS is and how it is reached.
pub struct Endpoint {
    /// In place of the region's own.
    pub url: Option<EndpointUrl>,
    pub region: Region,
    /// The region's FIPS endpoint, its dual-stack endpoint; not with a URL.
    pub use_fips: bool,
    pub use_dual_stack: bool,
    /// PEM file of the authorities to trust, in place of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// For a whole call; connecting may take 10 s of it.
    pub time_out: Duration,
    /// Made by the first call, used by those after it: one TLS handshake for all of a login.
    connection: OnceCell<Connection>,
}

struct Connection {
    runtime: Runtime,
    http_client: SharedHttpClient,
}

/// https, or http to this machine: keys and codes are never sent in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl {
    url: String,
    is_http: bool,
    is_loopback: bool,
}

/// Who signs a call.
pub enum Signer<'s> {
    Keys(&'s LongTermKeys),
    Session(&'s Session),
}

/// A device and its code, for the one call that they are good for.
#[derive(Clone, Copy)]
pub struct Mfa<'m> {
    pub serial_number: &'m SerialNumber,
    pub token_code: &'m TokenCode,
}

pub struct RoleRequest<'r> {
    pub role_arn: &'r str,
    pub role_session_name: &'r str,
    pub external_id: Option<&'r str>,
    pub duration: DurationSeconds,
}

/// Why there is no session.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// STS answered with an error.
    Refused { reason: Reason, code: String, message: String },
    /// No answer: name, connection, TLS, time-out.
    Unreachable { cause: String },
    /// An answer that is no session.
    Unusable { cause: String },
    /// The bundle of certificates can't be used.
    CaBundle { path: PathBuf, cause: String },
}

/// What STS's answer means: code and the beginning of its message, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A wrong code, or one that was used before: STS does not tell these apart.
    InvalidCode,
    UnknownDevice,
    MalformedRequest,
    SessionCredentials,
    OverChainLimit,
    OverRoleMaximum,
    MayNotAssume,
    InvalidKey,
    WrongSecret,
    /// The clock is off by that many seconds; positive: this machine is ahead.
    Clock {
        ahead: Option<i64>,
    },
    RegionDisabled,
    Expired,
    Throttled,
    /// The service has a fault (HTTP 5xx).
    Unavailable,
    Other,
}

impl EndpointUrl {
    /// # Errors
    /// Why the URL is not used.
    pub fn new(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "is no URL")?;
        let host = uri.host().ok_or("has no host")?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("has a user name in it");
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        let is_http = match uri.scheme_str() {
            Some("https") => false,
            Some("http") if is_loopback => true,
            Some("http") => return Err("is http, which would send keys and codes in the clear"),
            _ => return Err("is neither https nor http to this machine"),
        };
        Ok(Self { url: url.to_owned(), is_http, is_loopback })
    }
}

impl EndpointUrl {
    pub fn as_str(&self) -> &str {
        &self.url
    }
}

impl Endpoint {
    /// The region's own STS, with the system's certificates.
    pub fn of_region(region: Region, time_out: Duration) -> Self {
        let connection = OnceCell::new();
        Self {
            url: None,
            region,
            use_fips: false,
            use_dual_stack: false,
            ca_bundle: None,
            time_out,
            connection,
        }
    }

    /// # Errors
    /// See [`Failure`].
    pub fn get_session_token(
        &self,
        keys: &LongTermKeys,
        mfa: Mfa<'_>,
        duration: DurationSeconds,
    ) -> Result<Session, Failure> {
        self.call(&Signer::Keys(keys), async |client| {
            let call = client
                .get_session_token()
                .serial_number(mfa.serial_number.as_str())
                .token_code(mfa.token_code.expose())
                .duration_seconds(sdk_seconds(duration));
            let sent = call.send().await;
            let output = sent.map_err(|error| self.failure(&error, Some(mfa.token_code)))?;
            session_of(output.credentials.as_ref(), None)
        })
    }

    /// Who signs. Takes at most 3 s: nobody waits for more than the answer to a code.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn get_caller_identity(&self, signer: &Signer<'_>) -> Result<Identity, Failure> {
        self.call(signer, async |client| {
            let soon = TimeoutConfig::builder().operation_timeout(self.time_out.min(Duration::from_secs(3)));
            let config = aws_sdk_sts::Config::builder().timeout_config(soon.build());
            let sent = client.get_caller_identity().customize().config_override(config).send().await;
            let output = sent.map_err(|error| self.failure(&error, None))?;
            Identity::new(output.arn().unwrap_or_default())
                .map_err(|invalid| Failure::Unusable { cause: format!("Arn {invalid}") })
        })
    }

    /// # Errors
    /// See [`Failure`].
    pub fn assume_role(
        &self,
        signer: &Signer<'_>,
        role: &RoleRequest<'_>,
        mfa: Option<Mfa<'_>>,
    ) -> Result<Session, Failure> {
        self.call(signer, async |client| {
            let call = client
                .assume_role()
                .role_arn(role.role_arn)
                .role_session_name(role.role_session_name)
                .set_external_id(role.external_id.map(str::to_owned))
                .set_serial_number(mfa.map(|mfa| mfa.serial_number.as_str().to_owned()))
                .set_token_code(mfa.map(|mfa| mfa.token_code.expose().to_owned()))
                .duration_seconds(sdk_seconds(role.duration));
            let sent = call.send().await;
            let output = sent.map_err(|error| self.failure(&error, mfa.map(|mfa| mfa.token_code)))?;
            let arn = output.assumed_role_user.as_ref().map(|user| user.arn());
            session_of(output.credentials.as_ref(), arn.and_then(|arn| Identity::new(arn).ok()))
        })
    }

    /// The time by STS's own clock, from the `Date` of its answer to a call that nobody signed; to
    /// the second.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn time(&self) -> Result<Timestamp, Failure> {
        let nobody = LongTermKeys {
            access_key_id: AccessKeyId::new("MFAENVDOCTOR0000").expect("in form"),
            secret_access_key: Secret::new("none".to_owned()).expect("in form"),
        };
        self.call(&Signer::Keys(&nobody), async |client| {
            let answer = client.get_caller_identity().send().await;
            let date = answer.as_ref().err().and_then(|error| error.raw_response()?.headers().get("date"));
            let time = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
            match (time, answer) {
                (Some(time), _) => Ok(time.timestamp()),
                (None, Err(error)) => Err(self.failure(&error, None)),
                (None, Ok(_)) => {
                    Err(Failure::Unusable { cause: "it answers to a key that does not exist".to_owned() })
                }
            }
        })
    }

    fn call<T>(
        &self,
        signer: &Signer<'_>,
        send: impl AsyncFnOnce(Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Connection { runtime, http_client } = self.connection()?;
        runtime.block_on(send(self.client(signer, http_client.clone())))
    }

    fn connection(&self) -> Result<&Connection, Failure> {
        if self.connection.get().is_none() {
            let http_client = self.http_client()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
            let runtime = runtime.map_err(|error| Failure::Unreachable { cause: error.to_string() })?;
            let _ = self.connection.set(Connection { runtime, http_client });
        }
        Ok(self.connection.get().expect("it was set"))
    }

    fn client(&self, signer: &Signer<'_>, http_client: SharedHttpClient) -> Client {
        let (keys, token) = match signer {
            Signer::Keys(keys) => ((&keys.access_key_id, &keys.secret_access_key), None),
            Signer::Session(session) => (
                (&session.access_key_id, &session.secret_access_key),
                Some(session.session_token.expose().to_owned()),
            ),
        };
        let credentials = Credentials::new(keys.0.as_str(), keys.1.expose(), token, None, "mfa-env");
        let time_outs = TimeoutConfig::builder()
            .connect_timeout(self.time_out.min(Duration::from_secs(10)))
            .operation_timeout(self.time_out);
        // Not by aws-config: it would read variables and files by rules of its own, and ends the
        // process at an endpoint variable that is empty.
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials)
            .region(SdkRegion::new(self.region.as_str().to_owned()))
            // A retry would send a used code, and end in "invalid MFA code" whatever went wrong.
            .retry_config(RetryConfig::disabled())
            .timeout_config(time_outs.build())
            .http_client(http_client);
        let config = match &self.url {
            Some(endpoint) => config.endpoint_url(&endpoint.url),
            None => config.use_fips(self.use_fips).use_dual_stack(self.use_dual_stack),
        };
        Client::from_conf(config.build())
    }

    fn http_client(&self) -> Result<SharedHttpClient, Failure> {
        if self.url.as_ref().is_some_and(|endpoint| endpoint.is_http) {
            return Ok(HttpBuilder::new().build_http());
        }
        let trust_store = match &self.ca_bundle {
            None => TrustStore::default(),
            Some(path) => trust_store_of(path)?,
        };
        let context = TlsContext::builder().with_trust_store(trust_store).build();
        let context = context.map_err(|error| Failure::Unreachable { cause: error.to_string() })?;
        let is_loopback = self.url.as_ref().is_some_and(|endpoint| endpoint.is_loopback);
        let proxy = if is_loopback { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
        Ok(HttpBuilder::new().build_with_connector_fn(move |settings, _| {
            let mut connector = Connector::builder();
            connector.set_connector_settings(settings.cloned());
            connector
                .proxy_config(proxy.clone())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(context.clone())
                .build()
        }))
    }

    fn failure<E>(&self, error: &SdkError<E, HttpResponse>, code: Option<&TokenCode>) -> Failure
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                match service.err().code() {
                    Some(name) => {
                        let message = redacted(service.err().message().unwrap_or_default(), code);
                        let reason = reason(name, &message, status);
                        Failure::Refused { reason, code: name.to_owned(), message }
                    }
                    None if status >= 500 => Failure::Refused {
                        reason: Reason::Unavailable,
                        code: format!("HTTP {status}"),
                        message: "STS has a fault".to_owned(),
                    },
                    None => Failure::Unusable {
                        cause: format!("HTTP status {status}, and no answer of STS's in it"),
                    },
                }
            }
            SdkError::ResponseError(response) => Failure::Unusable {
                cause: format!(
                    "HTTP status {}, and no answer of STS's in it",
                    response.raw().status().as_u16()
                ),
            },
            SdkError::TimeoutError(_) => Failure::Unreachable { cause: self.timed_out() },
            SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => {
                Failure::Unreachable { cause: self.timed_out() }
            }
            SdkError::DispatchFailure(dispatch) => Failure::Unreachable {
                cause: dispatch
                    .as_connector_error()
                    .map_or_else(|| "no connection".to_owned(), |e| root_cause(e)),
            },
            other => Failure::Unusable { cause: root_cause(other) },
        }
    }

    fn timed_out(&self) -> String {
        format!("no answer within {}", std_for_people(self.time_out))
    }
}

fn sdk_seconds(duration: DurationSeconds) -> i32 {
    i32::try_from(duration.get()).expect("at most 129,600")
}

/// Each certificate is checked here, since the SDK ends the process at one that it can't use; a
/// company's bundle often has an odd one among the good.
fn trust_store_of(path: &Path) -> Result<TrustStore, Failure> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let failed = |cause: String| Failure::CaBundle { path: path.to_owned(), cause };
    let pem = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let mut store = TrustStore::empty();
    let mut found = 0;
    for certificate in pem.split_inclusive("-----END CERTIFICATE-----") {
        let Some(start) = certificate.find("-----BEGIN CERTIFICATE-----") else { continue };
        let certificate = &certificate[start..];
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        if der.is_ok_and(|der| rustls::RootCertStore::empty().add(der).is_ok()) {
            store.add_pem_certificate(certificate.as_bytes());
            found += 1;
        }
    }
    if found == 0 { Err(failed("there is no usable certificate in it".to_owned())) } else { Ok(store) }
}

/// What STS returned as a session, each field checked: they end up in a shell.
fn session_of(returned: Option<&Returned>, identity: Option<Identity>) -> Result<Session, Failure> {
    let now = Timestamp::now();
    let unusable = |field: &str, why: String| Failure::Unusable { cause: format!("{field} {why}") };
    let returned = returned.ok_or_else(|| unusable("the answer", "has no credentials".to_owned()))?;
    let secret = |field: &str, value: &str| {
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

fn reason(code: &str, message: &str, status: u16) -> Reason {
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

/// From `Signature expired: SENT is now earlier than X (NOW - 15 min.)` and
/// `Signature not yet current: SENT is still later than X (NOW + 15 min.)`: SENT - NOW.
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

/// STS repeats a code of a bad form in its message.
fn redacted(message: &str, code: Option<&TokenCode>) -> String {
    let message = message.trim();
    code.map_or_else(|| message.to_owned(), |code| message.replace(code.expose(), "******"))
}

/// The innermost cause: the outer ones are the SDK's own layers. What libraries say of TLS and HTTP
/// is put into words.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let said = cause.to_string();
    let words = [
        ("UnknownIssuer", "its certificate is of an authority that this machine does not trust"),
        ("CaUsedAsEndEntity", "its certificate is that of an authority, not of a server"),
        ("NotValidForName", "its certificate is for another name"),
        ("Expired", "its certificate has expired"),
        ("NotValidYet", "its certificate is not valid yet"),
        ("invalid peer certificate", "its certificate is not valid"),
        ("handshake eof", "it ended the TLS handshake; perhaps it speaks no TLS"),
        ("corrupt message", "it speaks no TLS"),
        ("invalid HTTP", "what it answers is no HTTP"),
    ];
    words.iter().find(|(sign, _)| said.contains(sign)).map_or(said, |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_nothing_in_the_clear_but_to_this_machine() {
        for good in [
            "https://sts.example.com",
            "https://10.0.0.1:8443/x",
            "http://127.0.0.1:4566",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert!(EndpointUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://sts.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost@example.com/",
            "https://user@example.com",
            "ftp://127.0.0.1",
            "sts.amazonaws.com",
            "/path",
            "",
        ] {
            assert!(EndpointUrl::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tells_what_the_answers_of_sts_mean() {
        let cases = [
            (
                "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
                Reason::InvalidCode,
            ),
            (
                "AccessDenied",
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
                Reason::UnknownDevice,
            ),
            (
                "ValidationError",
                "1 validation error detected: Value '12' at 'tokenCode'",
                Reason::MalformedRequest,
            ),
            (
                "AccessDenied",
                "Cannot call GetSessionToken with session credentials",
                Reason::SessionCredentials,
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
                Reason::OverChainLimit,
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                Reason::OverRoleMaximum,
            ),
            (
                "AccessDenied",
                "User: u is not authorized to perform: sts:AssumeRole on resource: r",
                Reason::MayNotAssume,
            ),
            (
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                Reason::InvalidKey,
            ),
            (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
                Reason::WrongSecret,
            ),
            (
                "SignatureDoesNotMatch",
                "Signature expired: 20261122T100000Z is now earlier than 20261122T103000Z (20261122T104500Z - 15 min.)",
                Reason::Clock { ahead: Some(-2700) },
            ),
            (
                "SignatureDoesNotMatch",
                "Signature not yet current: 20261122T110000Z is still later than 20261122T101500Z (20261122T100000Z + 15 min.)",
                Reason::Clock { ahead: Some(3600) },
            ),
            (
                "RegionDisabledException",
                "STS is not activated in this region for account:1",
                Reason::RegionDisabled,
            ),
            ("ExpiredToken", "The security token included in the request is expired", Reason::Expired),
            ("Throttling", "Rate exceeded", Reason::Throttled),
            ("InternalFailure", "x", Reason::Other),
        ];
        for (code, message, expected) in cases {
            assert_eq!(reason(code, message, 403), expected, "{message}");
        }
        assert_eq!(reason("ServiceUnavailable", "", 503), Reason::Unavailable);
    }

    #[test]
    fn hides_the_code_in_messages() {
        let code = TokenCode::new("123456").expect("six digits");
        assert_eq!(redacted("Value '123456' failed ", Some(&code)), "Value '******' failed");
    }
}
