//! Times that passed while nobody looked: they are counted, and made up for as it was agreed.

use events::schedule::{CatchUp, Fires, Missed, Next, Resumed, ScheduleEvent};
use events::time::Timestamp;

use super::{Decision, Living, WAITING_MAX};
use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::Moment;

/// How many times one decision looks at; what is left comes in the next one.
pub(super) const LOOKED_AT_MAX: usize = 10_000;

const _: () = assert!(LOOKED_AT_MAX > WAITING_MAX, "each decision passes some times");

/// What was missed, as far as one decision looks.
struct Gap {
    /// The times, the eldest first; at least one.
    missed: Vec<Next>,
    /// The time behind them.
    next: Option<Next>,
    /// Whether nothing more was missed.
    is_whole: bool,
}

impl Living {
    /// Whether it is too late for a time to count as kept.
    pub(super) fn is_missed(&self, due: Next, now: Timestamp) -> bool {
        now > due.rings_at.plus_ms(self.terms.late_ms)
    }

    /// Its time has passed, and perhaps others behind it.
    pub(super) fn make_up(&self, due: Next, moment: &Moment) -> Vec<ScheduleEvent> {
        let Gap { missed, next, is_whole } = self.gap(due, moment);
        // As long as there are more, the newest are still to come.
        let made_up = if is_whole { self.made_up(missed.len()) } else { 0 };
        let queued: Vec<_> =
            missed.iter().map(|it| it.nominal).skip(missed.len() - made_up).collect();
        let eldest = self.waiting.front().or_else(|| queued.first()).copied();
        let starts = eldest.filter(|_| self.open.is_none());
        let starts = starts.map(|nominal| self.start(nominal, Fires::CaughtUp, next, moment));
        let (count, at) = (missed.len() as u64, moment.now);
        let last = missed.last().map_or(due.nominal, |last| last.nominal);
        let missed = Missed { first: due.nominal, last, count, queued, next, at };
        std::iter::once(ScheduleEvent::Missed(missed)).chain(starts).collect()
    }

    /// How many of so many times are made up for.
    fn made_up(&self, missed: usize) -> usize {
        let room = WAITING_MAX.saturating_sub(self.waiting.len()).min(missed);
        match self.terms.catch_up {
            CatchUp::None => 0,
            CatchUp::Last => room.min(1),
            CatchUp::All => room,
        }
    }

    fn gap(&self, due: Next, moment: &Moment) -> Gap {
        let times = self.terms.times();
        let behind = |time: Next| {
            let times = times.as_ref()?;
            Some(self.terms.ring(times, times.after(time.nominal)?, moment))
        };
        let (mut missed, mut next) = (vec![due], behind(due));
        while missed.len() < LOOKED_AT_MAX
            && let Some(time) = next.filter(|time| self.is_missed(*time, moment.now))
        {
            missed.push(time);
            next = behind(time);
        }
        let is_whole = next.is_none_or(|next| !self.is_missed(next, moment.now));
        if !is_whole {
            // Those that may be made up for are looked at again together with what is behind them.
            let newest = missed.split_off(LOOKED_AT_MAX - WAITING_MAX);
            next = newest.first().copied();
        }
        Gap { missed, next, is_whole }
    }

    /// It goes on: what came due in between is missed, and its next time is one that is still to come.
    pub(super) fn resume(&self, reason: String, moment: &Moment) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        if !self.is_paused {
            return Ok(vec![]);
        }
        let at = moment.now;
        let resumed = |next| ScheduleEvent::Resumed(Resumed { reason, next, at });
        match self.next {
            Some(due) if self.is_missed(due, at) => {
                let mut events = self.make_up(due, moment);
                let Some(ScheduleEvent::Missed(missed)) = events.first() else { return Ok(events) };
                let next = missed.next;
                events.insert(1, resumed(next));
                Ok(events)
            }
            next => {
                let waiting = self.waiting.front().filter(|_| self.open.is_none());
                let starts = waiting.map(|one| self.start(*one, Fires::CaughtUp, next, moment));
                Ok(std::iter::once(resumed(next)).chain(starts).collect())
            }
        }
    }
}
