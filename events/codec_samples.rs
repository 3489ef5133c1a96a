//! One sample of each event, in the order of the types: what stands in the golden files of today.

#[path = "codec_samples/runs.rs"]
mod runs;
#[path = "codec_samples/schedules.rs"]
mod schedules;

pub(super) use runs::{pipelines, runs};
pub(super) use schedules::{schedules, triggers};
use uuid::Uuid;

use crate::agent::{AgentEvent, Drained, Offer, Paused, Resumed, Retired, Returned, WentSilent};
use crate::chain::blob_hash;
use crate::content::{BlobRef, Content, Json};
use crate::fact::{CloudEvent, FactEvent};
use crate::id::Capability;
use crate::node::{
    ActorPanicked, ActorParked, EventParked, NodeEvent, ParkedEventRetried, ParkedEventSkipped,
    StreamName,
};
use crate::personal::{KeyId, Personal};
use crate::task::{
    Amendment, Assigned, AttemptFailed, Came, Cancelled, Cause, Class, Completed, Failed, Failure,
    LateResult, LeaseLost, Loss, Noted, Parent, Percent, Priority, Progressed, Retry, Submitted,
    TaskEvent, TimedOut, Timeout, Timeouts, Withdrawn,
};
use crate::time::Timestamp;

/// The time at which all samples happen.
const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

pub(super) fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

fn capability(text: &str) -> Capability {
    text.parse().expect("a token")
}

fn submitted() -> Submitted {
    Submitted {
        kind: "resize".into(),
        input: Content::Inline(json(r#"{"width":18446744073709551615}"#)),
        needs: [capability("gpu"), capability("resize")].into(),
        priority: Priority::MAX,
        retry: Retry { tries_max: 5, base_ms: 200, cap_ms: 60_000, lost_lease_counts: false },
        timeouts: Timeouts {
            start_to_close_ms: Some(600_000),
            heartbeat_ms: Some(30_000),
            queue_ms: None,
        },
        deadline: Some(NOON.plus_ms(86_400_000)),
        not_before: Some(NOON.plus_ms(1_000)),
        labels: [("album".into(), "summer".into())].into(),
        parent: Some(Parent::Run("0190a0f0-0000-7000-8000-000000000001".parse().expect("a uuid"))),
        at: NOON,
    }
}

fn failure() -> Failure {
    Failure { code: "gpu.busy".into(), message: "no memory left on the device".into() }
}

/// Until an attempt begins.
fn terms() -> Vec<TaskEvent> {
    let amendment = Amendment {
        priority: Some(Priority::NORMAL),
        deadline: Some(NOON.plus_ms(90_000_000)),
        labels: Some([("album".into(), "winter".into())].into()),
        not_before: None,
        timeouts: Some(Timeouts { queue_ms: Some(5_000), ..Timeouts::default() }),
        retry: None,
    };
    vec![TaskEvent::Submitted(submitted()), TaskEvent::Amended(amendment)]
}

/// While an agent has it.
fn attempts() -> Vec<TaskEvent> {
    let blob = BlobRef { hash: blob_hash(b"pixels"), bytes: 6, media_type: "image/png".into() };
    let agent = "ada".parse().expect("a token");
    vec![
        TaskEvent::Assigned(Assigned { agent, attempt: 1, lease_ms: 30_000, at: NOON }),
        TaskEvent::Started(crate::task::Started { attempt: 1, at: NOON }),
        TaskEvent::Progressed(Progressed {
            attempt: 1,
            percent: Percent::new(40).expect("a percentage"),
            note: Some("the third of seven".into()),
        }),
        TaskEvent::Completed(Completed { attempt: 1, result: Content::Blob(blob) }),
        TaskEvent::AttemptFailed(AttemptFailed {
            attempt: 1,
            class: Class::Temporary,
            cause: Cause::Reported,
            error: failure(),
            again_at: NOON.plus_ms(221),
        }),
        TaskEvent::LeaseLost(LeaseLost {
            attempt: 1,
            why: Loss::Expired,
            counted: true,
            again_at: NOON.plus_ms(221),
        }),
    ]
}

/// From its end on.
fn endings() -> Vec<TaskEvent> {
    vec![
        TaskEvent::Failed(Failed {
            attempt: 1,
            class: Class::Critical,
            cause: Cause::Reported,
            error: failure(),
            alarm: true,
        }),
        TaskEvent::TimedOut(TimedOut { which: Timeout::Queue, attempt: 0 }),
        TaskEvent::Cancelled(Cancelled { reason: "no longer needed".into() }),
        TaskEvent::Withdrawn(Withdrawn { reason: "sent by mistake".into() }),
        TaskEvent::Noted(Noted { text: "the customer called".into() }),
        TaskEvent::LateResult(LateResult {
            attempt: 1,
            came: Came::Failed { class: Class::Permanent, error: failure() },
        }),
    ]
}

pub(super) fn tasks() -> Vec<TaskEvent> {
    [terms(), attempts(), endings()].concat()
}

pub(super) fn agents() -> Vec<AgentEvent> {
    let contact =
        Personal::from_parts(KeyId(Uuid::from_u128(1)), Uuid::from_u128(2), [3; 12], vec![4; 20]);
    let offer = Offer {
        kind: "worker".into(),
        capabilities: [capability("resize")].into(),
        slots: 4,
        labels: [("room".into(), "north".into())].into(),
        tools: ["imagemagick".into()].into(),
        owner: Some("pictures".into()),
        contact: Some(contact),
    };
    let changed = Offer { slots: 8, contact: None, ..offer.clone() };
    vec![
        AgentEvent::Registered(offer),
        AgentEvent::OfferChanged(changed),
        AgentEvent::Paused(Paused { reason: "the disk is full".into() }),
        AgentEvent::Drained(Drained { reason: "a new version comes".into() }),
        AgentEvent::Resumed(Resumed {}),
        AgentEvent::Retired(Retired { reason: "replaced".into() }),
        AgentEvent::WentSilent(WentSilent { since: NOON }),
        AgentEvent::Returned(Returned {}),
    ]
}

pub(super) fn nodes() -> Vec<NodeEvent> {
    let stream = || StreamName {
        tenant: crate::id::main_tenant(),
        category: "task".parse().expect("a token"),
        key: "0190a0f0-0000-7000-8000-000000000001".parse().expect("a token"),
    };
    let consumer = || "react-report_to_parent".to_owned();
    vec![
        NodeEvent::Started(crate::node::Started { program: "0.1.0".into() }),
        NodeEvent::Stopped(crate::node::Stopped { reason: "asked to".into() }),
        NodeEvent::ActorPanicked(ActorPanicked {
            actor: stream(),
            command: Some("publisher:00000000-0000-0000-0000-000000000007".into()),
            what: "attempt to subtract with overflow".into(),
        }),
        NodeEvent::ActorParked(ActorParked { actor: stream(), rest_ms: 300_000 }),
        NodeEvent::EventParked(EventParked {
            consumer: consumer(),
            position: 42,
            stream: stream(),
            why: "the actor panicked; nothing was recorded".into(),
        }),
        NodeEvent::ParkedEventRetried(ParkedEventRetried { consumer: consumer(), position: 42 }),
        NodeEvent::ParkedEventSkipped(ParkedEventSkipped {
            consumer: consumer(),
            position: 42,
            reason: "the parent is long gone".into(),
        }),
    ]
}

pub(super) fn facts() -> Vec<FactEvent> {
    vec![FactEvent::Recorded(CloudEvent {
        specversion: "1.0".into(),
        id: "42".into(),
        source: "shop".into(),
        kind: "order.paid".into(),
        time: Some("2026-01-31T12:00:00Z".into()),
        subject: None,
        datacontenttype: Some("application/json".into()),
        data: Some(json(r#"{"total":1.50}"#)),
    })]
}
