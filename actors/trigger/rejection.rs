//! Why a trigger says no.

use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// Why a trigger says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TriggerRejection {
    /// Nobody has set it.
    #[error("there is no such trigger")]
    NotFound,
    /// It is gone.
    #[error("the trigger was removed; set it again")]
    Removed,
    /// Its terms are wrong.
    #[error("{0}")]
    Invalid(String),
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl TriggerRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "trigger.not_found",
        "trigger.is_removed",
        "trigger.invalid",
        "trigger.too_many",
        "trigger.too_long",
        "trigger.invalid_name",
        "trigger.out_of_range",
    ];
}

impl Rejection for TriggerRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "trigger.not_found",
            Self::Removed => "trigger.is_removed",
            Self::Invalid(_) => "trigger.invalid",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "trigger.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "trigger.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "trigger.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "trigger.out_of_range",
        }
    }
}
