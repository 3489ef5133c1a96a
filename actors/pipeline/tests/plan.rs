//! What runs go by.

use super::*;
use crate::pipeline::document::OnFailure;

#[test]
fn names_become_places_and_defaults_are_filled_in() {
    let definition = definition(&everything());
    let stages = definition.stages();
    let edges: Vec<_> = stages.iter().map(|s| (s.after.clone(), s.behind.clone())).collect();
    let expected: [(&[u16], &[u16]); 8] = [
        (&[], &[1]),
        (&[0], &[2]),
        (&[1], &[3, 4]),
        (&[2], &[5]),
        (&[2], &[5]),
        (&[3, 4], &[6]),
        (&[5], &[7]),
        (&[6], &[]),
    ];
    assert_eq!(edges, expected.map(|(after, behind)| (after.to_vec(), behind.to_vec())));
    assert_eq!((definition.at_once(), stages[1].at_once, stages[0].at_once), (16, 50, 256));
    assert_eq!(definition.place("sub"), Some(5));
}

#[test]
fn the_terms_of_a_task_are_told_in_full() {
    let definition = definition(&everything());
    let Does::Task(terms) = &definition.stages()[0].does else { panic!("it is a task") };
    assert_eq!((terms.kind.as_str(), u8::from(terms.priority)), ("ingest", 7));
    assert_eq!(terms.needs.iter().map(|need| need.as_str()).collect::<Vec<_>>(), ["gpu"]);
    assert_eq!((terms.retry.tries_max, terms.retry.lost_lease_counts), (5, false));
    let Does::Task(usual) = &definition.stages()[7].does else { panic!("it is a task") };
    assert_eq!(usual.needs.iter().map(|need| need.as_str()).collect::<Vec<_>>(), ["report"]);
    assert_eq!((u8::from(usual.priority), usual.retry.tries_max), (5, 3));
    let undo = definition.stages()[1].compensate.as_ref().expect("it can be undone");
    assert_eq!((undo.terms.kind.as_str(), undo.terms.retry.tries_max), ("unprocess", 9));
}

#[test]
fn what_a_stage_does_is_one_thing() {
    let definition = definition(&everything());
    let does: Vec<_> = definition.stages().iter().map(|stage| &stage.does).collect();
    assert!(matches!(does[2], Does::Signal { name, within_ms: Some(3_600_000) } if name == "go"));
    assert!(matches!(does[3], Does::Until(_)));
    assert_eq!(*does[4], Does::For { ms: 1_000 });
    assert!(matches!(does[5], Does::Run { pipeline, edition: 3 } if pipeline.as_str() == "clean"));
    assert_eq!(*does[6], Does::Nothing);
    assert_eq!(definition.stages()[5].on_failure, OnFailure::Continue);
}

#[test]
fn only_what_something_refers_to_is_kept() {
    let definition = definition(&everything());
    let used = definition.stages().iter().map(|s| (s.is_output_used, s.is_items_outputs_used));
    let [yes, no, items] = [(true, false), (false, false), (true, true)];
    assert_eq!(used.collect::<Vec<_>>(), [yes, items, yes, no, no, yes, no, yes]);
}

#[test]
fn a_condition_that_always_holds_is_none() {
    let always = definition(&of(json!([{ "name": "a", "task": "x", "when": true }])));
    assert_eq!(always.stages()[0].when, None);
}
