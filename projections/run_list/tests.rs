//! What the list says, sentence by sentence.

use events::id::RunId;
use events::run::{Ending, PartHow, Paused, Resumed, Retried, StageEnded, StagesSkipped, Undone};

use super::*;
use crate::spec::{given, second};

const ID: &str = "00000000-0000-7000-8000-000000000001";
const PLAN: &str = r#"{"format":1,"stages":[{"name":"a","task":"x"},{"name":"b","task":"y"}]}"#;

fn started(begins_at: Option<Timestamp>) -> RunEvent {
    RunEvent::Started(Started {
        pipeline: "nightly".parse().expect("a token"),
        edition: 3,
        plan: Json::parse(PLAN).expect("JSON"),
        input: events::content::Content::Inline(Json::parse("null").expect("JSON")),
        by: By::Publisher,
        parent: None,
        forked: None,
        begins_at,
        ends_by: None,
        depth: 0,
        labels: Labels::new(),
        at: second(0),
    })
}

fn finished(how: How) -> RunEvent {
    let (result, error, undone) = (None, None, Undone::Nothing);
    RunEvent::Finished(Finished { how, result, error, undone, at: second(0) })
}

fn ended() -> RunEvent {
    RunEvent::StageEnded(StageEnded {
        stage: "a".parse().expect("a token"),
        turn: 0,
        how: PartHow::Completed,
        output: None,
        error: None,
        at: second(0),
    })
}

fn row(phase: Phase, since: i64) -> RunRow {
    RunRow {
        pipeline: "nightly".parse().expect("a token"),
        edition: Some(3),
        by: By::Publisher,
        parent: None,
        labels: Labels::new(),
        phase,
        stages: 2,
        started_at: second(1),
        since: second(since),
    }
}

fn told(history: impl IntoIterator<Item = RunEvent>, expected: RunRow) {
    let history: Vec<_> = history.into_iter().map(|event| ("main", ID, event)).collect();
    given::<RunList>(history).then_rows([("main", ID, expected)]);
}

#[test]
fn a_run_is_under_way_until_it_is_over() {
    told([started(None)], row(Phase::Running, 1));
    told([started(None), ended()], row(Phase::Running, 1));
    let over = Phase::Over { how: How::Completed, error: None };
    told([started(None), ended(), finished(How::Completed)], row(over, 3));
}

#[test]
fn a_run_that_begins_later_waits_until_something_begins() {
    let until = second(60);
    told([started(Some(until))], row(Phase::Delayed { until }, 1));
    let stages = vec!["a".parse().expect("a token")];
    let skipped = RunEvent::StagesSkipped(StagesSkipped { stages, at: until });
    told([started(Some(until)), skipped], row(Phase::Running, 2));
}

#[test]
fn a_run_is_held_up_and_goes_on() {
    let (reason, runs, at) = (String::from("why not"), Vec::<RunId>::new(), second(0));
    let paused = RunEvent::Paused(Paused { reason: reason.clone(), runs: runs.clone(), at });
    let resumed = RunEvent::Resumed(Resumed { reason: reason.clone(), runs, at });
    told([started(None), paused.clone()], row(Phase::Paused { reason }, 2));
    told([started(None), paused, resumed], row(Phase::Running, 3));
}

#[test]
fn a_run_comes_to_its_end_and_may_go_on_after_it() {
    let why = Why::Cancelled { reason: "enough".into() };
    let ending = RunEvent::Ending(Ending { why: why.clone(), undoes: true, at: second(0) });
    told([started(None), ending.clone()], row(Phase::Ending { why }, 2));
    let over = Phase::Over { how: How::Cancelled, error: None };
    told([started(None), ending.clone(), finished(How::Cancelled)], row(over, 3));
    let (stages, reason, at) = (vec![], String::new(), second(0));
    let retried = RunEvent::Retried(Retried { stages, from: None, ends_by: None, reason, at });
    told([started(None), ending, finished(How::Cancelled), retried], row(Phase::Running, 4));
}

#[test]
fn a_run_that_never_began_says_why() {
    let error = Failure { code: "pipeline_not_found".into(), message: "there is none".into() };
    let pipeline: PipelineId = "nightly".parse().expect("a token");
    let not_started = RunEvent::NotStarted(NotStarted {
        pipeline,
        edition: None,
        by: By::Run,
        parent: None,
        error: error.clone(),
        at: second(0),
    });
    let (by, phase) = (By::Run, Phase::NotStarted { error });
    let expected = RunRow { edition: None, by, stages: 0, ..row(phase, 1) };
    told([not_started], expected);
}

#[test]
fn a_plan_that_cannot_be_read_has_no_stages() {
    let RunEvent::Started(started) = started(None) else { panic!("it is started") };
    let plan = Json::parse("null").expect("JSON");
    let old = RunEvent::Started(Started { plan, ..started });
    told([old], RunRow { stages: 0, ..row(Phase::Running, 1) });
}
