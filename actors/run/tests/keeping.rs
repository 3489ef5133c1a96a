//! How runs are kept while nobody asks them anything.

use super::*;
use crate::spec::{have_their_shape, survives_being_kept};

/// One of every sort, with all that a run can hold.
fn sorts() -> Vec<Run> {
    let undo = json!({ "task": "undo", "input": "${ output }" });
    let document = json!({ "timeout_ms": 100_000, "stages": [
        { "name": "each", "foreach": [1, 2, 3], "task": "t", "on_failure": "continue",
          "compensate": undo, "timeout_ms": 500 },
        { "name": "skip", "task": "t", "when": "${ false }" },
        { "name": "hold", "wait": { "signal": "go" } },
        { "name": "rest", "wait": { "for_ms": 100 } },
        { "name": "sign", "approval": { "within_ms": 100 } },
        { "name": "one", "task": "t", "compensate": undo },
        { "name": "sub", "after": ["one"], "run": { "pipeline": "inner", "edition": 1 } },
    ] });
    let say = |tale: &Tale, command: RunCommand| {
        let mut tale = tale.clone();
        tale.says(command);
        tale
    };
    let mut open = Tale::of(&document, &json!(1));
    open.fails("each", 0);
    open.done("each", 1, json!({ "b": 1 }));
    open.done("one", 0, json!("O"));
    let stay =
        RunCommand::Signal { name: "stay".parse().expect("a token"), payload: content(&json!(1)) };
    let open = say(&open, stay);
    let reason = || "enough".to_owned();
    let paused = say(&open, RunCommand::Pause { reason: reason() });
    let cancelled = say(&open, RunCommand::Cancel { reason: reason(), undoes: true });
    let mut over = cancelled.clone();
    over.ends("each", 2, tale::called_off());
    over.ends("sub", 0, tale::called_off());
    over.fails("each", 1);
    over.done("one", 0, json!(1));
    assert!(over.run.is_over());
    let mut delayed = Tale::new();
    let begins_at = Some(NOON.plus_ms(1));
    delayed.says(start(Begin { begins_at, ..begin(&document, &json!(1)) }));
    let slot = events::run::Slot { run: RunId(Uuid::nil()), stage: stage("s"), turn: 0, item: 0 };
    let mut never = Tale::new();
    let found = Some(Resolved::NoPipeline);
    let by = By::Run;
    never.says(start(Begin { by, found, parent: Some(slot), ..begin(&document, &json!(1)) }));
    [Tale::new(), delayed, open, paused, cancelled, over, never].map(|tale| tale.run).to_vec()
}

#[test]
fn the_shape_of_a_run_is_known() {
    have_their_shape(&sorts());
}

#[test]
fn a_run_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}

#[test]
fn whoever_looks_at_a_run_sees_where_it_stands() {
    let runs = sorts();
    let names: Vec<&str> = runs.iter().map(|run| run.phase().name()).collect();
    assert_eq!(
        names,
        ["unknown", "delayed", "open", "paused", "ending", "cancelled", "not_started"]
    );
    let stages: Vec<&str> = runs[2].stages().iter().map(|stage| stage.stands.name()).collect();
    assert_eq!(
        stages,
        ["works", "skipped", "waits_for_signal", "waits_until", "asked", "completed", "works"]
    );
    let items = ShownItems { count: 3, running: 1, done: 1, failed: 1 };
    assert_eq!(runs[2].stages()[0].items, Some(items));
    let waits = runs[3].waits();
    assert!(waits.contains(&Waits::Pause) && waits.contains(&Waits::Parts(2)), "{waits:?}");
    assert!(waits.contains(&Waits::Approval(stage("sign"))), "{waits:?}");
}
