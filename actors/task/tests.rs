//! What a task does, sentence by sentence. The words that all of them are made of are here.

mod amending;
mod attempts;
mod ending;
mod failing;
mod keeping;
mod late;
mod properties;
mod submitting;
mod timers;

use events::content::{Content, Json};
use events::id::AgentId;
use events::task::{
    Assigned, AttemptFailed, Cancelled, Cause, Class, Completed, Failed, Failure, LeaseLost, Loss,
    Noted, Percent, Progressed, Started, Submitted, Timeouts, Withdrawn,
};
use events::time::Timestamp;

use super::*;
use crate::spec::given;

/// When everything happens, unless a sentence says another time.
const NOON: Timestamp = Timestamp(1_770_000_000_000_000);

fn text_of(json: &str) -> Content {
    Content::Inline(Json::parse(json).expect("JSON"))
}

fn agent(name: &str) -> AgentId {
    name.parse().expect("a token")
}

fn order() -> Order {
    Order::new("resize", text_of("{}"))
}

fn submit(order: Order) -> TaskCommand {
    TaskCommand::Submit(Box::new(order))
}

fn assign_to(name: &str, attempt: u32) -> TaskCommand {
    TaskCommand::Assign { agent: agent(name), attempt, lease_ms: 30_000 }
}

fn start(attempt: u32) -> TaskCommand {
    TaskCommand::Start { attempt }
}

fn progress(attempt: u32, percent: u8) -> TaskCommand {
    let percent = Percent::new(percent).expect("a percentage");
    TaskCommand::Progress { attempt, percent, note: None }
}

fn complete(attempt: u32) -> TaskCommand {
    TaskCommand::Complete { attempt, result: text_of("1") }
}

fn fail(attempt: u32, class: Class) -> TaskCommand {
    TaskCommand::Fail { attempt, class, error: failure() }
}

fn lose(attempt: u32, why: Loss) -> TaskCommand {
    TaskCommand::LoseLease { attempt, why }
}

fn cancel() -> TaskCommand {
    TaskCommand::Cancel { reason: "no longer needed".into() }
}

fn withdraw() -> TaskCommand {
    TaskCommand::Withdraw { reason: "sent by mistake".into() }
}

fn note(text: &str) -> TaskCommand {
    TaskCommand::Note { text: text.into() }
}

fn failure() -> Failure {
    Failure { code: "gpu.busy".into(), message: "no memory left".into() }
}

/// What `order` becomes, decided at noon.
fn submitted_as(order: Order) -> TaskEvent {
    let Order { kind, input, needs, priority, retry, .. } = order.clone();
    let Order { timeouts, deadline, not_before, labels, parent, .. } = order;
    let needs = if needs.is_empty() { [kind.parse().expect("a token")].into() } else { needs };
    TaskEvent::Submitted(Submitted {
        kind,
        input,
        needs,
        priority,
        retry,
        timeouts,
        deadline,
        not_before,
        labels,
        parent,
        at: NOON,
    })
}

fn submitted() -> TaskEvent {
    submitted_as(order())
}

fn assigned_to(name: &str, attempt: u32) -> TaskEvent {
    TaskEvent::Assigned(Assigned { agent: agent(name), attempt, lease_ms: 30_000, at: NOON })
}

fn started(attempt: u32) -> TaskEvent {
    TaskEvent::Started(Started { attempt, at: NOON })
}

fn progressed(attempt: u32, percent: u8) -> TaskEvent {
    let percent = Percent::new(percent).expect("a percentage");
    TaskEvent::Progressed(Progressed { attempt, percent, note: None })
}

fn completed(attempt: u32) -> TaskEvent {
    TaskEvent::Completed(Completed { attempt, result: text_of("1") })
}

fn attempt_failed(attempt: u32, again_at: Timestamp) -> TaskEvent {
    let (class, cause) = (Class::Temporary, Cause::Reported);
    TaskEvent::AttemptFailed(AttemptFailed { attempt, class, cause, error: failure(), again_at })
}

fn lease_lost(attempt: u32, why: Loss, counted: bool, again_at: Timestamp) -> TaskEvent {
    TaskEvent::LeaseLost(LeaseLost { attempt, why, counted, again_at })
}

fn failed(attempt: u32, class: Class) -> TaskEvent {
    let (cause, alarm) = (Cause::Reported, class == Class::Critical);
    TaskEvent::Failed(Failed { attempt, class, cause, error: failure(), alarm })
}

fn cancelled() -> TaskEvent {
    TaskEvent::Cancelled(Cancelled { reason: "no longer needed".into() })
}

fn withdrawn() -> TaskEvent {
    TaskEvent::Withdrawn(Withdrawn { reason: "sent by mistake".into() })
}

fn noted(text: &str) -> TaskEvent {
    TaskEvent::Noted(Noted { text: text.into() })
}

/// Submitted, and at `ada`.
fn running() -> Vec<TaskEvent> {
    vec![submitted(), assigned_to("ada", 1)]
}

/// The first attempt failed, the second is at `bob`.
fn running_again() -> Vec<TaskEvent> {
    let (failed, again) = (attempt_failed(1, NOON), assigned_to("bob", 2));
    vec![submitted(), assigned_to("ada", 1), failed, again]
}

fn later(ms: u64) -> Timestamp {
    NOON.plus_ms(ms)
}

fn limits(start_to_close_ms: Option<u64>, queue_ms: Option<u64>) -> Timeouts {
    Timeouts { start_to_close_ms, heartbeat_ms: None, queue_ms }
}
