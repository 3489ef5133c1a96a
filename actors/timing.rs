//! Which timers are set, and which of them have rung. What happens to a task sets and unsets them;
//! what a timer then means the task decides itself, when it is told that the time has come. A task
//! without limits of time is not known here at all.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use events::id::{CommandId, EventId, TaskId, Tenant};
use events::known::Known;
use events::planted::{Bug, planted};
use events::recorded::Recorded;
use events::stream::Position;
use events::task::{Amendment, Submitted, TaskEvent, Timeout, Timeouts};
use events::time::Timestamp;

use crate::placing::{Placing, Standing};
use crate::task::Timer;
pub use kept::{CHUNKS, Chunk};

/// The name under which the ids of commands are derived.
const NAME: &str = "time_out";
/// Of each there is one at most for a task.
const SORTS: [Timeout; 3] = [Timeout::Deadline, Timeout::Queue, Timeout::StartToClose];

/// The planted bug: never the same number twice.
fn another() -> u32 {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    NUMBER.fetch_add(3, std::sync::atomic::Ordering::Relaxed)
}

/// The timers of all tasks that are not over.
#[derive(Debug, Clone, Default)]
pub struct Timing {
    tasks: BTreeMap<Name, Timed>,
    ringing: BTreeSet<(Timestamp, Name, Timeout)>,
    at: Position,
}

type Name = (Tenant, TaskId);

/// A timer whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose task it is.
    pub tenant: Tenant,
    /// Which task is to be told.
    pub task: TaskId,
    /// What it is to be told.
    pub timer: Timer,
    /// The event that set the timer, which is the cause of the command.
    pub cause: EventId,
}

impl Due {
    /// The id of the `TimeOut` command. An event sets one timer of each sort, so the two name it for
    /// ever: however often the timer is handed out, in whichever life, it is one command.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        let index = match self.timer.which {
            Timeout::Deadline => 0,
            Timeout::Queue => 1,
            Timeout::StartToClose => 2,
        };
        let index = if planted(Bug::TimerFiredTwice) { index + another() } else { index };
        CommandId::derived(self.cause, self.cause.millis(), NAME, index)
    }
}

/// A task with limits of time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Timed {
    timeouts: Timeouts,
    deadline: Option<Timestamp>,
    not_before: Option<Timestamp>,
    attempt: u32,
    is_held: bool,
    /// Since when it waits, or since when an agent has it.
    since: Timestamp,
    set: BTreeMap<Timeout, Set>,
}

/// A timer that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    at: Timestamp,
    attempt: u32,
    cause: EventId,
    /// When it is handed out; nothing, if it was.
    rings: Option<Timestamp>,
}

impl Timing {
    /// Takes in what happened. Total; what was taken in already is passed over. Where a task without
    /// limits is given some, placing knows where it stands, and has taken the event in before.
    pub fn fold(&mut self, event: &Known, placing: &Placing) {
        if event.position() <= self.at {
            return;
        }
        self.at = event.position();
        let Known::Task(event) = event else { return };
        let Some(task) = event.stream.key.as_uuid().map(TaskId) else { return };
        self.fold_task((event.stream.tenant.clone(), task), event, placing);
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
    pub fn due(&mut self, now: Timestamp, room: usize) -> Vec<Due> {
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

    /// The task could not be told: this timer is handed out again at this time, if it is still set.
    pub fn again(&mut self, due: &Due, at: Timestamp) {
        let name = (due.tenant.clone(), due.task);
        let Some(timed) = self.tasks.get_mut(&name) else { return };
        let Some(set) = timed.set.get_mut(&due.timer.which) else { return };
        if set.cause == due.cause && set.at == due.timer.at && set.rings.is_none() {
            set.rings = Some(at);
            self.ringing.insert((at, name, due.timer.which));
        }
    }

    fn hand_out(&mut self, name: Name, which: Timeout) -> Option<Due> {
        let set = self.tasks.get_mut(&name)?.set.get_mut(&which)?;
        set.rings = None;
        let timer = Timer { which, at: set.at, attempt: set.attempt };
        Some(Due { tenant: name.0, task: name.1, timer, cause: set.cause })
    }

    fn fold_task(&mut self, name: Name, event: &Recorded<TaskEvent>, placing: &Placing) {
        match &event.event {
            TaskEvent::Submitted(submitted) => {
                self.forget(&name);
                self.tasks.extend(Timed::of(submitted).map(|timed| (name.clone(), timed)));
            }
            TaskEvent::Amended(amendment) => self.amended(&name, amendment, placing),
            TaskEvent::Completed(_)
            | TaskEvent::Failed(_)
            | TaskEvent::TimedOut(_)
            | TaskEvent::Cancelled(_)
            | TaskEvent::Withdrawn(_) => return self.forget(&name),
            TaskEvent::Assigned(assigned) => self.change(&name, |timed| {
                (timed.attempt, timed.is_held, timed.since) = (assigned.attempt, true, assigned.at);
            }),
            TaskEvent::Started(started) => self.change(&name, |timed| timed.since = started.at),
            TaskEvent::AttemptFailed(failed) => self.waits(&name, failed.again_at),
            TaskEvent::LeaseLost(lost) => self.waits(&name, lost.again_at),
            TaskEvent::Progressed(_) | TaskEvent::Noted(_) | TaskEvent::LateResult(_) => return,
        }
        self.settle(name, event.id);
    }

    fn amended(&mut self, name: &Name, amendment: &Amendment, placing: &Placing) {
        if self.tasks.contains_key(name) {
            return self.change(name, |timed| timed.amend(amendment));
        }
        let Some(standing) = placing.standing(&name.0, name.1) else { return };
        let mut timed = Timed::standing(standing);
        timed.amend(amendment);
        if timed.is_limited() {
            self.tasks.insert(name.clone(), timed);
        }
    }

    fn waits(&mut self, name: &Name, from: Timestamp) {
        self.change(name, |timed| (timed.is_held, timed.since) = (false, from));
    }

    fn change(&mut self, name: &Name, change: impl FnOnce(&mut Timed)) {
        if let Some(timed) = self.tasks.get_mut(name) {
            change(timed);
        }
    }

    /// Sets what is wanted and is not set, and unsets what is wanted no longer.
    fn settle(&mut self, name: Name, cause: EventId) {
        let Some(timed) = self.tasks.get_mut(&name) else { return };
        for which in SORTS {
            let wanted = timed.timer(which);
            let set = timed.set.get(&which);
            if set.map(|set| (set.at, set.attempt)) == wanted {
                continue;
            }
            if let Some(rings) = timed.set.remove(&which).and_then(|set| set.rings) {
                self.ringing.remove(&(rings, name.clone(), which));
            }
            if let Some((at, attempt)) = wanted {
                timed.set.insert(which, Set { at, attempt, cause, rings: Some(at) });
                self.ringing.insert((at, name.clone(), which));
            }
        }
    }

    fn forget(&mut self, name: &Name) {
        let Some(timed) = self.tasks.remove(name) else { return };
        for (which, set) in timed.set {
            if let Some(rings) = set.rings {
                self.ringing.remove(&(rings, name.clone(), which));
            }
        }
    }
}

impl Timed {
    /// Nothing, if it may take for ever.
    fn of(submitted: &Submitted) -> Option<Self> {
        let timed = Self {
            timeouts: submitted.timeouts,
            deadline: submitted.deadline,
            not_before: submitted.not_before,
            attempt: 0,
            is_held: false,
            since: submitted.at,
            set: BTreeMap::new(),
        };
        timed.is_limited().then_some(timed)
    }

    /// One that had no limits so far.
    fn standing(standing: Standing) -> Self {
        let Standing { attempt, is_held, since, not_before } = standing;
        let (timeouts, set) = (Timeouts::default(), BTreeMap::new());
        Self { timeouts, deadline: None, not_before, attempt, is_held, since, set }
    }

    fn is_limited(&self) -> bool {
        let Timeouts { start_to_close_ms, queue_ms, heartbeat_ms: _ } = self.timeouts;
        self.deadline.is_some() || start_to_close_ms.is_some() || queue_ms.is_some()
    }

    fn amend(&mut self, amendment: &Amendment) {
        self.timeouts = amendment.timeouts.unwrap_or(self.timeouts);
        self.deadline = amendment.deadline.or(self.deadline);
        self.not_before = amendment.not_before.or(self.not_before);
    }

    /// When a timer shall ring, and of which attempt it is.
    fn timer(&self, which: Timeout) -> Option<(Timestamp, u32)> {
        match (which, self.is_held) {
            (Timeout::Deadline, _) => Some((self.deadline?, 0)),
            (Timeout::Queue, false) => {
                let from = self.not_before.map_or(self.since, |at| at.max(self.since));
                Some((from.plus_ms(self.timeouts.queue_ms?), self.attempt))
            }
            (Timeout::StartToClose, true) => {
                Some((self.since.plus_ms(self.timeouts.start_to_close_ms?), self.attempt))
            }
            (Timeout::Queue, true) | (Timeout::StartToClose, false) => None,
        }
    }
}
