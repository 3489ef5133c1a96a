//! What begins when, and what a stage is given.

use super::*;

fn two() -> Value {
    of(json!([
        { "name": "a", "task": "a" },
        { "name": "b", "after": ["a"], "task": "b", "input": "${ stages.a.output }" },
    ]))
}

#[test]
fn a_stage_begins_when_those_before_it_are_over_and_is_given_what_they_brought() {
    let mut tale = Tale::of(&two(), &json!(null));
    assert_eq!(
        tale.done("a", 0, json!({ "rows": 3 })),
        [r#"stage_ended a completed {"rows":3}"#, r#"stage_began b task b {"rows":3}"#]
    );
    assert_eq!(
        tale.done("b", 0, json!("unused")),
        ["stage_ended b completed", "finished completed undone: nothing"]
    );
}

#[test]
fn what_is_told_twice_or_by_strangers_is_nothing() {
    let mut tale = Tale::of(&two(), &json!(null));
    let first = tale.part("a", 0);
    tale.done("a", 0, json!(1));
    assert!(tale.says(tale::ended(first, tale::done(&json!(2)))).is_empty());
    assert!(tale.says(tale::stranger()).is_empty());
    tale.done("b", 0, json!(1));
    assert!(tale.says(tale::ended(first, tale::failed())).is_empty());
}

#[test]
fn a_run_brings_what_its_plan_says() {
    let mut document = two();
    document["output"] = json!({ "a": "${ stages.a.output }", "in": "${ input }" });
    let mut tale = Tale::of(&document, &json!(7));
    tale.done("a", 0, json!(1));
    let ends = tale.done("b", 0, json!(2));
    assert_eq!(ends[1], r#"finished completed {"a":1,"in":7} undone: nothing"#);
    document["output"] = json!("${ stages.a.output.rows }");
    let mut tale = Tale::of(&document, &json!(7));
    tale.done("a", 0, json!({}));
    let ends = tale.done("b", 0, json!(2));
    assert_eq!(ends[1], "finished failed (template_failed) undone: nothing");
}

#[test]
fn a_stage_whose_condition_does_not_hold_is_skipped_and_so_on_behind_it() {
    let document = of(json!([
        { "name": "a", "task": "a", "when": "${ input.go }" },
        { "name": "b", "after": ["a"], "task": "b", "when": "${ stages.a.completed }" },
        { "name": "c", "after": ["b"], "task": "c", "when": "${ stages.b.skipped }",
          "input": "${ stages.a.output }" },
    ]));
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&document, &json!({ "go": false }))));
    assert_eq!(happens[1..], ["stages_skipped a b", "stage_began c task c null"]);
    let happens = Tale::new().says(start(begin(&document, &json!({}))));
    assert_eq!(
        happens[1..],
        [
            "stage_ended a failed (template_failed)",
            "ending failed a template_failed undoes: false",
            "finished failed (template_failed) undone: nothing",
        ]
    );
}

#[test]
fn a_run_of_which_nothing_is_needed_is_over_at_once() {
    let document = of(json!([{ "name": "a", "task": "a", "when": "${ input.go }" }]));
    let happens = Tale::new().says(start(begin(&document, &json!({ "go": false }))));
    assert_eq!(happens[1..], ["stages_skipped a", "finished completed undone: nothing"]);
}

#[test]
fn no_more_stages_are_under_way_than_the_plan_says() {
    let stages = json!([
        { "name": "a", "task": "t" }, { "name": "b", "task": "t" }, { "name": "c", "task": "t" },
    ]);
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&json!({ "at_once": 2, "stages": stages }), &json!(1))));
    assert_eq!(happens[1..], ["stage_began a task t null", "stage_began b task t null"]);
    assert_eq!(
        tale.done("b", 0, json!(1)),
        ["stage_ended b completed", "stage_began c task t null"]
    );
}

#[test]
fn a_stage_that_fails_ends_the_run_and_calls_off_the_rest() {
    let document = of(json!([{ "name": "a", "task": "a" }, { "name": "b", "task": "b" },
        { "name": "c", "after": ["a"], "task": "c" }, { "name": "w", "wait": { "signal": "go" } }]));
    let mut tale = Tale::of(&document, &json!(1));
    assert_eq!(
        tale.fails("a", 0),
        [
            "stage_ended a failed (gpu.busy)",
            "ending failed a gpu.busy undoes: false",
            "stage_ended w called off",
            "work_called_off 1 tasks 0 runs",
        ]
    );
    // What is done before it hears of that counts as done.
    assert_eq!(
        tale.done("b", 0, json!(1)),
        ["stage_ended b completed", "finished failed (gpu.busy) undone: nothing"]
    );
}

#[test]
fn where_the_plan_says_so_a_run_goes_on_without_a_stage() {
    let document = of(json!([
        { "name": "a", "task": "a", "on_failure": "continue" },
        { "name": "b", "after": ["a"], "task": "b",
          "input": "${ [stages.a.failed, stages.a.output] }" },
    ]));
    let mut tale = Tale::of(&document, &json!(1));
    assert_eq!(
        tale.fails("a", 0),
        ["stage_ended a failed (gpu.busy)", "stage_began b task b [true,null]"]
    );
}

#[test]
fn a_part_that_someone_else_calls_off_has_failed() {
    let mut tale = Tale::of(&two(), &json!(1));
    let happens = tale.ends("a", 0, tale::called_off());
    assert_eq!(happens[0], "stage_ended a failed (cancelled)");
    let late = PartEnd { how: PartHow::TimedOut, output: None, error: None };
    let happens = Tale::of(&two(), &json!(1)).ends("a", 0, late);
    assert_eq!(happens[0], "stage_ended a timed out (timed_out)");
    assert_eq!(happens[1], "ending failed a timed_out undoes: false");
}

#[test]
fn a_stage_can_be_a_run_of_another_pipeline() {
    let document = of(json!([{ "name": "sub", "run": { "pipeline": "clean", "edition": 3 },
        "input": "${ run.id }" }]));
    let mut tale = Tale::new();
    let begins = Begin { depth: 2, ..begin(&document, &json!(1)) };
    let happens = tale.says(start(begins));
    assert_eq!(
        happens[1],
        r#"stage_began sub run clean:3 deep 3 "00000000-0000-0000-0000-000000000007""#
    );
    assert!(matches!(tale.part("sub", 0), PartId::Run(_)));
    let ends = tale.ends("sub", 0, PartEnd { how: PartHow::Completed, output: None, error: None });
    assert_eq!(ends[1], "finished completed undone: nothing");
}

#[test]
fn what_is_too_large_to_be_kept_fails_whoever_needs_it() {
    let count = 11;
    let stage = |n: usize| json!({ "name": format!("s{n}"), "task": "t" });
    let mut stages: Vec<Value> = (0..count).map(stage).collect();
    let all: Vec<String> = (0..count).map(|n| format!("s{n}")).collect();
    stages.push(json!({ "name": "last", "after": all, "task": "t",
        "input": "${ default(stages.s10.output, 1) }" }));
    let input: Vec<String> = (0..count).map(|n| format!("${{ stages.s{n}.output }}")).collect();
    stages.push(json!({ "name": "other", "after": all, "when": "${ input.go }", "task": "t",
        "input": input }));
    let mut tale = Tale::of(&of(json!(stages)), &json!({ "go": false }));
    for n in 0..count - 1 {
        tale.done(&format!("s{n}"), 0, json!("x".repeat(200 * 1024)));
    }
    let happens = tale.done("s10", 0, json!("x".repeat(200 * 1024)));
    assert_eq!(
        happens[..3],
        [
            "stage_ended s10 completed (outputs_too_large)",
            "stages_skipped other",
            "stage_ended last failed (outputs_too_large)",
        ]
    );
}

#[test]
fn what_is_sealed_or_beside_the_log_is_passed_on_and_not_looked_into() {
    let sealed = || {
        let key = events::personal::KeyId(Uuid::from_u128(1));
        Content::Sealed(events::personal::Personal::from_parts(key, Uuid::nil(), [3; 12], vec![4]))
    };
    let mut tale = Tale::of(&two(), &json!(1));
    let end = PartEnd { how: PartHow::Completed, output: Some(sealed()), error: None };
    let happens = tale.ends("a", 0, end.clone());
    assert_eq!(happens, ["stage_ended a completed sealed", "stage_began b task b sealed"]);
    let mut document = two();
    document["stages"][1]["input"] = json!(["${ stages.a.output }"]);
    let mut tale = Tale::of(&document, &json!(1));
    let happens = tale.ends("a", 0, end);
    assert_eq!(happens[1], "stage_ended b failed (template_looks_into_sealed)");
}
