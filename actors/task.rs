//! A task: one piece of work, from submission to its end. Unknown → waiting → running → finished,
//! and back to waiting as long as there are tries left. Who should work on it is not decided here,
//! nor does anything here watch a clock: who does is told by `timers` what to wake up for.

mod attempts;
mod backoff;
mod command;
mod evolve;
mod plan;
mod rejection;
mod spoken;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::BTreeSet;

use events::chain::EventHash;
use events::id::{AgentId, Capability};
pub use events::task::TaskEvent;
use events::task::{Cancelled, Noted, Priority, Progressed, Timeouts, Withdrawn};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use attempts::{ATTEMPTS_MAX, LATE_RESULTS_MAX};
pub use command::{Order, Seat, TaskCommand};
pub use plan::{DURATION_MS_MAX, TRIES_MAX};
pub use rejection::TaskRejection;
pub use timers::Timer;

use crate::bounds::{OutOfBounds, TEXT_BYTES_MAX, text};
use crate::decider::{Decider, Moment};
use plan::Plan;

/// How many notes a task takes.
pub const NOTES_MAX: u32 = 1000;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Task {
    /// What was agreed. In a box: it is large, and moves on less often than the rest.
    plan: Box<Plan>,
    /// The newest hand-over, 0 before the first.
    attempt: u32,
    /// How many tries are used up.
    tries: u32,
    /// How many hand-overs came to nobody.
    untaken: u32,
    /// The newest hand-over whose worker said that it failed.
    reported: Option<u32>,
    /// The hand-overs of which a late result is recorded.
    late: BTreeSet<u32>,
    /// How many notes there are, and the hash of the newest.
    notes: (u32, EventHash),
    phase: Phase,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Phase {
    /// Nobody has submitted it.
    #[default]
    Unknown,
    /// It waits for an agent.
    Waiting {
        /// Since when, or, after a failure, until when it must wait at least.
        from: Timestamp,
    },
    /// An agent has it.
    Running(Running),
    /// It is over.
    Finished(Ending),
}

/// An attempt that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Who works on it.
    pub agent: AgentId,
    /// Whether the worker said that it began.
    pub is_started: bool,
    /// When it began, or was handed over.
    pub since: Timestamp,
    /// What the worker said last about how far it is.
    #[serde(with = "crate::kept")]
    pub progress: Option<Progressed>,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// With a result.
    Completed {
        /// The hand-over that led to it.
        attempt: u32,
    },
    /// Without one, for good.
    Failed,
    /// Not in time.
    TimedOut,
    /// Called off.
    Cancelled,
    /// Taken back.
    Withdrawn,
}

type Decision = Result<Vec<TaskEvent>, TaskRejection>;

impl Decider for Task {
    type Command = TaskCommand;
    type Event = TaskEvent;
    type Rejection = TaskRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0x998c_fcb7_e3d9_78bc;

    fn begins(command: &TaskCommand) -> bool {
        matches!(command, TaskCommand::Submit(_) | TaskCommand::SubmitTo(..))
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Finished(_))
    }

    fn decide(&self, command: TaskCommand, moment: &Moment) -> Decision {
        use TaskCommand as C;
        match (&self.phase, command) {
            (Phase::Unknown, C::Submit(order)) => plan::submit(*order, moment.now),
            (Phase::Unknown, C::SubmitTo(order, seat)) => submit_to(*order, seat, moment),
            (_, C::Submit(order) | C::SubmitTo(order, _)) => self.plan.submit_again(*order),
            (Phase::Unknown, _) => Err(TaskRejection::NotFound),

            // Workers and timers speak of an attempt, and may be late: it decides, not the phase.
            (_, C::Complete { attempt, result }) => self.complete(attempt, result),
            (_, C::Fail { attempt, class, error }) => self.fail(attempt, class, error, moment),
            (_, C::LoseLease { attempt, why }) => self.lose_lease(attempt, why, moment),
            (_, C::TimeOut(timer)) => Ok(self.time_out(timer, moment)),
            (_, C::Note { text }) => self.note(text),

            (Phase::Waiting { .. }, C::Assign { agent, attempt, lease_ms }) => {
                self.assign(agent, attempt, lease_ms, moment.now)
            }
            (Phase::Waiting { .. }, C::Start { .. } | C::Progress { .. }) => {
                Err(TaskRejection::NotAssigned)
            }
            (Phase::Waiting { .. }, C::Withdraw { reason }) => withdraw(reason),

            (Phase::Running(running), C::Assign { agent, attempt, .. }) => {
                self.assign_again(running, &agent, attempt)
            }
            (Phase::Running(running), C::Start { attempt }) => {
                self.start(running, attempt, moment.now)
            }
            (Phase::Running(running), C::Progress { attempt, percent, note }) => {
                self.progress(running, Progressed { attempt, percent, note })
            }
            (Phase::Running(running), C::Withdraw { .. }) => Err(running.already_assigned()),

            (Phase::Waiting { .. } | Phase::Running(_), C::Cancel { reason }) => cancel(reason),
            (Phase::Waiting { .. } | Phase::Running(_), C::Amend(amendment)) => {
                self.plan.amend(amendment, moment.now)
            }

            (Phase::Finished(Ending::Cancelled), C::Cancel { .. })
            | (Phase::Finished(Ending::Withdrawn), C::Withdraw { .. }) => Ok(vec![]),
            (Phase::Finished(_), _) => Err(TaskRejection::AlreadyFinished),
        }
    }

    fn record(rejection: &TaskRejection) -> Option<TaskEvent> {
        rejection.record()
    }

    fn evolve(self, event: &TaskEvent) -> Self {
        evolve::evolve(self, event)
    }
}

impl Task {
    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The newest hand-over, 0 before the first; the next one is one more.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether it may be handed out at this time.
    #[must_use]
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.ready_at().is_some_and(|ready_at| ready_at <= now)
    }

    /// When it may be handed out, if it waits.
    #[must_use]
    pub fn ready_at(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Waiting { from } => Some(self.plan.not_before.map_or(*from, |at| at.max(*from))),
            Phase::Unknown | Phase::Running(_) | Phase::Finished(_) => None,
        }
    }

    /// What an agent must be capable of to get it.
    #[must_use]
    pub fn needs(&self) -> &BTreeSet<Capability> {
        &self.plan.needs
    }

    /// How soon, compared with others.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.plan.priority
    }

    /// How long its parts may take.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.plan.timeouts
    }

    /// A note may also be made when all is over.
    fn note(&self, note: String) -> Decision {
        text("a note", &note, TEXT_BYTES_MAX)?;
        let (count, newest) = self.notes;
        if count > 0 && newest == evolve::hash_of_note(&note) {
            return Ok(vec![]);
        }
        if count >= NOTES_MAX {
            return Err(OutOfBounds::TooMany { what: "notes", max: NOTES_MAX as usize }.into());
        }
        Ok(vec![TaskEvent::Noted(Noted { text: note })])
    }
}

/// It is handed over as if that was asked right behind; where that cannot be, it waits like any other.
fn submit_to(order: Order, seat: Seat, moment: &Moment) -> Decision {
    let mut events = plan::submit(order, moment.now)?;
    let task = events.iter().fold(Task::default(), Task::evolve);
    let assigned = task.assign(seat.agent, 1, seat.lease_ms, moment.now);
    events.extend(assigned.unwrap_or_default());
    Ok(events)
}

fn cancel(reason: String) -> Decision {
    text("a reason", &reason, TEXT_BYTES_MAX)?;
    Ok(vec![TaskEvent::Cancelled(Cancelled { reason })])
}

fn withdraw(reason: String) -> Decision {
    text("a reason", &reason, TEXT_BYTES_MAX)?;
    Ok(vec![TaskEvent::Withdrawn(Withdrawn { reason })])
}
