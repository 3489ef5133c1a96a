//! How a run is held up, comes to its end, and goes on after it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::id::{RunId, StageName, TaskId};
use crate::task::Failure;
use crate::time::Timestamp;

/// Nothing new begins until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Paused {
    /// Why, in the words of whoever paused it.
    pub reason: String,
    /// The runs inside of it that are paused with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunId>,
    /// When it was decided.
    pub at: Timestamp,
}

/// It goes on.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Resumed {
    /// Why, in the words of whoever resumed it.
    pub reason: String,
    /// The runs inside of it that are resumed with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunId>,
    /// When it was decided.
    pub at: Timestamp,
}

/// It comes to its end, whatever is left.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Ending {
    /// Why.
    pub why: Why,
    /// Whether what was done is undone.
    pub undoes: bool,
    /// When it was decided.
    pub at: Timestamp,
}

/// Why a run comes to its end.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was called off.
    Cancelled {
        /// Why, in the words of whoever called it off.
        reason: String,
    },
    /// A stage failed.
    Failed {
        /// The stage.
        stage: StageName,
        /// What went wrong.
        error: Failure,
    },
    /// It was not done in time.
    TimedOut,
}

/// Work under way is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct WorkCalledOff {
    /// Of which stage; of all of them, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageName>,
    /// These tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskId>,
    /// These runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunId>,
    /// Why.
    pub why: CalledOff,
    /// Whether those runs undo what they did.
    pub undoes: bool,
    /// When it was decided.
    pub at: Timestamp,
}

/// Why work under way is no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalledOff {
    /// The run comes to its end.
    Ending,
    /// The stage was not done in time.
    StageTimedOut,
}

/// Nothing is left to do. Schema 1 knew only runs that were done.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Finished {
    /// How it ended.
    pub how: How,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Content>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What became of what it had done.
    pub undone: Undone,
    /// When it was decided.
    pub at: Timestamp,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It was done.
    Completed,
    /// It could not be done.
    Failed,
    /// It was called off.
    Cancelled,
    /// It was not done in time.
    TimedOut,
}

/// What became of what a run had done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// It stays.
    Nothing,
    /// All of it that can be undone was.
    All,
    /// Some of it could not be undone, though it should have been.
    Partly,
}

/// It goes on after its end.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Retried {
    /// The stages that begin anew.
    pub stages: Vec<StageName>,
    /// The one of them that was named: of that, what was done is done again, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StageName>,
    /// When it must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_by: Option<Timestamp>,
    /// Why, in the words of whoever wanted it.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
}
