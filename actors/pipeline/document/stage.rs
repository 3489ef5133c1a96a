//! A stage of a pipeline, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Kind, Sealed, conditions};
use crate::expression::Template;
use crate::pipeline::bounds::DURATION_MS_MAX;

/// A stage. It does exactly one thing: a task, a run of another pipeline, a wait, or nothing but being
/// approved.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(transform = conditions::of_stage)]
pub struct Stage {
    /// Its name, which no other stage has.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub name: String,
    /// The stages that must be over before it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), transform = conditions::stages)]
    pub after: Vec<String>,
    /// It is skipped if this is not true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Template>,
    /// A list: the stage is done once for each of its items, which is called `item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreach: Option<Template>,
    /// How many items are under way at once; 256 if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub at_once: Option<u32>,
    /// The kind of the task that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub task: Option<String>,
    /// The pipeline that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunOf>,
    /// What it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// Who is asked before it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// What the task or the run is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Template>,
    /// What an agent must be capable of; the kind of the task if nothing is said.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(length(max = 64), transform = conditions::tokens)]
    pub needs: BTreeSet<String>,
    /// How soon, compared with other tasks; 9 comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 9))]
    pub priority: Option<u8>,
    /// How often the task is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryOf>,
    /// How long parts of the task may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<TimeoutsOf>,
    /// How long the whole stage may take, with all items and tries, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub timeout_ms: Option<u64>,
    /// What is known of what it brings: what others refer to is held to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// What follows if it fails; `stop` if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    /// The task that undoes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensate: Option<Compensation>,
}

/// A run of another pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunOf {
    /// Which pipeline.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub pipeline: String,
    /// Which edition of it.
    #[schemars(range(min = 1, max = u32::MAX))]
    pub edition: u32,
}

/// Something that a stage waits for: exactly one of a signal, a time, and a while.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(transform = conditions::of_wait)]
pub struct Wait {
    /// The signal of this name; what it brings is the output of the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub signal: Option<String>,
    /// How long it waits for the signal at most, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub within_ms: Option<u64>,
    /// A time, such as 2026-01-31T12:00:00Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = conditions::time)]
    pub until: Option<Template>,
    /// So many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub for_ms: Option<u64>,
}

/// A person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who may approve; anyone of the tenant if nobody is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(length(max = 64), transform = conditions::people)]
    pub who: BTreeSet<String>,
    /// How long it waits for them at most, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub within_ms: Option<u64>,
    /// What is approved, if the stage does nothing else; otherwise it is what the stage is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Template>,
}

/// How often a task is tried; what is left out is as for any task.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RetryOf {
    /// How many tries there are in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub tries_max: Option<u32>,
    /// The first wait, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub base_ms: Option<u64>,
    /// The longest wait, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub cap_ms: Option<u64>,
    /// Whether a lease that was lost uses up a try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_lease_counts: Option<bool>,
}

/// How long parts of a task may take, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimeoutsOf {
    /// One attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub start_to_close_ms: Option<u64>,
    /// The silence of a worker, after which its lease is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub heartbeat_ms: Option<u64>,
    /// One wait for an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DURATION_MS_MAX))]
    pub queue_ms: Option<u64>,
}

/// What is known of what a stage brings.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// An object with these fields.
    Fields(
        #[schemars(extend("maxProperties" = 100, "propertyNames" = { "minLength": 1, "maxLength": 64 }))]
         BTreeMap<String, Kind>,
    ),
    /// Something about a person: it is passed on whole, and never looked into.
    Sealed(Sealed),
}

/// What follows when a stage fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The run fails.
    #[default]
    Stop,
    /// The run goes on; what comes after the stage can ask whether it failed.
    Continue,
    /// The run fails, and what it did is undone, the last first.
    Compensate,
}

impl OnFailure {
    /// All of them, as they are written.
    pub(in crate::pipeline) const ALL: [(&'static str, Self); 3] =
        [("stop", Self::Stop), ("continue", Self::Continue), ("compensate", Self::Compensate)];
}

/// The task that undoes a stage, or one item of it. `output` is what it brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Compensation {
    /// The kind of the task.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub task: String,
    /// What it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Template>,
    /// What an agent must be capable of; the kind of the task if nothing is said.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(length(max = 64), transform = conditions::tokens)]
    pub needs: BTreeSet<String>,
    /// How soon, compared with other tasks; 9 comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 9))]
    pub priority: Option<u8>,
    /// How often the task is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryOf>,
    /// How long parts of the task may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<TimeoutsOf>,
}
