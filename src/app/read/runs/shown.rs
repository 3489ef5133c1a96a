//! How runs look in answers.

use std::collections::BTreeMap;

use events::content::Content;
use events::id::{Principal, TaskId};
use events::labels::Labels;
use events::run::{By, PartHow, Slot, Undone, Why};
use events::shape::ShapeOf;
use events::task::Failure;
use projections::run_list::{Phase, RunRow};
use projections::run_tree::{Counts, OpenPart, RunTreeRow, StageRow, State};
use projections::task_list::{self, TaskRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::{PhaseName, name};
use crate::app::read::recent::Recent;
use crate::app::read::shown::{AnswerOf, Happened};

/// A run, as answers show it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "KnownRun")]
pub(super) struct Shown<'a> {
    id: &'a str,
    pipeline: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u32>,
    phase: PhaseName,
    by: &'a By,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a Slot>,
    stages: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    begins_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: &'a Labels,
    started_at: String,
    since: String,
}

#[derive(JsonSchema, Serialize)]
pub(super) struct List<'a> {
    pub(super) runs: Vec<Shown<'a>>,
    /// How many older ones were not looked at.
    pub(super) left_out: u64,
}

#[derive(JsonSchema, Serialize)]
pub(super) struct One<'a> {
    run: Shown<'a>,
    /// What became of what it had done, once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone: Option<Undone>,
    /// In the order of the definition.
    stages: Vec<Stage<'a>>,
    /// The newest events, without those about single items.
    history: Vec<Happened<'a>>,
    /// How many events are not here.
    left_out: u64,
}

/// A stage of a run.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "StageOfRun")]
struct Stage<'a> {
    name: &'a str,
    does: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<&'a str>,
    state: StateName,
    /// How often it began before.
    turn: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<ItemCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<ItemCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<Open<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "StateOfStage")]
enum StateName {
    Waits,
    Asked,
    Agreed,
    Works,
    Completed,
    Failed,
    TimedOut,
    CalledOff,
    Skipped,
    Kept,
}

/// How many items of a stage are where.
#[derive(JsonSchema, Serialize)]
struct ItemCounts {
    all: u32,
    open: u32,
    completed: u32,
    failed: u32,
}

/// What someone has to agree to.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "OpenApproval")]
struct Approval<'a> {
    action: &'a Content,
    /// Goes back with the answer.
    hash: String,
    /// Anyone of the tenant, if nobody is named.
    who: &'a [Principal],
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// Some of what is under way.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "OpenPart")]
struct Open<'a> {
    id: String,
    is: &'static str,
    item: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
}

/// The shapes of both.
pub(in crate::app::read) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(in crate::app::read) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    pub(super) fn of(id: &'a str, row: &'a RunRow) -> Self {
        let begins_at = match &row.phase {
            Phase::Delayed { until } => Some(until.to_string()),
            _ => None,
        };
        Self {
            id,
            pipeline: row.pipeline.as_str(),
            edition: row.edition,
            phase: name(&row.phase),
            by: &row.by,
            parent: row.parent.as_ref(),
            stages: row.stages,
            begins_at,
            reason: reason(&row.phase).filter(|reason| !reason.is_empty()),
            error: error(&row.phase),
            labels: &row.labels,
            started_at: row.started_at.to_string(),
            since: row.since.to_string(),
        }
    }
}

fn reason(phase: &Phase) -> Option<&str> {
    match phase {
        Phase::Paused { reason } | Phase::Ending { why: Why::Cancelled { reason } } => Some(reason),
        _ => None,
    }
}

fn error(phase: &Phase) -> Option<&Failure> {
    match phase {
        Phase::NotStarted { error } | Phase::Ending { why: Why::Failed { error, .. } } => {
            Some(error)
        }
        Phase::Over { error, .. } => error.as_ref(),
        _ => None,
    }
}

impl<'a> One<'a> {
    pub(super) fn of(
        id: &'a str,
        row: &'a RunTreeRow,
        tasks: &'a BTreeMap<TaskId, TaskRow>,
        history: &'a Recent,
    ) -> Self {
        Self {
            run: Shown::of(id, &row.run),
            undone: row.undone,
            stages: row.stages.iter().map(|stage| Stage::of(stage, tasks)).collect(),
            history: history.happened(),
            left_out: history.left_out(),
        }
    }
}

impl<'a> Stage<'a> {
    fn of(row: &'a StageRow, tasks: &'a BTreeMap<TaskId, TaskRow>) -> Self {
        let open = row.open.iter().map(|((_, item), part)| Open::of(*item, part, tasks));
        Self {
            name: row.name.as_str(),
            does: &row.does,
            after: row.after.iter().map(|name| name.as_str()).collect(),
            state: state(&row.state),
            turn: row.turn,
            since: row.since.map(|time| time.to_string()),
            items: row.items.map(ItemCounts::of),
            undo: row.undo.map(ItemCounts::of),
            approval: Approval::of(&row.state),
            open: open.collect(),
            error: row.error.as_ref(),
        }
    }
}

fn state(state: &State) -> StateName {
    match state {
        State::Waits => StateName::Waits,
        State::Asked { .. } => StateName::Asked,
        State::Agreed => StateName::Agreed,
        State::Works => StateName::Works,
        State::Over(PartHow::Completed) => StateName::Completed,
        State::Over(PartHow::Failed) => StateName::Failed,
        State::Over(PartHow::TimedOut) => StateName::TimedOut,
        State::Over(PartHow::CalledOff) => StateName::CalledOff,
        State::Skipped => StateName::Skipped,
        State::Kept => StateName::Kept,
    }
}

impl ItemCounts {
    fn of(counts: Counts) -> Self {
        let Counts { all, completed, failed, .. } = counts;
        Self { all, open: counts.open(), completed, failed }
    }
}

impl<'a> Approval<'a> {
    fn of(state: &'a State) -> Option<Self> {
        let State::Asked { action, hash, who, until } = state else { return None };
        let until = until.map(|time| time.to_string());
        Some(Self { action, hash: hash.to_string(), who, until })
    }
}

impl<'a> Open<'a> {
    fn of(item: u32, part: &OpenPart, tasks: &'a BTreeMap<TaskId, TaskRow>) -> Self {
        let row = tasks.get(&TaskId(part.id)).filter(|_| part.is_task);
        let (agent, percent) = match row.map(|row| &row.phase) {
            Some(task_list::Phase::Running { agent, percent, .. }) => {
                (Some(agent.as_str()), percent.map(u8::from))
            }
            _ => (None, None),
        };
        let (id, attempts) = (part.id.to_string(), row.map(|row| row.attempts));
        let is = if part.is_task { "task" } else { "run" };
        Self { id, is, item, agent, attempts, percent }
    }
}
