//! What happens while an agent has a task. Each hand-over is an attempt with a number of its own;
//! how many of them count as tries is another matter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scale::Percent;
use crate::content::Content;
use crate::id::AgentId;
use crate::time::Timestamp;

/// A task was handed to an agent. Schema 1 knew no lease and no time.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Assigned {
    /// Who works on it.
    pub agent: AgentId,
    /// Which hand-over this is, from 1.
    pub attempt: u32,
    /// How long the agent has it without a sign of life, in milliseconds.
    pub lease_ms: u64,
    /// When it was decided.
    pub at: Timestamp,
}

/// The worker began.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Started {
    /// Which hand-over this is.
    pub attempt: u32,
    /// When it was decided.
    pub at: Timestamp,
}

/// The worker is on its way.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Progressed {
    /// Which hand-over this is.
    pub attempt: u32,
    /// How much is done.
    pub percent: Percent,
    /// What it does now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The agent brought the result.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Completed {
    /// The hand-over that led to it.
    pub attempt: u32,
    /// What came out.
    pub result: Content,
}

/// An attempt failed, and the task waits for the next one.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct AttemptFailed {
    /// The hand-over that failed.
    pub attempt: u32,
    /// What kind of failure it is.
    pub class: Class,
    /// How it is known.
    pub cause: Cause,
    /// What went wrong.
    pub error: Failure,
    /// When the task may be handed out again.
    pub again_at: Timestamp,
}

/// The agent no longer has the task, and nobody knows how far it came.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LeaseLost {
    /// The hand-over that was lost.
    pub attempt: u32,
    /// How.
    pub why: Loss,
    /// Whether it used up a try.
    pub counted: bool,
    /// When the task may be handed out again.
    pub again_at: Timestamp,
}

/// What went wrong, in the words of whoever found out.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Failure {
    /// For programs: it stays the same.
    pub code: String,
    /// For people.
    pub message: String,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It may be better next time.
    Temporary,
    /// It will be the same every time.
    Permanent,
    /// It will be the same every time, and someone has to look at it.
    Critical,
}

/// How a failure is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The worker said so.
    Reported,
    /// It took too long.
    TimedOut,
    /// The lease was lost.
    LeaseLost,
}

/// How a lease is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// No process of the agent was there to take the task.
    NobodyThere,
    /// The task was sent, and nothing came back.
    NoAnswer,
    /// The worker gave no sign of life for too long.
    Expired,
    /// The whole agent went silent.
    AgentSilent,
    /// The agent was retired.
    AgentRetired,
    /// After a restart of the system, nobody said that they have it.
    Unclaimed,
    /// The worker gave it back, undone.
    GivenBack,
}
