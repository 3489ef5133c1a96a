//! How a task moves on by what happened. No event is refused here, whatever it comes after.

use events::chain::{EventHash, blob_hash};
use events::task::{Cause, LeaseLost, Loss, TaskEvent};
use events::time::Timestamp;

use super::attempts::LATE_RESULTS_MAX;
use super::plan::Plan;
use super::{Ending, Phase, Running, Task};

pub(super) fn evolve(task: Task, event: &TaskEvent) -> Task {
    match event {
        TaskEvent::Submitted(submitted) => {
            Task { plan: Box::new(Plan::of(submitted)), ..waiting(task, submitted.at) }
        }
        TaskEvent::Amended(amendment) => {
            Task { plan: Box::new(task.plan.amended(amendment)), ..task }
        }
        TaskEvent::Assigned(assigned) => {
            let (agent, since) = (assigned.agent.clone(), assigned.at);
            let running = Running { agent, is_started: false, since, progress: None };
            Task { attempt: assigned.attempt, phase: Phase::Running(running), ..task }
        }
        TaskEvent::Started(started) => {
            running(task, |it| Running { is_started: true, since: started.at, ..it })
        }
        TaskEvent::Progressed(progressed) => {
            running(task, |it| Running { progress: Some(progressed.clone()), ..it })
        }
        TaskEvent::Completed(completed) => {
            finished(task, Ending::Completed { attempt: completed.attempt })
        }
        TaskEvent::AttemptFailed(failed) => {
            let task = reported(tried(task), failed.cause, failed.attempt);
            waiting(task, failed.again_at)
        }
        TaskEvent::LeaseLost(LeaseLost { why, counted, again_at, .. }) => {
            let untaken = task.untaken.saturating_add(u32::from(*why == Loss::NobodyThere));
            let task = Task { untaken, ..task };
            waiting(if *counted { tried(task) } else { task }, *again_at)
        }
        TaskEvent::Failed(failed) => {
            finished(reported(tried(task), failed.cause, failed.attempt), Ending::Failed)
        }
        TaskEvent::TimedOut(_) => finished(task, Ending::TimedOut),
        TaskEvent::Cancelled(_) => finished(task, Ending::Cancelled),
        TaskEvent::Withdrawn(_) => finished(task, Ending::Withdrawn),
        TaskEvent::Noted(noted) => {
            Task { notes: (task.notes.0.saturating_add(1), hash_of_note(&noted.text)), ..task }
        }
        TaskEvent::LateResult(late) => came_late(task, late.attempt),
    }
}

/// The hash stands for a note that may be long.
pub(super) fn hash_of_note(text: &str) -> EventHash {
    blob_hash(text.as_bytes())
}

fn waiting(task: Task, from: Timestamp) -> Task {
    Task { phase: Phase::Waiting { from }, ..task }
}

fn finished(task: Task, ending: Ending) -> Task {
    Task { phase: Phase::Finished(ending), ..task }
}

fn running(task: Task, moved_on: impl FnOnce(Running) -> Running) -> Task {
    let phase = match task.phase {
        Phase::Running(running) => Phase::Running(moved_on(running)),
        phase @ (Phase::Unknown | Phase::Waiting { .. } | Phase::Finished(_)) => phase,
    };
    Task { phase, ..task }
}

fn tried(task: Task) -> Task {
    Task { tries: task.tries.saturating_add(1), ..task }
}

fn reported(task: Task, cause: Cause, attempt: u32) -> Task {
    match cause {
        Cause::Reported => Task { reported: Some(attempt), ..task },
        Cause::TimedOut | Cause::LeaseLost => task,
    }
}

/// Of more late results than these none is recorded, so none needs to be remembered.
fn came_late(mut task: Task, attempt: u32) -> Task {
    if task.late.len() < LATE_RESULTS_MAX {
        task.late.insert(attempt);
    }
    task
}
