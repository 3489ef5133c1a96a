//! A run of a pipeline: it begins its stages when they may begin, hears how their parts end, and comes
//! to its own end, whatever happens. Unknown → open → ending → over; or never begun, where nobody at
//! a door could be told why. What it goes by stands in its own first event.
//!
//! A decision says an event to a copy of the run and looks at what may follow then (`draft`), so that
//! what is decided and what is folded later cannot differ. The end of an item from which nothing
//! follows, which there may be ten thousand of, is decided without.

mod approving;
mod begun;
mod bits;
pub mod bounds;
mod cached;
mod command;
mod draft;
mod ending;
mod evolve;
mod forking;
mod going;
mod held;
mod items;
mod open;
mod parts;
mod pausing;
mod plan;
mod rejection;
mod retrying;
mod scope;
mod shared;
mod shown;
mod signals;
mod spoken;
mod stage;
mod starting;
mod steps;
#[cfg(test)]
pub(crate) mod tests;
mod timers;
mod undoing;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use command::{
    Begin, Fork, Forkable, Given, PartEnd, Past, Resolved, RunCommand, RunTimer, RunTimerKind,
    Verdict, Wanted,
};
use events::id::{RunId, SignalName};
pub use events::run::RunEvent;
use events::run::{How, NotStarted, Undone, Why};
use events::task::Failure;
use events::time::Timestamp;
pub use rejection::RunRejection;
use serde::{Deserialize, Serialize};
pub use shown::{OpenApproval, OpenPart, PartId, PhaseShown, ShownItems, ShownStage, StageShown};
pub use waiting::Waits;

use self::begun::Begun;
use self::held::Held;
use self::open::Open;
use self::plan::Plan;
use self::stage::Stage;
use crate::decider::{Decider, Moment};

/// A run of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Run {
    begun: Option<Begun>,
    stages: Vec<Stage>,
    open: Open,
    /// What it was told, and no stage has asked for yet.
    signals: BTreeMap<SignalName, VecDeque<Held>>,
    /// The stages that have ended, in that order.
    ended: Vec<u16>,
    /// When its first stages begin, as long as none has.
    begins_at: Option<Timestamp>,
    /// When it must be over.
    ends_by: Option<Timestamp>,
    /// Whether more begins in a decision of its own.
    has_more: bool,
    /// How many bytes of what stages brought are kept.
    kept_bytes: usize,
    /// Whether some of what stages brought is sealed, beside the log, or lost.
    is_any_output_odd: bool,
    /// Whether something should have been undone and was not.
    is_undo_short: bool,
    phase: Phase,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Phase {
    /// Nobody has started it.
    #[default]
    Unknown,
    /// It could not begin.
    NotStarted(#[serde(with = "crate::kept")] Box<NotStarted>),
    /// It goes on.
    Open {
        /// Whether nothing new begins.
        is_paused: bool,
    },
    /// It comes to its end.
    Ending {
        /// Why.
        #[serde(with = "crate::kept")]
        why: Box<Why>,
        /// Whether what was done is undone.
        undoes: bool,
    },
    /// It has ended.
    Over(Box<End>),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    #[serde(with = "crate::kept")]
    how: How,
    #[serde(with = "crate::kept")]
    undone: Undone,
    result: Option<Held>,
    error: Option<Failure>,
}

type Decision = Result<Vec<RunEvent>, RunRejection>;

impl Decider for Run {
    type Command = RunCommand;
    type Event = RunEvent;
    type Rejection = RunRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0x6bdc_f379_b812_093a;

    fn begins(command: &RunCommand) -> bool {
        matches!(command, RunCommand::Start(_) | RunCommand::Fork(_))
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_) | Phase::NotStarted(_))
    }

    fn decide(&self, command: RunCommand, moment: &Moment) -> Decision {
        use RunCommand as C;
        match command {
            C::Start(begin) => self.start(*begin, moment),
            C::Fork(fork) => self.fork(*fork, moment),
            C::Pause { reason } => self.pause(reason, moment),
            C::Resume { reason } => self.resume(reason, moment),
            C::Cancel { reason, undoes } => self.cancel(reason, undoes, moment),
            C::Approve(verdict) => self.approve(verdict, moment),
            C::Disapprove(verdict) => self.disapprove(verdict, moment),
            C::Signal { name, payload } => self.signal(name, payload, moment),
            C::Retry { from, reason } => self.retry(from, reason, moment),
            C::TaskEnded { task, end } => self.part_ended(task.0, end, moment),
            C::RunEnded { run, end } => self.part_ended(run.0, end, moment),
            C::Ring(timer) => Ok(self.ring(&timer, moment)),
        }
    }

    fn evolve(mut self, event: &RunEvent) -> Self {
        self.apply(event);
        self
    }
}

impl Run {
    fn plan(&self) -> Option<&Arc<Plan>> {
        self.begun.as_ref().and_then(Begun::plan)
    }

    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Whether stages may begin.
    fn may_begin(&self) -> bool {
        self.begins_at.is_none() && self.phase == Phase::Open { is_paused: false }
    }

    /// It is under way, and its plan can be read.
    fn readable(&self) -> Result<(), RunRejection> {
        match &self.phase {
            Phase::Unknown => Err(RunRejection::NotFound),
            Phase::NotStarted(_) => Err(RunRejection::NotStarted),
            Phase::Open { .. } | Phase::Ending { .. } | Phase::Over(_) if self.plan().is_none() => {
                Err(RunRejection::PlanUnreadable)
            }
            Phase::Open { .. } | Phase::Ending { .. } | Phase::Over(_) => Ok(()),
        }
    }
}

/// The run that is asked. Its stream has no other name.
fn run_id(moment: &Moment) -> RunId {
    RunId(moment.id.as_uuid().unwrap_or_default())
}
