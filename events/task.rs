//! What happens to a task, from submission to its end. The shortest story is three events:
//! submitted → assigned → completed.

use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};
use crate::content::Content;
use crate::id::AgentId;

const SUBMITTED: WireType = WireType { name: "task.submitted", schema: 2 };
const ASSIGNED: WireType = WireType { name: "task.assigned", schema: 1 };
const COMPLETED: WireType = WireType { name: "task.completed", schema: 1 };
const CANCELLED: WireType = WireType { name: "task.cancelled", schema: 1 };

/// Something that happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// It was submitted, and waits for an agent.
    Submitted(Submitted),
    /// It was handed to an agent.
    Assigned(Assigned),
    /// The agent brought the result.
    Completed(Completed),
    /// It will not be done.
    Cancelled(Cancelled),
}

/// A task was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// What kind of work it is; agents say which kinds they do.
    pub kind: String,
    /// What to work on.
    pub input: Content,
    /// How soon, compared with others. New in schema 2.
    pub priority: Priority,
}

/// How soon a task is handed out, compared with others of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// In the order of arrival.
    Normal,
    /// Before the others.
    High,
}

/// A task was handed to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Who works on it.
    pub agent: AgentId,
    /// Which hand-over this is, from 1.
    pub attempt: u32,
}

/// The agent brought the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The hand-over that led to it.
    pub attempt: u32,
    /// What came out.
    pub result: Content,
}

/// A task was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Why, in the words of whoever called it off.
    pub reason: String,
}

impl Words for TaskEvent {
    const CATEGORY: &'static str = "task";
    const TYPES: &'static [WireType] = &[SUBMITTED, ASSIGNED, COMPLETED, CANCELLED];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Submitted(_) => SUBMITTED,
            Self::Assigned(_) => ASSIGNED,
            Self::Completed(_) => COMPLETED,
            Self::Cancelled(_) => CANCELLED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Submitted(event) => write(event),
            Self::Assigned(event) => write(event),
            Self::Completed(event) => write(event),
            Self::Cancelled(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == SUBMITTED.name => payload.as_type(n).map(Self::Submitted),
            n if n == ASSIGNED.name => payload.as_type(n).map(Self::Assigned),
            n if n == COMPLETED.name => payload.as_type(n).map(Self::Completed),
            n if n == CANCELLED.name => payload.as_type(n).map(Self::Cancelled),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}
