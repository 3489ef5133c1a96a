//! What is known about reactions: how far each came, and the events of a tenant that it could not deal
//! with.

use actors::reactions;
use events::id::{Consumer, Tenant};
use events::shape::ShapeOf;
use events::store::{LogReader, Parked, ParkedState, Standing};
use events::stream::{Position, StreamId};
use schemars::JsonSchema;
use serde::Serialize;

use super::ReactionFilter;
use super::shown::{AnswerOf, write};
use crate::app::refusal::Refusal;

/// What stands before the name of a reaction where its place is kept.
const PLACE: &str = "react/";
/// How much of a reason is shown.
const WHY_CHARS_MAX: usize = 300;

/// A reaction.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Reaction")]
struct Shown<'a> {
    reaction: &'a str,
    /// Up to where everything is dealt with, or parked.
    position: u64,
    /// How many events it has still to look at.
    behind: u64,
    /// The events that it could not deal with, by position.
    parked: Vec<ParkedEvent>,
    /// How many more there are of them.
    left_out: u64,
}

/// An event that a reaction could not deal with.
#[derive(JsonSchema, Serialize)]
struct ParkedEvent {
    /// Its position in the log.
    position: u64,
    #[serde(rename = "type")]
    kind: String,
    stream: String,
    /// Whether it holds up its stream, waits behind one that does, or was given up.
    #[schemars(extend("enum" = ["blocking", "behind", "skipped"]))]
    state: &'static str,
    tries: u32,
    /// What went wrong, or why it was given up.
    why: String,
    since: String,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    reactions: Vec<Shown<'a>>,
}

/// The shape of the answer.
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

/// The name of the reaction whose place this is.
pub(in crate::app) fn name_of(consumer: &Consumer) -> &str {
    consumer.as_str().strip_prefix(PLACE).unwrap_or_default()
}

/// A stream, for those who know its tenant.
pub(in crate::app) fn shown_stream(stream: &StreamId) -> String {
    format!("{}-{}", stream.category, stream.key)
}

/// All reactions there are.
pub(super) async fn list(
    log: &dyn LogReader,
    tenant: &Tenant,
    filter: &ReactionFilter,
) -> Result<Vec<u8>, Refusal> {
    let mut shown = Vec::new();
    // Whatever is kept by now is within a head that is read later.
    let mut standings = Vec::new();
    for listed in reactions::ALL {
        let place = format!("{PLACE}{}", listed.name).parse().expect("it is a name");
        standings.push((listed.name, log.standing(&place).await?.unwrap_or_default()));
    }
    let head = log.head().await?.position;
    for (name, standing) in standings {
        shown.push(reaction(log, name, standing, (head, tenant, filter.limit)).await?);
    }
    Ok(write(head.0, List { reactions: shown }))
}

async fn reaction<'a>(
    log: &dyn LogReader,
    name: &'a str,
    standing: Standing,
    (head, tenant, limit): (Position, &Tenant, usize),
) -> Result<Shown<'a>, Refusal> {
    let Standing { position, mut parked } = standing;
    parked.retain(|row| row.stream.tenant == *tenant);
    let left_out = parked.len().saturating_sub(limit) as u64;
    parked.truncate(limit);
    let behind = head.0.saturating_sub(position.0);
    let parked = events(log, parked).await?;
    Ok(Shown { reaction: name, position: position.0, behind, parked, left_out })
}

/// These events, with their types, which the log knows.
async fn events(log: &dyn LogReader, rows: Vec<Parked>) -> Result<Vec<ParkedEvent>, Refusal> {
    let positions: Vec<Position> = rows.iter().map(|row| row.position).collect();
    let mut shown = Vec::with_capacity(rows.len());
    while shown.len() < rows.len() {
        // As many as one read should hold, and at least the first.
        let found = log.at(&positions[shown.len()..]).await?;
        let with_rows = found.iter().zip(&rows[shown.len()..]);
        let events: Vec<_> =
            with_rows.map(|(stored, row)| event(stored.header().wire_type, row)).collect();
        shown.extend(events);
    }
    Ok(shown)
}

fn event(kind: &str, row: &Parked) -> ParkedEvent {
    ParkedEvent {
        position: row.position.0,
        kind: kind.into(),
        stream: shown_stream(&row.stream),
        state: match row.state {
            ParkedState::Blocking => "blocking",
            ParkedState::Behind => "behind",
            ParkedState::Skipped => "skipped",
        },
        tries: row.tries,
        why: row.why.chars().take(WHY_CHARS_MAX).collect(),
        since: row.since.to_string(),
    }
}
