//! Durations: in AWS's limits, as people type them, and as messages show them.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

use crate::aws::InvalidValue;

/// The duration to request for a session, in seconds: 900 to 129,600 (STS API, GetSessionToken). A role has a
/// lower maximum, which `login::plan` checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DurationSeconds(u32);

impl DurationSeconds {
    /// GetSessionToken's default: 12 h.
    pub const SESSION_DEFAULT: Self = Self(43_200);
    /// GetSessionToken's limit: 36 h.
    pub const SESSION_LIMIT: Self = Self(129_600);
    /// AssumeRole's default: 1 h. Also the maximum if a session signs the call.
    pub const ROLE_DEFAULT: Self = Self(3_600);
    /// AssumeRole's limit: 12 h.
    pub const ROLE_LIMIT: Self = Self(43_200);

    /// # Errors
    /// If it is less than 900 or more than 129,600.
    pub fn new(seconds: i64) -> Result<Self, InvalidValue> {
        match u32::try_from(seconds) {
            Ok(seconds @ 900..=129_600) => Ok(Self(seconds)),
            _ => Err(InvalidValue("is not between 15 minutes (900) and 36 hours (129600)")),
        }
    }

    /// Parses seconds (`43200`) or units (`12h`, `90m`, `1h30m`).
    ///
    /// # Errors
    /// If it isn't a duration, or outside the range above.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        parse_duration(text).and_then(|duration| Self::new(duration.as_secs()))
    }

    pub fn get(self) -> u32 {
        self.0
    }

    /// Compares whole seconds.
    pub fn is_less_than(self, other: SignedDuration) -> bool {
        i64::from(self.0) < other.as_secs()
    }

    /// The form that `-d` and `--min-ttl` accept: `12h`, `90m`, `43201`.
    pub fn argument(self) -> String {
        match self.0 {
            seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
            seconds => seconds.to_string(),
        }
    }
}

impl fmt::Display for DurationSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&humanize(SignedDuration::from_secs(self.0.into())))
    }
}

/// Parses a duration from the command line: seconds, or jiff's friendly form (`12h`, `1h 30m`).
///
/// # Errors
/// If it is neither.
pub fn parse_duration(text: &str) -> Result<SignedDuration, InvalidValue> {
    let seconds = text.parse::<u32>().map(|s| SignedDuration::from_secs(s.into()));
    seconds
        .or_else(|_| text.parse::<SignedDuration>())
        .map_err(|_| InvalidValue("is not a duration such as `12h`, `90m` or `43200`"))
}

/// A duration for people, rounded to the nearest unit: `12 hours`, `1 hour 30 minutes`, `1 minute`. From two
/// days on (longer than any session): `3 days`.
pub fn humanize(duration: SignedDuration) -> String {
    use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};
    use jiff::{SignedDurationRound, Unit};

    let rounded_to = |unit| {
        let rounding = SignedDurationRound::new().smallest(unit);
        duration.round(rounding).unwrap_or(duration)
    };
    // Chooses the unit after rounding, so that 59 min 59 s is "1 hour" and not "60 minutes". Shows
    // minutes only below six hours.
    let unit = if rounded_to(Unit::Second).as_secs() < 60 {
        Unit::Second
    } else if rounded_to(Unit::Minute).as_hours() < 6 {
        Unit::Minute
    } else if rounded_to(Unit::Hour).as_hours() < 48 {
        Unit::Hour
    } else {
        // jiff's printer for durations has no days.
        return format!("{} days", (rounded_to(Unit::Hour).as_hours() + 12) / 24);
    };
    SpanPrinter::new()
        .designator(Designator::Verbose)
        .spacing(Spacing::BetweenUnitsAndDesignators)
        .duration_to_string(&rounded_to(unit))
}

/// [`humanize`] for a `std` duration.
pub fn humanize_std(duration: Duration) -> String {
    humanize(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_seconds_and_as_people_write_them() {
        let seconds = |text| DurationSeconds::parse(text).map(DurationSeconds::get).ok();
        assert_eq!(seconds("900"), Some(900));
        assert_eq!(seconds("12h"), Some(43_200));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("36h"), Some(129_600));
        for bad in ["899", "129601", "37h", "", "h", "-1h", "12 apples", "99999999999"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_argument_is_read_back() {
        for (seconds, argument) in [(43_200, "12h"), (5_400, "90m"), (901, "901"), (129_600, "36h")] {
            let duration = DurationSeconds::new(seconds).expect("in range");
            assert_eq!(duration.argument(), argument);
            assert_eq!(DurationSeconds::parse(argument), Ok(duration));
        }
    }

    #[test]
    fn says_durations_rounded_to_the_nearest() {
        for (h, m, s, said) in [
            (11, 59, 59, "12 hours"),
            (12, 0, 0, "12 hours"),
            (1, 20, 0, "1 hour 20 minutes"),
            (1, 29, 59, "1 hour 30 minutes"),
            (7, 29, 0, "7 hours"),
            (0, 59, 59, "1 hour"),
            (0, 59, 20, "59 minutes"),
            (0, 1, 0, "1 minute"),
            (0, 0, 59, "59 seconds"),
            (47, 29, 0, "47 hours"),
            (47, 30, 0, "2 days"),
            (76, 0, 0, "3 days"),
        ] {
            assert_eq!(humanize(SignedDuration::from_secs((h * 60 + m) * 60 + s)), said);
        }
    }
}
