//! When a session expires.

use jiff::{SignedDuration, Timestamp};

use super::InvalidValue;

/// The time at which a session expires, in whole seconds, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiration(Timestamp);

impl Expiration {
    /// # Errors
    /// If `at` is not after `now`, or more than 36 h after it (the longest session) plus 15 min (for
    /// a clock that is wrong).
    pub fn new(at: Timestamp, now: Timestamp) -> Result<Self, InvalidValue> {
        const LONGEST: SignedDuration = SignedDuration::from_secs(129_600 + 900);
        let at = Timestamp::from_second(at.as_second()).expect("a part of a timestamp is in range");
        if at <= now {
            Err(InvalidValue("is in the past"))
        } else if at.duration_since(now) > LONGEST {
            Err(InvalidValue("is further away than any session lasts"))
        } else {
            Ok(Self(at))
        }
    }

    /// RFC 3339 with `Z`, which every AWS SDK and prompt can read.
    pub fn rfc3339(self) -> String {
        self.0.to_string()
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn epoch_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// The time left at `now`; negative after the expiration.
    pub fn left(self, now: Timestamp) -> SignedDuration {
        self.0.duration_since(now)
    }

    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_an_expiration_that_no_session_has() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a timestamp");
        let at = |text: &str| Expiration::new(text.parse().expect("a timestamp"), now);
        assert!(at("2026-11-22T10:00:00Z").is_err());
        assert!(at("2026-11-25T10:00:00Z").is_err());
        let good = at("2026-11-22T22:00:00.5Z").expect("valid");
        assert_eq!(good.rfc3339(), "2026-11-22T22:00:00Z");
        assert_eq!((good.epoch_seconds(), good.timestamp().as_second()), (1_795_384_800, 1_795_384_800));
        assert_eq!(good.left(now), SignedDuration::from_hours(12));
        // The longest session plus the allowed error of a clock.
        assert!(at("2026-11-23T22:15:00Z").is_ok() && at("2026-11-23T22:15:01Z").is_err());
    }
}
