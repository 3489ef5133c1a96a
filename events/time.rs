//! Time as data: microseconds since 1970 in UTC. Only the composition root may read a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::shape::inline_shape;

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Text that is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an RFC 3339 time such as 2026-01-31T12:00:00Z")]
pub struct InvalidTime(String);

/// Where the writer gets its time from.
pub trait Clock: Send + Sync + 'static {
    /// The present moment; it may stand still or go back, the writer copes.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// Whole milliseconds since 1970; moments before it count as zero.
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// So many milliseconds later; the end of time is not passed.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        let micros = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1000);
        Self(self.0.saturating_add(micros))
    }
}

inline_shape!(Timestamp, "timestamp", {
    "type": "integer",
    "format": "int64",
    "description": "microseconds since 1970-01-01T00:00:00Z"
});

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time:.6}"),
            Err(_) => write!(f, "{} µs since 1970", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let time: jiff::Timestamp =
            text.parse().map_err(|_| InvalidTime(text.chars().take(80).collect()))?;
        Ok(Self(time.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_being_written_and_read() {
        let time = Timestamp(1_780_000_000_123_456);
        assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn no_time_is_later_than_the_last() {
        assert_eq!(Timestamp(1).plus_ms(2), Timestamp(2_001));
        assert_eq!(Timestamp(1).plus_ms(u64::MAX), Timestamp(i64::MAX));
    }

    #[test]
    fn a_time_no_calendar_knows_is_still_printed() {
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807 µs since 1970");
    }
}
