//! What a test says to the server and gets back from it: users, roles, scripted replies, records.
//! Plain data; nothing here knows about sockets or signatures.

use std::collections::BTreeMap;
use std::time::Duration;

/// Somebody with long-term keys.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    /// Twelve digits.
    pub account: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// The MFA device; its partition (`arn:aws-cn:…`) is also the user's. `None`: no device, and
    /// every code is answered as for an unknown device.
    pub serial_number: Option<String>,
    pub codes: Codes,
}

impl User {
    /// `bob` of account 123456789012 with AWS's own example keys, the device
    /// `arn:aws:iam::123456789012:mfa/bob` and the codes 123456, 234567, 345678, each good once.
    pub fn bob() -> User {
        User {
            name: "bob".into(),
            account: "123456789012".into(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            serial_number: Some("arn:aws:iam::123456789012:mfa/bob".into()),
            codes: Codes::Listed(["123456", "234567", "345678"].map(String::from).to_vec()),
        }
    }
}

/// Which codes a user's device shows.
#[derive(Clone, Debug)]
pub enum Codes {
    /// Each entry is accepted once, in any order.
    Listed(Vec<String>),
    /// Any six digits, any number of times.
    Any,
}

impl Codes {
    /// Whether the code is good. A listed one is then used up.
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
    /// `Some`: AccessDenied for callers that do not send exactly this.
    pub external_id: Option<String>,
    /// AccessDenied for callers without MFA.
    pub require_mfa: bool,
}

impl Role {
    /// AWS's defaults: 3600 s, no external id, no MFA asked for.
    pub fn new(arn: impl Into<String>) -> Role {
        Role {
            arn: arn.into(),
            max_session_duration: Duration::from_secs(3600),
            external_id: None,
            require_mfa: false,
        }
    }

    /// `arn:aws:iam::123456789012:role/admin`, up to 12 h, only with MFA.
    pub fn admin() -> Role {
        Role {
            max_session_duration: Duration::from_secs(43_200),
            require_mfa: true,
            ..Role::new("arn:aws:iam::123456789012:role/admin")
        }
    }
}

/// What the next request gets instead of its natural answer. A code in that request is not used
/// up, except by `Delay`, which the natural answer follows.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An STS error document.
    Error { status: u16, code: String, message: String },
    /// Any body, as it stands.
    Raw { status: u16, content_type: String, body: String },
    /// These values, escaped for XML and otherwise unchanged. The secret is not remembered: a
    /// request signed with it gets InvalidClientTokenId.
    Credentials {
        access_key_id: String,
        secret_access_key: String,
        session_token: String,
        expiration: String,
    },
    /// A body without end, chunked or with a Content-Length of many gigabytes.
    Endless { status: u16, is_chunked: bool },
    /// Silence, until the client goes or the server is dropped.
    NeverAnswer,
    /// The connection ends without an answer.
    Close,
    /// 307 with this `Location`.
    Redirect(String),
    /// The natural answer, this much later.
    Delay(Duration),
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

    /// ServiceUnavailable, 503: what SDKs retry.
    pub fn unavailable() -> Reply {
        Reply::error(503, "ServiceUnavailable", "Service is unavailable. Please try again later.")
    }
}

/// One request, recorded when it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `Action`; empty where the request has none.
    pub action: String,
    /// All form fields, `Action` and `Version` included.
    pub parameters: BTreeMap<String, String>,
    /// Of the signer, as the Authorization header claims.
    pub access_key_id: Option<String>,
    /// Of the credential scope.
    pub region: Option<String>,
    /// Whether an X-Amz-Security-Token was sent.
    pub has_session_token: bool,
    pub host: Option<String>,
}
