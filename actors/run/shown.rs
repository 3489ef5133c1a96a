//! How a run stands, for whoever shows it.

use events::chain::EventHash;
use events::content::Content;
use events::id::{Principal, RunId, StageName, TaskId};
use events::run::{How, PartHow, Sort, Started, Undone, Why};
use events::task::Failure;
use events::time::Timestamp;

use super::held::Held;
use super::scope::View;
use super::stage::{Stage, Standing, Works};
use super::{Phase, Run};

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhaseShown<'r> {
    /// Nobody has started it.
    Unknown,
    /// It could not begin.
    NotStarted(&'r Failure),
    /// It begins later.
    Delayed {
        /// When.
        at: Timestamp,
        /// Whether someone has to resume it, too.
        is_paused: bool,
    },
    /// It goes on.
    Open,
    /// Nothing new begins until it is resumed.
    Paused,
    /// It comes to its end.
    Ending {
        /// Why.
        why: &'r Why,
        /// Whether what was done is undone.
        undoes: bool,
    },
    /// It is over.
    Over {
        /// How it ended.
        how: How,
        /// What became of what it had done.
        undone: Undone,
        /// What came out.
        result: Option<&'r Content>,
        /// What went wrong.
        error: Option<&'r Failure>,
    },
}

impl PhaseShown<'_> {
    /// In one word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotStarted(_) => "not_started",
            Self::Delayed { .. } => "delayed",
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Ending { .. } => "ending",
            Self::Over { how, .. } => match how {
                How::Completed => "completed",
                How::Failed => "failed",
                How::Cancelled => "cancelled",
                How::TimedOut => "timed_out",
            },
        }
    }
}

/// How a stage stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStage<'r> {
    /// Its name.
    pub name: &'r StageName,
    /// How often it began before.
    pub turn: u16,
    /// Where it stands.
    pub stands: StageShown<'r>,
    /// Its items, if it goes through a list.
    pub items: Option<ShownItems>,
    /// When it, or what it waits for, must be over.
    pub ends_by: Option<Timestamp>,
    /// What it brought, if anything refers to it and it is not made of items.
    pub output: Option<&'r Content>,
    /// What went wrong.
    pub error: Option<&'r Failure>,
    /// Whether something of it was undone, or should have been.
    pub is_undone: bool,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageShown<'r> {
    /// It may not begin yet, or has not.
    Waits,
    /// Someone is asked.
    Asked,
    /// They agreed, and it has not begun.
    Agreed,
    /// A task or a run of it is under way.
    Works,
    /// It waits for a signal.
    WaitsForSignal(&'r events::id::SignalName),
    /// It waits for a time.
    WaitsUntil(Timestamp),
    /// It has ended.
    Ended(PartHow),
    /// It is not needed.
    Skipped,
    /// The run that this one was forked from has done it.
    Kept,
}

impl StageShown<'_> {
    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Asked => "asked",
            Self::Agreed => "agreed",
            Self::Works => "works",
            Self::WaitsForSignal(_) => "waits_for_signal",
            Self::WaitsUntil(_) => "waits_until",
            Self::Ended(PartHow::Completed) => "completed",
            Self::Ended(PartHow::Failed) => "failed",
            Self::Ended(PartHow::TimedOut) => "timed_out",
            Self::Ended(PartHow::CalledOff) => "called_off",
            Self::Skipped => "skipped",
            Self::Kept => "kept",
        }
    }
}

/// The items of a stage, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownItems {
    /// How many there are.
    pub count: u32,
    /// How many are under way.
    pub running: u32,
    /// How many were done.
    pub done: u32,
    /// How many failed in this turn.
    pub failed: u32,
}

/// Something that someone is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenApproval {
    /// The stage.
    pub stage: StageName,
    /// How often it began before.
    pub turn: u16,
    /// What would be done. Nothing, if this program would do something else than was asked about.
    pub action: Option<Content>,
    /// The hash of all that would be done, which whoever agrees says.
    pub hash: EventHash,
    /// Who may agree; anyone of the tenant, if nobody is named.
    pub who: Vec<Principal>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// A task or a run that is under way for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPart {
    /// Which one.
    pub id: PartId,
    /// The stage that has it done.
    pub stage: StageName,
    /// How often the stage began before.
    pub turn: u16,
    /// Which item of it, from 0.
    pub item: u32,
    /// What it is there for.
    pub sort: Sort,
    /// When it began.
    pub at: Timestamp,
}

/// Which task or run something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartId {
    /// A task.
    Task(TaskId),
    /// A run.
    Run(RunId),
}

impl Run {
    /// How it began: by which definition, with what and because of whom.
    #[must_use]
    pub fn beginning(&self) -> Option<&Started> {
        self.begun.as_ref().map(super::begun::Begun::started)
    }

    /// When it must be over.
    #[must_use]
    pub fn ends_by(&self) -> Option<Timestamp> {
        self.ends_by
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> PhaseShown<'_> {
        match &self.phase {
            Phase::Unknown => PhaseShown::Unknown,
            Phase::NotStarted(not) => PhaseShown::NotStarted(&not.error),
            Phase::Open { is_paused } => match (self.begins_at, *is_paused) {
                (Some(at), is_paused) => PhaseShown::Delayed { at, is_paused },
                (None, true) => PhaseShown::Paused,
                (None, false) => PhaseShown::Open,
            },
            Phase::Ending { why, undoes } => PhaseShown::Ending { why, undoes: *undoes },
            Phase::Over(end) => PhaseShown::Over {
                how: end.how,
                undone: end.undone,
                result: end.result.as_ref().map(Held::content),
                error: end.error.as_ref(),
            },
        }
    }

    /// How its stages stand, in the order of the definition.
    #[must_use]
    pub fn stages(&self) -> Vec<ShownStage<'_>> {
        let names = self.plan().map_or(&[][..], |plan| &plan.names);
        names.iter().zip(&self.stages).map(|(name, stage)| stage.shown(name)).collect()
    }

    /// What people are asked. `run` is the run's own id.
    #[must_use]
    pub fn approvals(&self, run: RunId) -> Vec<OpenApproval> {
        let Some(plan) = self.plan().filter(|_| self.is_open()) else { return vec![] };
        let asked = |(n, stage): (usize, &Stage)| {
            let asked = stage.asked.as_ref().filter(|_| stage.standing == Standing::Asked)?;
            let who = plan.stage(n).approval.iter().flat_map(|it| it.who.iter().cloned());
            let action =
                View::of(self, run).action(n).ok().filter(|action| action.hash == asked.hash);
            Some(OpenApproval {
                stage: plan.names[n].clone(),
                turn: stage.turn,
                action: action.map(|action| action.shown),
                hash: asked.hash,
                who: who.collect(),
                until: stage.ends_by,
            })
        };
        self.stages.iter().enumerate().filter_map(asked).collect()
    }

    /// What it has others do at this time. `run` is the run's own id, of which theirs are made.
    #[must_use]
    pub fn open_parts(&self, run: RunId) -> Vec<OpenPart> {
        let Some(plan) = self.plan() else { return vec![] };
        let part = |(place, at): (super::open::Place, Timestamp)| {
            let (n, id) = (place.stage(), self.part_id(run, place, at));
            let is_run = self.is_run(place);
            OpenPart {
                id: if is_run { PartId::Run(RunId(id)) } else { PartId::Task(TaskId(id)) },
                stage: plan.names[n].clone(),
                turn: self.stages[n].turn,
                item: place.item,
                sort: if place.is_undo { Sort::Undo } else { Sort::Work },
                at,
            }
        };
        self.open.iter().map(part).collect()
    }
}

impl Stage {
    fn shown<'r>(&'r self, name: &'r StageName) -> ShownStage<'r> {
        let stands = match &self.standing {
            Standing::Waits => StageShown::Waits,
            Standing::Asked => StageShown::Asked,
            Standing::Agreed => StageShown::Agreed,
            Standing::Works(Works::Signal(name)) => StageShown::WaitsForSignal(name),
            Standing::Works(Works::Until(at)) => StageShown::WaitsUntil(*at),
            Standing::Works(Works::One | Works::Items | Works::Nothing) => StageShown::Works,
            Standing::Ended(_) if self.is_kept => StageShown::Kept,
            Standing::Ended(how) => StageShown::Ended((*how).into()),
            Standing::Skipped => StageShown::Skipped,
        };
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        // Of a stage that another run has done only what it brought is known.
        let items = self.items.as_ref().filter(|_| !self.is_kept).map(|items| ShownItems {
            count: items.count,
            running: items.running,
            done: narrow(items.completed.count()),
            failed: items.failed,
        });
        ShownStage {
            name,
            turn: self.turn,
            stands,
            items,
            ends_by: self.ends_by,
            output: self.output.as_ref().map(Held::content),
            error: self.error.as_deref(),
            is_undone: self.is_undone(),
        }
    }
}
