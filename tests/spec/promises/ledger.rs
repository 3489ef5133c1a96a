//! The ledger of acknowledgements: what was sent, what was answered, what a crash left. An answer
//! that contradicts an earlier one, or what was found in the log, fails the test where it is heard.

use std::collections::VecDeque;

use events::store::Span;
use events::stream::{Position, Version};

use super::answers::{Answer, Said};
use super::fact::Fact;

/// Where a fact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) position: Position,
    pub(super) version: Version,
}

/// What is known of one fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// What the program acknowledged.
    pub(super) acknowledged: Option<Place>,
    /// What was found in the log after a crash.
    pub(super) found: Option<Place>,
}

/// Everything that was sent to one log.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// Sent to the present child, not answered yet.
    in_flight: VecDeque<Fact>,
    lines: u64,
}

impl Ledger {
    /// A fact that was never sent before.
    pub(super) fn new_fact(&mut self) -> Fact {
        self.entries.push(Entry::default());
        Fact(self.entries.len() as u64 - 1)
    }

    /// Every fact, oldest first.
    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> + use<> {
        (0..self.entries.len() as u64).map(Fact)
    }

    /// What is known of a fact; none if it was never sent.
    pub(super) fn entry(&self, fact: Fact) -> Option<Entry> {
        self.entries.get(fact.0 as usize).copied()
    }

    /// A new child begins: what the last one did not answer is open.
    pub(super) fn begin(&mut self) {
        self.in_flight.clear();
        self.lines = 0;
    }

    /// A fact goes to the present child.
    pub(super) fn sent(&mut self, fact: Fact) {
        self.in_flight.push_back(fact);
    }

    /// How many facts were sent to the present child and not answered.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many facts the present child has answered.
    pub(super) fn answered(&self) -> u64 {
        self.lines
    }

    /// What the next answer must be.
    pub(super) fn due(&self) -> String {
        let fact = self.in_flight.front().map(|fact| (fact.id(), self.entry(*fact)));
        let known = |entry: Option<Entry>| entry.and_then(|e| e.found.or(e.acknowledged));
        match fact.map(|(id, entry)| (id, known(entry))) {
            Some((id, Some(place))) => format!("{id} is known, at {place:?}"),
            Some((id, None)) => format!("{id} is to be recorded"),
            None => "nothing is open".into(),
        }
    }

    /// An answer of the present child: in the order sent, and true to all that is known.
    #[track_caller]
    pub(super) fn hear(&mut self, answer: &Answer) {
        let fact = self.in_flight.pop_front().expect("nothing is answered that was not sent");
        self.lines += 1;
        let told = (answer.line, answer.id.clone(), answer.source.clone());
        assert_eq!(told, (self.lines, fact.id(), fact.source()), "answers are in the order sent");
        let place = Place { position: Position(answer.position), version: Version(answer.version) };
        let entry = &mut self.entries[fact.0 as usize];
        match entry.found.or(entry.acknowledged) {
            Some(before) => {
                assert_eq!(answer.outcome, Said::Known, "{} was recorded twice", answer.id);
                assert_eq!(place, before, "{} moved", answer.id);
            }
            None => {
                assert_eq!(answer.outcome, Said::Recorded, "{} was never recorded", answer.id);
            }
        }
        entry.acknowledged = Some(place);
    }

    /// A fact stands in the log: sent once, found once, and where it was acknowledged.
    #[track_caller]
    pub(super) fn find(&mut self, fact: Fact, place: Place) {
        let entry = self.entries.get_mut(fact.0 as usize);
        let entry = entry.unwrap_or_else(|| panic!("{} was never sent", fact.id()));
        assert_eq!(entry.found, None, "{} is there twice", fact.id());
        if let Some(acknowledged) = entry.acknowledged {
            assert_eq!(place, acknowledged, "{} is not where it was acknowledged", fact.id());
        }
        entry.found = Some(place);
    }
}

impl Place {
    /// The only place of an outcome with one event.
    pub(super) fn of(span: Span) -> Self {
        assert_eq!(span.events, 1, "a fact is one event");
        Self { position: span.position, version: span.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(fact: Fact, line: u64, outcome: Said, position: u64) -> Answer {
        Answer { line, id: fact.id(), source: fact.source(), outcome, position, version: 1 }
    }

    fn sent() -> (Ledger, Fact) {
        let mut ledger = Ledger::default();
        let fact = ledger.new_fact();
        ledger.sent(fact);
        (ledger, fact)
    }

    #[test]
    fn what_was_acknowledged_must_be_known_again_at_its_place() {
        let (mut ledger, fact) = sent();
        ledger.hear(&answer(fact, 1, Said::Recorded, 7));
        ledger.sent(fact);
        assert_eq!(ledger.in_flight(), 1);
        ledger.hear(&answer(fact, 2, Said::Known, 7));
        assert_eq!(ledger.in_flight(), 0);
    }

    #[test]
    #[should_panic(expected = "was recorded twice")]
    fn a_second_effect_is_noticed() {
        let (mut ledger, fact) = sent();
        ledger.find(fact, Place { position: Position(7), version: Version(1) });
        ledger.hear(&answer(fact, 1, Said::Recorded, 8));
    }

    #[test]
    #[should_panic(expected = "is not where it was acknowledged")]
    fn a_fact_that_moved_is_noticed() {
        let (mut ledger, fact) = sent();
        ledger.hear(&answer(fact, 1, Said::Recorded, 7));
        ledger.find(fact, Place { position: Position(8), version: Version(1) });
    }

    #[test]
    #[should_panic(expected = "was never recorded")]
    fn an_answer_about_another_history_is_noticed() {
        let (mut ledger, fact) = sent();
        ledger.hear(&answer(fact, 1, Said::Known, 7));
    }
}
