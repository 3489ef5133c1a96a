//! The one way in which a definition is written out: what is usual is left out, the fields come in the
//! order of the type, and nothing stands between them. Its hash says whether a definition is new.

use std::collections::BTreeSet;

use events::chain::{EventHash, blob_hash};
use events::content::Json;
use events::task::{Priority, Retry};

use super::bounds::AT_ONCE;
use super::document::{Document, OnFailure, RetryOf, Stage, TimeoutsOf};
use crate::tree::Tree;

/// A document as text.
pub(super) fn text(document: &Document) -> String {
    serde_json::to_string(document).expect("a document is JSON")
}

/// The hash of a definition in its canonical form.
#[must_use]
pub fn hash(canonical: &Json) -> EventHash {
    blob_hash(canonical.as_str().as_bytes())
}

/// Without what goes without saying.
pub(super) fn shortened(document: Document) -> Document {
    Document {
        at_once: document.at_once.filter(|at_once| *at_once != AT_ONCE),
        stages: document.stages.into_iter().map(stage).collect(),
        ..document
    }
}

fn stage(stage: Stage) -> Stage {
    Stage {
        when: stage.when.filter(|when| *when.tree() != Tree::Boolean(true)),
        at_once: stage.at_once.filter(|at_once| *at_once != AT_ONCE),
        needs: needs(stage.needs, stage.task.as_deref().unwrap_or_default()),
        priority: stage.priority.filter(|priority| *priority != u8::from(Priority::NORMAL)),
        retry: stage.retry.and_then(retry),
        timeouts: stage.timeouts.filter(|timeouts| *timeouts != TimeoutsOf::default()),
        on_failure: stage.on_failure.filter(|follows| *follows != OnFailure::Stop),
        compensate: stage.compensate.map(|undo| super::document::Compensation {
            needs: needs(undo.needs, &undo.task),
            priority: undo.priority.filter(|priority| *priority != u8::from(Priority::NORMAL)),
            retry: undo.retry.and_then(retry),
            timeouts: undo.timeouts.filter(|timeouts| *timeouts != TimeoutsOf::default()),
            ..undo
        }),
        ..stage
    }
}

/// Who can do a kind of task can be given it.
fn needs(needs: BTreeSet<String>, kind: &str) -> BTreeSet<String> {
    if needs.len() == 1 && needs.contains(kind) { BTreeSet::new() } else { needs }
}

fn retry(retry: RetryOf) -> Option<RetryOf> {
    let usual = Retry::default();
    let rest = RetryOf {
        tries_max: retry.tries_max.filter(|tries| *tries != usual.tries_max),
        base_ms: retry.base_ms.filter(|base| *base != usual.base_ms),
        cap_ms: retry.cap_ms.filter(|cap| *cap != usual.cap_ms),
        lost_lease_counts: retry.lost_lease_counts.filter(|it| *it != usual.lost_lease_counts),
    };
    (rest != RetryOf::default()).then_some(rest)
}
