//! What a task wants to be told by timers, and what it does then. A timer is known by what it was
//! set for, and not by the clock: a clock may go back, and what was agreed may have changed since.

use events::task::{Cause, Class, Failure, TaskEvent, TimedOut, Timeout};
use events::time::Timestamp;

use super::{Phase, Task};
use crate::decider::Moment;

/// A timer that a task wants, or that says that its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// What runs out.
    pub which: Timeout,
    /// When.
    pub at: Timestamp,
    /// The newest hand-over when the timer was set; 0 for the deadline, which is that of them all.
    pub attempt: u32,
}

impl Task {
    /// The timers it wants, at most one of each sort. They change by events alone; a timer that is no
    /// longer wanted does no harm.
    #[must_use]
    pub fn deadlines(&self) -> Vec<Timer> {
        let sorts = [Timeout::Deadline, Timeout::Queue, Timeout::StartToClose];
        sorts.into_iter().filter_map(|which| self.timer(which)).collect()
    }

    fn timer(&self, which: Timeout) -> Option<Timer> {
        let timeouts = &self.plan.timeouts;
        let (at, attempt) = match (which, &self.phase) {
            (_, Phase::Unknown | Phase::Finished(_)) => return None,
            (Timeout::Deadline, Phase::Waiting { .. } | Phase::Running(_)) => {
                (self.plan.deadline?, 0)
            }
            (Timeout::Queue, Phase::Waiting { .. }) => {
                (self.ready_at()?.plus_ms(timeouts.queue_ms?), self.attempt)
            }
            (Timeout::StartToClose, Phase::Running(running)) => {
                (running.since.plus_ms(timeouts.start_to_close_ms?), self.attempt)
            }
            (Timeout::Queue, Phase::Running(_))
            | (Timeout::StartToClose, Phase::Waiting { .. }) => return None,
        };
        Some(Timer { which, at, attempt })
    }

    /// A timer for another attempt, or for an earlier time than is agreed by now, is nothing.
    pub(super) fn time_out(&self, told: Timer, moment: &Moment) -> Vec<TaskEvent> {
        let wanted = self.timer(told.which);
        let is_due = |wanted: &Timer| wanted.attempt == told.attempt && wanted.at <= told.at;
        if !wanted.as_ref().is_some_and(is_due) {
            return vec![];
        }
        match told.which {
            Timeout::Queue | Timeout::Deadline => {
                let timed_out = TimedOut { which: told.which, attempt: self.attempt };
                vec![TaskEvent::TimedOut(timed_out)]
            }
            // It may have been the worker: another one gets its chance.
            Timeout::StartToClose => {
                vec![self.failed(Class::Temporary, Cause::TimedOut, too_slow(), moment)]
            }
        }
    }
}

fn too_slow() -> Failure {
    Failure { code: "timed_out".into(), message: "the attempt took too long".into() }
}
