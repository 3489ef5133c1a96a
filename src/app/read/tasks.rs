//! What is known about tasks.

use events::id::TaskId;
use events::labels::Labels;
use events::recorded::{Recorded, Stored};
use events::shape::ShapeOf;
use events::stream::Position;
use events::task::{Failure, TaskEvent};
use projections::projection::Projection;
use projections::task_list::{Phase, TaskList, TaskRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TaskFilter;
use super::shown::{AnswerOf, Happened, has_all, write};
use crate::app::refusal::Refusal;

/// What a phase is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    Waiting,
    Running,
    Completed,
    Failed,
    TimedOut,
    Cancelled,
    Withdrawn,
}

/// A task, as answers show it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Task")]
struct Shown<'a> {
    id: &'a str,
    kind: &'a str,
    phase: PhaseName,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again_at: Option<String>,
    priority: u8,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: &'a Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    submitted_at: String,
    since: String,
}

#[derive(JsonSchema, Serialize)]
struct One<'a> {
    task: Shown<'a>,
    history: Vec<Happened<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    tasks: Vec<Shown<'a>>,
    /// How many older ones were not looked at.
    left_out: u64,
}

/// The shapes of both.
pub(super) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    fn of(id: &'a str, row: &'a TaskRow) -> Self {
        let (agent, percent) = match &row.phase {
            Phase::Running { agent, percent, .. } => (Some(agent.as_str()), percent.map(u8::from)),
            _ => (None, None),
        };
        let error = match &row.phase {
            Phase::Failed { error, .. } => Some(error),
            _ => None,
        };
        let reason = match &row.phase {
            Phase::Cancelled { reason } | Phase::Withdrawn { reason } => Some(reason.as_str()),
            _ => None,
        };
        let again_at = match &row.phase {
            Phase::Waiting { again_at } => again_at.map(|time| time.to_string()),
            _ => None,
        };
        Self {
            id,
            kind: &row.kind,
            phase: name(&row.phase),
            agent,
            attempts: row.attempts,
            percent,
            error,
            reason: reason.filter(|reason| !reason.is_empty()),
            again_at,
            priority: row.priority.into(),
            labels: &row.labels,
            deadline: row.deadline.map(|time| time.to_string()),
            submitted_at: row.submitted_at.to_string(),
            since: row.since.to_string(),
        }
    }
}

fn name(phase: &Phase) -> PhaseName {
    match phase {
        Phase::Waiting { .. } => PhaseName::Waiting,
        Phase::Running { .. } => PhaseName::Running,
        Phase::Completed => PhaseName::Completed,
        Phase::Failed { .. } => PhaseName::Failed,
        Phase::TimedOut { .. } => PhaseName::TimedOut,
        Phase::Cancelled { .. } => PhaseName::Cancelled,
        Phase::Withdrawn { .. } => PhaseName::Withdrawn,
    }
}

/// One task with its history.
pub(super) fn one(task: TaskId, history: &[Stored]) -> Result<Vec<u8>, Refusal> {
    let id = task.to_string();
    let row = history.iter().filter_map(read).fold(None, |row, event| TaskList::fold(row, &event));
    let row = row.ok_or(Refusal::NotFound("task"))?;
    let last = history.last().map_or(0, |stored| stored.position().0);
    let history = history.iter().map(Happened::of).collect();
    Ok(write(last, One { task: Shown::of(&id, &row), history }))
}

/// What a newer program has written is passed over here.
fn read(stored: &Stored) -> Option<Recorded<TaskEvent>> {
    Recorded::read(stored).ok()
}

/// The newest tasks.
pub(super) type Newest = super::newest::Newest<TaskList>;

/// The newest first.
pub(super) fn list(newest: &Newest, filter: &TaskFilter, position: Position) -> Vec<u8> {
    let wanted = newest.rows().filter(|(_, row)| filter.takes(row)).take(filter.limit);
    let tasks = wanted.map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { tasks, left_out: newest.left_out() })
}

impl TaskFilter {
    fn takes(&self, row: &TaskRow) -> bool {
        let agent = match &row.phase {
            Phase::Running { agent, .. } => Some(agent),
            _ => None,
        };
        self.phase.is_none_or(|phase| phase == name(&row.phase))
            && self.kind.as_ref().is_none_or(|kind| *kind == row.kind)
            && self.agent.as_ref().is_none_or(|wanted| Some(wanted) == agent)
            && has_all(&row.labels, &self.labels)
    }
}
