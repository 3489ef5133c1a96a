//! What stages do, in whole or item by item, and what comes of it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::id::{Capability, PipelineId, SignalName, StageName};
use crate::task::{Failure, Priority, Retry, Timeouts};
use crate::time::Timestamp;

/// A stage began.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StageBegan {
    /// The stage.
    pub stage: StageName,
    /// How often it began before, from 0.
    pub turn: u16,
    /// What it does.
    pub work: Work,
    /// When it must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_by: Option<Timestamp>,
    /// When it was decided.
    pub at: Timestamp,
}

/// What a stage does from its beginning on.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// It has one thing done.
    One {
        /// By whom.
        does: Does,
        /// With this input.
        input: Content,
    },
    /// It has a thing done for each item of a list; items begin by themselves.
    Items {
        /// How many there are.
        count: u32,
    },
    /// It waits to be told something.
    Signal {
        /// Under this name.
        name: SignalName,
    },
    /// It waits for a time.
    Until {
        /// This one.
        at: Timestamp,
    },
    /// It had to be agreed to, and that is all.
    Nothing,
}

/// Who does what a stage has done.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// A task.
    Task(Terms),
    /// A run of another pipeline.
    Run {
        /// That pipeline.
        pipeline: PipelineId,
        /// Which definition of it.
        edition: u32,
        /// How many runs it is inside of.
        depth: u8,
    },
}

/// What is agreed about a task of a stage. Always written in full: another default must not reach into
/// a run that is under way.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Terms {
    /// What kind of work it is.
    pub kind: String,
    /// What an agent must be capable of to get it.
    pub needs: BTreeSet<Capability>,
    /// How soon, compared with others.
    pub priority: Priority,
    /// How often it is tried.
    pub retry: Retry,
    /// How long its parts may take.
    #[serde(default, skip_serializing_if = "Timeouts::is_none")]
    pub timeouts: Timeouts,
}

/// Some items of a stage began.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ItemsBegan {
    /// The stage.
    pub stage: StageName,
    /// How often it began before, from 0.
    pub turn: u16,
    /// Who does them.
    pub does: Does,
    /// They.
    pub items: Vec<Item>,
    /// When it was decided.
    pub at: Timestamp,
}

/// An item of a stage.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Item {
    /// Which one, from 0.
    pub item: u32,
    /// What it is given.
    pub input: Content,
}

/// How a part of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartHow {
    /// It was done.
    Completed,
    /// It could not be done.
    Failed,
    /// It was not done in time.
    TimedOut,
    /// The run no longer wanted it.
    CalledOff,
}

/// An item of a stage ended.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ItemEnded {
    /// The stage.
    pub stage: StageName,
    /// How often it began before, from 0.
    pub turn: u16,
    /// Which item, from 0.
    pub item: u32,
    /// How.
    pub how: PartHow,
    /// What came out, if anything in the plan looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Content>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A stage ended.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StageEnded {
    /// The stage.
    pub stage: StageName,
    /// How often it began before, from 0.
    pub turn: u16,
    /// How.
    pub how: PartHow,
    /// What came out, if anything in the plan looks at it and it does not stand with the items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Content>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// When it was decided.
    pub at: Timestamp,
}

/// These stages are not needed: their conditions do not hold.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StagesSkipped {
    /// They.
    pub stages: Vec<StageName>,
    /// When it was decided.
    pub at: Timestamp,
}

/// What the run that this one was forked from has done already.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StagesKept {
    /// Its stages, not all of them in one event if they are large.
    pub stages: Vec<Kept>,
}

/// A stage that was done before.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Kept {
    /// The stage.
    pub stage: StageName,
    /// How it ended; nothing, if it was not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<PartHow>,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Content>,
    /// What came out of its items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<KeptItem>,
}

/// What came out of an item before.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct KeptItem {
    /// Which one, from 0.
    pub item: u32,
    /// What came out.
    pub output: Content,
}

/// One decision has its limits; what is left begins in the next one.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct MoreToBegin {
    /// When it was decided.
    pub at: Timestamp,
}

/// A run was told something. Where no stage waits for it yet, it is kept for the first that does.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Signalled {
    /// Under this name.
    pub name: SignalName,
    /// What.
    pub payload: Content,
    /// When it was decided.
    pub at: Timestamp,
}

/// Something that was done is undone.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct UndoBegan {
    /// The stage that did it.
    pub stage: StageName,
    /// In which turn.
    pub turn: u16,
    /// Who undoes it.
    pub does: Does,
    /// Item by item; a stage without items is its item 0.
    pub items: Vec<Item>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Something was undone, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct UndoEnded {
    /// The stage that did it.
    pub stage: StageName,
    /// In which turn.
    pub turn: u16,
    /// Which item, from 0.
    pub item: u32,
    /// How.
    pub how: PartHow,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}
