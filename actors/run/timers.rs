//! A time has come. A timer of an earlier turn, or of something that has ended, is nothing, and so is
//! one that rings twice.

use events::id::StageName;
use events::run::{CalledOff, PartHow, RunEvent, Why};
use events::task::Failure;

use super::command::{RunTimer, RunTimerKind};
use super::draft::Draft;
use super::open::Place;
use super::stage::{Stage, Standing, Works};
use super::{Phase, Run};
use crate::decider::Moment;
use crate::pipeline::document::OnFailure;

impl Run {
    pub(super) fn ring(&self, timer: &RunTimer, moment: &Moment) -> Vec<RunEvent> {
        let Some(mut draft) = Draft::of(self, moment) else { return vec![] };
        match (&self.phase, timer.what) {
            (Phase::Open { .. }, RunTimerKind::Begins) if self.begins_at == Some(timer.at) => {
                draft.begin_now();
            }
            (Phase::Open { .. }, RunTimerKind::GoOn) => draft.go_on_in_time(),
            (Phase::Ending { .. }, RunTimerKind::GoOn) => draft.wind_up(),
            (Phase::Open { .. }, RunTimerKind::Run) if self.ends_by == Some(timer.at) => {
                draft.end(Why::TimedOut, true);
            }
            (
                Phase::Open { .. },
                RunTimerKind::Stage | RunTimerKind::Until | RunTimerKind::Approval,
            ) => draft.ring_stage(timer),
            (Phase::Open { .. }, RunTimerKind::Begins | RunTimerKind::Run)
            | (Phase::Ending { .. }, _)
            | (Phase::Unknown | Phase::NotStarted(_) | Phase::Over(_), _) => {}
        }
        draft.into_events()
    }

    /// The stage that a timer is about, if it waits for that time in that turn.
    fn rung(&self, stage: Option<&StageName>, timer: &RunTimer) -> Option<usize> {
        let n = self.plan()?.place(stage?)?;
        let stage = self.stages.get(n)?;
        (stage.turn == timer.turn && stage.waits_for(timer)).then_some(n)
    }
}

impl Stage {
    fn waits_for(&self, timer: &RunTimer) -> bool {
        let is_due = self.ends_by == Some(timer.at);
        match (&self.standing, timer.what) {
            (Standing::Asked, RunTimerKind::Approval) => is_due,
            (Standing::Works(Works::Until(at)), RunTimerKind::Until) => *at == timer.at,
            (Standing::Works(_), RunTimerKind::Stage) => is_due,
            (
                Standing::Waits
                | Standing::Asked
                | Standing::Agreed
                | Standing::Works(_)
                | Standing::Ended(_)
                | Standing::Skipped,
                _,
            ) => false,
        }
    }
}

impl Draft {
    /// Goes on, unless it is too early for that.
    pub(super) fn go_on_in_time(&mut self) {
        if self.run.begins_at.is_none_or(|at| at <= self.now) {
            self.begin_now();
        }
    }

    /// Whatever it waited for before its first stage, it begins, unless it is paused.
    fn begin_now(&mut self) {
        self.run.begins_at = None;
        self.go_on();
    }

    fn ring_stage(&mut self, timer: &RunTimer) {
        let Some(n) = self.run.rung(timer.stage.as_ref(), timer) else { return };
        match self.stage(n).works() {
            Some(Works::Until(at)) if *at == timer.at && timer.what == RunTimerKind::Until => {
                self.end_stage(n, PartHow::Completed, None);
            }
            Some(Works::One | Works::Items) => self.call_off_late(n),
            Some(Works::Signal(_) | Works::Until(_) | Works::Nothing) | None => {
                self.end_stage(n, PartHow::TimedOut, Some(late()));
            }
        }
        if let Some(how) = self.stage(n).how() {
            self.stage_has_ended(n, how);
        }
        self.go_on();
    }

    /// What a stage has under way is no longer wanted; the stage ends when all of it has.
    fn call_off_late(&mut self, n: usize) {
        let undoes = self.plan.stage(n).on_failure == OnFailure::Compensate;
        let parts: Vec<Place> = self.run.open.of_stage(n, false).map(|(place, _)| place).collect();
        if parts.is_empty() {
            self.end_stage(n, PartHow::TimedOut, Some(late()));
        } else {
            self.call_off(Some(n), &parts, CalledOff::StageTimedOut, undoes);
        }
    }
}

/// Why a stage has ended whose time is up.
pub(super) fn late() -> Failure {
    Failure { code: "timed_out".into(), message: "the stage was not done in time".into() }
}
