//! What is known about agents.

use std::collections::BTreeSet;

use events::agent::AgentEvent;
use events::id::{AgentId, Capability};
use events::labels::Labels;
use events::recorded::{Recorded, Stored};
use events::shape::ShapeOf;
use events::stream::Position;
use projections::agent_list::{AgentList, AgentRow, Mode};
use projections::projection::Projection;
use schemars::JsonSchema;
use serde::Serialize;

use super::AgentFilter;
use super::by_name;
use super::shown::{AnswerOf, Happened, write};
use crate::app::refusal::Refusal;

/// An agent, as answers show it. Who answers for it is sealed, and stays so.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Agent")]
struct Shown<'a> {
    id: &'a str,
    phase: &'static str,
    kind: &'a str,
    capabilities: &'a BTreeSet<Capability>,
    slots: u32,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: &'a Labels,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tools: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_since: Option<String>,
    registered_at: String,
    changed_at: String,
}

#[derive(JsonSchema, Serialize)]
struct One<'a> {
    agent: Shown<'a>,
    history: Vec<Happened<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    agents: Vec<Shown<'a>>,
    /// How many were not looked at.
    left_out: u64,
}

/// The shapes of both.
pub(super) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    fn of(id: &'a str, row: &'a AgentRow) -> Self {
        let offer = &row.offer;
        Self {
            id,
            phase: phase(row),
            kind: &offer.kind,
            capabilities: &offer.capabilities,
            slots: offer.slots,
            labels: &offer.labels,
            tools: &offer.tools,
            owner: offer.owner.as_deref(),
            silent_since: row.silent_since.map(|time| time.to_string()),
            registered_at: row.registered_at.to_string(),
            changed_at: row.changed_at.to_string(),
        }
    }
}

fn phase(row: &AgentRow) -> &'static str {
    match row.mode {
        Mode::Retired => "retired",
        _ if row.silent_since.is_some() => "silent",
        Mode::Active => "active",
        Mode::Paused => "paused",
        Mode::Draining => "draining",
    }
}

/// One agent with its history.
pub(super) fn one(id: &AgentId, history: &[Stored]) -> Result<Vec<u8>, Refusal> {
    let row = history.iter().filter_map(read).fold(None, |row, event| AgentList::fold(row, &event));
    let row = row.ok_or(Refusal::NotFound("agent"))?;
    let last = history.last().map_or(0, |stored| stored.position().0);
    let history = history.iter().map(Happened::of).collect();
    Ok(write(last, One { agent: Shown::of(id.as_str(), &row), history }))
}

/// What a newer program has written is passed over here.
fn read(stored: &Stored) -> Option<Recorded<AgentEvent>> {
    Recorded::read(stored).ok()
}

/// All agents.
pub(super) type All = by_name::ByName<AgentList>;

/// All agents, by id.
pub(super) fn list(all: &All, filter: &AgentFilter, position: Position) -> Vec<u8> {
    let agents = all.rows().take(filter.limit).map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { agents, left_out: all.left_out() })
}
