//! AWS's nouns: each value is checked when it is made, and trusted from then on.
//! Nothing here reads or writes; nothing that is secret has a `Debug` or a `Display`.

mod arn;
mod credentials;
mod duration;
mod expiration;
mod region;

pub use self::arn::{Identity, SerialNumber};
pub use self::credentials::{AccessKeyId, LongTermKeys, Secret, Session, TokenCode, is_temporary};
pub use self::duration::{DurationSeconds, humanize, humanize_std, parse_duration};
pub use self::expiration::Expiration;
pub use self::region::Region;

/// Why a value was refused, as the end of a sentence that begins with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub &'static str);
