//! How a run comes to its end: what waits is over, what is under way is called off and waited for, and
//! what was done is undone if it is to be.

use events::id::{RunId, TaskId};
use events::run::{
    CalledOff, Ending, Finished, How, PartHow, RunEvent, Undone, Why, WorkCalledOff,
};
use events::task::Failure;
use events::time::Timestamp;

use super::bounds::CALLED_OFF_MAX;
use super::draft::Draft;
use super::open::Place;
use super::stage::{Standing, Works};
use super::{Phase, Run};
use crate::pipeline::document::OnFailure;

impl Draft {
    /// A stage has failed, and its plan does not say to go on.
    pub(super) fn fail(&mut self, n: usize, error: Option<Failure>) {
        if !self.run.is_open() {
            return;
        }
        let undoes = self.plan.stage(n).on_failure == OnFailure::Compensate;
        let error = error.unwrap_or_else(|| Failure {
            code: "failed".into(),
            message: "nobody said why".into(),
        });
        self.end(Why::Failed { stage: self.name(n), error }, undoes);
    }

    /// The run comes to its end.
    pub(super) fn end(&mut self, why: Why, undoes: bool) {
        self.say(RunEvent::Ending(Ending { why, undoes, at: self.now }));
        for n in 0..self.run.stages.len() {
            match &self.stage(n).standing {
                Standing::Asked
                | Standing::Agreed
                | Standing::Works(Works::Signal(_) | Works::Until(_) | Works::Nothing) => {
                    self.end_stage(n, PartHow::CalledOff, None);
                }
                Standing::Works(Works::One | Works::Items) => self.settle(n),
                Standing::Waits | Standing::Ended(_) | Standing::Skipped => {}
            }
        }
        let open: Vec<Place> = self.run.open.iter().map(|(place, _)| place).collect();
        self.call_off(None, &open, CalledOff::Ending, undoes);
        self.wind_up();
    }

    /// These parts are no longer wanted: those of one stage, or all there are.
    pub(super) fn call_off(
        &mut self,
        of: Option<usize>,
        parts: &[Place],
        why: CalledOff,
        undoes: bool,
    ) {
        for parts in parts.chunks(CALLED_OFF_MAX) {
            let (mut tasks, mut runs) = (Vec::new(), Vec::new());
            for place in parts {
                let Some(at) = self.run.open.since(*place) else { continue };
                let id = self.run.part_id(self.id, *place, at);
                if self.run.is_run(*place) { runs.push(RunId(id)) } else { tasks.push(TaskId(id)) }
            }
            let (stage, at) = (of.map(|n| self.name(n)), self.now);
            let off = WorkCalledOff { stage, tasks, runs, why, undoes, at };
            self.say(RunEvent::WorkCalledOff(off));
        }
    }

    /// The next step of the end, if nothing is under way.
    pub(super) fn wind_up(&mut self) {
        let Phase::Ending { undoes, .. } = &self.run.phase else { return };
        let is_idle = self.run.open.iter().all(|(place, _)| place.is_undo);
        if is_idle && (!*undoes || self.undo()) && self.run.open.is_empty() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        let Phase::Ending { why, undoes } = &self.run.phase else { return };
        let failure = |code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            Some(Failure { code, message })
        };
        let (how, error) = match &**why {
            Why::Cancelled { reason } => (How::Cancelled, failure("cancelled", reason)),
            Why::Failed { error, .. } => (How::Failed, Some(error.clone())),
            Why::TimedOut => (How::TimedOut, failure("timed_out", "it was not done in time")),
        };
        let undone = self.run.undone_at_the_end(*undoes);
        self.say(RunEvent::Finished(Finished { how, result: None, error, undone, at: self.now }));
    }
}

impl Run {
    /// What has become of what it did.
    fn undone_at_the_end(&self, undoes: bool) -> Undone {
        let is_any = self.stages.iter().any(super::stage::Stage::is_undone);
        let is_short = self.is_undo_short || !undoes;
        match (is_any, is_short) {
            (false, _) => Undone::Nothing,
            (true, false) => Undone::All,
            (true, true) => Undone::Partly,
        }
    }
}

/// The end of a run of which nobody can tell what it had under way.
pub(super) fn unreadable(why: Why, undoes: bool, at: Timestamp) -> Vec<RunEvent> {
    let (how, undone, result) = (How::Cancelled, Undone::Nothing, None);
    let message = match &why {
        Why::Cancelled { reason } => reason.clone(),
        Why::Failed { .. } | Why::TimedOut => String::new(),
    };
    let error = Some(Failure { code: "cancelled".into(), message });
    let ending = RunEvent::Ending(Ending { why, undoes, at });
    vec![ending, RunEvent::Finished(Finished { how, result, error, undone, at })]
}
