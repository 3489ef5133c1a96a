//! A stage that goes through a list.

use super::*;

fn each(more: &Value) -> Value {
    let mut stage = json!({ "name": "each", "foreach": "${ input }", "task": "t",
        "input": "${ item }" });
    for (name, value) in more.as_object().expect("an object") {
        stage[name] = value.clone();
    }
    of(json!([stage, { "name": "last", "after": ["each"], "task": "last",
        "input": "${ stages.each.output }" }]))
}

#[test]
fn items_begin_together_and_what_they_bring_is_a_list_in_their_order() {
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&each(&json!({})), &json!(["x", "y", "z"]))));
    assert_eq!(happens[1..], ["stage_began each 3 items", r#"items_began each 0="x" 1="y" 2="z""#]);
    assert_eq!(tale.done("each", 2, json!(3)), ["item_ended each[2] completed 3"]);
    assert_eq!(tale.done("each", 0, json!(1)), ["item_ended each[0] completed 1"]);
    assert_eq!(
        tale.done("each", 1, json!(2)),
        [
            "item_ended each[1] completed 2",
            "stage_ended each completed",
            "stage_began last task last [1,2,3]",
        ]
    );
}

#[test]
fn the_end_of_an_item_counts_once() {
    let mut tale = Tale::of(&each(&json!({})), &json!([1, 2, 3]));
    let first = tale.part("each", 0);
    tale.done("each", 0, json!("a"));
    for _ in 0..3 {
        let happens = tale.says(tale::ended(first, tale::done(&json!("b"))));
        assert!(happens.is_empty(), "an end counts twice: {happens:?}");
    }
}

#[test]
fn a_stage_without_items_ends_where_it_begins() {
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&each(&json!({})), &json!([]))));
    assert_eq!(
        happens[1..],
        ["stage_began each 0 items", "stage_ended each completed", "stage_began last task last []"]
    );
}

#[test]
fn no_more_items_are_under_way_than_the_plan_says() {
    let list: Vec<usize> = (0..20).collect();
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&each(&json!({ "at_once": 8 })), &json!(list))));
    assert_eq!(happens[2], "items_began each 0=0 1=1 2=2 3=3 4=4 5=5 6=6 7=7");
    // They begin some at a time.
    assert_eq!(tale.done("each", 0, json!(0)), ["item_ended each[0] completed 0"]);
    assert_eq!(
        tale.done("each", 1, json!(1)),
        ["item_ended each[1] completed 1", "items_began each 8=8 9=9"]
    );
}

#[test]
fn one_after_the_other_is_exactly_that() {
    let mut tale = Tale::of(&each(&json!({ "at_once": 1 })), &json!([1, 2]));
    assert_eq!(
        tale.done("each", 0, json!(1)),
        ["item_ended each[0] completed 1", "items_began each 1=2"]
    );
}

#[test]
fn items_that_are_large_begin_with_events_of_their_own() {
    let large = "x".repeat(50 * 1024);
    let mut tale = Tale::of(&each(&json!({})), &json!([large, large, large, large]));
    let began = |event: &&RunEvent| matches!(event, RunEvent::ItemsBegan(_));
    assert_eq!(tale.history.iter().filter(began).count(), 2);
    tale.done("each", 3, json!(1));
}

#[test]
fn what_cannot_be_gone_through_fails_the_stage() {
    for (list, code) in [
        (json!({ "a": 1 }), "template_failed"),
        (json!((0..10_001).collect::<Vec<_>>()), "too_many_items"),
    ] {
        let happens = Tale::new().says(start(begin(&each(&json!({})), &list)));
        assert_eq!(happens[1], format!("stage_ended each failed ({code})"));
    }
}

#[test]
fn one_item_that_fails_ends_the_run_and_the_others_are_called_off() {
    let mut tale = Tale::of(&each(&json!({ "at_once": 3 })), &json!([1, 2, 3, 4, 5]));
    tale.done("each", 0, json!(1));
    assert_eq!(
        tale.fails("each", 1),
        [
            "item_ended each[1] failed (gpu.busy)",
            "ending failed each gpu.busy undoes: false",
            "work_called_off 2 tasks 0 runs",
        ]
    );
    assert_eq!(tale.ends("each", 2, tale::called_off()), ["item_ended each[2] called off"]);
    assert_eq!(
        tale.done("each", 3, json!(4)),
        [
            "item_ended each[3] completed 4",
            "stage_ended each failed (gpu.busy)",
            "finished failed (gpu.busy) undone: nothing",
        ]
    );
}

#[test]
fn where_the_plan_says_so_a_list_has_gaps() {
    let document = each(&json!({ "on_failure": "continue" }));
    let mut tale = Tale::of(&document, &json!([1, 2]));
    assert_eq!(tale.fails("each", 0), ["item_ended each[0] failed (gpu.busy)"]);
    let happens = tale.done("each", 1, json!(2));
    assert_eq!(happens[1..], ["stage_ended each completed", "stage_began last task last [null,2]"]);
    let mut tale = Tale::of(&document, &json!([1, 2]));
    tale.fails("each", 0);
    let happens = tale.fails("each", 1);
    assert_eq!(
        happens[1..],
        ["stage_ended each failed (gpu.busy)", "stage_began last task last null"]
    );
}

#[test]
fn an_item_that_there_is_nothing_to_give_to_has_failed() {
    let document = each(&json!({ "input": "${ item.a }", "on_failure": "continue" }));
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&document, &json!([{ "a": 1 }, {}, { "a": 3 }]))));
    assert_eq!(
        happens[2..],
        [
            "items_began each 0=1",
            "item_ended each[1] failed (template_failed)",
            "items_began each 2=3",
        ]
    );
    let document = each(&json!({ "input": "${ item.a }" }));
    let happens = Tale::new().says(start(begin(&document, &json!([{}, { "a": 3 }]))));
    assert_eq!(
        happens[2..],
        [
            "item_ended each[0] failed (template_failed)",
            "ending failed each template_failed undoes: false",
            "stage_ended each failed (template_failed)",
            "finished failed (template_failed) undone: nothing",
        ]
    );
}

#[test]
fn a_list_with_something_sealed_in_it_is_not_put_together() {
    let key = events::personal::KeyId(Uuid::from_u128(1));
    let sealed = events::personal::Personal::from_parts(key, Uuid::nil(), [3; 12], vec![4]);
    let end =
        PartEnd { how: PartHow::Completed, output: Some(Content::Sealed(sealed)), error: None };
    let mut tale = Tale::of(&each(&json!({})), &json!([1]));
    let happens = tale.ends("each", 0, end);
    assert_eq!(happens[2], "stage_ended last failed (template_looks_into_sealed)");
}

#[test]
fn items_can_be_runs_and_are_called_off_as_such() {
    let document = of(json!([{ "name": "each", "foreach": "${ input }",
        "run": { "pipeline": "inner", "edition": 1 }, "input": "${ index }" }]));
    let mut tale = Tale::of(&document, &json!([1, 2]));
    let happens = tale.fails("each", 1);
    assert_eq!(happens[2], "work_called_off 0 tasks 1 runs");
}

/// Such a history was not written here, and what it says would take gigabytes.
#[test]
fn an_item_that_no_stage_can_have_is_passed_over() {
    use events::run::{
        Item, ItemEnded, ItemsBegan, Kept, KeptItem, StagesKept, UndoBegan, UndoEnded,
    };
    let tale = Tale::of(&each(&json!({})), &json!([1, 2]));
    let (name, output, how) = (|| stage("each"), content(&json!(1)), PartHow::Completed);
    let Some(RunEvent::ItemsBegan(began)) = tale.history.last() else { panic!("items began") };
    for item in [10_000, u32::MAX - 1, u32::MAX] {
        let items = vec![Item { item, input: output.clone() }];
        let (does, at) = (began.does.clone(), NOON);
        let kept = vec![KeptItem { item, output: output.clone() }];
        let kept = Kept { stage: name(), how: None, output: None, items: kept };
        let (stage, turn, error) = (name(), 0, None);
        let ended = |output| ItemEnded { stage: name(), turn, item, how, output, error: None };
        let undo = began.does.clone();
        for event in [
            RunEvent::ItemsBegan(ItemsBegan {
                stage: name(),
                turn,
                does,
                items: items.clone(),
                at,
            }),
            RunEvent::ItemEnded(ended(Some(output.clone()))),
            RunEvent::UndoBegan(UndoBegan { stage: name(), turn, does: undo, items, at }),
            RunEvent::UndoEnded(UndoEnded { stage, turn, item, how, error }),
        ] {
            assert_eq!(tale.run.clone().evolve(&event), tale.run, "{event:?}");
        }
        let run = tale.run.clone().evolve(&RunEvent::StagesKept(StagesKept { stages: vec![kept] }));
        assert_eq!(run.stages[0].items, tale.run.stages[0].items);
    }
}

#[test]
fn a_stage_that_is_said_to_have_more_items_than_it_may_has_as_many_as_it_may() {
    let tale = Tale::of(&each(&json!({})), &json!([]));
    let mut history = tale.history[..2].to_vec();
    let RunEvent::StageBegan(began) = &mut history[1] else { panic!("a stage began") };
    began.work = events::run::Work::Items { count: u32::MAX };
    let run = Run::replay(&history);
    assert_eq!(run.stages()[0].items.map(|items| items.count), Some(10_000));
}
