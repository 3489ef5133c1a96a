//! Holding a run up, letting it go on, and calling it off.

use events::id::RunId;
use events::planted::{Bug, planted};
use events::run::{Paused, Resumed, RunEvent, Why};

use super::bounds::CALLED_OFF_MAX;
use super::draft::Draft;
use super::{Decision, Phase, Run, RunRejection, run_id};
use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::Moment;

impl Run {
    pub(super) fn pause(&self, reason: String, moment: &Moment) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let is_paused = self.goes_on()?;
        if is_paused {
            return Ok(vec![]);
        }
        let at = moment.now;
        let said = |runs| RunEvent::Paused(Paused { reason: reason.clone(), runs, at });
        Ok(self.runs_inside(run_id(moment)).into_iter().map(said).collect())
    }

    pub(super) fn resume(&self, reason: String, moment: &Moment) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        if matches!(self.phase, Phase::Ending { .. }) {
            self.readable()?;
            return Ok(vec![]);
        }
        let is_paused = self.goes_on()?;
        let Some(mut draft) = Draft::of(self, moment).filter(|_| is_paused) else {
            return Ok(vec![]);
        };
        let at = moment.now;
        for runs in self.runs_inside(draft.id) {
            draft.say(RunEvent::Resumed(Resumed { reason: reason.clone(), runs, at }));
        }
        draft.go_on_in_time();
        Ok(draft.into_events())
    }

    pub(super) fn cancel(&self, reason: String, undoes: bool, moment: &Moment) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let undoes = undoes && !planted(Bug::CompensationSkippedOnCancel);
        let why = match &self.phase {
            Phase::Unknown => return Err(RunRejection::NotFound),
            Phase::NotStarted(_) => return Err(RunRejection::NotStarted),
            Phase::Over(end) if end.how == events::run::How::Cancelled => return Ok(vec![]),
            Phase::Over(_) => return Err(RunRejection::AlreadyFinished),
            Phase::Ending { undoes: true, why } if !undoes => match &**why {
                Why::Cancelled { .. } => Why::Cancelled { reason },
                why @ (Why::Failed { .. } | Why::TimedOut) => why.clone(),
            },
            Phase::Ending { .. } => return Ok(vec![]),
            Phase::Open { .. } => Why::Cancelled { reason },
        };
        let Some(mut draft) = Draft::of(self, moment) else {
            return Ok(super::ending::unreadable(why, undoes, moment.now));
        };
        draft.end(why, undoes);
        Ok(draft.into_events())
    }

    /// Whether it is paused. Nothing else can be asked of it if it does not go on.
    fn goes_on(&self) -> Result<bool, RunRejection> {
        self.readable()?;
        match &self.phase {
            Phase::Open { is_paused } => Ok(*is_paused),
            Phase::Ending { .. } => Err(RunRejection::IsEnding),
            Phase::Over(_) => Err(RunRejection::AlreadyFinished),
            Phase::Unknown | Phase::NotStarted(_) => Err(RunRejection::NotFound),
        }
    }

    /// The runs inside of it that are under way, as many together as one event has; one part at least.
    fn runs_inside(&self, id: RunId) -> Vec<Vec<RunId>> {
        let runs = self.open.iter().filter(|(place, _)| self.is_run(*place));
        let runs: Vec<RunId> = runs.map(|(place, at)| RunId(self.part_id(id, place, at))).collect();
        if runs.is_empty() {
            return vec![runs];
        }
        runs.chunks(CALLED_OFF_MAX).map(<[RunId]>::to_vec).collect()
    }
}
