//! Why a call to STS failed, and the words for it.

use std::error::Error as StdError;
use std::path::PathBuf;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::answer::{certificate_fault, is_too_long, reason, redacted, root_cause};
use super::transport::proxy_variable;
use super::{CALL_TIMEOUT, CONNECT_TIMEOUT, Endpoint, Reason, Service};
use crate::aws::humanize_std;
use crate::error::{Error, Exit, Hint, shown_path};
use crate::system::SET_CLOCK;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StsError {
    /// STS answered with an error.
    Refused { reason: Reason, code: String, message: String },
    /// No answer, because of the name, the connection, TLS or a time-out. If the request may have been
    /// sent, its code may be used up.
    Unreachable { cause: String, may_be_sent: bool },
    /// We don't trust the server. Nothing was sent.
    Certificate(CertificateFault),
    /// The answer doesn't come from STS.
    NotSts { cause: String },
    /// The certificate bundle is unusable.
    CaBundle { path: PathBuf, cause: String },
    /// `SSL_CERT_FILE` names no file, so no certificate would be trusted.
    CertFile { cause: String },
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    UnknownAuthority,
    /// This machine has no certificates at all, as in a small container.
    NoAuthorities,
    Expired,
    NotYetValid,
}

impl StsError {
    pub(super) fn unsent(error: &dyn StdError) -> Self {
        Self::Unreachable { cause: error.to_string(), may_be_sent: false }
    }

    /// There was no connection, or it ended without an answer.
    pub(super) fn unanswered(error: &ConnectorError) -> Self {
        match certificate_fault(error) {
            Some(fault) => Self::Certificate(fault),
            // `transport` sets this if there was a connection.
            None => Self::Unreachable {
                cause: root_cause(error),
                may_be_sent: error.connection_metadata().is_some(),
            },
        }
    }

    pub(super) fn late() -> Self {
        let cause = format!("no answer within {}", humanize_std(CALL_TIMEOUT));
        Self::Unreachable { cause, may_be_sent: true }
    }
}

/// Turns an error of the SDK into ours. Removes `secrets` from its text.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, secrets: &[&str]) -> StsError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            match service.err().code() {
                Some(name) => {
                    let message = service.err().message().unwrap_or_default();
                    StsError::Refused {
                        reason: reason(name, message, status),
                        code: redacted(name, secrets),
                        message: redacted(message, secrets),
                    }
                }
                None if status >= 500 => StsError::Refused {
                    reason: Reason::Unavailable,
                    code: format!("HTTP {status}"),
                    message: "STS has a fault".to_owned(),
                },
                None => StsError::NotSts { cause: format!("HTTP {status}") },
            }
        }
        SdkError::ResponseError(_) if is_too_long(error) => {
            StsError::NotSts { cause: "its answer is longer than 64 KiB".to_owned() }
        }
        SdkError::ResponseError(response) => {
            StsError::NotSts { cause: format!("HTTP {}", response.raw().status().as_u16()) }
        }
        SdkError::TimeoutError(_) => StsError::late(),
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => {
            let cause = format!("no connection within {}", humanize_std(CONNECT_TIMEOUT));
            StsError::Unreachable { cause, may_be_sent: false }
        }
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(error) => StsError::unanswered(error),
            None => StsError::Unreachable { cause: "no connection".to_owned(), may_be_sent: true },
        },
        other => StsError::NotSts { cause: root_cause(other) },
    }
}

impl Endpoint {
    /// The error for the user: what happened, and what to do.
    pub fn explain(&self, failure: &StsError) -> Error {
        let Service { name: service, variable } = self.service;
        // Without the query, which may contain a secret.
        let of_url = self.url.as_ref().and_then(|_| self.address());
        let at = of_url.as_deref().unwrap_or(self.region.as_str());
        let (exit, what, hint): (_, _, Hint) = match failure {
            StsError::Refused { code, message, .. } => {
                return Error::new(Exit::Denied, format!("{service} refused: {code}: {message}"));
            }
            StsError::Unreachable { cause, .. } => {
                let hint = match proxy_variable().filter(|_| !self.is_loopback()) {
                    Some(variable) => format!("check the network, the proxy in {variable}, and the region"),
                    None => "check the network, HTTPS_PROXY and the region".to_owned(),
                };
                (Exit::Unreachable, format!("can't reach {service} ({at}): {cause}"), hint.into())
            }
            StsError::Certificate(fault) => {
                let check_clock = || Hint::paste("check the clock of this machine", SET_CLOCK);
                let (why, hint) = match fault {
                    CertificateFault::UnknownAuthority => (
                        "its certificate comes from an authority that this machine doesn't trust",
                        "behind a proxy that opens TLS, set AWS_CA_BUNDLE to the file of its certificate (PEM)".into(),
                    ),
                    CertificateFault::NoAuthorities => (
                        "no CA certificates were found on this machine",
                        "install the package ca-certificates, unset SSL_CERT_DIR, or set AWS_CA_BUNDLE".into(),
                    ),
                    CertificateFault::Expired => ("its certificate has expired", check_clock()),
                    CertificateFault::NotYetValid => ("its certificate is not valid yet", check_clock()),
                };
                (Exit::Unreachable, format!("can't reach {service} ({at}): {why}"), hint)
            }
            StsError::NotSts { cause } => (
                Exit::Unreachable,
                format!("the reply from {at} isn't from {service} ({cause}): a proxy or a log-in page?"),
                format!("check HTTPS_PROXY, {variable} and the network's log-in page").into(),
            ),
            StsError::CaBundle { path, cause } => (
                Exit::Files,
                format!("can't use the certificates of `{}`: {cause}", shown_path(&path.to_string_lossy())),
                "correct AWS_CA_BUNDLE, or `ca_bundle` of the profile: a file of PEM certificates".into(),
            ),
            StsError::CertFile { cause } => (
                Exit::Files,
                format!("can't use the certificates of SSL_CERT_FILE: {cause}"),
                "unset SSL_CERT_FILE, or set it to a file of PEM certificates".into(),
            ),
        };
        Error::new(exit, what).hint(hint)
    }
}
