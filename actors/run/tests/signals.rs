//! What a run is told, and the times it waits for.

use events::id::EventId;

use super::*;

fn hold(wait: Value) -> Value {
    of(json!([{ "name": "hold", "wait": wait },
        { "name": "then", "after": ["hold"], "task": "t", "input": "${ stages.hold.completed }" }]))
}

fn signal(name: &str, payload: Value) -> RunCommand {
    RunCommand::Signal { name: name.parse().expect("a token"), payload: content(&payload) }
}

fn ring(tale: &Tale, what: RunTimerKind, ms: u64) -> RunCommand {
    let (stage, turn) = (Some(stage("hold")), tale.run.stages()[0].turn);
    let cause = EventId(Uuid::nil());
    RunCommand::Ring(RunTimer { what, stage, turn, at: NOON.plus_ms(ms), cause })
}

#[test]
fn a_signal_goes_to_the_stage_that_waits_for_it() {
    let mut document = hold(json!({ "signal": "go" }));
    document["stages"][1]["input"] = json!("${ stages.hold.output }");
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&document, &json!(1))));
    assert_eq!(happens[1], "stage_began hold signal go");
    assert_eq!(tale.says(signal("stop", json!(0))), ["signalled stop 0"]);
    assert_eq!(
        tale.says(signal("go", json!(7))),
        ["signalled go 7", "stage_ended hold completed 7", "stage_began then task t 7"]
    );
}

#[test]
fn a_signal_that_nobody_waits_for_is_kept_in_order() {
    let document = of(json!([{ "name": "first", "task": "t" },
        { "name": "a", "after": ["first"], "wait": { "signal": "go" } },
        { "name": "b", "after": ["a"], "wait": { "signal": "go" } },
        { "name": "c", "after": ["b"], "wait": { "signal": "go" } }]));
    let mut document = document;
    document["output"] = json!("${ [stages.a.output, stages.b.output] }");
    let mut tale = Tale::of(&document, &json!(1));
    tale.says(signal("go", json!(1)));
    tale.says(signal("go", json!(2)));
    assert_eq!(
        tale.done("first", 0, json!(1))[1..],
        [
            "stage_began a signal go",
            "stage_ended a completed 1",
            "stage_began b signal go",
            "stage_ended b completed 2",
            "stage_began c signal go",
        ]
    );
}

#[test]
fn only_so_many_signals_are_kept() {
    let document = of(json!([{ "name": "a", "task": "a" }]));
    let mut tale = Tale::of(&document, &json!(1));
    (0..bounds::SIGNALS_MAX).for_each(|n| drop(tale.says(signal("go", json!(n)))));
    assert_eq!(tale.refuses(signal("go", json!(1))), "run.too_many_signals");
    for n in 1..bounds::SIGNAL_NAMES_MAX {
        tale.says(signal(&format!("s{n}"), json!(n)));
    }
    assert_eq!(tale.refuses(signal("new", json!(1))), "run.too_many_signals");
    let mut tale = Tale::of(&document, &json!(1));
    let large = json!("x".repeat(200 * 1024));
    (0..5).for_each(|_| drop(tale.says(signal("go", large.clone()))));
    assert_eq!(tale.refuses(signal("go", large)), "run.too_many_signals");
}

#[test]
fn a_signal_that_does_not_come_in_time_makes_the_stage_fail() {
    let mut document = hold(json!({ "signal": "go", "within_ms": 500 }));
    document["stages"][0]["timeout_ms"] = json!(900);
    document["stages"][0]["on_failure"] = json!("continue");
    let mut tale = Tale::of(&document, &json!(1));
    assert!(tale.says(ring(&tale, RunTimerKind::Stage, 900)).is_empty(), "the sooner time counts");
    assert_eq!(
        tale.says(ring(&tale, RunTimerKind::Stage, 500)),
        ["stage_ended hold timed out (timed_out)", "stage_began then task t false"]
    );
    assert!(tale.says(ring(&tale, RunTimerKind::Stage, 500)).is_empty());
}

#[test]
fn a_stage_waits_for_a_while() {
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&hold(json!({ "for_ms": 250 })), &json!(1))));
    assert_eq!(happens[1], "stage_began hold until +250");
    for other in [
        ring(&tale, RunTimerKind::Until, 249),
        ring(&tale, RunTimerKind::Stage, 250),
        ring(&tale, RunTimerKind::Approval, 250),
    ] {
        assert!(tale.says(other).is_empty());
    }
    let until = ring(&tale, RunTimerKind::Until, 250);
    let happens = tale.says(until.clone());
    assert_eq!(happens, ["stage_ended hold completed", "stage_began then task t true"]);
    assert!(tale.says(until).is_empty());
}

#[test]
fn a_stage_waits_until_a_time_that_someone_says() {
    let document = hold(json!({ "until": "${ input.at }" }));
    let at = |at: &str| Tale::new().says(start(begin(&document, &json!({ "at": at }))));
    let past = at("2020-01-01T00:00:00Z");
    assert_eq!(past[2..], ["stage_ended hold completed", "stage_began then task t true"]);
    assert_eq!(at("2026-02-02T02:40:01Z")[1], "stage_began hold until +1000");
    assert_eq!(at("tomorrow")[1], "stage_ended hold failed (template_failed)");
    let number = Tale::new().says(start(begin(&document, &json!({ "at": 7 }))));
    assert_eq!(number[1], "stage_ended hold failed (template_failed)");
}

#[test]
fn a_stage_that_is_not_done_in_time_is_called_off_and_waited_for() {
    let document = |failure: &str| {
        of(json!([{ "name": "hold", "foreach": [1, 2, 3], "at_once": 2, "task": "t",
            "timeout_ms": 100, "on_failure": failure,
            "compensate": { "task": "undo", "input": "${ item }" } }]))
    };
    let mut tale = Tale::of(&document("compensate"), &json!(1));
    let late = ring(&tale, RunTimerKind::Stage, 100);
    assert_eq!(tale.says(late.clone()), ["work_called_off 2 tasks 0 runs"]);
    assert!(tale.says(late).is_empty());
    assert_eq!(tale.done("hold", 0, json!(1)), ["item_ended hold[0] completed"]);
    assert_eq!(
        tale.ends("hold", 1, tale::called_off()),
        [
            "item_ended hold[1] called off",
            "stage_ended hold timed out (timed_out)",
            "ending failed hold timed_out undoes: true",
            "undo_began hold 0=1",
        ]
    );
    assert_eq!(
        tale.done("hold", 0, json!(1)),
        ["undo_ended hold[0] completed", "finished failed (timed_out) undone: all"]
    );
}

#[test]
fn what_was_done_just_before_its_time_was_up_is_done() {
    let document = of(json!([{ "name": "hold", "task": "t", "timeout_ms": 100 }]));
    let mut tale = Tale::of(&document, &json!(1));
    tale.says(ring(&tale, RunTimerKind::Stage, 100));
    let mut late = tale.clone();
    assert_eq!(
        tale.done("hold", 0, json!(1)),
        ["stage_ended hold completed", "finished completed undone: nothing"]
    );
    let happens = late.ends("hold", 0, tale::called_off());
    assert_eq!(happens[0], "stage_ended hold timed out (timed_out)");
}

#[test]
fn a_run_that_is_not_done_in_time_comes_to_its_end() {
    let document = json!({ "timeout_ms": 100, "stages": [
        { "name": "a", "task": "a", "compensate": { "task": "undo" } },
        { "name": "b", "after": ["a"], "task": "b" }] });
    let mut tale = Tale::of(&document, &json!(1));
    tale.done("a", 0, json!(1));
    let cause = EventId(Uuid::nil());
    let timer = |ms| {
        let at = NOON.plus_ms(ms);
        RunCommand::Ring(RunTimer { what: RunTimerKind::Run, stage: None, turn: 0, at, cause })
    };
    assert!(tale.says(timer(99)).is_empty());
    let happens = tale.says(timer(100));
    assert_eq!(happens, ["ending timed out undoes: true", "work_called_off 1 tasks 0 runs"]);
    assert!(tale.says(timer(100)).is_empty());
    assert_eq!(
        tale.ends("b", 0, tale::called_off()),
        ["stage_ended b called off", "undo_began a 0=null"]
    );
    let happens = tale.done("a", 0, json!(1));
    assert_eq!(happens[1], "finished timedout (timed_out) undone: all");
}

#[test]
fn a_run_begins_when_its_time_has_come() {
    let document = hold(json!({ "for_ms": 250 }));
    let later = || Begin { begins_at: Some(NOON.plus_ms(100)), ..begin(&document, &json!(1)) };
    let mut tale = Tale::new();
    assert_eq!(tale.says(start(later())), ["started 1"]);
    assert!(tale.says(start(later())).is_empty());
    assert_eq!(tale.says(signal("go", json!(1))), ["signalled go 1"]);
    let begins = RunTimer {
        what: RunTimerKind::Begins,
        stage: None,
        turn: 0,
        at: NOON.plus_ms(100),
        cause: EventId(Uuid::nil()),
    };
    let early = RunTimer { at: NOON, ..begins.clone() };
    assert!(tale.says(RunCommand::Ring(early)).is_empty());
    let mut paused = tale.clone();
    assert_eq!(tale.says(RunCommand::Ring(begins.clone())), ["stage_began hold until +250"]);
    assert!(tale.says(RunCommand::Ring(begins.clone())).is_empty());

    // Whoever resumes it too early lets it wait on; and the timer rings once.
    paused.says(RunCommand::Pause { reason: String::new() });
    assert_eq!(paused.says(RunCommand::Resume { reason: String::new() }), ["resumed 0"]);
    paused.says(RunCommand::Pause { reason: String::new() });
    paused.later(100);
    assert!(paused.says(RunCommand::Ring(begins)).is_empty());
    let happens = paused.says(RunCommand::Resume { reason: String::new() });
    assert_eq!(happens, ["resumed 0", "stage_began hold until +350"]);
}
