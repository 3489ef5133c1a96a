//! How a run begins, and because of whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::{Content, Json};
use crate::id::{EventId, PipelineId, RunId, ScheduleId, StageName, TriggerId};
use crate::labels::Labels;
use crate::task::Failure;
use crate::time::Timestamp;

/// A run began. Schema 1 said where its definition is; since schema 2 it has it with it, so that
/// nothing which happens to the pipeline later reaches into the run.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Started {
    /// The pipeline it runs.
    pub pipeline: PipelineId,
    /// Which definition of it.
    pub edition: u32,
    /// That definition, in its canonical form.
    pub plan: Json,
    /// What it was given.
    pub input: Content,
    /// Who wanted it.
    pub by: By,
    /// What it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Slot>,
    /// The run that it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked: Option<Forked>,
    /// When its first stages begin, if that is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_at: Option<Timestamp>,
    /// When it must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_by: Option<Timestamp>,
    /// How many runs it is inside of.
    pub depth: u8,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// When it was decided.
    pub at: Timestamp,
}

/// A run that nobody waits for at a door cannot begin; this is all there will be of it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct NotStarted {
    /// The pipeline that was meant.
    pub pipeline: PipelineId,
    /// The definition that was meant, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    /// Who wanted it.
    pub by: By,
    /// What it would have been a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Slot>,
    /// Why not.
    pub error: Failure,
    /// When it was decided.
    pub at: Timestamp,
}

/// Who wanted a run.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Someone at a door.
    Publisher,
    /// Another run, of which it is a part.
    Run,
    /// The time.
    Schedule {
        /// The schedule.
        schedule: ScheduleId,
        /// The time it was meant for.
        nominal: Timestamp,
    },
    /// Something that happened elsewhere.
    Trigger {
        /// The trigger.
        trigger: TriggerId,
        /// The fact.
        fact: EventId,
    },
}

impl Started {
    /// The time that it is meant for: a schedule's own, also where it goes on from a run of a schedule.
    #[must_use]
    pub fn nominal(&self) -> Option<Timestamp> {
        match &self.by {
            By::Schedule { nominal, .. } => Some(*nominal),
            By::Publisher | By::Run | By::Trigger { .. } => self.forked.as_ref()?.nominal,
        }
    }
}

/// The place of a part in a run.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Slot {
    /// The run.
    pub run: RunId,
    /// Its stage.
    pub stage: StageName,
    /// How often that stage began before, from 0.
    pub turn: u16,
    /// Which item of it, from 0; 0 where there are no items.
    pub item: u32,
}

/// Where a run comes from that goes on from another one.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Forked {
    /// The other one.
    pub run: RunId,
    /// As of which version of its stream.
    pub version: u64,
    /// The stage that begins anew, with everything behind it.
    pub from: StageName,
    /// The time that the other one was meant for, if a schedule wanted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominal: Option<Timestamp>,
}
