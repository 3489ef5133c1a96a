//! Why an agent says no.

use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// Why an agent says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentRejection {
    /// Nobody has registered it.
    #[error("there is no such agent")]
    NotFound,
    /// It is gone.
    #[error("the agent is retired; register another one under another id")]
    AlreadyRetired,
    /// What it is called is no name.
    #[error("the kind of an agent is 1 to 64 letters, digits, `_` or `-`")]
    InvalidKind,
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl AgentRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "agent.not_found",
        "agent.already_retired",
        "agent.invalid_kind",
        "agent.too_many",
        "agent.too_long",
        "agent.invalid_name",
        "agent.out_of_range",
    ];
}

impl Rejection for AgentRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "agent.not_found",
            Self::AlreadyRetired => "agent.already_retired",
            Self::InvalidKind => "agent.invalid_kind",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "agent.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "agent.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "agent.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "agent.out_of_range",
        }
    }
}
