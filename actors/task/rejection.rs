//! Why a task says no, and what of it is recorded.

use events::id::AgentId;
use events::task::{LateResult, TaskEvent};
use events::time::Timestamp;

use crate::bounds::OutOfBounds;
use crate::decider::Rejection;

/// Why a task says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRejection {
    /// Nobody has submitted it.
    #[error("there is no such task")]
    NotFound,
    /// The kind of work is no name that agents could go by.
    #[error("the kind of a task is 1 to 64 letters, digits, `_` or `-`")]
    InvalidKind,
    /// Something else was submitted under the same id.
    #[error("another task was submitted under this id")]
    AlreadySubmitted,
    /// Nothing can be done in time.
    #[error("the deadline has passed, or will have when the task may be handed out")]
    DeadlinePassed,
    /// It must wait.
    #[error("the task may not be handed out before {ready_at}")]
    NotReady {
        /// Until when.
        ready_at: Timestamp,
    },
    /// An agent has it.
    #[error("the task was already assigned to {agent}")]
    AlreadyAssigned {
        /// Who has it.
        agent: AgentId,
    },
    /// No agent has it, so none can have said this.
    #[error("the task is not assigned to anyone")]
    NotAssigned,
    /// It is about another hand-over.
    #[error("this is about attempt {given}, the task is at attempt {current}")]
    OtherAttempt {
        /// The attempt that was named.
        given: u32,
        /// The newest attempt.
        current: u32,
    },
    /// A result of a hand-over that is over.
    #[error("the result of attempt {attempt} came too late")]
    LateResult {
        /// The hand-over that led to it.
        attempt: u32,
        /// What is to be recorded of it, unless that has been done.
        record: Option<Box<LateResult>>,
    },
    /// It is over.
    #[error("the task is already finished")]
    AlreadyFinished,
    /// There is too much of something.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
}

impl TaskRejection {
    /// Every code there is.
    pub const CODES: &[&str] = &[
        "task.not_found",
        "task.invalid_kind",
        "task.already_submitted",
        "task.deadline_passed",
        "task.not_ready",
        "task.already_assigned",
        "task.not_assigned",
        "task.other_attempt",
        "task.result_too_late",
        "task.already_finished",
        "task.too_many",
        "task.too_long",
        "task.invalid_name",
        "task.out_of_range",
    ];

    /// Work was done in vain: whoever asks later why should find it in the task's own history.
    pub(super) fn record(&self) -> Option<TaskEvent> {
        match self {
            Self::LateResult { record, .. } => {
                record.as_deref().cloned().map(TaskEvent::LateResult)
            }
            Self::NotFound
            | Self::InvalidKind
            | Self::AlreadySubmitted
            | Self::DeadlinePassed
            | Self::NotReady { .. }
            | Self::AlreadyAssigned { .. }
            | Self::NotAssigned
            | Self::OtherAttempt { .. }
            | Self::AlreadyFinished
            | Self::OutOfBounds(_) => None,
        }
    }
}

impl Rejection for TaskRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "task.not_found",
            Self::InvalidKind => "task.invalid_kind",
            Self::AlreadySubmitted => "task.already_submitted",
            Self::DeadlinePassed => "task.deadline_passed",
            Self::NotReady { .. } => "task.not_ready",
            Self::AlreadyAssigned { .. } => "task.already_assigned",
            Self::NotAssigned => "task.not_assigned",
            Self::OtherAttempt { .. } => "task.other_attempt",
            Self::LateResult { .. } => "task.result_too_late",
            Self::AlreadyFinished => "task.already_finished",
            Self::OutOfBounds(OutOfBounds::TooMany { .. }) => "task.too_many",
            Self::OutOfBounds(OutOfBounds::TooLong { .. }) => "task.too_long",
            Self::OutOfBounds(OutOfBounds::InvalidName { .. }) => "task.invalid_name",
            Self::OutOfBounds(OutOfBounds::OutOfRange { .. }) => "task.out_of_range",
        }
    }
}
