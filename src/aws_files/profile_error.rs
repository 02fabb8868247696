//! Why a profile can't log in. Says nothing of what to do about it.

use super::profiles::FileKind;
use crate::aws::InvalidValue;

/// Why a profile can't log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// No section of that name in either file.
    Unknown {
        name: String,
    },
    /// No keys, no role, nothing that gives any.
    NoKeys {
        name: String,
        session_keys: bool,
    },
    /// One of the two keys is missing.
    HalfKeys {
        name: String,
        missing: &'static str,
    },
    /// A value that AWS would refuse. Not the value itself: it may be a secret in the wrong place.
    Value {
        name: String,
        key: &'static str,
        /// Characters of the value.
        length: usize,
        why: InvalidValue,
        file: FileKind,
        line: usize,
    },
    /// SSO and web identity log in elsewhere.
    Elsewhere {
        name: String,
        sso: bool,
    },
    /// `role_arn` without a source that can sign.
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
