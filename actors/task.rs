//! A task: one piece of work, from submission to its end. Unknown → waiting → running → finished.
//! Who should work on it is not decided here, nor how long a hand-over may take.

#[cfg(test)]
mod tests;

use events::chain::{EventHash, blob_hash};
use events::codec::Words;
use events::content::Content;
use events::id::{AgentId, is_token};
pub use events::task::TaskEvent;
use events::task::{Assigned, Cancelled, Completed, Priority, Submitted};

use crate::decider::{Decider, Rejection};

/// The number of a task's first hand-over, which is its only one: nothing sends it back to wait.
const FIRST_ATTEMPT: u32 = 1;

/// A task, by the phase it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Task {
    /// Nobody has submitted it.
    #[default]
    Unknown,
    /// It waits for an agent.
    Waiting {
        /// What was submitted, by its hash.
        submission: EventHash,
    },
    /// An agent has it.
    Running {
        /// What was submitted, by its hash.
        submission: EventHash,
        /// Who works on it.
        agent: AgentId,
        /// Which hand-over this is.
        attempt: u32,
    },
    /// It is over.
    Finished {
        /// What was submitted, by its hash.
        submission: EventHash,
        /// How it ended.
        ending: Ending,
    },
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With a result.
    Completed {
        /// The hand-over that led to it.
        attempt: u32,
    },
    /// Called off.
    Cancelled,
}

/// What may be asked of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskCommand {
    /// Do this work.
    Submit {
        /// What kind of work it is.
        kind: String,
        /// What to work on.
        input: Content,
        /// How soon, compared with others.
        priority: Priority,
    },
    /// Hand it to an agent.
    Assign {
        /// Who shall work on it.
        agent: AgentId,
    },
    /// Here is the result.
    Complete {
        /// The hand-over that led to it.
        attempt: u32,
        /// What came out.
        result: Content,
    },
    /// Call it off.
    Cancel {
        /// Why.
        reason: String,
    },
}

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
    /// Another agent has it.
    #[error("the task was already assigned to {agent}")]
    AlreadyAssigned {
        /// Who has it.
        agent: AgentId,
    },
    /// No agent has it, so none can have a result.
    #[error("the task is not assigned to anyone")]
    NotAssigned,
    /// The result belongs to another hand-over.
    #[error("the result is of attempt {given}, the task is at attempt {current}")]
    OtherAttempt {
        /// The attempt of the result.
        given: u32,
        /// The attempt that runs.
        current: u32,
    },
    /// It is over.
    #[error("the task is already finished")]
    AlreadyFinished,
}

impl Rejection for TaskRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "task.not_found",
            Self::InvalidKind => "task.invalid_kind",
            Self::AlreadySubmitted => "task.already_submitted",
            Self::AlreadyAssigned { .. } => "task.already_assigned",
            Self::NotAssigned => "task.not_assigned",
            Self::OtherAttempt { .. } => "task.other_attempt",
            Self::AlreadyFinished => "task.already_finished",
        }
    }
}

type Decision = Result<Vec<TaskEvent>, TaskRejection>;

impl Decider for Task {
    type Command = TaskCommand;
    type Event = TaskEvent;
    type Rejection = TaskRejection;

    fn decide(&self, command: TaskCommand) -> Decision {
        use TaskCommand::{Assign, Cancel, Complete, Submit};
        match (self, command) {
            (Self::Unknown, Submit { kind, input, priority }) => submit(kind, input, priority),
            (Self::Unknown, _) => Err(TaskRejection::NotFound),

            (_, Submit { kind, input, priority }) => {
                self.submit_again(&Submitted { kind, input, priority })
            }

            (Self::Waiting { .. }, Assign { agent }) => assign(agent),
            (Self::Waiting { .. }, Complete { .. }) => Err(TaskRejection::NotAssigned),
            (Self::Waiting { .. }, Cancel { reason }) => cancel(reason),

            (Self::Running { agent, .. }, Assign { agent: wanted }) => assign_again(agent, &wanted),
            (Self::Running { attempt, .. }, Complete { attempt: given, result }) => {
                complete(*attempt, given, result)
            }
            (Self::Running { .. }, Cancel { reason }) => cancel(reason),

            (Self::Finished { ending, .. }, Complete { attempt, .. }) => {
                complete_again(ending, attempt)
            }
            (Self::Finished { ending: Ending::Cancelled, .. }, Cancel { .. }) => Ok(vec![]),
            (Self::Finished { .. }, Assign { .. } | Cancel { .. }) => {
                Err(TaskRejection::AlreadyFinished)
            }
        }
    }

    fn evolve(self, event: &TaskEvent) -> Self {
        let submission = self.submission();
        match event {
            TaskEvent::Submitted(submitted) => Self::Waiting { submission: hash(submitted) },
            TaskEvent::Assigned(Assigned { agent, attempt }) => {
                Self::Running { submission, agent: agent.clone(), attempt: *attempt }
            }
            TaskEvent::Completed(Completed { attempt, .. }) => {
                Self::Finished { submission, ending: Ending::Completed { attempt: *attempt } }
            }
            TaskEvent::Cancelled(_) => Self::Finished { submission, ending: Ending::Cancelled },
        }
    }
}

impl Task {
    fn submission(&self) -> EventHash {
        match self {
            Self::Unknown => EventHash::NONE,
            Self::Waiting { submission }
            | Self::Running { submission, .. }
            | Self::Finished { submission, .. } => *submission,
        }
    }

    /// The submitter minted the id, so the same id with the same words is the same task.
    fn submit_again(&self, asked: &Submitted) -> Decision {
        if hash(asked) == self.submission() {
            Ok(vec![])
        } else {
            Err(TaskRejection::AlreadySubmitted)
        }
    }
}

fn submit(kind: String, input: Content, priority: Priority) -> Decision {
    if !is_token(&kind) {
        return Err(TaskRejection::InvalidKind);
    }
    Ok(vec![TaskEvent::Submitted(Submitted { kind, input, priority })])
}

fn assign(agent: AgentId) -> Decision {
    Ok(vec![TaskEvent::Assigned(Assigned { agent, attempt: FIRST_ATTEMPT })])
}

fn assign_again(agent: &AgentId, wanted: &AgentId) -> Decision {
    if agent == wanted {
        Ok(vec![])
    } else {
        Err(TaskRejection::AlreadyAssigned { agent: agent.clone() })
    }
}

fn complete(current: u32, given: u32, result: Content) -> Decision {
    if given != current {
        return Err(TaskRejection::OtherAttempt { given, current });
    }
    Ok(vec![TaskEvent::Completed(Completed { attempt: given, result })])
}

/// A hand-over has one result: the first one stands, and its worker may ask as often as it likes.
fn complete_again(ending: &Ending, attempt: u32) -> Decision {
    match ending {
        Ending::Completed { attempt: first } if *first == attempt => Ok(vec![]),
        Ending::Completed { .. } | Ending::Cancelled => Err(TaskRejection::AlreadyFinished),
    }
}

fn cancel(reason: String) -> Decision {
    Ok(vec![TaskEvent::Cancelled(Cancelled { reason })])
}

/// The hash stands for an input that may be large: a state is kept for as long as its actor lives.
fn hash(submitted: &Submitted) -> EventHash {
    blob_hash(&TaskEvent::Submitted(submitted.clone()).payload())
}
