//! Two programs that want to write to one log at once: one does, the other is told who.

use super::answers::{Answer, Complaint};
use super::audit::Audit;
use super::ledger::Ledger;
use super::program::{Appender, Heard, append};

const RACES: u64 = 100;
/// The exit code of a program that another one keeps out.
const LOCKED: i32 = 75;

#[test]
fn of_two_writers_one_writes_and_the_other_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("annals.log");
    let (mut ledger, mut audit) = (Ledger::default(), Audit::default());
    for race in 1..=RACES {
        let facts = [ledger.new_fact(), ledger.new_fact()];
        let mut writers = facts.map(|_| Appender::start(append(&store, 1)));
        writers.iter_mut().zip(facts).for_each(|(writer, fact)| writer.send(fact));
        // The one that answers keeps its input open, so it holds the log until the other is told.
        let (winner, answer, complaint) = decided(writers.each_mut().map(Appender::hear));
        ledger.begin();
        ledger.sent(facts[winner]);
        ledger.hear(&answer);
        names(&complaint, writers[winner].id());
        let codes = writers.map(|writer| writer.end().0.code());
        assert_eq!(codes[winner], Some(0), "the winner ends well");
        assert_eq!(codes[1 - winner], Some(LOCKED), "the other was kept out");
        assert_eq!(audit.check(&store, &mut ledger, &facts), race, "one fact a race");
    }
    audit.check_whole(&store, &mut ledger);
}

/// Which of the two writes, what it answered, and what the other complains of.
fn decided(heard: [Heard; 2]) -> (usize, Answer, Complaint) {
    match heard {
        [Heard::Answer(answer), Heard::Complaint(complaint)] => (0, answer, complaint),
        [Heard::Complaint(complaint), Heard::Answer(answer)] => (1, answer, complaint),
        other => panic!("one writes and one is kept out, not {other:?}"),
    }
}

fn names(complaint: &Complaint, winner: u32) {
    let Complaint::Error { code, message, remedy } = complaint else {
        panic!("a clear error, not {complaint:?}")
    };
    assert_eq!(code, "store_locked");
    assert!(message.ends_with(&format!("process {winner}")), "not by {winner}: {message}");
    assert!(!remedy.is_empty());
}
