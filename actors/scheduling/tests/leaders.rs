//! Another process takes over at the very moment at which a time comes, again and again: both of them
//! tell the schedule, and it starts one run.

use std::collections::{BTreeMap, BTreeSet};

use events::id::RunId;
use events::run::How;
use proptest::prelude::*;

use super::*;

/// How often another one takes over.
const TIMES: u64 = 1_000;

/// What is on record, and what became of each command.
struct Log {
    story: Story,
    events: Vec<Known>,
    outcomes: BTreeSet<CommandId>,
}

impl Log {
    /// A command has one outcome, whoever gives it and however often. Whether that is looked at, a lazy
    /// log does not say: then the schedule itself has to know.
    fn tell(&mut self, due: &ScheduleDue, is_lazy: bool) {
        if self.outcomes.insert(due.command_id()) || is_lazy {
            let told = self.story.schedule("main", "nightly", due.command());
            self.events.extend(told);
        }
    }

    fn run_ends(&mut self, run: RunId) {
        let ended = ScheduleCommand::RunEnded { run, how: Some(How::Completed) };
        self.events.extend(self.story.schedule("main", "nightly", ended));
    }

    /// Whoever follows the log hears of it up to there.
    fn tells(&self, scheduling: &mut Scheduling, up_to: usize) {
        let new = self.events[..up_to].iter().skip(scheduling.at().0 as usize);
        new.for_each(|event| scheduling.fold(event));
    }

    fn fired(&self) -> Vec<(Timestamp, RunId)> {
        let fired = |event: &Known| {
            let Known::Schedule(Recorded { event: ScheduleEvent::Fired(it), .. }) = event else {
                return None;
            };
            Some((it.nominal, it.run))
        };
        self.events.iter().filter_map(fired).collect()
    }
}

/// Who leads is followed by another one at the tick: before the time is told, between two who tell it, or
/// when the old one does not know yet that it was told. `order` says which.
fn changes_at_each_tick(order: impl Fn(u64) -> u8, is_lazy: bool) -> Log {
    let (mut story, outcomes) = (Story::new(), BTreeSet::new());
    let events = story.schedule("main", "nightly", set());
    let mut log = Log { story, events, outcomes };
    let mut leads = Scheduling::default();
    for tick in 1..=TIMES {
        log.tells(&mut leads, log.events.len());
        log.story.now = minute(tick).rings_at;
        let before = log.events.len();
        let mut follows = kept(&leads);
        let order = order(tick);
        let old = leads.due(log.story.now, 10);
        if order & 1 == 1 {
            old.iter().for_each(|due| log.tell(due, is_lazy));
        }
        // The new one has heard of all that is on record, or of all but what was just said.
        let heard = if order & 2 == 2 { log.events.len() } else { before };
        log.tells(&mut follows, heard);
        let new = follows.due(log.story.now, 10);
        let ids = |due: &[ScheduleDue]| due.iter().map(ScheduleDue::command_id).collect::<Vec<_>>();
        assert!(new.is_empty() || ids(&new) == ids(&old), "one time has two ids");
        new.iter().for_each(|due| log.tell(due, is_lazy));
        if order & 1 == 0 {
            old.iter().for_each(|due| log.tell(due, is_lazy));
        }
        let open = log.story.schedules.values().find_map(|schedule| schedule.open());
        open.into_iter().for_each(|run| log.run_ends(run));
        leads = follows;
    }
    log
}

fn fired_once_each(log: &Log) {
    let fired = log.fired();
    let times: BTreeMap<_, _> = fired.iter().copied().collect();
    let runs: BTreeSet<_> = times.values().collect();
    assert_eq!(fired.len() as u64, TIMES, "a time was left out, or came twice");
    assert_eq!((times.len(), runs.len()), (fired.len(), fired.len()), "a time has two runs");
}

#[test]
fn a_thousand_times_another_one_leads_just_when_the_time_comes_and_one_run_is_started() {
    for order in 0..4 {
        fired_once_each(&changes_at_each_tick(|_| order, false));
        fired_once_each(&changes_at_each_tick(|_| order, true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn in_whatever_order_they_tell_it(seed: u64, is_lazy: bool) {
        let order = |tick: u64| (seed.rotate_left((tick % 61) as u32) ^ tick) as u8;
        fired_once_each(&changes_at_each_tick(order, is_lazy));
    }
}
