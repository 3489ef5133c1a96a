//! A decision in the making: what has been decided so far has happened to a copy of the run, and what
//! may follow is decided on that.

use std::sync::Arc;

use events::id::{RunId, StageName};
use events::run::{MoreToBegin, PartHow, RunEvent, StageEnded, Work};
use events::task::Failure;
use events::time::Timestamp;

use super::bounds::{DECISION_BYTES_MAX, DECISION_EVENTS_MAX, DECISION_STEPS_MAX};
use super::held::bytes;
use super::plan::Plan;
use super::scope::View;
use super::stage::Stage;
use super::steps::Steps;
use super::{Run, run_id};
use crate::decider::Moment;

/// What an event has beside what it carries, roughly.
const EVENT_BYTES: usize = 256;

#[cfg(test)]
thread_local! {
    /// How many were made: each has cost a copy of the run.
    pub(super) static DRAFTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    /// How many events a decision has before it is spent.
    pub(super) static EVENTS_MAX: std::cell::Cell<usize> =
        const { std::cell::Cell::new(DECISION_EVENTS_MAX) };
    /// How many steps it takes before that.
    pub(super) static WORK_MAX: std::cell::Cell<u64> =
        const { std::cell::Cell::new(DECISION_STEPS_MAX) };
    /// How many steps the newest one took, for conditions and for all else.
    pub(super) static TOOK: std::cell::Cell<(u64, u64)> = const { std::cell::Cell::new((0, 0)) };
}

#[cfg(test)]
fn events_max() -> usize {
    EVENTS_MAX.get()
}

#[cfg(not(test))]
fn events_max() -> usize {
    DECISION_EVENTS_MAX
}

#[cfg(test)]
fn steps_max() -> u64 {
    WORK_MAX.get()
}

#[cfg(not(test))]
fn steps_max() -> u64 {
    DECISION_STEPS_MAX
}

/// A decision in the making.
pub(super) struct Draft {
    pub(super) run: Run,
    pub(super) id: RunId,
    pub(super) now: Timestamp,
    pub(super) plan: Arc<Plan>,
    events: Vec<RunEvent>,
    bytes: usize,
    /// What conditions have taken. What they say is not on record where they hold, so what they take is
    /// not taken from what is left for those stages to begin.
    asking: Steps,
    /// What all else has taken.
    filling: Steps,
    #[cfg(test)]
    before: Run,
}

impl Draft {
    /// Nothing has been decided about the run. Where its plan cannot be read nothing can be.
    pub(super) fn of(run: &Run, moment: &Moment) -> Option<Self> {
        #[cfg(test)]
        DRAFTS.set(DRAFTS.get() + 1);
        let plan = Arc::clone(run.plan()?);
        let (run, id, now) = (run.clone(), run_id(moment), moment.now);
        Some(Self {
            #[cfg(test)]
            before: run.clone(),
            run,
            id,
            now,
            plan,
            events: Vec::new(),
            bytes: 0,
            asking: Steps::default(),
            filling: Steps::default(),
        })
    }

    /// The run begins so.
    pub(super) fn begin(started: RunEvent, moment: &Moment) -> Option<Self> {
        let mut run = Run::default();
        run.apply(&started);
        let (plan, id) = (Arc::clone(run.plan()?), run_id(moment));
        let bytes = weight(&started);
        Some(Self {
            run,
            id,
            now: moment.now,
            plan,
            events: vec![started],
            bytes,
            asking: Steps::default(),
            filling: Steps::default(),
            #[cfg(test)]
            before: Run::default(),
        })
    }

    /// This happens.
    pub(super) fn say(&mut self, event: RunEvent) {
        self.run.apply(&event);
        self.bytes += weight(&event);
        self.events.push(event);
    }

    pub(super) fn into_events(self) -> Vec<RunEvent> {
        #[cfg(test)]
        {
            TOOK.set((self.asking.taken(), self.filling.taken()));
            self.is_what_its_events_say();
        }
        self.events
    }

    /// What was decided on is what whoever reads the events finds.
    #[cfg(test)]
    fn is_what_its_events_say(&self) {
        use crate::decider::Decider;
        if !self.events.is_empty() {
            let read = self.events.iter().fold(self.before.clone(), Run::evolve);
            assert_eq!(read, self.run, "a decision is made on another state than it leads to");
        }
    }

    /// Whether the rest is left to another decision.
    pub(super) fn is_spent(&self) -> bool {
        self.is_full() || self.filling.taken() >= steps_max()
    }

    /// Whether no stage is asked any more whether it is needed.
    pub(super) fn has_asked_enough(&self) -> bool {
        self.is_full() || self.asking.taken() >= steps_max()
    }

    fn is_full(&self) -> bool {
        self.events.len() >= events_max() || self.bytes >= DECISION_BYTES_MAX
    }

    /// How many events there are so far.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// There is a rest.
    pub(super) fn leave_the_rest(&mut self) {
        self.say(RunEvent::MoreToBegin(MoreToBegin { at: self.now }));
    }

    pub(super) fn view(&self) -> View<'_> {
        View { steps: Some(&self.filling), ..View::of(&self.run, self.id) }
    }

    /// The same, for whoever asks whether something is needed.
    pub(super) fn asking(&self) -> View<'_> {
        View { steps: Some(&self.asking), ..self.view() }
    }

    pub(super) fn stage(&self, n: usize) -> &Stage {
        &self.run.stages[n]
    }

    pub(super) fn name(&self, n: usize) -> StageName {
        self.plan.names[n].clone()
    }

    /// A stage ends with nothing that has to be kept.
    pub(super) fn end_stage(&mut self, n: usize, how: PartHow, error: Option<Failure>) {
        let (stage, turn, at) = (self.name(n), self.stage(n).turn, self.now);
        self.say(RunEvent::StageEnded(StageEnded { stage, turn, how, output: None, error, at }));
    }
}

/// How many bytes an event has, roughly. What it carries may be large, the rest is not.
fn weight(event: &RunEvent) -> usize {
    use RunEvent as E;
    let carried = match event {
        E::Started(started) => bytes(&started.input) + started.plan.as_str().len(),
        E::StageBegan(began) => match &began.work {
            Work::One { input, .. } => bytes(input),
            Work::Items { .. } | Work::Signal { .. } | Work::Until { .. } | Work::Nothing => 0,
        },
        E::ItemsBegan(began) => began.items.iter().map(|item| bytes(&item.input) + 32).sum(),
        E::UndoBegan(began) => began.items.iter().map(|item| bytes(&item.input) + 32).sum(),
        E::ItemEnded(ended) => ended.output.as_ref().map_or(0, bytes),
        E::StageEnded(ended) => ended.output.as_ref().map_or(0, bytes),
        E::StagesSkipped(skipped) => skipped.stages.len() * 67,
        E::StagesKept(kept) => kept.stages.iter().map(super::forking::weight).sum(),
        E::ApprovalAsked(asked) => bytes(&asked.action),
        E::Signalled(signalled) => bytes(&signalled.payload),
        E::Paused(paused) => paused.runs.len() * 39,
        E::Resumed(resumed) => resumed.runs.len() * 39,
        E::WorkCalledOff(off) => (off.tasks.len() + off.runs.len()) * 39,
        E::Finished(finished) => finished.result.as_ref().map_or(0, bytes),
        E::Retried(retried) => retried.stages.len() * 67,
        E::NotStarted(_)
        | E::MoreToBegin(_)
        | E::Approved(_)
        | E::Disapproved(_)
        | E::Ending(_)
        | E::UndoEnded(_) => 0,
    };
    carried + EVENT_BYTES
}
