//! Every schedule with its next time, and what became of the last one.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use events::id::RunId;
use events::recorded::Recorded;
use events::run::How;
use events::schedule::{Fired, Fires, Missed, Next, Queued, RunEnded, ScheduleEvent, Set};
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every schedule with its next time.
#[derive(Debug, Clone, Copy)]
pub struct ScheduleList;

/// One schedule, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// On which terms it was set last.
    pub set: Set,
    /// Whether it starts anything.
    pub mode: Mode,
    /// When it fires next. While it is paused it does not, and this is where it goes on.
    pub next: Option<Next>,
    /// The run that it started last.
    pub last: Option<Last>,
    /// Times that wait for a run to end.
    pub waiting: VecDeque<Timestamp>,
    /// How many runs it started.
    pub fired: u64,
    /// How often its time came and nothing was started.
    pub skipped: u64,
    /// How often its time passed while nobody looked.
    pub missed: u64,
    /// The newest of those times.
    pub missed_last: Option<Timestamp>,
    /// When something about it changed last.
    pub changed_at: Timestamp,
}

/// Whether a schedule starts anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Active,
    /// Not until it is resumed.
    Paused {
        /// Why.
        reason: String,
    },
    /// It is gone, until it is set again.
    Removed {
        /// Why.
        reason: String,
    },
}

/// A run that a schedule started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// The run.
    pub run: RunId,
    /// The time that was meant.
    pub nominal: Timestamp,
    /// Why it was started when it was.
    pub how: Fires,
    /// When it was.
    pub fired_at: Timestamp,
    /// What became of it.
    pub end: End,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has not ended.
    UnderWay,
    /// It could not begin.
    NotStarted,
    /// It ended so.
    Ended(How),
}

impl Projection for ScheduleList {
    const NAME: &'static str = "schedule_list";
    const VERSION: u32 = 1;
    type Row = ScheduleRow;
    type Event = ScheduleEvent;

    fn keys(event: &Recorded<ScheduleEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<ScheduleRow>, event: &Recorded<ScheduleEvent>) -> Option<ScheduleRow> {
        let changed_at = event.recorded_at;
        if let ScheduleEvent::Set(set) = &event.event {
            return Some(was_set(row, set.clone(), changed_at));
        }
        Some(ScheduleRow { changed_at, ..changed(row?, &event.event) })
    }
}

/// Set anew it stays paused, and knows what it did; set after it was removed it begins anew.
fn was_set(row: Option<ScheduleRow>, set: Set, changed_at: Timestamp) -> ScheduleRow {
    let next = set.next;
    match row.filter(|row| !matches!(row.mode, Mode::Removed { .. })) {
        Some(row) => ScheduleRow { set, next, changed_at, ..row },
        None => ScheduleRow {
            set,
            mode: Mode::Active,
            next,
            last: None,
            waiting: VecDeque::new(),
            fired: 0,
            skipped: 0,
            missed: 0,
            missed_last: None,
            changed_at,
        },
    }
}

fn changed(row: ScheduleRow, event: &ScheduleEvent) -> ScheduleRow {
    match event {
        ScheduleEvent::Set(set) => ScheduleRow { set: set.clone(), next: set.next, ..row },
        ScheduleEvent::Fired(fired) => row.fired(fired),
        ScheduleEvent::Queued(queued) => row.queued(queued),
        ScheduleEvent::Skipped(skipped) => {
            ScheduleRow { skipped: row.skipped + 1, next: skipped.next, ..row }
        }
        ScheduleEvent::Missed(missed) => row.missed(missed),
        ScheduleEvent::RunEnded(ended) => row.run_ended(ended),
        ScheduleEvent::Paused(paused) => {
            ScheduleRow { mode: Mode::Paused { reason: paused.reason.clone() }, ..row }
        }
        ScheduleEvent::Resumed(resumed) => {
            ScheduleRow { mode: Mode::Active, next: resumed.next, ..row }
        }
        ScheduleEvent::Removed(removed) => {
            let mode = Mode::Removed { reason: removed.reason.clone() };
            ScheduleRow { mode, next: None, waiting: VecDeque::new(), ..row }
        }
    }
}

impl ScheduleRow {
    fn fired(mut self, fired: &Fired) -> Self {
        if self.waiting.front() == Some(&fired.nominal) {
            self.waiting.pop_front();
        }
        let Fired { run, nominal, how, at: fired_at, next, .. } = *fired;
        let last = Some(Last { run, nominal, how, fired_at, end: End::UnderWay });
        Self { fired: self.fired + 1, last, next, ..self }
    }

    fn queued(mut self, queued: &Queued) -> Self {
        if queued.replaces.is_some() {
            self.waiting.clear();
        }
        self.waiting.push_back(queued.nominal);
        Self { next: queued.next, ..self }
    }

    fn missed(mut self, missed: &Missed) -> Self {
        self.waiting.extend(&missed.queued);
        let (missed_last, next) = (Some(missed.last), missed.next);
        Self { missed: self.missed + missed.count, missed_last, next, ..self }
    }

    fn run_ended(mut self, ended: &RunEnded) -> Self {
        if let Some(last) = self.last.as_mut().filter(|last| last.run == ended.run) {
            last.end = ended.how.map_or(End::NotStarted, End::Ended);
        }
        self
    }
}
