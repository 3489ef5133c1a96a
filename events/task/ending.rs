//! How a task ends, beside with a result, and what may still be said about it then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Cause, Class, Failure};
use crate::content::Content;

/// A task failed: it is not tried again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Failed {
    /// The hand-over that failed last.
    pub attempt: u32,
    /// What kind of failure it is.
    pub class: Class,
    /// How it is known.
    pub cause: Cause,
    /// What went wrong.
    pub error: Failure,
    /// Whether someone has to look at it.
    pub alarm: bool,
}

/// A task was not done in time.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct TimedOut {
    /// What ran out.
    pub which: Timeout,
    /// The newest hand-over, 0 if there was none.
    pub attempt: u32,
}

/// What can run out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Timeout {
    /// The time it may wait for an agent.
    Queue,
    /// The time until it must be over.
    Deadline,
    /// The time that one attempt may take; this one ends the attempt, and not the task.
    StartToClose,
}

/// A task was called off.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Cancelled {
    /// Why, in the words of whoever called it off.
    pub reason: String,
}

/// A task was taken back while nobody had it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Why, in the words of whoever took it back.
    pub reason: String,
}

/// Someone said something about a task.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Noted {
    /// What.
    pub text: String,
}

/// A result came when it was no longer wanted. It was refused, and changes nothing; it is kept for
/// those who want to know what was done in vain.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LateResult {
    /// The hand-over that led to it.
    pub attempt: u32,
    /// What came.
    pub came: Came,
}

/// What a worker brings.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// A result.
    Completed {
        /// What came out.
        result: Content,
    },
    /// A failure.
    Failed {
        /// What kind of failure it is.
        class: Class,
        /// What went wrong.
        error: Failure,
    },
}
