//! What the list says, sentence by sentence.

use events::content::Json;

use super::*;
use crate::spec::{Happened, given, second};

fn defined(edition: u32) -> PipelineEvent {
    let definition = Json::parse("{}").expect("JSON");
    PipelineEvent::Defined(Defined { edition, definition, hash: hash(edition), at: second(1) })
}

fn hash(edition: u32) -> EventHash {
    events::chain::blob_hash(&edition.to_be_bytes())
}

fn deprecated(edition: Option<u32>) -> PipelineEvent {
    PipelineEvent::Deprecated(Deprecated { edition, reason: "old".into(), at: second(1) })
}

fn nightly(event: PipelineEvent) -> Happened<'static, PipelineEvent> {
    ("main", "nightly", event)
}

fn told(history: impl IntoIterator<Item = PipelineEvent>, expected: PipelineRow) {
    let history: Vec<_> = history.into_iter().map(nightly).collect();
    given::<PipelineList>(history).then_rows([("main", "nightly", expected)]);
}

fn row(edition: u32, deprecated: impl IntoIterator<Item = u32>, changed: i64) -> PipelineRow {
    PipelineRow {
        edition,
        hash: hash(edition),
        deprecated: deprecated.into_iter().collect(),
        defined_at: second(1),
        changed_at: second(changed),
    }
}

#[test]
fn the_newest_edition_is_the_one_that_is_shown() {
    told([defined(1)], row(1, [], 1));
    told([defined(1), defined(2)], row(2, [], 2));
}

#[test]
fn an_edition_that_was_given_up_stays_so() {
    told([defined(1), deprecated(Some(1)), defined(2)], row(2, [1], 3));
    told([defined(1), defined(2), deprecated(None)], row(2, [1, 2], 3));
    assert!(row(2, [1, 2], 3).is_deprecated() && !row(2, [1], 3).is_deprecated());
}

#[test]
fn a_pipeline_that_nobody_defined_is_none() {
    given::<PipelineList>([nightly(deprecated(None))]).then_rows([]);
}
