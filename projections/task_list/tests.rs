//! What the list says, sentence by sentence.

use events::content::{Content, Json};
use events::task::{
    Assigned, AttemptFailed, Cancelled, Cause, Class, Completed, Failed, LeaseLost, Loss, Noted,
    Progressed, Retry, TimedOut, Timeouts, Withdrawn,
};

use super::*;
use crate::spec::{given, second};

const WAITING: Phase = Phase::Waiting { again_at: None };

fn nothing() -> Content {
    Content::Inline(Json::parse("null").expect("JSON"))
}

fn submitted() -> TaskEvent {
    TaskEvent::Submitted(Submitted {
        kind: "resize".into(),
        input: nothing(),
        needs: ["resize".parse().expect("a token")].into(),
        priority: Priority::NORMAL,
        retry: Retry::default(),
        timeouts: Timeouts::default(),
        deadline: None,
        not_before: None,
        labels: Labels::new(),
        parent: None,
        at: second(0),
    })
}

fn ada() -> AgentId {
    "ada".parse().expect("a token")
}

fn assigned() -> TaskEvent {
    TaskEvent::Assigned(Assigned { agent: ada(), attempt: 3, lease_ms: 1_000, at: second(0) })
}

fn completed() -> TaskEvent {
    TaskEvent::Completed(Completed { attempt: 3, result: nothing() })
}

fn cancelled() -> TaskEvent {
    TaskEvent::Cancelled(Cancelled { reason: "too late".into() })
}

fn row(submitted: i64, phase: Phase, since: i64) -> TaskRow {
    TaskRow {
        kind: "resize".into(),
        priority: Priority::NORMAL,
        labels: Labels::new(),
        deadline: None,
        attempts: 0,
        phase,
        submitted_at: second(submitted),
        since: second(since),
    }
}

/// A row of a task that was handed over three times.
fn assigned_row(submitted: i64, phase: Phase, since: i64) -> TaskRow {
    TaskRow { attempts: 3, ..row(submitted, phase, since) }
}

fn failure() -> Failure {
    Failure { code: "gpu.busy".into(), message: "no memory left".into() }
}

/// What the list says about a task to which this happened.
#[track_caller]
fn then<const N: usize>(story: [TaskEvent; N], row: TaskRow) {
    given::<TaskList>(story.map(|event| ("main", "a", event))).then_rows([("main", "a", row)]);
}

#[test]
fn a_task_that_failed_once_waits_until_it_is_tried_again() {
    let failed = TaskEvent::AttemptFailed(AttemptFailed {
        attempt: 3,
        class: Class::Temporary,
        cause: Cause::Reported,
        error: failure(),
        again_at: second(60),
    });
    let waits = Phase::Waiting { again_at: Some(second(60)) };
    then([submitted(), assigned(), failed], assigned_row(1, waits, 3));
}

#[test]
fn a_task_that_was_lost_waits() {
    let lost = LeaseLost { attempt: 3, why: Loss::Expired, counted: true, again_at: second(60) };
    let waits = Phase::Waiting { again_at: Some(second(60)) };
    then([submitted(), assigned(), TaskEvent::LeaseLost(lost)], assigned_row(1, waits, 3));
}

#[test]
fn progress_is_listed_and_begins_no_phase() {
    let percent = Percent::new(40).expect("a percentage");
    let progressed = TaskEvent::Progressed(Progressed { attempt: 3, percent, note: None });
    let running = Phase::Running { agent: ada(), attempt: 3, percent: Some(percent) };
    then([submitted(), assigned(), progressed], assigned_row(1, running, 2));
}

#[test]
fn a_failed_task_says_what_went_wrong() {
    let failed = TaskEvent::Failed(Failed {
        attempt: 3,
        class: Class::Critical,
        cause: Cause::Reported,
        error: failure(),
        alarm: true,
    });
    let phase = Phase::Failed { error: failure(), alarm: true };
    then([submitted(), assigned(), failed], assigned_row(1, phase, 3));
}

#[test]
fn a_task_that_was_not_done_in_time_says_what_ran_out() {
    let timed_out = TaskEvent::TimedOut(TimedOut { which: Timeout::Queue, attempt: 0 });
    then([submitted(), timed_out], row(1, Phase::TimedOut { which: Timeout::Queue }, 2));
}

#[test]
fn a_withdrawn_task_says_why() {
    let withdrawn = TaskEvent::Withdrawn(Withdrawn { reason: "a mistake".into() });
    then([submitted(), withdrawn], row(1, Phase::Withdrawn { reason: "a mistake".into() }, 2));
}

#[test]
fn what_is_agreed_anew_is_listed_and_begins_no_phase() {
    let amendment = Amendment {
        priority: Some(Priority::MAX),
        deadline: Some(second(90)),
        ..Amendment::default()
    };
    let deadline = amendment.deadline;
    let row = TaskRow { priority: Priority::MAX, deadline, ..row(1, WAITING, 1) };
    then([submitted(), TaskEvent::Amended(amendment)], row);
}

#[test]
fn a_note_changes_nothing() {
    let noted = TaskEvent::Noted(Noted { text: "call back".into() });
    then([submitted(), noted], row(1, WAITING, 1));
}

#[test]
fn without_events_there_are_no_rows() {
    given::<TaskList>([]).then_rows([]);
}

#[test]
fn a_submitted_task_waits() {
    given::<TaskList>([("main", "a", submitted())]).then_rows([("main", "a", row(1, WAITING, 1))]);
}

#[test]
fn an_assigned_task_runs_at_its_agent() {
    let running = Phase::Running { agent: ada(), attempt: 3, percent: None };
    given::<TaskList>([("main", "a", submitted()), ("main", "a", assigned())]).then_rows([(
        "main",
        "a",
        assigned_row(1, running, 2),
    )]);
}

#[test]
fn a_completed_task_stays_in_the_list() {
    let story = [submitted(), assigned(), completed()].map(|event| ("main", "a", event));
    given::<TaskList>(story).then_rows([("main", "a", assigned_row(1, Phase::Completed, 3))]);
}

#[test]
fn a_cancelled_task_says_why() {
    let phase = Phase::Cancelled { reason: "too late".into() };
    given::<TaskList>([("main", "a", submitted()), ("main", "a", cancelled())]).then_rows([(
        "main",
        "a",
        row(1, phase, 2),
    )]);
}

#[test]
fn tasks_are_listed_in_the_order_of_their_ids() {
    given::<TaskList>([("main", "b", submitted()), ("main", "a", submitted())])
        .then_rows([("main", "a", row(2, WAITING, 2)), ("main", "b", row(1, WAITING, 1))]);
}

#[test]
fn the_same_id_of_another_tenant_is_another_task() {
    let story = [
        ("main", "a", submitted()),
        ("other", "a", submitted()),
        ("main", "a", assigned()),
        ("main", "a", completed()),
    ];
    given::<TaskList>(story).then_rows([
        ("main", "a", assigned_row(1, Phase::Completed, 4)),
        ("other", "a", row(2, WAITING, 2)),
    ]);
}

#[test]
fn a_task_nobody_submitted_has_no_row() {
    given::<TaskList>([("main", "a", assigned())]).then_rows([]);
}
