//! What the tree says, sentence by sentence.

use std::collections::BTreeSet;

use events::content::{Content, Json};
use events::run::{
    ApprovalAsked, Approved, Does, How, Item, ItemEnded, ItemsBegan, PartHow, Retried, StageBegan,
    StageEnded, StagesSkipped, Started, Terms, UndoBegan, UndoEnded, Work,
};
use events::task::{Failure, Priority, Retry, Timeouts};
use events::time::Timestamp;

use super::*;
use crate::spec::{given, second};

const ID: &str = "00000000-0000-7000-8000-000000000001";
const PLAN: &str = r#"{"format":1,"stages":[
    {"name":"fetch","task":"fetch"},
    {"name":"each","after":["fetch"],"foreach":"${ input }","run":{"pipeline":"clean","edition":3}},
    {"name":"hold","after":["each"],"wait":{"signal":"go"}},
    {"name":"rest","after":["each"],"wait":{"for_ms":7}},
    {"name":"sign","after":["hold","rest"],"approval":{}}]}"#;
const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

fn null() -> Content {
    Content::Inline(Json::parse("null").expect("JSON"))
}

fn name(stage: &str) -> StageName {
    stage.parse().expect("a token")
}

fn started() -> RunEvent {
    RunEvent::Started(Started {
        pipeline: "nightly".parse().expect("a token"),
        edition: 3,
        plan: Json::parse(PLAN).expect("JSON"),
        input: null(),
        by: events::run::By::Publisher,
        parent: None,
        forked: None,
        begins_at: None,
        ends_by: None,
        depth: 0,
        labels: events::labels::Labels::new(),
        at: NOON,
    })
}

fn task() -> Does {
    Does::Task(Terms {
        kind: "fetch".into(),
        needs: BTreeSet::new(),
        priority: Priority::NORMAL,
        retry: Retry::default(),
        timeouts: Timeouts::default(),
    })
}

fn began(stage: &str, turn: u16, work: Work) -> RunEvent {
    RunEvent::StageBegan(StageBegan { stage: name(stage), turn, work, ends_by: None, at: NOON })
}

fn one() -> Work {
    Work::One { does: task(), input: null() }
}

fn ended(stage: &str, how: PartHow, error: Option<Failure>) -> RunEvent {
    let (stage, turn, output, at) = (name(stage), 0, None, NOON);
    RunEvent::StageEnded(StageEnded { stage, turn, how, output, error, at })
}

fn items(numbers: impl IntoIterator<Item = u32>) -> Vec<Item> {
    numbers.into_iter().map(|item| Item { item, input: null() }).collect()
}

fn item_ended(item: u32, how: PartHow) -> RunEvent {
    let (stage, turn, output, error) = (name("each"), 0, None, None);
    RunEvent::ItemEnded(ItemEnded { stage, turn, item, how, output, error })
}

/// The stage of this name, after what happened.
fn stage(history: impl IntoIterator<Item = RunEvent>, stage: &str) -> StageRow {
    let events = std::iter::once(started()).chain(history);
    let rows = given::<RunTree>(events.map(|event| ("main", ID, event))).rows();
    let row = rows.into_values().next().expect("there is a run");
    row.stages.into_iter().find(|row| row.name == name(stage)).expect("there is such a stage")
}

#[test]
fn every_stage_says_what_it_does_before_anything_has_begun() {
    let does = ["fetch", "each", "hold", "rest", "sign"].map(|name| stage([], name).does);
    let expected = ["task fetch", "run clean 3 for each", "signal go", "wait 7 ms", "approval"];
    assert_eq!(does, expected);
    assert_eq!(stage([], "sign").after, [name("hold"), name("rest")]);
    assert_eq!((stage([], "fetch").state, stage([], "fetch").since), (State::Waits, None));
}

#[test]
fn what_is_under_way_is_named_by_its_id() {
    let row = stage([began("fetch", 0, one())], "fetch");
    let fetch = name("fetch");
    let run = RunId(ID.parse().expect("a uuid"));
    let sort = events::run::Sort::Work;
    let part = events::run::Part { run, stage: &fetch, turn: 0, item: 0, sort, at: NOON };
    let open = OpenPart { id: part.task().0, is_task: true };
    assert_eq!((row.state, row.since), (State::Works, Some(NOON)));
    assert_eq!(row.open.into_values().collect::<Vec<_>>(), [open]);
}

#[test]
fn a_stage_that_ended_says_how() {
    let error = Failure { code: "no".into(), message: "it cannot".into() };
    let over = |how, error| stage([began("fetch", 0, one()), ended("fetch", how, error)], "fetch");
    assert_eq!(over(PartHow::Completed, None).state, State::Over(PartHow::Completed));
    let failed = over(PartHow::Failed, Some(error.clone()));
    assert_eq!((failed.state, failed.error), (State::Over(PartHow::Failed), Some(error)));
    assert!(failed.open.is_empty());
}

#[test]
fn items_are_counted_and_some_are_named() {
    let does = || Does::Run { pipeline: "clean".parse().expect("a token"), edition: 3, depth: 1 };
    let some = |numbers| {
        let (stage, items) = (name("each"), items(numbers));
        RunEvent::ItemsBegan(ItemsBegan { stage, turn: 0, does: does(), items, at: NOON })
    };
    let history = [
        began("each", 0, Work::Items { count: 60 }),
        some(0..50),
        item_ended(0, PartHow::Completed),
        item_ended(1, PartHow::Failed),
    ];
    let row = stage(history, "each");
    let counts = Counts { all: 60, begun: 50, completed: 1, failed: 1 };
    assert_eq!((row.items, counts.open()), (Some(counts), 48));
    assert_eq!(row.open.len(), NAMED_MAX - 2);
}

#[test]
fn a_stage_that_asks_says_what_and_whom() {
    let (action, hash) = (null(), events::chain::EventHash::NONE);
    let who = vec!["ada".parse().expect("a principal")];
    let (stage_name, turn, until) = (name("sign"), 0, Some(NOON));
    let asked = RunEvent::ApprovalAsked(ApprovalAsked {
        stage: stage_name.clone(),
        turn,
        action: action.clone(),
        hash,
        who: who.clone(),
        until,
        at: NOON,
    });
    let row = stage([asked.clone()], "sign");
    let expected = State::Asked { action: Box::new(action), hash, who: who.clone(), until };
    assert_eq!(row.state, expected);
    let (by, note) = (who[0].clone(), String::new());
    let approved = Approved { stage: stage_name, turn, hash, by, note, at: NOON };
    assert_eq!(stage([asked, RunEvent::Approved(approved)], "sign").state, State::Agreed);
}

#[test]
fn what_is_not_needed_is_skipped() {
    let stages = vec![name("hold"), name("rest")];
    let skipped = RunEvent::StagesSkipped(StagesSkipped { stages, at: NOON });
    assert_eq!(stage([skipped.clone()], "rest").state, State::Skipped);
    assert_eq!(stage([skipped], "sign").state, State::Waits);
}

#[test]
fn what_is_undone_is_counted() {
    let (each, does) = (name("each"), task());
    let undo = UndoBegan { stage: each.clone(), turn: 0, does, items: items(0..3), at: NOON };
    let (how, error) = (PartHow::Completed, None);
    let undone = RunEvent::UndoEnded(UndoEnded { stage: each, turn: 0, item: 1, how, error });
    let row = stage([RunEvent::UndoBegan(undo), undone], "each");
    assert_eq!(row.undo, Some(Counts { all: 3, begun: 3, completed: 1, failed: 0 }));
    assert_eq!(row.open.len(), 2);
}

#[test]
fn a_stage_that_begins_anew_forgets_what_went_wrong() {
    let error = Failure { code: "no".into(), message: "it cannot".into() };
    let (stages, reason) = (vec![name("fetch")], String::new());
    let (from, ends_by) = (None, None);
    let retried = RunEvent::Retried(Retried { stages, from, ends_by, reason, at: NOON });
    let failed = ended("fetch", PartHow::Failed, Some(error));
    let row = stage([began("fetch", 0, one()), failed, retried], "fetch");
    assert_eq!((row.state, row.error, row.does.as_str()), (State::Waits, None, "task fetch"));
}

#[test]
fn a_run_that_is_over_says_what_became_of_what_it_had_done() {
    let (how, result, error, undone) = (How::Failed, None, None, Undone::All);
    let finished = RunEvent::Finished(Finished { how, result, error, undone, at: NOON });
    let events = [started(), finished].map(|event| ("main", ID, event));
    let rows = given::<RunTree>(events).rows();
    let row = rows.into_values().next().expect("there is a run");
    assert_eq!((row.undone, row.run.started_at), (Some(Undone::All), second(1)));
}

/// How many items of `each` count as done after it began anew.
fn done_after(stages: &[&str], from: Option<&str>) -> Option<u32> {
    let stages = stages.iter().copied().map(name).collect();
    let (from, ends_by, reason) = (from.map(name), None, String::new());
    let retried = RunEvent::Retried(Retried { stages, from, ends_by, reason, at: NOON });
    let items = began("each", 0, Work::Items { count: 60 });
    let done = item_ended(0, PartHow::Completed);
    stage([items, done, retried], "each").items.map(|items| items.completed)
}

#[test]
fn items_that_were_done_count_unless_all_of_it_is_done_again() {
    assert_eq!(done_after(&["each"], None), Some(1));
    assert_eq!(done_after(&["each"], Some("each")), None);
    assert_eq!(done_after(&["fetch", "each"], Some("fetch")), None, "it is given something else");
    assert_eq!(done_after(&["each", "sign"], Some("sign")), Some(1));
}
