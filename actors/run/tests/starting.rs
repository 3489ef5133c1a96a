//! How runs begin, and why they do not.

use events::run::Slot;

use super::tale::{called_off, ended, stranger};
use super::*;

fn fetch() -> Value {
    of(json!([{ "name": "fetch", "task": "fetch", "input": { "from": "${ input.path }" } }]))
}

fn path() -> Value {
    json!({ "path": "/in" })
}

fn by_a_run() -> Begin {
    let slot = Slot { run: RunId(Uuid::from_u128(9)), stage: stage("sub"), turn: 0, item: 0 };
    Begin { by: By::Run, parent: Some(slot), depth: 1, ..begin(&fetch(), &path()) }
}

#[test]
fn a_run_begins_with_its_first_stages() {
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&fetch(), &path())));
    assert_eq!(
        happens,
        [r#"started {"path":"/in"}"#, r#"stage_began fetch task fetch {"from":"/in"}"#]
    );
    assert_eq!(
        tale.done("fetch", 0, json!(1)),
        ["stage_ended fetch completed", "finished completed undone: nothing"]
    );
    assert!(tale.run.is_over());
}

#[test]
fn the_same_start_again_is_nothing_and_another_one_is_refused() {
    let mut tale = Tale::of(&fetch(), &path());
    let same = begin(&fetch(), &path());
    let named = Wanted { edition: Some(3), ..same.wanted.clone() };
    // Whoever says it again need not look anything up.
    for again in [
        same.clone(),
        Begin { wanted: named.clone(), ..same.clone() },
        Begin { found: None, ..same.clone() },
        by_a_run(),
    ] {
        assert!(tale.says(start(again)).is_empty());
    }
    for other in [
        Begin { wanted: Wanted { edition: Some(2), ..named }, ..same.clone() },
        Begin { input: Given::Content(content(&json!({}))), ..same.clone() },
        Begin { begins_at: Some(NOON), ..same.clone() },
        Begin { labels: [("a".into(), "b".into())].into(), ..same },
    ] {
        assert_eq!(tale.refuses(start(other)), "run.already_started");
    }
}

#[test]
fn whoever_waits_at_a_door_hears_why_a_run_does_not_begin() {
    let tale = Tale::new();
    let good = begin(&fetch(), &path());
    let deprecated = match &good.found {
        Some(Resolved::Found { edition, plan, .. }) => {
            Resolved::Found { edition: *edition, plan: plan.clone(), is_deprecated: true }
        }
        other => panic!("{other:?}"),
    };
    let wants = json!({ "parameters": { "limit": { "type": "integer", "required": true } },
        "stages": [{ "name": "a", "task": "a" }] });
    let wrong = Given::Wrong(failure("template_failed"));
    let far = NOON.plus_ms(367 * 24 * 60 * 60 * 1000);
    for (begin, code) in [
        (Begin { found: None, ..good.clone() }, "run.not_looked_up"),
        (Begin { found: Some(Resolved::NoPipeline), ..good.clone() }, "run.pipeline_not_found"),
        (Begin { found: Some(Resolved::NoEdition), ..good.clone() }, "run.edition_not_found"),
        (Begin { found: Some(deprecated), ..good.clone() }, "run.pipeline_deprecated"),
        (Begin { depth: 9, ..good.clone() }, "run.too_deep"),
        (begin(&wants, &json!({ "limit": "ten" })), "run.input_invalid"),
        (begin(&wants, &json!(7)), "run.input_invalid"),
        (Begin { input: wrong, ..good.clone() }, "run.input_invalid"),
        (Begin { begins_at: Some(far), ..good.clone() }, "run.out_of_range"),
        (Begin { labels: [(String::new(), "b".into())].into(), ..good }, "run.invalid_name"),
    ] {
        assert_eq!(tale.refuses(start(begin)), code);
    }
}

#[test]
fn where_nobody_waits_at_a_door_a_run_that_cannot_begin_is_over_at_once() {
    for (begin, code) in [
        (Begin { found: Some(Resolved::NoPipeline), ..by_a_run() }, "pipeline_not_found"),
        (Begin { depth: 9, ..by_a_run() }, "too_deep"),
        (Begin { input: Given::Wrong(failure("gone")), ..by_a_run() }, "gone"),
    ] {
        let mut tale = Tale::new();
        assert_eq!(tale.says(start(begin.clone())), [format!("not_started {code}")]);
        assert!(tale.run.is_over());
        assert!(tale.says(start(begin)).is_empty());
        assert_eq!(tale.refuses(start(super::begin(&fetch(), &path()))), "run.already_started");
        assert!(tale.says(stranger()).is_empty());
        let cancel = RunCommand::Cancel { reason: String::new(), undoes: true };
        assert_eq!(tale.refuses(cancel), "run.never_began");
    }
    assert_eq!(
        Tale::new().refuses(start(Begin { found: None, ..by_a_run() })),
        "run.not_looked_up"
    );
}

#[test]
fn what_is_left_out_of_an_input_is_filled_in() {
    let document = json!({ "parameters": { "limit": { "type": "integer", "default": 100 } },
        "stages": [{ "name": "a", "task": "a", "input": "${ input.limit }" }] });
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&document, &json!({}))));
    assert_eq!(happens, [r#"started {"limit":100}"#, "stage_began a task a 100"]);
    assert!(tale.says(start(begin(&document, &json!({})))).is_empty());
    assert!(tale.says(start(begin(&document, &json!({ "limit": 100 })))).is_empty());
}

#[test]
fn nobody_knows_a_run_that_was_not_started() {
    let tale = Tale::new();
    let reason = String::new;
    for command in [
        RunCommand::Pause { reason: reason() },
        RunCommand::Resume { reason: reason() },
        RunCommand::Cancel { reason: reason(), undoes: true },
        RunCommand::Retry { from: None, reason: reason() },
        RunCommand::Signal { name: "go".parse().expect("a token"), payload: content(&json!(1)) },
        stranger(),
        ended(PartId::Run(the_run()), called_off()),
    ] {
        assert_eq!(tale.refuses(command), "run.not_found");
    }
}
