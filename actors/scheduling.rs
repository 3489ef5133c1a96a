//! When which schedule is to be told that its time has come. A schedule says on record what its next
//! time is; here is only who waits for which, so that looking at the clock costs nothing.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use events::id::{CommandId, EventId, ScheduleId, Tenant};
use events::known::Known;
use events::recorded::Recorded;
use events::schedule::{Next, ScheduleEvent};
use events::stream::Position;
use events::time::Timestamp;

use crate::schedule::ScheduleCommand;
pub use kept::{CHUNKS, Chunk};

/// The name under which the ids of commands are derived.
const NAME: &str = "fire";

/// The next times of all schedules.
#[derive(Debug, Clone, Default)]
pub struct Scheduling {
    schedules: BTreeMap<Name, Timed>,
    ringing: BTreeSet<(Timestamp, Name)>,
    at: Position,
}

type Name = (Tenant, ScheduleId);

/// A time that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDue {
    /// Whose schedule it is.
    pub tenant: Tenant,
    /// Which schedule is to be told.
    pub schedule: ScheduleId,
    /// Which of its times has come.
    pub next: Next,
    /// The event that said so, which is the cause of the command.
    pub cause: EventId,
}

impl ScheduleDue {
    /// The id of the command. An event sets one time, so it names the command for ever: however often,
    /// and by however many, the schedule is told, it is told once.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        CommandId::derived(self.cause, self.cause.millis(), NAME, 0)
    }

    /// What the schedule is told.
    #[must_use]
    pub fn command(&self) -> ScheduleCommand {
        ScheduleCommand::Fire(self.next)
    }
}

/// A schedule that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Timed {
    is_paused: bool,
    set: Option<Set>,
}

/// A time that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    next: Next,
    cause: EventId,
    /// When it is handed out; nothing, if it was.
    rings: Option<Timestamp>,
}

impl Scheduling {
    /// Takes in what happened. Total; what was taken in already is passed over.
    pub fn fold(&mut self, event: &Known) {
        if event.position() <= self.at {
            return;
        }
        self.at = event.position();
        let Known::Schedule(event) = event else { return };
        let Ok(schedule) = ScheduleId::new(event.stream.key.as_str()) else { return };
        self.fold_schedule((event.stream.tenant.clone(), schedule), event);
    }

    /// An event is passed over: what it says is not known here, or is no business of this log.
    pub fn pass(&mut self, position: Position) {
        self.at = self.at.max(position);
    }

    /// The newest event that was taken in.
    #[must_use]
    pub fn at(&self) -> Position {
        self.at
    }

    /// The times that have come, at most so many, the earliest first. Each is handed out once: an event
    /// will say what became of it.
    pub fn due(&mut self, now: Timestamp, room: usize) -> Vec<ScheduleDue> {
        let mut due = Vec::new();
        while due.len() < room && self.next().is_some_and(|at| at <= now) {
            let Some((_, name)) = self.ringing.pop_first() else { break };
            due.extend(self.hand_out(name));
        }
        due
    }

    /// When the next of them comes.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.ringing.first().map(|(at, _)| *at)
    }

    /// The schedule could not be told: this time is handed out again at that time, if it still counts.
    pub fn again(&mut self, due: &ScheduleDue, at: Timestamp) {
        let name = (due.tenant.clone(), due.schedule.clone());
        let Some(set) = self.schedules.get_mut(&name).and_then(|timed| timed.set.as_mut()) else {
            return;
        };
        if (set.cause, set.next, set.rings) == (due.cause, due.next, None) {
            set.rings = Some(at);
            self.ringing.insert((at, name));
        }
    }

    fn hand_out(&mut self, name: Name) -> Option<ScheduleDue> {
        let set = self.schedules.get_mut(&name)?.set.as_mut()?;
        set.rings = None;
        let (next, cause) = (set.next, set.cause);
        Some(ScheduleDue { tenant: name.0, schedule: name.1, next, cause })
    }

    fn fold_schedule(&mut self, name: Name, event: &Recorded<ScheduleEvent>) {
        let next = match &event.event {
            ScheduleEvent::Set(set) => set.next,
            ScheduleEvent::Fired(fired) => fired.next,
            ScheduleEvent::Queued(queued) => queued.next,
            ScheduleEvent::Skipped(skipped) => skipped.next,
            ScheduleEvent::Missed(missed) => missed.next,
            ScheduleEvent::Resumed(resumed) => {
                self.schedules.entry(name.clone()).or_default().is_paused = false;
                resumed.next
            }
            ScheduleEvent::Paused(_) => {
                self.unset(&name);
                self.schedules.entry(name).or_default().is_paused = true;
                return;
            }
            ScheduleEvent::Removed(_) => {
                self.unset(&name);
                self.schedules.remove(&name);
                return;
            }
            ScheduleEvent::RunEnded(_) => return,
        };
        self.wait_for(name, next, event.id);
    }

    /// A time that is waited for already stays as it is, and has the id that it had.
    fn wait_for(&mut self, name: Name, next: Option<Next>, cause: EventId) {
        let timed = self.schedules.entry(name.clone()).or_default();
        if timed.is_paused || timed.set.map(|set| set.next) == next {
            return;
        }
        self.unset(&name);
        let (Some(timed), Some(next)) = (self.schedules.get_mut(&name), next) else { return };
        timed.set = Some(Set { next, cause, rings: Some(next.rings_at) });
        self.ringing.insert((next.rings_at, name));
    }

    fn unset(&mut self, name: &Name) {
        let set = self.schedules.get_mut(name).and_then(|timed| timed.set.take());
        if let Some(rings) = set.and_then(|set| set.rings) {
            self.ringing.remove(&(rings, name.clone()));
        }
    }
}
