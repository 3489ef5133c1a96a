//! What is known about triggers. What they started stands with the runs.

use events::content::Json;
use events::id::{PipelineId, Source, TriggerId};
use events::shape::ShapeOf;
use events::stream::Position;
use events::trigger::Set;
use projections::trigger_list::{Mode, TriggerList, TriggerRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::TriggerFilter;
use super::by_name;
use super::nothing;
use super::shown::{AnswerOf, Happened, write};
use crate::app::refusal::Refusal;

/// Whether a trigger starts anything.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Active,
    Paused,
    Removed,
}

/// A trigger, as answers show it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Trigger")]
struct Shown<'a> {
    id: &'a str,
    phase: Phase,
    /// Why, if it is paused or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The type that a fact must have.
    #[serde(rename = "type")]
    kind: &'a str,
    /// Who must say it; anyone, if nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a Source>,
    /// What must hold of the fact.
    #[serde(rename = "when", skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
    pipeline: &'a PipelineId,
    /// The newest, if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u32>,
    changed_at: String,
}

#[derive(JsonSchema, Serialize)]
struct One<'a> {
    trigger: Shown<'a>,
    /// What runs are given, with expressions about the fact in it.
    input: &'a Json,
    /// The newest of what happened to it.
    history: Vec<Happened<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    triggers: Vec<Shown<'a>>,
    /// How many were not looked at.
    left_out: u64,
}

/// The shapes of both.
pub(super) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    fn of(id: &'a str, row: &'a TriggerRow) -> Self {
        let (phase, reason) = match &row.mode {
            Mode::Active => (Phase::Active, None),
            Mode::Paused { reason } => (Phase::Paused, Some(reason.as_str())),
            Mode::Removed { reason } => (Phase::Removed, Some(reason.as_str())),
        };
        let set = &row.set;
        Self {
            id,
            phase,
            reason: reason.filter(|reason| !reason.is_empty()),
            kind: &set.kind,
            source: set.source.as_ref(),
            filter: set.filter.as_deref(),
            pipeline: &set.pipeline,
            edition: set.edition,
            changed_at: row.changed_at.to_string(),
        }
    }
}

/// What a list shows of a row: not what the runs are given, which may be large.
pub(super) fn slim(row: TriggerRow) -> TriggerRow {
    TriggerRow { set: Set { input: nothing(), ..row.set }, ..row }
}

/// All triggers.
pub(super) type All = by_name::ByName<TriggerList>;
/// One of them.
pub(super) type Looking = by_name::Looking<TriggerList>;

/// One trigger with the newest of its history.
pub(super) fn one(id: &TriggerId, found: &Looking) -> Result<Vec<u8>, Refusal> {
    let row = found.row().ok_or(Refusal::NotFound("trigger"))?;
    let trigger = Shown::of(id.as_str(), row);
    let one = One { trigger, input: &row.set.input, history: found.history() };
    Ok(write(found.position(), one))
}

/// Those that are there, by name.
pub(super) fn list(all: &All, filter: &TriggerFilter, position: Position) -> Vec<u8> {
    let living = all.rows().filter(|(_, row)| !matches!(row.mode, Mode::Removed { .. }));
    let triggers = living.take(filter.limit).map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { triggers, left_out: all.left_out() })
}
