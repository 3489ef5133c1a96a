//! Every task with its present phase. Inputs and results are not here, nor notes: who wants them
//! reads the task's own history.

#[cfg(test)]
mod tests;

use events::id::AgentId;
use events::labels::Labels;
use events::recorded::Recorded;
use events::task::{Amendment, Failure, Percent, Priority, Submitted, TaskEvent, Timeout};
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every task with its present phase.
#[derive(Debug, Clone, Copy)]
pub struct TaskList;

/// One task, under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// What kind of work it is.
    pub kind: String,
    /// How soon, compared with others.
    pub priority: Priority,
    /// Words to find it by.
    pub labels: Labels,
    /// When it must be over.
    pub deadline: Option<Timestamp>,
    /// Where it stands.
    pub phase: Phase,
    /// How many times it was handed over.
    pub attempts: u32,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it came into its phase.
    pub since: Timestamp,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It waits for an agent.
    Waiting {
        /// When it may be handed out again, after an attempt that failed or was lost.
        again_at: Option<Timestamp>,
    },
    /// An agent has it.
    Running {
        /// Who works on it.
        agent: AgentId,
        /// Which hand-over this is.
        attempt: u32,
        /// How much is done, as far as the worker says.
        percent: Option<Percent>,
    },
    /// It ended with a result.
    Completed,
    /// It ended without one.
    Failed {
        /// What went wrong.
        error: Failure,
        /// Whether someone has to look at it.
        alarm: bool,
    },
    /// It was not done in time.
    TimedOut {
        /// What ran out.
        which: Timeout,
    },
    /// It was called off.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// It was taken back.
    Withdrawn {
        /// Why.
        reason: String,
    },
}

impl Projection for TaskList {
    const NAME: &'static str = "task_list";
    const VERSION: u32 = 2;
    type Row = TaskRow;
    type Event = TaskEvent;

    fn keys(event: &Recorded<TaskEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<TaskRow>, event: &Recorded<TaskEvent>) -> Option<TaskRow> {
        if let TaskEvent::Submitted(submitted) = &event.event {
            return Some(waiting(submitted, event.recorded_at));
        }
        let row = match phase_after(&event.event) {
            Some(phase) => TaskRow { since: event.recorded_at, phase, ..row? },
            None => row?,
        };
        Some(within_phase(row, &event.event))
    }
}

/// The phase that an event begins, if it begins one.
fn phase_after(event: &TaskEvent) -> Option<Phase> {
    Some(match event {
        TaskEvent::Assigned(assigned) => {
            let (agent, attempt) = (assigned.agent.clone(), assigned.attempt);
            Phase::Running { agent, attempt, percent: None }
        }
        TaskEvent::AttemptFailed(failed) => Phase::Waiting { again_at: Some(failed.again_at) },
        TaskEvent::LeaseLost(lost) => Phase::Waiting { again_at: Some(lost.again_at) },
        TaskEvent::Completed(_) => Phase::Completed,
        TaskEvent::Failed(failed) => {
            Phase::Failed { error: failed.error.clone(), alarm: failed.alarm }
        }
        TaskEvent::TimedOut(timed_out) => Phase::TimedOut { which: timed_out.which },
        TaskEvent::Cancelled(cancelled) => Phase::Cancelled { reason: cancelled.reason.clone() },
        TaskEvent::Withdrawn(withdrawn) => Phase::Withdrawn { reason: withdrawn.reason.clone() },
        TaskEvent::Submitted(_)
        | TaskEvent::Amended(_)
        | TaskEvent::Started(_)
        | TaskEvent::Progressed(_)
        | TaskEvent::Noted(_)
        | TaskEvent::LateResult(_) => return None,
    })
}

/// What else an event changes.
fn within_phase(row: TaskRow, event: &TaskEvent) -> TaskRow {
    match event {
        TaskEvent::Amended(amendment) => amended(row, amendment),
        TaskEvent::Assigned(assigned) => TaskRow { attempts: assigned.attempt, ..row },
        TaskEvent::Progressed(progressed) => advanced(row, progressed.percent),
        TaskEvent::Submitted(_)
        | TaskEvent::Started(_)
        | TaskEvent::AttemptFailed(_)
        | TaskEvent::LeaseLost(_)
        | TaskEvent::Completed(_)
        | TaskEvent::Failed(_)
        | TaskEvent::TimedOut(_)
        | TaskEvent::Cancelled(_)
        | TaskEvent::Withdrawn(_)
        | TaskEvent::Noted(_)
        | TaskEvent::LateResult(_) => row,
    }
}

fn waiting(submitted: &Submitted, at: Timestamp) -> TaskRow {
    TaskRow {
        kind: submitted.kind.clone(),
        priority: submitted.priority,
        labels: submitted.labels.clone(),
        deadline: submitted.deadline,
        phase: Phase::Waiting { again_at: None },
        attempts: 0,
        submitted_at: at,
        since: at,
    }
}

fn amended(row: TaskRow, amendment: &Amendment) -> TaskRow {
    TaskRow {
        priority: amendment.priority.unwrap_or(row.priority),
        labels: amendment.labels.clone().unwrap_or(row.labels),
        deadline: amendment.deadline.or(row.deadline),
        ..row
    }
}

fn advanced(mut row: TaskRow, by_now: Percent) -> TaskRow {
    if let Phase::Running { percent, .. } = &mut row.phase {
        *percent = Some(by_now);
    }
    row
}
