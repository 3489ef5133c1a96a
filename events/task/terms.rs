//! What is agreed about a task: what was submitted, and what was amended later.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scale::Priority;
use crate::content::Content;
use crate::id::{Capability, RunId, TaskId};
use crate::labels::Labels;
use crate::time::Timestamp;

/// A task was submitted. Schema 1 knew the kind and the input alone.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Submitted {
    /// What kind of work it is.
    pub kind: String,
    /// What to work on.
    pub input: Content,
    /// What an agent must be capable of to get it.
    pub needs: BTreeSet<Capability>,
    /// How soon, compared with others.
    pub priority: Priority,
    /// How often it is tried. Always written in full: another default must not reach into the past.
    pub retry: Retry,
    /// How long its parts may take.
    #[serde(default, skip_serializing_if = "Timeouts::is_none")]
    pub timeouts: Timeouts,
    /// When it must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// When it may be handed out first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// When it was decided; its first wait begins here.
    pub at: Timestamp,
}

/// Something about a task was agreed anew; what is missing stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Amendment {
    /// How soon, compared with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// When it must be over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Words to find it by, in the place of all it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// When it may be handed out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How long its parts may take, in the place of all it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// How often it is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

/// How long the parts of a task may take, in milliseconds; what is missing may take for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// One attempt, from its start (or its hand-over, if nobody says that it started).
    pub start_to_close_ms: Option<u64>,
    /// The silence of a worker, after which its lease is lost.
    pub heartbeat_ms: Option<u64>,
    /// One wait, from when the task may be handed out.
    pub queue_ms: Option<u64>,
}

impl Timeouts {
    /// Whether everything may take for ever.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How often a task is tried, and how long it waits in between: the wait doubles with each try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Retry {
    /// How many tries there are in all.
    pub tries_max: u32,
    /// The first wait, in milliseconds.
    pub base_ms: u64,
    /// The longest wait, in milliseconds.
    pub cap_ms: u64,
    /// Whether a lease that was lost uses up a try.
    pub lost_lease_counts: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self { tries_max: 3, base_ms: 1_000, cap_ms: 300_000, lost_lease_counts: true }
    }
}

/// What a task is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parent {
    /// Another task.
    Task(TaskId),
    /// A run of a pipeline.
    Run(RunId),
}
