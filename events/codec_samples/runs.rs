//! Of pipelines and their runs.

use uuid::Uuid;

use super::{NOON, capability, failure, json};
use crate::chain::blob_hash;
use crate::content::Content;
use crate::id::{EventId, RunId, StageName, TaskId};
use crate::pipeline::{Defined, Deprecated, PipelineEvent};
use crate::run::{
    ApprovalAsked, Approved, By, CalledOff, Disapproved, Does, Ending, Finished, Forked, How, Item,
    ItemEnded, ItemsBegan, Kept, KeptItem, MoreToBegin, NotStarted, PartHow, Paused, Resumed,
    Retried, RunEvent, Signalled, Slot, StageBegan, StageEnded, StagesKept, StagesSkipped, Started,
    Terms, UndoBegan, UndoEnded, Undone, Why, Work, WorkCalledOff,
};
use crate::task::{Priority, Retry, Timeouts};

/// The shortest plan there is.
const PLAN: &str = r#"{"format":1,"stages":[{"name":"fetch","task":"fetch"}]}"#;

pub(in super::super) fn pipelines() -> Vec<PipelineEvent> {
    vec![
        PipelineEvent::Defined(Defined {
            edition: 3,
            definition: json(PLAN),
            hash: blob_hash(PLAN.as_bytes()),
            at: NOON,
        }),
        PipelineEvent::Deprecated(Deprecated {
            edition: Some(2),
            reason: "it fetches too much".into(),
            at: NOON,
        }),
    ]
}

fn stage(text: &str) -> StageName {
    text.parse().expect("a token")
}

fn run(n: u128) -> RunId {
    RunId(Uuid::from_u128(n))
}

fn content(text: &str) -> Content {
    Content::Inline(json(text))
}

fn does() -> Does {
    Does::Task(Terms {
        kind: "fetch".into(),
        needs: [capability("fetch")].into(),
        priority: Priority::NORMAL,
        retry: Retry { tries_max: 5, base_ms: 200, cap_ms: 60_000, lost_lease_counts: true },
        timeouts: Timeouts { start_to_close_ms: Some(60_000), ..Timeouts::default() },
    })
}

fn beginning() -> Vec<RunEvent> {
    let trigger = "paid".parse().expect("a token");
    vec![
        RunEvent::Started(Started {
            pipeline: "nightly".parse().expect("a token"),
            edition: 3,
            plan: json(PLAN),
            input: content(r#"{"path":"/in"}"#),
            by: By::Trigger { trigger, fact: EventId(Uuid::from_u128(3)) },
            parent: None,
            forked: Some(Forked {
                run: run(1),
                version: 42,
                from: stage("fetch"),
                nominal: Some(NOON),
            }),
            begins_at: Some(NOON.plus_ms(1_000)),
            ends_by: Some(NOON.plus_ms(86_400_000)),
            depth: 0,
            labels: [("shop".into(), "north".into())].into(),
            at: NOON,
        }),
        RunEvent::NotStarted(NotStarted {
            pipeline: "nightly".parse().expect("a token"),
            edition: Some(9),
            by: By::Run,
            parent: Some(Slot { run: run(2), stage: stage("sub"), turn: 0, item: 7 }),
            error: failure(),
            at: NOON,
        }),
    ]
}

fn stages() -> Vec<RunEvent> {
    let fetch = || stage("fetch");
    vec![
        RunEvent::StageBegan(StageBegan {
            stage: fetch(),
            turn: 1,
            work: Work::One { does: does(), input: content(r#"{"from":"/in"}"#) },
            ends_by: Some(NOON.plus_ms(600_000)),
            at: NOON,
        }),
        RunEvent::ItemsBegan(ItemsBegan {
            stage: fetch(),
            turn: 1,
            does: Does::Run { pipeline: "clean".parse().expect("a token"), edition: 2, depth: 1 },
            items: vec![
                Item { item: 0, input: content("1") },
                Item { item: 1, input: content("2") },
            ],
            at: NOON,
        }),
        RunEvent::ItemEnded(ItemEnded {
            stage: fetch(),
            turn: 1,
            item: 1,
            how: PartHow::Failed,
            output: None,
            error: Some(failure()),
        }),
        RunEvent::StageEnded(StageEnded {
            stage: fetch(),
            turn: 1,
            how: PartHow::Completed,
            output: Some(content(r#"{"rows":[1,2]}"#)),
            error: None,
            at: NOON,
        }),
        RunEvent::StagesSkipped(StagesSkipped { stages: vec![stage("mail")], at: NOON }),
        RunEvent::StagesKept(StagesKept {
            stages: vec![Kept {
                stage: stage("ingest"),
                how: Some(PartHow::Completed),
                output: None,
                items: vec![KeptItem { item: 4, output: content("5") }],
            }],
        }),
        RunEvent::MoreToBegin(MoreToBegin { at: NOON }),
    ]
}

fn people() -> Vec<RunEvent> {
    let (hash, ada) = (blob_hash(b"what"), || "ada".parse().expect("a principal"));
    vec![
        RunEvent::ApprovalAsked(ApprovalAsked {
            stage: stage("pay"),
            turn: 0,
            action: content(r#"{"stage":"pay","inputs":[{"total":1.50}]}"#),
            hash,
            who: vec![ada()],
            until: Some(NOON.plus_ms(3_600_000)),
            at: NOON,
        }),
        RunEvent::Approved(Approved {
            stage: stage("pay"),
            turn: 0,
            hash,
            by: ada(),
            note: "as agreed".into(),
            at: NOON,
        }),
        RunEvent::Disapproved(Disapproved {
            stage: stage("pay"),
            turn: 0,
            hash,
            by: ada(),
            reason: "too much".into(),
            at: NOON,
        }),
        RunEvent::Signalled(Signalled {
            name: "released".parse().expect("a token"),
            payload: content("true"),
            at: NOON,
        }),
        RunEvent::Paused(Paused { reason: "lunch".into(), runs: vec![run(4)], at: NOON }),
        RunEvent::Resumed(Resumed { reason: "back".into(), runs: vec![run(4)], at: NOON }),
    ]
}

fn ends() -> Vec<RunEvent> {
    vec![
        RunEvent::Ending(Ending {
            why: Why::Failed { stage: stage("fetch"), error: failure() },
            undoes: true,
            at: NOON,
        }),
        RunEvent::WorkCalledOff(WorkCalledOff {
            stage: None,
            tasks: vec![TaskId(Uuid::from_u128(5))],
            runs: vec![run(6)],
            why: CalledOff::Ending,
            undoes: true,
            at: NOON,
        }),
        RunEvent::UndoBegan(UndoBegan {
            stage: stage("store"),
            turn: 0,
            does: does(),
            items: vec![Item { item: 0, input: content(r#"{"row":1}"#) }],
            at: NOON,
        }),
        RunEvent::UndoEnded(UndoEnded {
            stage: stage("store"),
            turn: 0,
            item: 0,
            how: PartHow::Completed,
            error: None,
        }),
        RunEvent::Finished(Finished {
            how: How::Failed,
            result: None,
            error: Some(failure()),
            undone: Undone::All,
            at: NOON,
        }),
        RunEvent::Retried(Retried {
            stages: vec![stage("fetch"), stage("mail")],
            from: Some(stage("fetch")),
            ends_by: Some(NOON.plus_ms(86_400_000)),
            reason: "the disk is empty again".into(),
            at: NOON,
        }),
    ]
}

pub(in super::super) fn runs() -> Vec<RunEvent> {
    [beginning(), stages(), people(), ends()].concat()
}
