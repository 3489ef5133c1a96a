//! A schedule: it starts a pipeline at its times, each of them once. It works out its next time whenever
//! it records one, so that whoever looks at the clock for it only has to wait.

mod firing;
mod missing;
mod rejection;
mod spoken;
mod terms;
#[cfg(test)]
mod tests;
mod times;

use std::collections::VecDeque;

use events::id::RunId;
use events::run::How;
pub use events::schedule::ScheduleEvent;
use events::schedule::{Fired, Missed, Next, Paused, Queued, Removed, RunEnded};
use events::time::Timestamp;
pub use rejection::ScheduleRejection;
use serde::{Deserialize, Serialize};
pub use terms::Terms;

use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::{Decider, Moment};

/// How many times wait for a run to end, at most; what is beyond is passed over.
pub const WAITING_MAX: usize = 1_000;

/// A schedule, by the phase it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Schedule {
    /// Nobody has set it.
    #[default]
    Unknown,
    /// It is set.
    Living(Box<Living>),
    /// It is gone, until it is set again. Its newest time is remembered: none of them has two runs.
    Removed(Option<Timestamp>),
}

/// A schedule that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Living {
    terms: Terms,
    /// Its next time; while it is paused, the one that it was paused before.
    next: Option<Next>,
    /// The newest of the times that came.
    last: Option<Timestamp>,
    is_paused: bool,
    /// The run that it started last, as long as that is under way.
    open: Option<RunId>,
    /// Times that wait for that to end.
    waiting: VecDeque<Timestamp>,
    counts: Counts,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// It started a run.
    pub fired: u64,
    /// Its time came, and nothing was started.
    pub skipped: u64,
    /// Its time passed while nobody looked.
    pub missed: u64,
}

/// What may be asked of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleCommand {
    /// Start runs on these terms.
    Set(Terms),
    /// Start one now.
    FireNow,
    /// Start nothing for a while.
    Pause {
        /// Why.
        reason: String,
    },
    /// Start runs again.
    Resume {
        /// Why.
        reason: String,
    },
    /// Start nothing any more.
    Remove {
        /// Why.
        reason: String,
    },
    /// Said by the clock: this time has come.
    Fire(Next),
    /// Said by a reaction: a run has ended.
    RunEnded {
        /// Which one.
        run: RunId,
        /// How; nothing, if it could not begin.
        how: Option<How>,
    },
}

type Decision = Result<Vec<ScheduleEvent>, ScheduleRejection>;

impl Decider for Schedule {
    type Command = ScheduleCommand;
    type Event = ScheduleEvent;
    type Rejection = ScheduleRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0xe3d5_d749_26a1_74ab;

    fn decide(&self, command: ScheduleCommand, moment: &Moment) -> Decision {
        use ScheduleCommand::{Fire, FireNow, Pause, Remove, Resume, RunEnded, Set};
        match (self, command) {
            (Self::Living(living), Set(terms)) if living.terms == terms => Ok(vec![]),
            (_, Set(terms)) => {
                let next = terms.first(self.last(), moment)?;
                Ok(vec![ScheduleEvent::Set(terms.recorded(Some(next), moment.now))])
            }
            (Self::Living(living), FireNow) => living.fire_now(moment),
            (Self::Living(living), Fire(due)) => Ok(living.fire(due, moment)),
            (Self::Living(living), RunEnded { run, how }) => Ok(living.run_ended(run, how, moment)),
            (Self::Living(living), Pause { reason }) => living.pause(reason, moment.now),
            (Self::Living(living), Resume { reason }) => living.resume(reason, moment),
            (Self::Living(_), Remove { reason }) => {
                text("a reason", &reason, TEXT_BYTES_MAX)?;
                Ok(vec![ScheduleEvent::Removed(Removed { reason, at: moment.now })])
            }
            // The clock and the reaction do not know yet that it is gone.
            (Self::Unknown | Self::Removed(_), Fire(_) | RunEnded { .. }) => Ok(vec![]),
            (Self::Removed(_), Remove { .. }) => Ok(vec![]),
            (Self::Removed(_), FireNow | Pause { .. } | Resume { .. }) => {
                Err(ScheduleRejection::Removed)
            }
            (Self::Unknown, FireNow | Pause { .. } | Resume { .. } | Remove { .. }) => {
                Err(ScheduleRejection::NotFound)
            }
        }
    }

    fn evolve(self, event: &ScheduleEvent) -> Self {
        match (self, event) {
            (Self::Living(living), ScheduleEvent::Set(set)) => {
                let (terms, next) = (Terms::of(set), set.next);
                Self::Living(Box::new(Living { terms, next, ..*living }))
            }
            (gone, ScheduleEvent::Set(set)) => {
                let last = gone.last();
                Self::Living(Box::new(Living { last, ..Living::new(Terms::of(set), set.next) }))
            }
            (gone, ScheduleEvent::Removed(_)) => Self::Removed(gone.last()),
            (Self::Living(mut living), event) => {
                living.moves_on(event);
                Self::Living(living)
            }
            (gone, _) => gone,
        }
    }
}

impl Schedule {
    /// The time at which it wants to be told that its time has come.
    #[must_use]
    pub fn rings_at(&self) -> Option<Next> {
        self.as_living().filter(|living| !living.is_paused).and_then(|living| living.next)
    }

    /// The run that it started, as long as that is under way.
    #[must_use]
    pub fn open(&self) -> Option<RunId> {
        self.as_living().and_then(|living| living.open)
    }

    /// How often what happened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.as_living().map(|living| living.counts).unwrap_or_default()
    }

    /// The newest of the times that came.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        match self {
            Self::Unknown => None,
            Self::Living(living) => living.last,
            Self::Removed(last) => *last,
        }
    }

    fn as_living(&self) -> Option<&Living> {
        match self {
            Self::Living(living) => Some(living),
            Self::Unknown | Self::Removed(_) => None,
        }
    }
}

impl Living {
    fn new(terms: Terms, next: Option<Next>) -> Self {
        let (waiting, counts) = (VecDeque::new(), Counts::default());
        Self { terms, next, last: None, is_paused: false, open: None, waiting, counts }
    }

    fn moves_on(&mut self, event: &ScheduleEvent) {
        match event {
            ScheduleEvent::Fired(fired) => self.fired(fired),
            ScheduleEvent::Queued(Queued { nominal, replaces, next, .. }) => {
                if replaces.is_some() {
                    self.waiting.clear();
                }
                self.waiting.push_back(*nominal);
                self.came(*nominal, *next);
            }
            ScheduleEvent::Skipped(skipped) => {
                self.counts.skipped += 1;
                self.came(skipped.nominal, skipped.next);
            }
            ScheduleEvent::Missed(Missed { last, count, queued, next, .. }) => {
                self.counts.missed += count;
                self.waiting.extend(queued);
                self.came(*last, *next);
            }
            ScheduleEvent::RunEnded(RunEnded { run, .. }) => {
                self.open = self.open.filter(|open| open != run);
            }
            ScheduleEvent::Paused(_) => self.is_paused = true,
            ScheduleEvent::Resumed(resumed) => {
                self.is_paused = false;
                self.next = resumed.next;
            }
            ScheduleEvent::Set(_) | ScheduleEvent::Removed(_) => {}
        }
    }

    fn fired(&mut self, fired: &Fired) {
        if self.waiting.front() == Some(&fired.nominal) {
            self.waiting.pop_front();
        }
        self.open = Some(fired.run);
        self.counts.fired += 1;
        self.came(fired.nominal, fired.next);
    }

    fn came(&mut self, nominal: Timestamp, next: Option<Next>) {
        self.last = self.last.max(Some(nominal));
        self.next = next;
    }

    fn pause(&self, reason: String, at: Timestamp) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let paused = ScheduleEvent::Paused(Paused { reason, at });
        Ok(if self.is_paused { vec![] } else { vec![paused] })
    }
}
