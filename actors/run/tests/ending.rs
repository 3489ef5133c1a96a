//! Pausing, calling off and undoing.

use super::*;

fn three() -> Value {
    let undo = json!({ "task": "undo", "input": "${ [output] }" });
    of(json!([
        { "name": "a", "task": "t", "compensate": undo },
        { "name": "b", "after": ["a"], "foreach": [7, 8, 9], "at_once": 2, "task": "t",
          "compensate": { "task": "undo", "input": "${ [item, output] }" } },
        { "name": "c", "after": ["b"], "task": "t", "compensate": undo },
    ]))
}

fn pause() -> RunCommand {
    RunCommand::Pause { reason: "lunch".into() }
}

fn resume() -> RunCommand {
    RunCommand::Resume { reason: "back".into() }
}

fn cancel(undoes: bool) -> RunCommand {
    RunCommand::Cancel { reason: "enough".into(), undoes }
}

/// A run in which `a` is done, and two of three items of `b` are under way.
fn half_way() -> Tale {
    let mut tale = Tale::of(&three(), &json!(1));
    tale.done("a", 0, json!("A"));
    tale
}

#[test]
fn while_a_run_is_paused_ends_are_recorded_and_nothing_begins() {
    let mut tale = half_way();
    assert_eq!(tale.says(pause()), ["paused 0"]);
    assert!(tale.says(pause()).is_empty());
    assert_eq!(tale.done("b", 0, json!(1)), ["item_ended b[0] completed 1"]);
    assert_eq!(tale.done("b", 1, json!(2)), ["item_ended b[1] completed 2"]);
    assert_eq!(tale.says(resume()), ["resumed 0", "items_began b 2=null"]);
    assert!(tale.says(resume()).is_empty());
}

#[test]
fn what_fails_while_a_run_is_paused_ends_it() {
    let mut tale = half_way();
    tale.says(pause());
    assert_eq!(tale.fails("b", 0)[1], "ending failed b gpu.busy undoes: false");
}

#[test]
fn runs_inside_are_paused_and_resumed_with_it() {
    let document = of(json!([{ "name": "each", "foreach": [1, 2], "on_failure": "continue",
        "run": { "pipeline": "inner", "edition": 1 } }, { "name": "t", "task": "t" }]));
    let mut tale = Tale::of(&document, &json!(1));
    tale.fails("each", 0);
    assert_eq!(tale.says(pause()), ["paused 1"]);
    assert_eq!(tale.says(resume()), ["resumed 1"]);
}

#[test]
fn many_runs_inside_are_paused_with_more_than_one_event() {
    let list: Vec<usize> = (0..1_001).collect();
    let document = of(json!([{ "name": "each", "foreach": list, "at_once": 2_000,
        "run": { "pipeline": "inner", "edition": 1 } }]));
    let mut tale = Tale::of(&document, &json!(1));
    assert_eq!(tale.says(pause()), ["paused 1000", "paused 1"]);
    assert_eq!(tale.says(resume()), ["resumed 1000", "resumed 1"]);
    let happens = tale.says(cancel(true));
    assert_eq!(
        happens[1..],
        ["work_called_off 0 tasks 1000 runs", "work_called_off 0 tasks 1 runs"]
    );
}

#[test]
fn what_was_done_is_undone_in_reverse_when_a_run_is_called_off() {
    let mut tale = half_way();
    tale.done("b", 1, json!("B"));
    let happens = tale.says(cancel(true));
    assert_eq!(
        happens,
        ["ending cancelled undoes: true", "work_called_off 2 tasks 0 runs"],
        "what was done is undone when a run is called off"
    );
    assert!(tale.says(cancel(true)).is_empty());
    assert_eq!(tale.ends("b", 2, tale::called_off()), ["item_ended b[2] called off"]);
    // It was done before it heard that it is not wanted.
    assert_eq!(
        tale.done("b", 0, json!("b")),
        [
            r#"item_ended b[0] completed "b""#,
            "stage_ended b called off",
            r#"undo_began b 0=[7,"b"] 1=[8,"B"]"#,
        ]
    );
    let first = tale.part("b", 0);
    assert_eq!(tale.done("b", 0, json!(1)), ["undo_ended b[0] completed"]);
    assert!(tale.says(tale::ended(first, tale::done(&json!(1)))).is_empty());
    assert_eq!(
        tale.done("b", 1, json!(1)),
        ["undo_ended b[1] completed", r#"undo_began a 0=["A"]"#]
    );
    assert_eq!(
        tale.done("a", 0, json!(1)),
        ["undo_ended a[0] completed", "finished cancelled (cancelled) undone: all"]
    );
    assert!(tale.says(cancel(true)).is_empty());
    assert!(tale.says(cancel(false)).is_empty());
}

#[test]
fn whoever_calls_a_run_off_may_leave_what_was_done() {
    let mut tale = half_way();
    tale.says(cancel(false));
    assert!(tale.says(cancel(true)).is_empty());
    tale.ends("b", 0, tale::called_off());
    assert_eq!(
        tale.ends("b", 1, tale::called_off())[1..],
        ["stage_ended b called off", "finished cancelled (cancelled) undone: nothing"]
    );
}

#[test]
fn undoing_can_be_called_off() {
    let mut tale = half_way();
    tale.done("b", 0, json!(1));
    tale.done("b", 1, json!(1));
    tale.done("b", 2, json!(1));
    assert_eq!(tale.says(cancel(true))[0], "ending cancelled undoes: true");
    tale.ends("c", 0, tale::called_off());
    assert_eq!(
        tale.says(cancel(false)),
        ["ending cancelled undoes: false", "work_called_off 2 tasks 0 runs"]
    );
    tale.ends("b", 0, tale::called_off());
    let happens = tale.done("b", 1, json!(1));
    assert_eq!(happens[1], "finished cancelled (cancelled) undone: partly");
    let retry = RunCommand::Retry { from: None, reason: String::new() };
    assert_eq!(tale.refuses(retry), "run.is_undone");
}

#[test]
fn what_cannot_be_undone_is_recorded_and_the_rest_goes_on() {
    let mut document = three();
    document["stages"][1]["compensate"]["input"] = json!("${ output.id }");
    let mut tale = Tale::of(&document, &json!(1));
    tale.done("a", 0, json!("A"));
    tale.done("b", 0, json!({ "id": 1 }));
    tale.done("b", 1, json!({}));
    tale.says(cancel(true));
    assert_eq!(
        tale.ends("b", 2, tale::called_off())[1..],
        [
            "stage_ended b called off",
            "undo_ended b[1] failed (template_failed)",
            "undo_began b 0=1",
        ]
    );
    let happens = tale.fails("b", 0);
    assert_eq!(happens[0], "undo_ended b[0] failed (gpu.busy)");
    let happens = tale.done("a", 0, json!(1));
    assert_eq!(happens[1], "finished cancelled (cancelled) undone: partly");
}

#[test]
fn a_stage_that_fails_has_what_was_done_before_undone_if_its_plan_says_so() {
    let mut document = three();
    document["stages"][2]["on_failure"] = json!("compensate");
    document["stages"][1]["foreach"] = json!([7]);
    let mut tale = Tale::of(&document, &json!(1));
    tale.done("a", 0, json!("A"));
    tale.done("b", 0, json!("B"));
    assert_eq!(
        tale.fails("c", 0),
        [
            "stage_ended c failed (gpu.busy)",
            "ending failed c gpu.busy undoes: true",
            r#"undo_began b 0=[7,"B"]"#,
        ]
    );
    tale.done("b", 0, json!(1));
    assert_eq!(tale.done("a", 0, json!(1))[1], "finished failed (gpu.busy) undone: all");
    assert_eq!(tale.refuses(cancel(true)), "run.already_finished");
}

#[test]
fn what_is_undone_keeps_to_the_room_of_its_stage() {
    let mut tale = half_way();
    tale.done("b", 0, json!(1));
    tale.done("b", 1, json!(2));
    tale.done("b", 2, json!(3));
    tale.says(cancel(true));
    let happens = tale.ends("c", 0, tale::called_off());
    assert_eq!(happens[1], "undo_began b 0=[7,1] 1=[8,2]");
    let happens = tale.done("b", 0, json!(1));
    assert_eq!(happens, ["undo_ended b[0] completed", "undo_began b 2=[9,3]"]);
}

#[test]
fn a_run_that_comes_to_its_end_or_is_over_hears_nothing_else() {
    let mut tale = half_way();
    tale.says(cancel(true));
    let signal =
        || RunCommand::Signal { name: "go".parse().expect("a token"), payload: content(&json!(1)) };
    let retry = || RunCommand::Retry { from: None, reason: String::new() };
    assert_eq!(tale.refuses(pause()), "run.is_ending");
    assert_eq!(tale.refuses(signal()), "run.is_ending");
    assert_eq!(tale.refuses(retry()), "run.not_finished");
    assert!(tale.says(resume()).is_empty());
    tale.ends("b", 0, tale::called_off());
    tale.ends("b", 1, tale::called_off());
    tale.done("a", 0, json!(1));
    for command in [pause(), resume(), signal()] {
        assert_eq!(tale.refuses(command), "run.already_finished");
    }
}

#[test]
fn a_run_can_be_called_off_before_it_begins_and_while_it_is_paused() {
    let mut tale = Tale::new();
    let begins_at = Some(NOON.plus_ms(100));
    tale.says(start(Begin { begins_at, ..begin(&three(), &json!(1)) }));
    assert_eq!(
        tale.says(cancel(true)),
        ["ending cancelled undoes: true", "finished cancelled (cancelled) undone: nothing"]
    );
    let mut tale = half_way();
    tale.says(pause());
    assert_eq!(tale.says(cancel(true)).len(), 2);
    assert_eq!(tale.run.phase().name(), "ending");
}

#[test]
fn a_run_whose_plan_nobody_can_read_can_be_called_off_and_nothing_else() {
    let mut tale = Tale::of(&three(), &json!(1));
    let Some(RunEvent::Started(started)) = tale.history.first().cloned() else {
        panic!("it began")
    };
    let plan = Json::parse("null").expect("JSON");
    let started = RunEvent::Started(events::run::Started { plan, ..started });
    tale = Tale { history: vec![started.clone()], run: Run::replay([&started]), ..tale };
    assert_eq!(tale.refuses(pause()), "run.plan_unreadable");
    assert_eq!(tale.refuses(resume()), "run.plan_unreadable");
    let retry = RunCommand::Retry { from: None, reason: String::new() };
    assert_eq!(tale.refuses(retry), "run.plan_unreadable");
    assert_eq!(tale.decide(tale::stranger()), Ok(vec![]));
    assert_eq!(
        tale.decide(cancel(true)).map(|events| events.iter().map(tale::line).collect::<Vec<_>>()),
        Ok(vec![
            "ending cancelled undoes: true".to_owned(),
            "finished cancelled (cancelled) undone: nothing".to_owned(),
        ])
    );
}
