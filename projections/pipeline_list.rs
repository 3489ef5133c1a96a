//! Every pipeline with its newest edition. What stands in an edition is in the pipeline's own history.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use events::chain::EventHash;
use events::pipeline::{Defined, Deprecated, PipelineEvent};
use events::recorded::Recorded;
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every pipeline with its newest edition.
#[derive(Debug, Clone, Copy)]
pub struct PipelineList;

/// One pipeline, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineRow {
    /// Its newest edition.
    pub edition: u32,
    /// The hash of that.
    pub hash: EventHash,
    /// The editions by which nothing new shall begin.
    pub deprecated: BTreeSet<u32>,
    /// When it was defined first.
    pub defined_at: Timestamp,
    /// When something about it changed last.
    pub changed_at: Timestamp,
}

impl PipelineRow {
    /// Whether nothing new shall begin by its newest edition.
    #[must_use]
    pub fn is_deprecated(&self) -> bool {
        self.deprecated.contains(&self.edition)
    }
}

impl Projection for PipelineList {
    const NAME: &'static str = "pipeline_list";
    const VERSION: u32 = 1;
    type Row = PipelineRow;
    type Event = PipelineEvent;

    fn keys(event: &Recorded<PipelineEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<PipelineRow>, event: &Recorded<PipelineEvent>) -> Option<PipelineRow> {
        let at = event.recorded_at;
        match &event.event {
            PipelineEvent::Defined(defined) => Some(anew(row, defined, at)),
            PipelineEvent::Deprecated(deprecated) => row.map(|row| without(row, deprecated, at)),
        }
    }
}

fn anew(row: Option<PipelineRow>, defined: &Defined, at: Timestamp) -> PipelineRow {
    let (edition, hash) = (defined.edition, defined.hash);
    let defined_at = row.as_ref().map_or(at, |row| row.defined_at);
    let deprecated = row.map(|row| row.deprecated).unwrap_or_default();
    PipelineRow { edition, hash, deprecated, defined_at, changed_at: at }
}

fn without(mut row: PipelineRow, deprecated: &Deprecated, at: Timestamp) -> PipelineRow {
    match deprecated.edition {
        Some(edition) => row.deprecated.extend([edition]),
        None => row.deprecated.extend(1..=row.edition),
    }
    PipelineRow { changed_at: at, ..row }
}
