//! AWS's nouns. Each constructor checks its value, so the rest of the code can trust the type.
//! Nothing here reads or writes, and no secret type has `Debug` or `Display`.

mod arn;
mod credentials;
mod duration;
mod expiration;
mod region;

pub use self::arn::{Identity, RoleArn, SerialNumber, account_of};
pub use self::credentials::{AccessKeyId, LongTermKeys, Secret, Session, TokenCode, is_temporary};
pub use self::duration::{DurationSeconds, humanize, humanize_std, parse_duration};
pub use self::expiration::Expiration;
pub use self::region::Region;

/// Why a value is invalid: the end of a sentence that starts with the value's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(pub &'static str);
