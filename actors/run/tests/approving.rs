//! People say whether a stage begins.

use events::chain::EventHash;
use events::id::Principal;

use super::*;
use crate::run::approving::ACTIONS;

fn sign(more: &Value) -> Value {
    let mut stage = json!({ "name": "store", "task": "store", "input": "${ input }",
        "approval": { "who": ["ada", "ben"], "within_ms": 1_000 } });
    for (name, value) in more.as_object().expect("an object") {
        stage[name] = value.clone();
    }
    of(json!([stage]))
}

fn asked(tale: &Tale) -> OpenApproval {
    tale.run.approvals(the_run()).pop().expect("someone is asked")
}

fn verdict(hash: EventHash, by: &str) -> Verdict {
    let by = Some(Principal::new(by).expect("a word"));
    Verdict { stage: stage("store"), hash, note: "well".into(), by }
}

fn approve(hash: EventHash, by: &str) -> RunCommand {
    RunCommand::Approve(verdict(hash, by))
}

fn disapprove(hash: EventHash, by: &str) -> RunCommand {
    RunCommand::Disapprove(verdict(hash, by))
}

fn timer(tale: &Tale, what: RunTimerKind) -> RunCommand {
    let stage = &tale.run.stages()[0];
    let (turn, at) = (stage.turn, stage.ends_by.expect("it has a time"));
    let (stage, cause) = (Some(stage.name.clone()), events::id::EventId(Uuid::nil()));
    RunCommand::Ring(RunTimer { what, stage, turn, at, cause })
}

#[test]
fn a_stage_begins_when_one_of_those_who_are_asked_agrees() {
    let mut tale = Tale::new();
    let happens = tale.says(start(begin(&sign(&json!({})), &json!({ "sum": 7 }))));
    assert_eq!(
        happens[1],
        r#"approval_asked store {"stage":"store","does":{"task":{"kind":"store","needs":["store"]}},"inputs":[{"inline":{"sum":7}}]}"#
    );
    let hash = asked(&tale).hash;
    assert_eq!(tale.refuses(approve(hash, "eve")), "run.not_yours_to_approve");
    assert_eq!(tale.refuses(disapprove(hash, "eve")), "run.not_yours_to_approve");
    assert_eq!(
        tale.says(approve(hash, "ben")),
        ["approved store by ben", r#"stage_began store task store {"sum":7}"#]
    );
    assert!(tale.says(approve(hash, "ada")).is_empty());
    assert_eq!(tale.refuses(approve(hash, "eve")), "run.not_yours_to_approve", "also afterwards");
    assert_eq!(tale.refuses(disapprove(hash, "ada")), "run.approval_stale");
    tale.done("store", 0, json!(1));
    assert!(tale.says(approve(hash, "ben")).is_empty());
    assert_eq!(
        tale.refuses(approve(hash, "eve")),
        "run.not_yours_to_approve",
        "also when it is done"
    );
}

#[test]
fn whoever_agrees_agrees_to_exactly_what_they_were_shown() {
    let mut tale = Tale::of(&sign(&json!({})), &json!({ "sum": 7 }));
    let other = Tale::of(&sign(&json!({})), &json!({ "sum": 8 }));
    let stale = tale.decide(approve(asked(&other).hash, "ada"));
    assert_eq!(stale, Err(RunRejection::ApprovalStale), "an approval holds for something else");
    let unseen = tale.refuses(disapprove(EventHash::NONE, "ada"));
    assert_eq!(unseen, "run.approval_stale");
    assert!(!tale.says(approve(asked(&tale).hash, "ada")).is_empty());
}

#[test]
fn the_hash_is_about_the_run_the_stage_the_turn_and_all_inputs() {
    let list = |n: usize| json!((0..n).map(|_| "x".repeat(1_000)).collect::<Vec<_>>());
    let each = json!({ "foreach": "${ input }", "input": "${ item }" });
    let hash = |n| asked(&Tale::of(&sign(&each), &list(n)));
    let (some, more) = (hash(40), hash(41));
    assert_ne!(some.hash, more.hash, "what is not shown is a part of it, too");
    let Some(Content::Inline(shown)) = more.action else { panic!("it is shown") };
    let shown: Value = serde_json::from_str(shown.as_str()).expect("JSON");
    assert_eq!((&shown["count"], shown["inputs"].as_array().map(Vec::len)), (&json!(41), Some(20)));
    let tale = Tale::of(&sign(&json!({})), &json!(1));
    let other = tale.run.approvals(RunId(Uuid::from_u128(8))).pop().expect("someone is asked");
    assert_eq!(other.action, None, "in another run it would be another question");
}

#[test]
fn the_hash_of_an_action_never_changes() {
    let hash = asked(&Tale::of(&sign(&json!({})), &json!({ "sum": 7 }))).hash;
    let expected = "6e1b35e6bc10ce9f2303086531e490175defdf79079bdc0ac86a25d837291f48";
    assert_eq!(hash.to_string(), expected);
}

#[test]
fn what_is_more_than_anyone_can_be_asked_about_fails_the_stage() {
    let each = json!({ "foreach": "${ input.list }", "input": "${ input.text }" });
    let list = |n: usize| json!({ "list": vec![0; n], "text": "x".repeat(200 * 1024) });
    let asked = Tale::new().says(start(begin(&sign(&each), &list(80))));
    assert!(asked[1].starts_with("approval_asked store"), "{}", asked[1]);
    let failed = Tale::new().says(start(begin(&sign(&each), &list(82))));
    assert_eq!(failed[1], "stage_ended store failed (input_too_large)");
}

#[test]
fn what_a_stage_would_do_is_worked_out_for_those_alone_who_may_agree_to_it() {
    let tale = Tale::of(&sign(&json!({})), &json!(1));
    let hash = asked(&tale).hash;
    let before = ACTIONS.get();
    assert_eq!(tale.refuses(approve(EventHash::NONE, "ada")), "run.approval_stale");
    assert_eq!(tale.refuses(approve(EventHash::NONE, "eve")), "run.approval_stale");
    assert_eq!(tale.refuses(approve(hash, "eve")), "run.not_yours_to_approve");
    assert_eq!(ACTIONS.get(), before);
    assert!(tale.decide(approve(hash, "ada")).is_ok());
    assert_eq!(ACTIONS.get(), before + 1);
}

#[test]
fn whoever_does_not_agree_makes_the_stage_fail() {
    let mut tale = Tale::of(&sign(&json!({})), &json!(1));
    let hash = asked(&tale).hash;
    assert_eq!(
        tale.says(disapprove(hash, "ada")),
        [
            "disapproved store by ada",
            "stage_ended store failed (disapproved)",
            "ending failed store disapproved undoes: false",
            "finished failed (disapproved) undone: nothing",
        ]
    );
    assert!(tale.says(disapprove(hash, "ada")).is_empty());
    assert_eq!(tale.refuses(approve(hash, "ada")), "run.approval_stale");
}

#[test]
fn a_question_that_nobody_answers_in_time_makes_the_stage_fail() {
    let mut tale = Tale::of(&sign(&json!({})), &json!(1));
    let (hash, ring) = (asked(&tale).hash, timer(&tale, RunTimerKind::Approval));
    assert!(tale.says(timer(&tale, RunTimerKind::Stage)).is_empty(), "it is another timer");
    tale.later(1_001);
    // The clock may be slower than the time itself.
    assert_eq!(tale.refuses(approve(hash, "ada")), "run.approval_stale");
    let happens = tale.says(ring.clone());
    assert_eq!(happens[0], "stage_ended store timed out (timed_out)");
    assert!(tale.says(ring).is_empty());
}

#[test]
fn a_timer_of_a_question_that_was_answered_is_nothing() {
    let mut tale = Tale::of(&sign(&json!({})), &json!(1));
    let (hash, ring) = (asked(&tale).hash, timer(&tale, RunTimerKind::Approval));
    tale.says(approve(hash, "ada"));
    assert!(tale.says(ring).is_empty());
}

#[test]
fn what_is_agreed_to_in_a_run_that_is_paused_begins_later() {
    let mut tale = Tale::of(&sign(&json!({})), &json!(1));
    tale.says(RunCommand::Pause { reason: "lunch".into() });
    let hash = asked(&tale).hash;
    assert_eq!(tale.says(approve(hash, "ada")), ["approved store by ada"]);
    assert!(tale.says(approve(hash, "ada")).is_empty());
    assert_eq!(tale.refuses(disapprove(hash, "ada")), "run.approval_stale");
    let happens = tale.says(RunCommand::Resume { reason: "back".into() });
    assert_eq!(happens, ["resumed 0", "stage_began store task store 1"]);
}

#[test]
fn what_is_disapproved_in_a_run_that_is_paused_ends_it() {
    let mut tale = Tale::of(&sign(&json!({ "on_failure": "continue" })), &json!(1));
    tale.says(RunCommand::Pause { reason: "lunch".into() });
    let hash = asked(&tale).hash;
    let happens = tale.says(disapprove(hash, "ada"));
    assert_eq!(happens, ["disapproved store by ada", "stage_ended store failed (disapproved)"]);
    let happens = tale.says(RunCommand::Resume { reason: "back".into() });
    assert_eq!(happens, ["resumed 0", "finished completed undone: nothing"]);
}

#[test]
fn nobody_agrees_to_what_was_not_asked() {
    let document =
        of(json!([{ "name": "store", "task": "t" }, { "name": "sign", "after": ["store"],
        "approval": {} }]));
    let mut tale = Tale::of(&document, &json!(1));
    assert_eq!(tale.refuses(approve(EventHash::NONE, "ada")), "run.nothing_to_approve");
    let verdict = Verdict { stage: stage("nowhere"), ..verdict(EventHash::NONE, "ada") };
    assert_eq!(tale.refuses(RunCommand::Approve(verdict.clone())), "run.no_such_stage");
    tale.done("store", 0, json!(1));
    let (hash, stage) = (asked(&tale).hash, stage("sign"));
    let nobody = Verdict { stage: stage.clone(), hash, by: None, ..verdict.clone() };
    assert_eq!(tale.refuses(RunCommand::Approve(nobody)), "run.not_yours_to_approve");
    // Where nobody is named, anyone may agree.
    let happens = tale.says(RunCommand::Approve(Verdict { stage, hash, ..verdict }));
    assert_eq!(
        happens,
        [
            "approved sign by ada",
            "stage_began sign nothing",
            "stage_ended sign completed",
            "finished completed undone: nothing",
        ]
    );
    assert_eq!(tale.refuses(approve(EventHash::NONE, "ada")), "run.approval_stale");
}

#[test]
fn a_new_turn_asks_anew() {
    let mut tale = Tale::of(&sign(&json!({})), &json!(1));
    let first = asked(&tale).hash;
    tale.says(approve(first, "ada"));
    tale.fails("store", 0);
    tale.says(RunCommand::Retry { from: None, reason: "again".into() });
    let second = asked(&tale).hash;
    assert_ne!(first, second);
    assert_eq!(tale.refuses(approve(first, "ada")), "run.approval_stale");
    assert_eq!(tale.says(approve(second, "ada"))[0], "approved store by ada");
}

#[test]
fn a_question_of_a_run_that_comes_to_its_end_is_stale() {
    let document = of(json!([{ "name": "store", "approval": {} }, { "name": "b", "task": "b" }]));
    let mut tale = Tale::of(&document, &json!(1));
    let hash = asked(&tale).hash;
    tale.says(RunCommand::Cancel { reason: "enough".into(), undoes: true });
    assert_eq!(tale.refuses(approve(hash, "ada")), "run.approval_stale");
    assert!(tale.run.approvals(the_run()).is_empty());
}
