//! What becomes of times that passed while nobody looked.

use super::super::missing::LOOKED_AT_MAX;
use super::*;

/// Thirty days later, and a little.
const DAYS: u64 = 30;

fn every(pattern: &str, catch_up: CatchUp) -> Terms {
    Terms { when: When::Cron { pattern: pattern.into() }, catch_up, ..hourly() }
}

/// What happens after thirty days; the clock asks until there is nothing more to do.
fn after_days(terms: &Terms) -> (Schedule, Vec<ScheduleEvent>) {
    until(terms, NOON.plus_ms(DAYS * 24 * HOUR + 30 * 60 * 1000 + 30_000))
}

/// What happens at that time to one that was set at noon, and that nobody looked at since.
fn until(terms: &Terms, now: Timestamp) -> (Schedule, Vec<ScheduleEvent>) {
    let now = moment(now);
    let set = Schedule::default().decide(ScheduleCommand::Set(terms.clone()), &moment(NOON));
    let mut state = Schedule::replay(&set.expect("it is set"));
    let mut all = Vec::new();
    while let Some(next) = state.rings_at().filter(|next| next.rings_at <= now.now) {
        let fire = ScheduleCommand::Fire(next);
        let happened = state.decide(fire, &now).expect("nothing is wrong");
        assert!(!happened.is_empty(), "the clock asks for ever");
        state = happened.iter().fold(state, Schedule::evolve);
        all.extend(happened);
    }
    (state, all)
}

fn missed(events: &[ScheduleEvent]) -> (u64, usize) {
    let missed = events.iter().filter_map(as_missed);
    missed.fold((0, 0), |(count, queued), gap| (count + gap.count, queued + gap.queued.len()))
}

#[test]
fn thirty_days_are_counted_and_no_more() {
    for (pattern, times) in [("0 3 * * *", 30), ("0 * * * *", 720), ("* * * * *", 43_229)] {
        let (state, events) = after_days(&every(pattern, CatchUp::None));
        assert_eq!(missed(&events), (times, 0), "{pattern}");
        assert!(state.rings_at().is_some(), "{pattern}");
        let runs = events.iter().filter(|event| matches!(event, ScheduleEvent::Fired(_))).count();
        // The last minute is not missed yet.
        assert_eq!(runs, usize::from(pattern == "* * * * *"), "{pattern}");
    }
}

#[test]
fn the_last_of_thirty_days_is_made_up_for() {
    for (pattern, times) in [("0 3 * * *", 30), ("0 * * * *", 720)] {
        let (state, events) = after_days(&every(pattern, CatchUp::Last));
        assert_eq!(missed(&events), (times, 1), "{pattern}");
        let ScheduleEvent::Missed(gap) = &events[0] else { panic!("{events:?}") };
        assert_eq!(gap.queued, [gap.last]);
        assert!(matches!(&events[1], ScheduleEvent::Fired(fired) if fired.nominal == gap.last));
        assert_eq!((events.len(), state.counts().fired), (2, 1));
    }
}

#[test]
fn all_of_thirty_days_are_made_up_for_one_after_the_other() {
    let (mut state, mut events) = after_days(&every("0 3 * * *", CatchUp::All));
    assert_eq!(missed(&events), (30, 30));
    while let Some(run) = state.open() {
        let how = Some(How::Completed);
        let now = moment(NOON.plus_ms((DAYS + 1) * 24 * HOUR));
        let happened = state.decide(ScheduleCommand::RunEnded { run, how }, &now);
        let happened = happened.expect("nothing is wrong");
        state = happened.iter().fold(state, Schedule::evolve);
        events.extend(happened);
    }
    let fired = events.iter().filter_map(as_fired);
    let begun: Vec<_> = fired.map(|fired| fired.nominal).collect();
    assert!(begun.len() == 30 && begun.is_sorted(), "{begun:?}");
    assert_eq!(begun.iter().collect::<std::collections::BTreeSet<_>>().len(), 30);
}

#[test]
fn of_very_many_the_newest_are_made_up_for() {
    let (state, events) = after_days(&every("* * * * *", CatchUp::All));
    assert_eq!(missed(&events), (43_229, WAITING_MAX));
    let gaps: Vec<_> = events.iter().filter_map(as_missed).collect();
    assert!(gaps.len() > 1, "one decision looks at {LOOKED_AT_MAX} times at most");
    let Some(Missed { queued: newest, last, .. }) = gaps.last() else { panic!("there is one") };
    assert_eq!(newest.last(), Some(last), "the newest is among those that are made up for");
    assert!(newest.windows(2).all(|two| two[1] == two[0].plus_ms(60_000)), "one is left out");
    assert_eq!(state.counts().fired, 1);
}

#[test]
fn where_one_decision_ends_no_time_is_counted_twice_or_left_out() {
    let most = LOOKED_AT_MAX as u64;
    for missed in [most - 1, most, most + 1, 2 * most - 1_000, 2 * most - 999] {
        let terms = Terms {
            when: When::Every { ms: 60_000, from: NOON },
            catch_up: CatchUp::All,
            ..hourly()
        };
        let now = NOON.plus_ms(missed * 60_000 + 60_001);
        let (state, events) = until(&terms, now);
        assert_eq!(self::missed(&events), (missed, WAITING_MAX), "{missed}");
        assert_eq!(state.last(), Some(NOON.plus_ms((missed + 1) * 60_000)));
    }
}

#[test]
fn what_came_due_in_a_pause_is_missed() {
    let terms = Terms { catch_up: CatchUp::Last, ..hourly() };
    let history = [was_set(&terms), paused(NOON)];
    let late = hour(5).plus_ms(HOUR / 2);
    let gap = ScheduleEvent::Missed(Missed {
        first: hour(1),
        last: hour(5),
        count: 5,
        queued: vec![hour(5)],
        next: next(6),
        at: late,
    });
    let caught_up = fired(hour(5), Fires::CaughtUp, next(6), late);
    schedule(history, late).when(resume()).then([gap, resumed(next(6), late), caught_up]);
}

#[test]
fn a_little_late_is_not_missed() {
    let late = hour(1).plus_ms(60_000);
    let on_time = fired(hour(1), Fires::OnTime, next(2), late);
    schedule([was_set(&hourly())], late).when(fire(1)).then([on_time]);
    let later = late.plus_ms(1);
    let gap = ScheduleEvent::Missed(Missed {
        first: hour(1),
        last: hour(1),
        count: 1,
        queued: vec![],
        next: next(2),
        at: later,
    });
    schedule([was_set(&hourly())], later).when(fire(1)).then([gap]);
}
