//! Why a profile can't log in, without what to do about it.

use std::fmt;

use super::profiles::FileKind;
use crate::aws::InvalidValue;
use crate::error::shown_value;

/// Why a profile can't log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// Neither file has a section of that name.
    Unknown {
        name: String,
    },
    /// It has no keys, and nothing that provides keys.
    NoKeys {
        name: String,
        session_keys: bool,
    },
    /// One of the two keys is missing.
    HalfKeys {
        name: String,
        missing: &'static str,
    },
    /// A value that AWS would refuse. Doesn't contain the value, which may be a secret in the wrong place.
    Value {
        name: String,
        key: &'static str,
        /// In characters.
        length: usize,
        why: InvalidValue,
        file: FileKind,
        line: usize,
    },
    /// An invalid environment variable: `AWS_MFA_SERIAL`.
    Variable {
        /// In characters.
        length: usize,
        why: InvalidValue,
    },
    /// SSO and web identity need another tool.
    Elsewhere {
        name: String,
        sso: bool,
    },
    /// `role_arn` without a source.
    NoSource {
        name: String,
        credential_source: bool,
    },
    /// `role_arn` with `source_profile` and `credential_source`.
    TwoSources {
        name: String,
    },
    UnknownSource {
        name: String,
        source: String,
    },
    /// The profiles of the loop, the first one again at the end.
    Loop {
        names: Vec<String>,
    },
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "there is no profile `{}`", shown_value(name)),
            Self::NoKeys { name, session_keys: false } => write!(f, "profile `{name}` has no access key"),
            Self::NoKeys { name, session_keys: true } => {
                write!(f, "profile `{name}` holds only temporary keys, and these can't ask for a session")
            }
            Self::HalfKeys { name, missing } => write!(f, "profile `{name}` has no `{missing}`"),
            Self::Value { name, key, length, why, .. } => {
                write!(f, "`{key}` of profile `{name}` ({length} characters) {why}")
            }
            Self::Variable { length, why } => write!(f, "`AWS_MFA_SERIAL` ({length} characters) {why}"),
            Self::Elsewhere { name, sso: true } => {
                write!(f, "profile `{name}` logs in by SSO, not by an MFA code")
            }
            Self::Elsewhere { name, sso: false } => {
                write!(f, "profile `{name}` logs in by a web identity token, not by an MFA code")
            }
            Self::NoSource { name, credential_source: true } => {
                write!(f, "profile `{name}` takes its keys from a machine's role (`credential_source`)")
            }
            Self::NoSource { name, credential_source: false } => {
                write!(f, "profile `{name}` has `role_arn` and no `source_profile`")
            }
            Self::TwoSources { name } => {
                write!(f, "profile `{name}` has both `source_profile` and `credential_source`")
            }
            Self::UnknownSource { name, source } => {
                let source = shown_value(source);
                write!(f, "`source_profile` of profile `{name}` is `{source}`, and there is no such profile")
            }
            Self::Loop { names } => {
                let names = names.join("` → `");
                write!(f, "the profiles are each other's `source_profile`: `{names}`")
            }
        }
    }
}
