//! What happens when a time has come, and when a run has ended.

use events::id::{RunId, ScheduleId};
use events::run::{How, run_of_schedule};
use events::schedule::{Fired, Fires, Next, Overlap, Queued, RunEnded, ScheduleEvent, Skipped};
use events::time::Timestamp;

use super::{Decision, Living, ScheduleRejection, WAITING_MAX};
use crate::decider::Moment;

impl Living {
    /// The clock says that a time has come: if it is the one that is waited for, that is believed, also
    /// where another clock is behind. What is said twice, or of a time that does not count any more, is
    /// nothing.
    pub(super) fn fire(&self, due: Next, moment: &Moment) -> Vec<ScheduleEvent> {
        if self.next != Some(due) || self.is_paused {
            return vec![];
        }
        if self.is_missed(due, moment.now) {
            return self.make_up(due, moment);
        }
        let next = self.after(due.nominal, moment);
        vec![match self.open {
            None => self.start(due.nominal, Fires::OnTime, next, moment),
            Some(run) => self.overlaps(due.nominal, run, next, moment),
        }]
    }

    /// Someone wants a run now. Its times stay as they are.
    pub(super) fn fire_now(&self, moment: &Moment) -> Decision {
        let nominal = self.by_hand(moment.now);
        match (self.open, self.terms.overlap) {
            (None, _) => Ok(vec![self.start(nominal, Fires::ByHand, self.next, moment)]),
            (Some(run), Overlap::Skip) => Err(ScheduleRejection::UnderWay { run }),
            (Some(_), Overlap::Queue) if self.waiting.len() >= WAITING_MAX => {
                Err(ScheduleRejection::TooManyWait)
            }
            (Some(run), Overlap::Queue | Overlap::Replace) => {
                Ok(vec![self.overlaps(nominal, run, self.next, moment)])
            }
        }
    }

    /// A time of its own for what is wanted by hand: no time has two runs.
    fn by_hand(&self, now: Timestamp) -> Timestamp {
        let behind = |time: Timestamp| Timestamp(time.0.saturating_add(1));
        let nominal = self.last.map_or(now, |last| now.max(behind(last)));
        let is_taken = self.next.is_some_and(|next| next.nominal == nominal);
        if is_taken { behind(nominal) } else { nominal }
    }

    /// A run has ended; the next one of those that wait begins.
    pub(super) fn run_ended(
        &self,
        run: RunId,
        how: Option<How>,
        moment: &Moment,
    ) -> Vec<ScheduleEvent> {
        if self.open != Some(run) {
            return vec![];
        }
        let ended = ScheduleEvent::RunEnded(RunEnded { run, how, at: moment.now });
        let waiting = self.waiting.front().filter(|_| !self.is_paused);
        let next = waiting.map(|nominal| self.start(*nominal, Fires::CaughtUp, self.next, moment));
        std::iter::once(ended).chain(next).collect()
    }

    fn overlaps(
        &self,
        nominal: Timestamp,
        run: RunId,
        next: Option<Next>,
        moment: &Moment,
    ) -> ScheduleEvent {
        let at = moment.now;
        let is_full = self.waiting.len() >= WAITING_MAX;
        match self.terms.overlap {
            Overlap::Replace => {
                ScheduleEvent::Queued(Queued { nominal, replaces: Some(run), next, at })
            }
            Overlap::Queue if !is_full => {
                ScheduleEvent::Queued(Queued { nominal, replaces: None, next, at })
            }
            Overlap::Skip | Overlap::Queue => {
                ScheduleEvent::Skipped(Skipped { nominal, under_way: run, next, at })
            }
        }
    }

    /// Starts a run. Its id follows from the time that is meant, so no time has two.
    pub(super) fn start(
        &self,
        nominal: Timestamp,
        how: Fires,
        next: Option<Next>,
        moment: &Moment,
    ) -> ScheduleEvent {
        let id = ScheduleId::new(moment.id.as_str()).expect("a stream is called by a token");
        ScheduleEvent::Fired(Fired {
            nominal,
            run: run_of_schedule(&moment.tenant, &id, nominal),
            how,
            pipeline: self.terms.pipeline.clone(),
            edition: self.terms.edition,
            input: self.terms.input.clone(),
            next,
            at: moment.now,
        })
    }

    /// Its next time.
    pub(super) fn after(&self, nominal: Timestamp, moment: &Moment) -> Option<Next> {
        let times = self.terms.times()?;
        Some(self.terms.ring(&times, times.after(nominal)?, moment))
    }
}
