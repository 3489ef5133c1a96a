//! Runs that are large: no decision is larger than it may be, and what is left is never forgotten.

use events::content::INLINE_BYTES_MAX;
use events::id::EventId;

use super::*;
use crate::run::bounds::{DECISION_EVENTS_MAX, OPEN_MAX};
use crate::run::draft::DRAFTS;

fn ring_go_on(at: Timestamp) -> RunCommand {
    let cause = EventId(Uuid::nil());
    RunCommand::Ring(RunTimer { what: RunTimerKind::GoOn, stage: None, turn: 0, at, cause })
}

/// Rings as long as there is more to begin, and says how often.
fn go_on(tale: &mut Tale) -> usize {
    let mut rung = 0;
    while matches!(tale.history.last(), Some(RunEvent::MoreToBegin(_))) {
        let before = tale.history.len();
        tale.says(ring_go_on(tale.now));
        assert!(tale.history.len() - before <= DECISION_EVENTS_MAX + 8);
        rung += 1;
    }
    rung
}

#[test]
fn a_chain_of_stages_that_end_where_they_begin_takes_some_decisions() {
    let stage = |n: usize| match n {
        0 => json!({ "name": "s0", "foreach": [], "task": "t" }),
        n => json!({ "name": format!("s{n}"), "after": [format!("s{}", n - 1)],
            "foreach": [], "task": "t" }),
    };
    let stages: Vec<Value> = (0..1_000).map(stage).collect();
    let mut tale = Tale::of(&of(json!(stages)), &json!(1));
    assert_eq!(tale.history.len(), DECISION_EVENTS_MAX + 2);
    assert_eq!(tale.run.waits(), [Waits::Time(None)]);
    let mut paused = tale.clone();
    assert_eq!(go_on(&mut tale), 3);
    assert_eq!(tale.run.phase().name(), "completed");
    assert!(tale.says(ring_go_on(NOON)).is_empty());

    // A timer that rings in vain is not missed.
    paused.says(RunCommand::Pause { reason: String::new() });
    assert!(paused.says(ring_go_on(NOON)).is_empty());
    paused.says(RunCommand::Resume { reason: String::new() });
    go_on(&mut paused);
    assert_eq!(paused.run.phase().name(), "completed");
}

#[test]
fn conditions_that_nobody_can_tell_take_more_than_one_decision() {
    let stage = |n: usize| {
        json!({ "name": format!("s{n}"), "task": "t", "when": "${ input.a }",
            "on_failure": "continue" })
    };
    let stages: Vec<Value> = (0..1_200).map(stage).collect();
    let mut tale = Tale::of(&of(json!(stages)), &json!({}));
    assert_eq!(tale.history.len(), DECISION_EVENTS_MAX + 1);
    assert_eq!(go_on(&mut tale), 2);
    assert_eq!(tale.run.phase().name(), "completed");
}

#[test]
fn where_a_run_is_full_others_get_room_some_at_a_time() {
    let each = |name: &str| json!({ "name": name, "foreach": "${ input }", "task": "t", "at_once": 10_000 });
    let list: Vec<usize> = (0..6_000).collect();
    let mut run = Run::default();
    let at = moment(NOON);
    let mut say = |command| {
        let events = run.decide(command, &at).expect("it happens");
        run = events.iter().fold(std::mem::take(&mut run), Run::evolve);
        run.clone()
    };
    let document = of(json!([each("a"), each("b")]));
    let begun = say(start(begin(&document, &json!(list))));
    assert_eq!(begun.waits(), [Waits::Parts(OPEN_MAX)]);
    let drafts = DRAFTS.get();
    for (n, part) in (1..=128).zip(begun.open_parts(the_run())) {
        let after = say(tale::ended(part.id, tale::done(&json!(1))));
        assert_eq!(after.waits(), [Waits::Parts(OPEN_MAX - n % 64)]);
    }
    assert_eq!(DRAFTS.get() - drafts, 2);
}

#[test]
fn two_thousand_stages_may_not_be_needed_at_once() {
    let after = |n: usize| if n == 0 { json!([]) } else { json!([format!("{:060}", n - 1)]) };
    let stage = |n: usize| json!({ "name": format!("{n:060}"), "after": after(n), "task": "t", "when": "${ input }" });
    // As many as a definition has room for with names as long as these.
    let stages: Vec<Value> = (0..600).map(stage).collect();
    let tale = Tale::of(&of(json!(stages)), &json!(false));
    assert_eq!(tale.history.len(), 3);
    assert_eq!(tale.run.phase().name(), "completed");
}

#[test]
fn inputs_that_are_large_begin_in_more_than_one_decision() {
    let large = "x".repeat(200 * 1024);
    let stages: Vec<Value> = (0..30)
        .map(|n| json!({ "name": format!("s{n}"), "task": "t", "input": "${ input }" }))
        .collect();
    let mut tale = Tale::new();
    let beginning = start(begin(&of(json!(stages)), &json!(large)));
    let events = tale.decide(beginning).expect("it begins");
    let bytes: usize = events
        .iter()
        .map(|event| {
            use events::codec::Words;
            event.payload().len()
        })
        .sum();
    assert!(bytes < 3 * 1024 * 1024, "{bytes} bytes");
    tale.happened(events);
    assert_eq!(go_on(&mut tale), 2);
    assert_eq!(tale.run.open_parts(the_run()).len(), 30);
}

#[test]
fn what_does_not_fit_into_one_event_does_not_begin() {
    let document = of(json!([{ "name": "a", "task": "t" }]));
    let refused =
        Tale::new().refuses(start(begin(&document, &json!("x".repeat(INLINE_BYTES_MAX)))));
    assert_eq!(refused, "run.input_too_large");
}

/// Ends that come in any order, each of them twice.
#[test]
fn ten_thousand_items_are_counted_one_by_one() {
    let list: Vec<usize> = (0..10_000).collect();
    let document = of(json!([{ "name": "each", "foreach": "${ input }", "task": "t",
        "at_once": 10_000 }, { "name": "last", "after": ["each"], "task": "t" }]));
    let mut run = Run::default();
    let at = moment(NOON);
    let mut history = run.decide(start(begin(&document, &json!(list))), &at).expect("it begins");
    run = history.iter().fold(run, Run::evolve);
    let parts = run.open_parts(the_run());
    assert_eq!((parts.len(), history.len()), (OPEN_MAX, 2 + 10_000 / 64 + 1));
    let drafts = DRAFTS.get();
    for part in parts.iter().rev() {
        let end = || tale::ended(part.id, tale::done(&json!(1)));
        let events = run.decide(end(), &at).expect("it ends");
        assert!(!events.is_empty());
        run = events.iter().fold(run, Run::evolve);
        history.extend(events);
        assert_eq!(run.decide(end(), &at), Ok(vec![]), "an end counts twice");
    }
    // Two of them lead to something else, or might: the last, and the one with which a run that was
    // full has room for others. Only they need a copy of the run.
    assert_eq!(DRAFTS.get() - drafts, 2);
    assert_eq!(run.open_parts(the_run()).len(), 1);
    assert_eq!(Run::replay(&history), run);
    crate::spec::survives_being_kept(&run);
}

#[test]
fn undoing_much_takes_more_than_one_decision() {
    let list: Vec<usize> = (0..2_000).collect();
    let document = of(json!([
        { "name": "each", "foreach": "${ input }", "task": "t", "at_once": 2_000,
          "compensate": { "task": "undo", "input": "${ output.no }" } },
        { "name": "last", "after": ["each"], "wait": { "signal": "go" } },
    ]));
    let at = moment(NOON);
    let mut run = Run::default();
    let happens = |run: Run, command| {
        let events = run.decide(command, &at).expect("it happens");
        let count = events.len();
        (events.iter().fold(run, Run::evolve), count)
    };
    run = happens(run, start(begin(&document, &json!(list)))).0;
    for part in run.open_parts(the_run()) {
        run = happens(run, tale::ended(part.id, tale::done(&json!({})))).0;
    }
    let cancel = RunCommand::Cancel { reason: String::new(), undoes: true };
    let (mut run, mut count) = happens(run, cancel);
    let mut rings = 0;
    while !run.is_over() {
        assert!(count <= DECISION_EVENTS_MAX + 80, "{count} events");
        assert_eq!(run.waits(), [Waits::Time(None)]);
        (run, count) = happens(run, ring_go_on(NOON));
        rings += 1;
    }
    assert!(rings >= 3, "{rings} rings");
    let PhaseShown::Over { undone, .. } = run.phase() else { panic!("it is over") };
    assert_eq!(undone, Undone::Partly);
}
