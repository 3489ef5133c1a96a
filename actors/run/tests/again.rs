//! Going on after the end: in the same run, or in another one.

use events::run::Forked;

use super::*;

fn retry(from: Option<&str>) -> RunCommand {
    RunCommand::Retry { from: from.map(stage), reason: "again".into() }
}

fn four() -> Value {
    json!({ "output": "${ [stages.a.output, stages.c.output] }", "stages": [
        { "name": "a", "task": "t" },
        { "name": "b", "after": ["a"], "foreach": [1, 2, 3], "task": "t", "input": "${ item }" },
        { "name": "c", "after": ["b"], "task": "t", "input": "${ stages.b.output }" },
        { "name": "d", "task": "t", "on_failure": "continue" },
    ] })
}

/// A run of which the second item of `b` failed.
fn failed_once() -> Tale {
    let mut tale = Tale::of(&four(), &json!(1));
    tale.done("d", 0, json!("D"));
    tale.done("a", 0, json!("A"));
    tale.done("b", 0, json!("b0"));
    tale.done("b", 2, json!("b2"));
    tale.fails("b", 1);
    assert_eq!(tale.run.phase().name(), "failed");
    tale
}

#[test]
fn what_failed_is_done_again_and_what_was_done_stays() {
    let mut tale = failed_once();
    assert_eq!(tale.says(retry(None)), ["retried b", "stage_began b 3 items", "items_began b 1=2"]);
    let began = tale.history.iter().rev().find_map(|event| {
        if let RunEvent::StageBegan(began) = event { Some(began.turn) } else { None }
    });
    assert_eq!(began, Some(1));
    assert_eq!(
        tale.done("b", 1, json!("b1"))[1..],
        ["stage_ended b completed", r#"stage_began c task t ["b0","b1","b2"]"#]
    );
    let ends = tale.done("c", 0, json!("C"));
    assert_eq!(ends[1], r#"finished completed ["A","C"] undone: nothing"#);
    assert_eq!(tale.refuses(retry(None)), "run.nothing_to_retry");
}

#[test]
fn an_end_of_an_earlier_turn_is_nothing() {
    let mut tale = Tale::of(&four(), &json!(1));
    tale.done("d", 0, json!("D"));
    let first = tale.part("a", 0);
    tale.fails("a", 0);
    assert_eq!(tale.says(retry(None))[1], "stage_began a task t null");
    assert_ne!(tale.part("a", 0), first);
    assert!(tale.says(tale::ended(first, tale::done(&json!(1)))).is_empty());
}

#[test]
fn a_stage_that_is_named_is_done_anew_with_all_behind_it() {
    let mut tale = failed_once();
    assert_eq!(tale.refuses(retry(Some("nowhere"))), "run.no_such_stage");
    let mut from_a = tale.clone();
    assert_eq!(
        tale.says(retry(Some("b"))),
        ["retried b", "stage_began b 3 items", "items_began b 0=1 1=2 2=3"]
    );
    assert_eq!(from_a.says(retry(Some("a"))), ["retried a b", "stage_began a task t null"]);
    // What it is given now may be something else.
    let happens = from_a.done("a", 0, json!("again"));
    assert_eq!(happens[2], "items_began b 0=1 1=2 2=3");
}

#[test]
fn a_run_that_was_done_can_be_retried_from_a_stage() {
    let mut tale = failed_once();
    tale.says(retry(None));
    tale.done("b", 1, json!("b1"));
    tale.done("c", 0, json!("C"));
    assert_eq!(
        tale.says(retry(Some("c"))),
        ["retried c", r#"stage_began c task t ["b0","b1","b2"]"#]
    );
    assert_eq!(tale.refuses(retry(None)), "run.not_finished");
    assert_eq!(tale.run.phase().name(), "open");
}

#[test]
fn what_was_called_off_or_skipped_behind_a_failure_is_decided_anew() {
    let document = of(json!([
        { "name": "a", "task": "t", "on_failure": "continue" },
        { "name": "b", "after": ["a"], "task": "t", "when": "${ stages.a.completed }" },
        { "name": "w", "wait": { "signal": "go" } },
        { "name": "x", "task": "t" },
    ]));
    let mut tale = Tale::of(&document, &json!(1));
    assert_eq!(tale.fails("a", 0)[1], "stages_skipped b");
    tale.fails("x", 0);
    assert_eq!(
        tale.says(retry(None)),
        [
            "retried a b w x",
            "stage_began a task t null",
            "stage_began w signal go",
            "stage_began x task t null",
        ]
    );
    assert_eq!(tale.done("a", 0, json!(1))[1], "stage_began b task t null");
}

#[test]
fn what_was_done_before_a_retry_is_undone_although_its_stage_did_not_begin_again() {
    let document = json!({ "at_once": 1, "stages": [
        { "name": "first", "task": "t", "on_failure": "continue" },
        { "name": "each", "foreach": [1, 2], "task": "t", "compensate": { "task": "undo" } },
    ] });
    let mut tale = Tale::of(&document, &json!(1));
    tale.fails("first", 0);
    tale.done("each", 0, json!(1));
    tale.fails("each", 1);
    assert_eq!(tale.says(retry(None)), ["retried first each", "stage_began first task t null"]);
    tale.says(RunCommand::Cancel { reason: "enough".into(), undoes: true });
    let happens = tale.ends("first", 0, tale::called_off());
    assert_eq!(happens, ["stage_ended first called off", "undo_began each 0=null"]);
}

/// Items that were done before a retry after which their stage has not begun again.
#[test]
fn what_was_done_does_not_stay_where_what_it_was_done_with_is_done_anew() {
    let undo = json!({ "task": "undo", "input": "${ [item, stages.a.output] }" });
    let document = json!({ "at_once": 1, "stages": [
        { "name": "a", "task": "t" },
        { "name": "first", "task": "t", "on_failure": "continue" },
        { "name": "each", "after": ["a"], "foreach": [1, 2], "task": "t", "compensate": undo },
    ] });
    let cancel = |undoes| RunCommand::Cancel { reason: "enough".into(), undoes };
    let mut tale = Tale::of(&document, &json!(1));
    tale.done("a", 0, json!("A"));
    tale.fails("first", 0);
    tale.done("each", 0, json!(1));
    tale.fails("each", 1);
    assert_eq!(tale.says(retry(None))[0], "retried first each");
    tale.says(cancel(false));
    tale.ends("first", 0, tale::called_off());
    assert_eq!(tale.says(retry(Some("a"))), ["retried a first each", "stage_began a task t null"]);
    tale.done("a", 0, json!("again"));
    assert_eq!(tale.done("first", 0, json!(1))[2], "items_began each 0=null 1=null");
    tale.done("each", 1, json!(1));
    tale.says(cancel(true));
    let happens = tale.ends("each", 0, tale::called_off());
    assert_eq!(happens.last().map(String::as_str), Some(r#"undo_began each 1=[2,"again"]"#));
    let happens = tale.done("each", 1, json!(1));
    assert_eq!(happens[1], "finished cancelled (cancelled) undone: partly");
}

#[test]
fn a_stage_begins_only_so_often() {
    let document = of(json!([{ "name": "a", "task": "t" }]));
    let mut tale = Tale::of(&document, &json!(1));
    for _ in 1..bounds::TURNS_MAX {
        tale.fails("a", 0);
        tale.says(retry(None));
    }
    tale.fails("a", 0);
    assert_eq!(tale.refuses(retry(None)), "run.too_many_turns");
}

#[test]
fn a_part_of_another_run_is_not_retried() {
    let slot =
        events::run::Slot { run: RunId(Uuid::from_u128(9)), stage: stage("sub"), turn: 0, item: 0 };
    let mut tale = Tale::new();
    let by = By::Run;
    tale.says(start(Begin { by, parent: Some(slot), ..begin(&four(), &json!(1)) }));
    tale.fails("a", 0);
    tale.ends("d", 0, tale::called_off());
    assert_eq!(tale.refuses(retry(None)), "run.is_a_part");
}

#[test]
fn a_run_that_must_be_over_in_time_gets_that_time_again() {
    let document = json!({ "timeout_ms": 100, "stages": [{ "name": "a", "task": "t" }] });
    let mut tale = Tale::of(&document, &json!(1));
    tale.fails("a", 0);
    tale.later(1_000).says(retry(None));
    assert_eq!(tale.run.ends_by(), Some(NOON.plus_ms(1_100)));
}

/// Another run that goes on from this one.
fn fork(tale: &Tale, from: &str, input: Option<Value>) -> RunCommand {
    let found = Some(tale.run.past(&stage(from), tale.history.len() as u64));
    let (of, labels) = (RunId(Uuid::from_u128(1)), [].into());
    let input = input.as_ref().map(content);
    RunCommand::Fork(Box::new(Fork { of, from: stage(from), input, found, labels }))
}

#[test]
fn a_fork_begins_from_a_stage_and_keeps_what_does_not_come_after_it() {
    let old = failed_once();
    let mut tale = Tale::new();
    let happens = tale.says(fork(&old, "b", None));
    assert_eq!(
        happens,
        ["started 1", "stages_kept a d", "stage_began b 3 items", "items_began b 0=1 1=2 2=3"]
    );
    let Some(RunEvent::Started(started)) = tale.history.first() else { panic!("it began") };
    let version = old.history.len() as u64;
    let run = RunId(Uuid::from_u128(1));
    let forked = Forked { run, version, from: stage("b"), nominal: None };
    assert_eq!(started.forked, Some(forked));
    assert!(tale.says(fork(&old, "b", None)).is_empty());
    assert_eq!(tale.refuses(fork(&old, "a", None)), "run.already_started");
    (0..3).for_each(|item| drop(tale.done("b", item, json!(item))));
    let ends = tale.done("c", 0, json!("C"));
    assert_eq!(ends[1], r#"finished completed ["A","C"] undone: nothing"#);
    // What another run did is not undone here, and not shown as its own.
    assert_eq!(tale.run.stages()[0].stands, StageShown::Kept);
}

#[test]
fn a_fork_of_a_run_that_a_schedule_wanted_is_meant_for_the_same_time() {
    let document = of(json!([
        { "name": "a", "task": "t" },
        { "name": "b", "after": ["a"], "task": "t", "input": "${ schedule.nominal }" },
    ]));
    let schedule = "nightly".parse().expect("a token");
    let mut old = Tale::new();
    let by = By::Schedule { schedule, nominal: NOON };
    old.says(start(Begin { by, ..begin(&document, &json!(1)) }));
    let goes_on = |old: &mut Tale| {
        let happens = old.done("a", 0, json!("A"));
        assert_eq!(happens[1], format!(r#"stage_began b task t "{NOON}""#));
        old.fails("b", 0);
    };
    goes_on(&mut old);
    let mut forked = Tale::new();
    forked.says(fork(&old, "a", None));
    goes_on(&mut forked);
    let Some(RunEvent::Started(started)) = forked.history.first() else { panic!("it began") };
    assert_eq!(started.by, By::Publisher, "the schedule did not want this one");
    let mut again = Tale::new();
    let happens = again.says(fork(&forked, "b", None));
    assert_eq!(happens[2], format!(r#"stage_began b task t "{NOON}""#));
}

#[test]
fn a_fork_keeps_the_list_that_items_brought() {
    let mut old = failed_once();
    old.says(retry(None));
    old.done("b", 1, json!("b1"));
    old.fails("c", 0);
    let happens = Tale::new().says(fork(&old, "c", Some(json!(2))));
    assert_eq!(
        happens,
        ["started 2", "stages_kept a b d", r#"stage_began c task t ["b0","b1","b2"]"#]
    );
}

#[test]
fn what_a_fork_keeps_may_need_many_events() {
    let document = of(json!([
        { "name": "b", "foreach": [1, 2, 3, 4], "task": "t" },
        { "name": "c", "after": ["b"], "task": "t", "when": "${ length(stages.b.output) == 4 }",
          "input": "${ stages.b.output[3] }" },
    ]));
    let mut old = Tale::of(&document, &json!(1));
    for item in 0..4 {
        old.done("b", item, json!("x".repeat(20 * 1024 * (1 + item as usize))));
    }
    old.fails("c", 0);
    let happens = Tale::new().says(fork(&old, "c", None));
    assert_eq!(happens.iter().filter(|line| line.starts_with("stages_kept")).count(), 2);
    assert!(happens.last().is_some_and(|line| line.starts_with("stage_began c")), "{happens:?}");
}

#[test]
fn what_was_undone_is_not_kept() {
    let document = of(json!([
        { "name": "a", "task": "t", "compensate": { "task": "undo" } },
        { "name": "b", "after": ["a"], "task": "t" },
        { "name": "c", "after": ["b"], "task": "t", "on_failure": "compensate" },
    ]));
    let mut old = Tale::of(&document, &json!(1));
    old.done("a", 0, json!(1));
    old.done("b", 0, json!(1));
    old.fails("c", 0);
    old.done("a", 0, json!(1));
    assert_eq!(old.run.phase().name(), "failed");
    assert_eq!(Tale::new().says(fork(&old, "c", None)), ["started 1", "stage_began a task t null"]);
}

#[test]
fn whoever_forks_hears_why_that_cannot_be() {
    let old = failed_once();
    let open = Tale::of(&four(), &json!(1));
    for (command, code) in [
        (fork(&open, "b", None), "run.fork_not_finished"),
        (fork(&old, "nowhere", None), "run.no_such_stage"),
        (fork(&Tale::new(), "b", None), "run.fork_not_found"),
    ] {
        assert_eq!(Tale::new().refuses(command), code);
    }
    let RunCommand::Fork(unseen) = fork(&old, "b", None) else { panic!("it is a fork") };
    let unseen = RunCommand::Fork(Box::new(Fork { found: None, ..*unseen }));
    assert_eq!(Tale::new().refuses(unseen), "run.not_looked_up");
    let unreadable = Run::replay([&RunEvent::NotStarted(NotStarted {
        pipeline: "nightly".parse().expect("a token"),
        edition: None,
        by: By::Run,
        parent: None,
        error: failure("gone"),
        at: NOON,
    })]);
    assert_eq!(unreadable.past(&stage("a"), 1), Forkable::Unreadable);
}

fn guarded() -> Value {
    of(json!([
        { "name": "sign", "approval": { "of": "${ input }" } },
        { "name": "deploy", "after": ["sign"], "task": "t", "input": "${ input }" },
        { "name": "tell", "after": ["deploy"], "task": "t" },
    ]))
}

/// What somebody says about the stage that asks.
fn verdict(tale: &Tale) -> Verdict {
    let asked = tale.run.approvals(the_run()).pop().expect("someone is asked");
    let by = Some("ada".parse().expect("a principal"));
    Verdict { stage: stage("sign"), hash: asked.hash, note: String::new(), by }
}

#[test]
fn what_somebody_said_no_to_is_asked_again_whatever_stage_a_retry_names() {
    let mut refused = Tale::of(&guarded(), &json!(1));
    let verdict = verdict(&refused);
    let mut called_off = refused.clone();
    refused.says(RunCommand::Disapprove(verdict));
    called_off.says(RunCommand::Cancel { reason: "enough".into(), undoes: false });
    for mut tale in [refused, called_off] {
        let happens = tale.says(retry(Some("deploy")));
        assert_eq!(happens[0], "retried sign");
        assert!(happens[1].starts_with("approval_asked sign"), "{happens:?}");
        assert_eq!(happens.len(), 2);
    }
}

#[test]
fn a_fork_asks_again_about_what_it_does_anew() {
    let mut old = Tale::of(&guarded(), &json!(1));
    let verdict = verdict(&old);
    old.says(RunCommand::Approve(verdict));
    old.done("deploy", 0, json!("D"));
    old.fails("tell", 0);
    let happens = Tale::new().says(fork(&old, "deploy", Some(json!("evil"))));
    assert!(happens[1].starts_with("approval_asked sign"), "{happens:?}");
    assert_eq!(happens.len(), 2);
    let happens = Tale::new().says(fork(&old, "tell", None));
    assert_eq!(happens[1], "stages_kept deploy");
    assert!(happens.iter().any(|it| it.starts_with("approval_asked sign")), "{happens:?}");
}

#[test]
fn what_others_have_gone_on_without_is_not_done_again() {
    let document = of(json!([
        { "name": "a", "task": "t", "on_failure": "continue" },
        { "name": "b", "after": ["a"], "task": "t", "input": "${ default(stages.a.output, 7) }" },
        { "name": "c", "task": "t" },
    ]));
    let mut tale = Tale::of(&document, &json!(1));
    tale.fails("a", 0);
    tale.done("b", 0, json!("with 7"));
    tale.fails("c", 0);
    assert_eq!(tale.says(retry(None)), ["retried c", "stage_began c task t null"]);
}
