//! A part has ended: a task, or a run inside of the run. What is told twice, or by strangers, or of an
//! earlier turn, is not about anything that is open, and nothing follows from it.

use events::content::Content;
use events::run::{ItemEnded, PartHow, RunEvent, StageEnded, UndoEnded};
use events::task::Failure;
use uuid::Uuid;

use super::bounds::{ITEMS_BEGIN_MAX, KEPT_BYTES_MAX, OPEN_MAX};
use super::command::PartEnd;
use super::draft::Draft;
use super::held::bytes;
use super::open::Place;
use super::scope::too_large;
use super::stage::Works;
use super::timers::late;
use super::{Decision, Phase, Run, RunRejection, run_id};
use crate::bounds::{NAME_BYTES_MAX, TEXT_BYTES_MAX, cut};
use crate::decider::Moment;
use crate::pipeline::document::OnFailure;

impl Run {
    pub(super) fn part_ended(&self, part: Uuid, end: PartEnd, moment: &Moment) -> Decision {
        if self.phase == Phase::Unknown {
            return Err(RunRejection::NotFound);
        }
        let run = run_id(moment);
        let found = self.open.find(part, run, |place, at| self.part_id(run, place, at));
        let Some(place) = found.filter(|place| self.open.contains(*place)) else {
            return Ok(vec![]);
        };
        let ended = self.ended(place, end, moment);
        if self.is_all_that_happens(place, &ended) {
            return Ok(vec![ended]);
        }
        let Some(mut draft) = Draft::of(self, moment) else { return Ok(vec![]) };
        draft.say(ended);
        draft.follow(place);
        Ok(draft.into_events())
    }

    /// What is recorded of the end of a part.
    fn ended(&self, place: Place, end: PartEnd, moment: &Moment) -> RunEvent {
        let n = place.stage();
        let (plan, now) = (self.plan().expect("what is open stands in a plan"), &self.stages[n]);
        let (stage, turn, item) = (plan.names[n].clone(), now.turn, place.item);
        let is_wanted = self.is_open() && !now.is_late;
        let PartEnd { how, output, error } = end.told(is_wanted);
        if place.is_undo {
            return RunEvent::UndoEnded(UndoEnded { stage, turn, item, how, error });
        }
        let output = output.filter(|_| plan.stage(n).is_output_used && how == PartHow::Completed);
        let (output, lost) = self.room_for(output);
        let error = lost.or(error);
        if now.works() == Some(&Works::Items) {
            return RunEvent::ItemEnded(ItemEnded { stage, turn, item, how, output, error });
        }
        let is_late = now.is_late && how != PartHow::Completed;
        let (how, error) = if is_late { (PartHow::TimedOut, Some(late())) } else { (how, error) };
        RunEvent::StageEnded(StageEnded { stage, turn, how, output, error, at: moment.now })
    }

    /// What something was brought is kept as, and why it is not, if it is too large.
    pub(super) fn room_for(&self, output: Option<Content>) -> (Option<Content>, Option<Failure>) {
        let has_room = |output: &Content| self.kept_bytes + bytes(output) <= KEPT_BYTES_MAX;
        if output.as_ref().is_none_or(has_room) {
            (output, None)
        } else {
            (None, Some(too_large()))
        }
    }

    /// Whether nothing else follows from it, so that nobody need look. Most items end so.
    fn is_all_that_happens(&self, place: Place, ended: &RunEvent) -> bool {
        let n = place.stage();
        let (Some(plan), Some(items)) = (self.plan(), &self.stages[n].items) else { return false };
        let plan = plan.stage(n);
        if place.is_undo {
            let others = self.open.of_stage(n, true).count().saturating_sub(1);
            return others > 0 && self.stages[n].room_to_undo(plan.at_once, others) == 0;
        }
        let RunEvent::ItemEnded(ended) = ended else { return false };
        if items.running < 2 {
            return false;
        }
        let is_harmless = ended.how == PartHow::Completed || plan.on_failure == OnFailure::Continue;
        // Where the run is full others wait for room, too; they get it some at a time.
        let has_room_again = OPEN_MAX + 1 == self.open.len() + ITEMS_BEGIN_MAX;
        match &self.phase {
            Phase::Open { .. } if self.stages[n].is_late => true,
            Phase::Open { is_paused: true } => is_harmless,
            Phase::Open { is_paused: false } => {
                is_harmless && !has_room_again && items.room_behind(plan.at_once) == 0
            }
            Phase::Ending { .. } => true,
            Phase::Unknown | Phase::NotStarted(_) | Phase::Over(_) => false,
        }
    }
}

impl PartEnd {
    /// What is recorded of it. Whoever calls a part off that the run wants has made it fail; and what
    /// failed has a reason, which is not longer than it may be.
    fn told(self, is_wanted: bool) -> Self {
        let Self { how, output, error } = self;
        let is_stolen = how == PartHow::CalledOff && is_wanted;
        let how = if is_stolen { PartHow::Failed } else { how };
        let because = |code: &str, message: &str| {
            let (code, message) = (code.to_owned(), message.to_owned());
            Some(Failure { code, message })
        };
        let error = match how {
            PartHow::Completed => None,
            PartHow::Failed if is_stolen => {
                error.or_else(|| because("cancelled", "someone else called it off"))
            }
            PartHow::Failed => error.or_else(|| because("failed", "nobody said why")),
            PartHow::TimedOut => error.or_else(|| because("timed_out", "it was not done in time")),
            PartHow::CalledOff => error,
        };
        let error = error.map(|Failure { code, message }| Failure {
            code: cut(code, NAME_BYTES_MAX),
            message: cut(message, TEXT_BYTES_MAX),
        });
        Self { how, output, error }
    }
}

impl Draft {
    /// What follows from the end of a part.
    fn follow(&mut self, place: Place) {
        let n = place.stage();
        if place.is_undo || !self.run.is_open() {
            self.settle(n);
            return self.wind_up();
        }
        match self.stage(n).how() {
            // It was the only thing that its stage does.
            Some(how) => self.stage_has_ended(n, how),
            None => self.item_has_ended(n),
        }
        self.go_on();
    }

    /// An item of a stage has ended, and the stage has not.
    pub(super) fn item_has_ended(&mut self, n: usize) {
        let stage = self.stage(n);
        let has_failed = stage.items.as_ref().is_some_and(|items| items.failed > 0);
        let policy = self.plan.stage(n).on_failure;
        if has_failed && !stage.is_late && policy != OnFailure::Continue {
            let error = stage.error.as_deref().cloned();
            return self.fail(n, error);
        }
        self.settle(n);
        if let Some(how) = self.stage(n).how() {
            self.stage_has_ended(n, how);
        }
    }

    /// Ends a stage of which nothing is under way, if nothing of it is still to begin.
    pub(super) fn settle(&mut self, n: usize) {
        let is_ending = !self.run.is_open();
        let stage = self.stage(n);
        let (Some(Works::Items), Some(items)) = (stage.works(), &stage.items) else { return };
        if items.running > 0 || !(items.left == 0 || stage.is_late || is_ending) {
            return;
        }
        let goes_on = self.plan.stage(n).on_failure == OnFailure::Continue;
        let is_cut_short = items.left > 0 || items.is_any_called_off();
        let how = if items.is_all_done() {
            PartHow::Completed
        } else if stage.is_late {
            PartHow::TimedOut
        } else if is_cut_short && (goes_on || items.failed == 0) {
            PartHow::CalledOff
        } else if goes_on && items.completed.count() > 0 {
            PartHow::Completed
        } else {
            PartHow::Failed
        };
        let error = match how {
            PartHow::Failed => stage.error.as_deref().cloned(),
            PartHow::TimedOut => Some(late()),
            PartHow::Completed | PartHow::CalledOff => None,
        };
        self.end_stage(n, how, error);
    }
}
