//! Which one-time codes a device accepts now, and which it has accepted already.
//! Takes the step from the caller: it never looks at a clock.

use std::collections::BTreeSet;

use crate::issue::Issuer;
use crate::model::Codes;

/// Seconds for which a rotating code is shown.
pub(crate) const STEP_SECONDS: i64 = 30;

pub(crate) enum CodeBook {
    Listed(Vec<String>),
    Any,
    Rotating { used_steps: BTreeSet<i64> },
}

impl CodeBook {
    pub fn new(codes: Codes) -> CodeBook {
        match codes {
            Codes::Listed(codes) => CodeBook::Listed(codes),
            Codes::Any => CodeBook::Any,
            Codes::Rotating => CodeBook::Rotating { used_steps: BTreeSet::new() },
        }
    }

    /// Whether `code` is good now; if so it is used up.
    pub fn accept(&mut self, issuer: &Issuer, serial: &str, step: i64, code: &str) -> bool {
        match self {
            CodeBook::Any => true,
            CodeBook::Listed(codes) => match codes.iter().position(|listed| listed == code) {
                Some(position) => {
                    codes.remove(position);
                    true
                }
                None => false,
            },
            CodeBook::Rotating { used_steps } => {
                let matching = [step, step - 1].into_iter().find(|candidate| {
                    !used_steps.contains(candidate) && issuer.rotating_code(serial, *candidate) == code
                });
                matching.is_some_and(|step| used_steps.insert(step))
            }
        }
    }

    /// What the device shows: the code of this step (which may be used up), or the next listed.
    pub fn shown(&self, issuer: &Issuer, serial: &str, step: i64) -> Option<String> {
        match self {
            CodeBook::Any => Some("123456".into()),
            CodeBook::Listed(codes) => codes.first().cloned(),
            CodeBook::Rotating { .. } => Some(issuer.rotating_code(serial, step)),
        }
    }
}
