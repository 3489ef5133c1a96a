//! Going on after the end: what failed is done again, and with it what comes behind it.

use std::collections::BTreeSet;

use events::id::StageName;
use events::run::{How, PartHow, Retried, RunEvent, Undone};

use super::bounds::TURNS_MAX;
use super::draft::Draft;
use super::plan::Plan;
use super::stage::{Stage, Standing};
use super::{Decision, Phase, Run, RunRejection};
use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::Moment;
use crate::pipeline::document::OnFailure;

impl Run {
    pub(super) fn retry(
        &self,
        from: Option<StageName>,
        reason: String,
        moment: &Moment,
    ) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        self.readable()?;
        let Phase::Over(end) = &self.phase else { return Err(RunRejection::NotFinished) };
        let begun = self.begun.as_ref().ok_or(RunRejection::NotFound)?.started();
        if end.undone != Undone::Nothing {
            return Err(RunRejection::IsUndone);
        }
        if begun.parent.is_some() {
            return Err(RunRejection::IsAPart);
        }
        let mut draft = Draft::of(self, moment).ok_or(RunRejection::PlanUnreadable)?;
        let again = match &from {
            Some(stage) => {
                let n = draft.plan.place(stage);
                let named = || RunRejection::NoStage { stage: stage.to_string() };
                self.beginning_at(&draft.plan, n.ok_or_else(named)?)
            }
            None if end.how == How::Completed => return Err(RunRejection::NothingToRetry),
            None => self.what_failed(&draft.plan),
        };
        let is_stuck = |n: &usize| self.stages[*n].turn + 1 >= TURNS_MAX;
        if again.iter().any(is_stuck) {
            return Err(RunRejection::TooManyTurns { max: TURNS_MAX });
        }
        let is_idle = self.stages.iter().all(|stage| stage.standing != Standing::Waits);
        if again.is_empty() && is_idle {
            return Err(RunRejection::NothingToRetry);
        }
        let stages = again.iter().map(|n| draft.name(*n)).collect();
        let at = moment.now;
        let ends_by = draft.plan.definition.timeout_ms().map(|ms| at.plus_ms(ms));
        draft.say(RunEvent::Retried(Retried { stages, from, ends_by, reason, at }));
        draft.go_on();
        Ok(draft.into_events())
    }

    /// A stage, everything behind it that has been decided about, and what ended so that nothing may come
    /// after it: what somebody did not agree to does not count as done because another stage is named.
    fn beginning_at(&self, plan: &Plan, n: usize) -> Vec<usize> {
        let mut is_meant = plan.behind([n]);
        is_meant[n] = true;
        let named = self.decided(&is_meant, |_| true);
        let stops = |n: usize, how| {
            how == PartHow::CalledOff || plan.stage(n).on_failure != OnFailure::Continue
        };
        let all: BTreeSet<usize> = self.failed(plan, stops).into_iter().chain(named).collect();
        all.into_iter().collect()
    }

    /// What did not succeed, and what did not succeed behind it. Where others have gone on after a failure,
    /// and were done, it stays: what they did would not fit what it brings now.
    fn what_failed(&self, plan: &Plan) -> Vec<usize> {
        self.failed(plan, |n, how| {
            let was_done = |n: usize| self.stages[n].how() == Some(PartHow::Completed);
            let is_passed = how != PartHow::CalledOff
                && plan.stage(n).on_failure == OnFailure::Continue
                && places(&plan.behind([n])).any(was_done);
            !is_passed
        })
    }

    /// The stages that failed so, and what did not succeed behind them.
    fn failed(&self, plan: &Plan, counts: impl Fn(usize, PartHow) -> bool) -> Vec<usize> {
        let has_failed = |n: &usize| {
            let how = self.stages[*n].how().filter(|how| *how != PartHow::Completed);
            how.is_some_and(|how| counts(*n, how))
        };
        let failed: Vec<usize> = (0..self.stages.len()).filter(has_failed).collect();
        let mut is_meant = plan.behind(failed.iter().copied());
        failed.iter().for_each(|n| is_meant[*n] = true);
        self.decided(&is_meant, |stage| stage.how() != Some(PartHow::Completed))
    }

    /// Those that are meant, and of which something was decided: they are over, or items of them were done
    /// before a retry after which they have not begun again. What is undone of those is filled in by what
    /// they were done with, so they do not stay where that is done anew.
    fn decided(&self, is_meant: &[bool], too: impl Fn(&Stage) -> bool) -> Vec<usize> {
        let stages = self.stages.iter().enumerate().filter(|(n, _)| is_meant[*n]);
        let is_decided = |stage: &Stage| stage.is_over() || !stage.to_undo().is_empty();
        let decided = stages.filter(|(_, stage)| is_decided(stage) && too(stage));
        decided.map(|(n, _)| n).collect()
    }
}

/// Where it is so.
fn places(is_so: &[bool]) -> impl Iterator<Item = usize> {
    is_so.iter().enumerate().filter(|(_, is_so)| **is_so).map(|(n, _)| n)
}
