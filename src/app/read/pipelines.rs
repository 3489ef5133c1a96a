//! What is known about pipelines.

use std::collections::VecDeque;

use events::content::Json;
use events::pipeline::PipelineEvent;
use events::recorded::{Recorded, Stored};
use events::shape::ShapeOf;
use events::stream::Position;
use projections::pipeline_list::{PipelineList, PipelineRow};
use projections::projection::Projection;
use schemars::JsonSchema;
use serde::Serialize;

use super::by_name;
use super::shown::{AnswerOf, write};
use super::{PipelineFilter, PipelineWanted};
use crate::app::refusal::Refusal;

/// How many editions an answer has: the newest.
const EDITIONS_SHOWN: usize = 100;

/// A pipeline, as answers show it.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "KnownPipeline")]
struct Shown<'a> {
    id: &'a str,
    /// The newest edition.
    edition: u32,
    /// Whether nothing new begins by that.
    deprecated: bool,
    defined_at: String,
    changed_at: String,
}

/// One of its editions.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "KnownEdition")]
struct Edition {
    edition: u32,
    deprecated: bool,
    hash: String,
    defined_at: String,
    principal: String,
}

#[derive(JsonSchema, Serialize)]
struct One<'a> {
    pipeline: Shown<'a>,
    /// The newest of them, the newest first.
    editions: Vec<Edition>,
    /// What the edition says that was asked for: the newest, if none was.
    definition: Json,
}

#[derive(JsonSchema, Serialize)]
struct List<'a> {
    pipelines: Vec<Shown<'a>>,
    /// How many were not looked at.
    left_out: u64,
}

/// The shapes of both.
pub(super) const ONE: ShapeOf = AnswerOf::<One<'static>>::json_schema;
pub(super) const LIST: ShapeOf = AnswerOf::<List<'static>>::json_schema;

impl<'a> Shown<'a> {
    fn of(id: &'a str, row: &PipelineRow) -> Self {
        Self {
            id,
            edition: row.edition,
            deprecated: row.is_deprecated(),
            defined_at: row.defined_at.to_string(),
            changed_at: row.changed_at.to_string(),
        }
    }
}

/// One pipeline, while its history is gone through: of all the definitions only one is kept.
pub(super) struct Looking {
    wanted: PipelineWanted,
    row: Option<PipelineRow>,
    editions: VecDeque<Edition>,
    definition: Option<Json>,
    position: u64,
}

impl Looking {
    pub(super) fn new(wanted: PipelineWanted) -> Self {
        let (row, editions, definition) = (None, VecDeque::new(), None);
        Self { wanted, row, editions, definition, position: 0 }
    }

    pub(super) fn take(&mut self, stored: &Stored) {
        self.position = stored.position().0;
        // What a newer program has written is passed over here.
        let Ok(event) = Recorded::<PipelineEvent>::read(stored) else { return };
        self.row = PipelineList::fold(self.row.take(), &event);
        let PipelineEvent::Defined(defined) = event.event else { return };
        if self.wanted.edition.is_none_or(|edition| edition == defined.edition) {
            self.definition = Some(defined.definition);
        }
        self.editions.push_front(Edition {
            edition: defined.edition,
            deprecated: false,
            hash: defined.hash.to_string(),
            defined_at: event.recorded_at.to_string(),
            principal: stored.header().principal.to_owned(),
        });
        self.editions.truncate(EDITIONS_SHOWN);
    }

    pub(super) fn answer(self) -> Result<Vec<u8>, Refusal> {
        let row = self.row.ok_or(Refusal::NotFound("pipeline"))?;
        let definition = self.definition.ok_or(Refusal::NotFound("edition of the pipeline"))?;
        let told = |edition: Edition| {
            let deprecated = row.deprecated.contains(&edition.edition);
            Edition { deprecated, ..edition }
        };
        let editions = self.editions.into_iter().map(told).collect();
        let pipeline = Shown::of(self.wanted.id.as_str(), &row);
        Ok(write(self.position, One { pipeline, editions, definition }))
    }
}

/// All pipelines.
pub(super) type All = by_name::ByName<PipelineList>;

/// All pipelines, by name.
pub(super) fn list(all: &All, filter: &PipelineFilter, position: Position) -> Vec<u8> {
    let pipelines = all.rows().take(filter.limit).map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { pipelines, left_out: all.left_out() })
}
