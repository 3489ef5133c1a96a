//! What was sent in all runs, and what was acknowledged of it.

use events::store::conformance::given::{self, event};
use events::store::{Append, Decision, Span};
use events::stream::{Position, Version};

use super::super::answers::Answer;
use super::super::fact::Fact;
use super::super::fate::{Notes, note};
use super::batches::batches;
use super::script::facts;

/// Every append of every run.
pub(super) fn sent() -> Vec<Append> {
    let facts = facts().map(|fact| Append {
        stream: fact.stream(),
        decision: Decision::Accepted(vec![event(fact.line().trim_end())]),
        command: fact.command(),
        ..given::append("a", 0)
    });
    facts.chain(batches().flatten()).collect()
}

/// What was acknowledged, by lines of answers of the program and notes of the child.
pub(super) fn notes(said: &str) -> Notes {
    let whole = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole.map(|line| if line.starts_with('{') { answered(line) } else { line.into() }).collect()
}

fn answered(line: &str) -> String {
    let Answer { id, position, version, .. } = Answer::parse(line);
    let fact = Fact::from_id(&id).expect("it was sent");
    let span = Span { position: Position(position), version: Version(version), events: 1 };
    note(fact.command(), Some(span))
}
