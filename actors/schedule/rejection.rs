//! Why a schedule says no.

use events::id::RunId;

use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// Why a schedule says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleRejection {
    /// Nobody has set it.
    #[error("there is no such schedule")]
    NotFound,
    /// It is gone.
    #[error("the schedule was removed; set it again")]
    Removed,
    /// Its pattern is none.
    #[error("the pattern means no times: {0}")]
    InvalidPattern(String),
    /// Nobody's clock is called so.
    #[error("{0:?} is no time zone; write a name such as Europe/Berlin, or UTC")]
    UnknownZone(String),
    /// There is no time to come.
    #[error("its time never comes")]
    NeverFires,
    /// The run that it started has not ended.
    #[error("the run {run} is under way; wait for its end, or cancel it")]
    UnderWay {
        /// Which one.
        run: RunId,
    },
    /// Too many times wait already.
    #[error("too many times wait for a run to end")]
    TooManyWait,
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl ScheduleRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "schedule.not_found",
        "schedule.is_removed",
        "schedule.invalid_pattern",
        "schedule.unknown_zone",
        "schedule.never_fires",
        "schedule.under_way",
        "schedule.too_many",
        "schedule.too_long",
        "schedule.invalid_name",
        "schedule.out_of_range",
    ];
}

impl Rejection for ScheduleRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "schedule.not_found",
            Self::Removed => "schedule.is_removed",
            Self::InvalidPattern(_) => "schedule.invalid_pattern",
            Self::UnknownZone(_) => "schedule.unknown_zone",
            Self::NeverFires => "schedule.never_fires",
            Self::UnderWay { .. } => "schedule.under_way",
            Self::TooManyWait => "schedule.too_many",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "schedule.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "schedule.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "schedule.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "schedule.out_of_range",
        }
    }
}
