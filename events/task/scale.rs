//! Numbers with a largest value: one that is too large never becomes a part of an event.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::shape::inline_shape;

/// A number that is larger than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} is a whole number from 0 to {max}, not {found}")]
pub struct TooLarge {
    what: &'static str,
    max: u8,
    found: u8,
}

macro_rules! scale {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub struct $name(u8);

        impl $name {
            /// The largest.
            pub const MAX: Self = Self($max);

            /// Accepts a number that is not too large.
            pub fn new(number: u8) -> Result<Self, TooLarge> {
                if number <= $max {
                    Ok(Self(number))
                } else {
                    Err(TooLarge { what: $what, max: $max, found: number })
                }
            }
        }

        impl TryFrom<u8> for $name {
            type Error = TooLarge;
            fn try_from(number: u8) -> Result<Self, TooLarge> {
                Self::new(number)
            }
        }

        impl From<$name> for u8 {
            fn from(scaled: $name) -> Self {
                scaled.0
            }
        }

        inline_shape!($name, $what, {
            "type": "integer", "minimum": 0, "maximum": $max
        });

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

scale!(
    /// How soon a task is handed out, compared with others of its tenant: 9 before all others.
    Priority, "a priority", 9);
scale!(
    /// How much of an attempt is done, as its worker sees it.
    Percent, "a percentage", 100);

impl Priority {
    /// In the order of arrival.
    pub const NORMAL: Self = Self(5);
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_too_large_is_not_read() {
        assert_eq!(serde_json::from_str::<Priority>("9").expect("reads"), Priority::MAX);
        for bad in ["10", "-1", "1.5", "\"5\""] {
            assert!(serde_json::from_str::<Priority>(bad).is_err(), "{bad} was accepted");
        }
        assert!(Percent::new(100).is_ok() && Percent::new(101).is_err());
    }
}
