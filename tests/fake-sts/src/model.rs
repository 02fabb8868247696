//! What a test gives to the server and gets from it: users, roles, scripted replies, recorded requests. Plain
//! data, without sockets or signatures.

use std::collections::BTreeMap;
use std::time::Duration;

/// An IAM user with long-term keys.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    /// Twelve digits.
    pub account: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The MFA devices, which all show the same codes. The partition of the first (`arn:aws-cn:…`) is also the
    /// user's.
    pub serial_numbers: Vec<String>,
    pub codes: Codes,
}

impl User {
    /// `bob` of account 123456789012 with AWS's example keys, the device `arn:aws:iam::123456789012:mfa/bob`
    /// and the codes 123456, 234567 and 345678, each valid once.
    pub fn bob() -> User {
        User {
            name: "bob".into(),
            account: "123456789012".into(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            serial_numbers: vec!["arn:aws:iam::123456789012:mfa/bob".into()],
            codes: Codes::Listed(["123456", "234567", "345678"].map(String::from).to_vec()),
        }
    }
}

/// The codes of a user's device.
#[derive(Clone, Debug)]
pub enum Codes {
    /// Accepts each of these once, in any order.
    Listed(Vec<String>),
    /// Accepts any six digits, any number of times.
    Any,
}

impl Codes {
    /// Whether the code is valid. Uses up a listed one.
    pub(crate) fn accept(&mut self, code: &str) -> bool {
        match self {
            Codes::Any => true,
            Codes::Listed(codes) => {
                let position = codes.iter().position(|listed| listed == code);
                position.map(|position| codes.remove(position)).is_some()
            }
        }
    }
}

/// A role that every user and session may assume, within these limits.
#[derive(Clone, Debug)]
pub struct Role {
    /// `arn:aws:iam::<account>:role/<path and name>`
    pub arn: String,
    pub max_session_duration: Duration,
    /// If set, callers that don't send exactly this get AccessDenied.
    pub external_id: Option<String>,
    /// Whether callers without MFA get AccessDenied.
    pub require_mfa: bool,
}

impl Role {
    /// A role with AWS's defaults: 3600 s, no external id, no MFA required.
    pub fn new(arn: impl Into<String>) -> Role {
        Role {
            arn: arn.into(),
            max_session_duration: Duration::from_secs(3600),
            external_id: None,
            require_mfa: false,
        }
    }

    /// `arn:aws:iam::123456789012:role/admin`, for up to 12 h, only with MFA.
    pub fn admin() -> Role {
        Role {
            max_session_duration: Duration::from_secs(43_200),
            require_mfa: true,
            ..Role::new("arn:aws:iam::123456789012:role/admin")
        }
    }
}

/// The reply to the next request, instead of its natural answer. Doesn't use up a code in that request,
/// except for `Held`, which sends the natural answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An STS error document.
    Error { status: u16, code: String, message: String },
    /// Any body, unchanged.
    Raw { status: u16, content_type: String, body: String },
    /// These values, escaped for XML and otherwise unchanged. The server doesn't store them: a request signed
    /// with them gets InvalidClientTokenId.
    Credentials {
        access_key_id: String,
        secret_access_key: String,
        session_token: String,
        expiration: String,
    },
    /// An endless body, chunked or with a Content-Length of many gigabytes.
    Endless { status: u16, is_chunked: bool },
    /// No answer, until the client closes the connection or the server is dropped.
    NeverAnswer,
    /// Closes the connection without an answer.
    Close,
    /// 307 with this `Location`.
    Redirect(String),
    /// The natural answer, after `FakeSts::release`.
    Held,
}

impl Reply {
    pub fn error(status: u16, code: impl Into<String>, message: impl Into<String>) -> Reply {
        Reply::Error { status, code: code.into(), message: message.into() }
    }

    /// Throttling, 400.
    pub fn throttled() -> Reply {
        Reply::error(400, "Throttling", "Rate exceeded")
    }

    /// RegionDisabledException, 403.
    pub fn region_disabled(account: &str) -> Reply {
        Reply::error(
            403,
            "RegionDisabledException",
            format!(
                "STS is not activated in this region for account:{account}. Your account \
                 administrator can activate STS in this region using the IAM Console."
            ),
        )
    }

    /// ServiceUnavailable, 503, which SDKs retry.
    pub fn unavailable() -> Reply {
        Reply::error(503, "ServiceUnavailable", "Service is unavailable. Please try again later.")
    }
}

/// A recorded request.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `Action`; empty if the request has none.
    pub action: String,
    /// All form fields, including `Action` and `Version`.
    pub parameters: BTreeMap<String, String>,
    /// The key id in the Authorization header.
    pub access_key_id: Option<String>,
    /// The region in the credential scope.
    pub region: Option<String>,
    /// Whether it has an X-Amz-Security-Token.
    pub has_session_token: bool,
    pub host: Option<String>,
}
