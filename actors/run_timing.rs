//! Which timers of runs are set, and which of them have rung. Each is set by an event that says its
//! time, and unset by what happens then; what it means that a time has come the run decides itself. A
//! run that waits for no time is not known here at all.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use events::id::{CommandId, EventId, RunId, StageName, Tenant};
use events::known::Known;
use events::planted::{Bug, planted};
use events::recorded::Recorded;
use events::run::{RunEvent, Work};
use events::stream::Position;
use events::time::Timestamp;

use crate::run::{RunTimer, RunTimerKind};
pub use kept::{CHUNKS, Chunk};

/// The name under which the ids of commands are derived.
const NAME: &str = "ring";
/// How many kinds of timers there are.
const KINDS: u32 = 6;

/// The planted bug: never the same number twice.
fn another() -> u32 {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    NUMBER.fetch_add(KINDS, std::sync::atomic::Ordering::Relaxed)
}

/// The timers of all runs that are not over.
#[derive(Debug, Clone, Default)]
pub struct RunTiming {
    runs: BTreeMap<Name, BTreeMap<Which, Set>>,
    ringing: BTreeSet<(Timestamp, Name, Which)>,
    at: Position,
}

type Name = (Tenant, RunId);

/// What a timer is for, and of which stage, if it is not of the run. There is one of each.
type Which = (RunTimerKind, Option<StageName>);

/// A timer whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDue {
    /// Whose run it is.
    pub tenant: Tenant,
    /// Which run is to be told.
    pub run: RunId,
    /// What it is to be told.
    pub timer: RunTimer,
}

impl RunDue {
    /// The id of the `Ring` command. An event sets one timer of each kind, so the two name it for ever:
    /// however often the timer is handed out, in whichever life, it is one command.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        let index = match self.timer.what {
            RunTimerKind::Begins => 0,
            RunTimerKind::GoOn => 1,
            RunTimerKind::Run => 2,
            RunTimerKind::Stage => 3,
            RunTimerKind::Until => 4,
            RunTimerKind::Approval => 5,
        };
        let index = if planted(Bug::TimerOfRunRingsTwice) { index + another() } else { index };
        let cause = self.timer.cause;
        CommandId::derived(cause, cause.millis(), NAME, index)
    }
}

/// A timer that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    turn: u16,
    at: Timestamp,
    cause: EventId,
    /// When it is handed out; nothing, if it was.
    rings: Option<Timestamp>,
}

impl RunTiming {
    /// Takes in what happened. Total; what was taken in already is passed over.
    pub fn fold(&mut self, event: &Known) {
        if event.position() <= self.at {
            return;
        }
        self.at = event.position();
        let Known::Run(event) = event else { return };
        let Some(run) = event.stream.key.as_uuid().map(RunId) else { return };
        self.fold_run(&(event.stream.tenant.clone(), run), event);
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

    /// The timers whose time has come, at most so many, the earliest first. Each is handed out once,
    /// until it is set anew: an event will say that it was handled, or that there was nothing to do.
    pub fn due(&mut self, now: Timestamp, room: usize) -> Vec<RunDue> {
        let mut due = Vec::new();
        while due.len() < room && self.next().is_some_and(|at| at <= now) {
            let Some((_, name, which)) = self.ringing.pop_first() else { break };
            due.extend(self.hand_out(name, which));
        }
        due
    }

    /// When the next timer rings.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.ringing.first().map(|(at, ..)| *at)
    }

    /// The run could not be told: this timer is handed out again at this time, if it is still set.
    pub fn again(&mut self, due: &RunDue, at: Timestamp) {
        let (name, timer) = ((due.tenant.clone(), due.run), &due.timer);
        let which = (timer.what, timer.stage.clone());
        let Some(set) = self.runs.get_mut(&name).and_then(|timers| timers.get_mut(&which)) else {
            return;
        };
        if set.cause == timer.cause && set.rings.is_none() {
            set.rings = Some(at);
            self.ringing.insert((at, name, which));
        }
    }

    fn hand_out(&mut self, name: Name, which: Which) -> Option<RunDue> {
        let set = self.runs.get_mut(&name)?.get_mut(&which)?;
        set.rings = None;
        let (tenant, run) = name;
        let Set { turn, at, cause, .. } = *set;
        let (what, stage) = which;
        Some(RunDue { tenant, run, timer: RunTimer { what, stage, turn, at, cause } })
    }

    fn fold_run(&mut self, name: &Name, event: &Recorded<RunEvent>) {
        use RunTimerKind::{Approval, Begins, GoOn, Run, Stage, Until};
        let cause = event.id;
        match &event.event {
            RunEvent::Started(started) => {
                self.forget(name);
                self.set(name, (Begins, None), (started.begins_at, 0, cause));
                self.set(name, (Run, None), (started.ends_by, 0, cause));
            }
            RunEvent::MoreToBegin(more) => self.set(name, (GoOn, None), (Some(more.at), 0, cause)),
            RunEvent::StageBegan(began) => {
                let until = match &began.work {
                    Work::Until { at } => Some(*at),
                    Work::One { .. } | Work::Items { .. } | Work::Signal { .. } | Work::Nothing => {
                        None
                    }
                };
                self.unset_stage(name, &began.stage);
                let stage = || Some(began.stage.clone());
                self.set(name, (Stage, stage()), (began.ends_by, began.turn, cause));
                self.set(name, (Until, stage()), (until, began.turn, cause));
            }
            RunEvent::ApprovalAsked(asked) => {
                let which = (Approval, Some(asked.stage.clone()));
                self.set(name, which, (asked.until, asked.turn, cause));
            }
            RunEvent::Approved(approved) => self.unset_stage(name, &approved.stage),
            RunEvent::Disapproved(disapproved) => self.unset_stage(name, &disapproved.stage),
            RunEvent::StageEnded(ended) => self.unset_stage(name, &ended.stage),
            RunEvent::Retried(retried) => {
                self.forget(name);
                self.set(name, (Run, None), (retried.ends_by, 0, cause));
            }
            RunEvent::Ending(_) | RunEvent::Finished(_) | RunEvent::NotStarted(_) => {
                self.forget(name);
            }
            RunEvent::ItemsBegan(_)
            | RunEvent::ItemEnded(_)
            | RunEvent::StagesSkipped(_)
            | RunEvent::StagesKept(_)
            | RunEvent::Signalled(_)
            | RunEvent::Paused(_)
            | RunEvent::Resumed(_)
            | RunEvent::WorkCalledOff(_)
            | RunEvent::UndoBegan(_)
            | RunEvent::UndoEnded(_) => {}
        }
    }

    /// Sets a timer, or, if there is no time, leaves things as they are.
    fn set(&mut self, name: &Name, which: Which, set: (Option<Timestamp>, u16, EventId)) {
        let (Some(at), turn, cause) = set else { return };
        let timers = self.runs.entry(name.clone()).or_default();
        let set = Set { turn, at, cause, rings: Some(at) };
        if let Some(rings) = timers.insert(which.clone(), set).and_then(|before| before.rings) {
            self.ringing.remove(&(rings, name.clone(), which.clone()));
        }
        self.ringing.insert((at, name.clone(), which));
    }

    fn unset_stage(&mut self, name: &Name, stage: &StageName) {
        for what in [RunTimerKind::Stage, RunTimerKind::Until, RunTimerKind::Approval] {
            self.unset(name, (what, Some(stage.clone())));
        }
    }

    fn unset(&mut self, name: &Name, which: Which) {
        let Some(timers) = self.runs.get_mut(name) else { return };
        let rings = timers.remove(&which).and_then(|set| set.rings);
        if timers.is_empty() {
            self.runs.remove(name);
        }
        if let Some(rings) = rings {
            self.ringing.remove(&(rings, name.clone(), which));
        }
    }

    fn forget(&mut self, name: &Name) {
        let Some(timers) = self.runs.remove(name) else { return };
        for (which, set) in timers {
            if let Some(rings) = set.rings {
                self.ringing.remove(&(rings, name.clone(), which));
            }
        }
    }
}
