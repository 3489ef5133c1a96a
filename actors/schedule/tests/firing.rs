//! What happens when a time comes while a run is under way, and when that ends.

use super::*;

fn queued(n: u64, replaces: Option<RunId>) -> ScheduleEvent {
    ScheduleEvent::Queued(Queued { nominal: hour(n), replaces, next: next(n + 1), at: hour(n) })
}

fn started(overlap: Overlap) -> Vec<ScheduleEvent> {
    vec![was_set(&Terms { overlap, ..hourly() }), on_time(1)]
}

#[test]
fn a_time_fires_once_and_no_other_one_does() {
    schedule([was_set(&hourly())], hour(1)).when(fire(1)).then([on_time(1)]);
    schedule([was_set(&hourly()), on_time(1)], hour(1)).when(fire(1)).then_nothing();
    schedule([was_set(&hourly())], hour(2)).when(fire(2)).then_nothing();
    let Some(due) = next(1) else { panic!("there is one") };
    let earlier = Next { rings_at: NOON, ..due };
    schedule([was_set(&hourly())], hour(1)).when(ScheduleCommand::Fire(earlier)).then_nothing();
}

#[test]
fn whoever_says_that_a_time_has_come_is_believed() {
    let early = Timestamp(hour(1).0 - 1);
    let fired = fired(hour(1), Fires::OnTime, next(2), early);
    schedule([was_set(&hourly())], early).when(fire(1)).then([fired]);
}

#[test]
fn a_time_waits_for_the_run_before() {
    schedule(started(Overlap::Queue), hour(2)).when(fire(2)).then([queued(2, None)]);
    let mut history = started(Overlap::Queue);
    history.push(queued(2, None));
    let caught_up = fired(hour(2), Fires::CaughtUp, next(3), hour(2));
    schedule(history, hour(2)).when(run_ended(1)).then([ended(1, hour(2)), caught_up]);
}

#[test]
fn a_time_takes_the_place_of_the_run_before() {
    let replaced = || queued(2, Some(run(hour(1))));
    schedule(started(Overlap::Replace), hour(2)).when(fire(2)).then([replaced()]);
    let mut history = started(Overlap::Replace);
    history.extend([replaced(), queued(3, Some(run(hour(1))))]);
    let caught_up = fired(hour(3), Fires::CaughtUp, next(4), hour(3));
    schedule(history, hour(3)).when(run_ended(1)).then([ended(1, hour(3)), caught_up]);
}

#[test]
fn where_too_many_wait_one_is_passed_over() {
    let mut history = started(Overlap::Queue);
    let wait = |n| {
        ScheduleEvent::Queued(Queued {
            nominal: hour(n),
            replaces: None,
            next: next(n + 1),
            at: hour(n),
        })
    };
    let most = WAITING_MAX as u64;
    history.extend((2..most + 2).map(wait));
    let n = most + 2;
    let (nominal, under_way) = (hour(n), run(hour(1)));
    let skipped = Skipped { nominal, under_way, next: next(n + 1), at: hour(n) };
    let full = || schedule(history.clone(), hour(n));
    full().when(fire(n)).then([ScheduleEvent::Skipped(skipped)]);
    full().when(ScheduleCommand::FireNow).then_rejected(ScheduleRejection::TooManyWait);
}

#[test]
fn the_end_of_another_run_is_nothing() {
    schedule(started(Overlap::Skip), hour(2)).when(run_ended(7)).then_nothing();
    schedule(started(Overlap::Skip), hour(2)).when(run_ended(1)).then([ended(1, hour(2))]);
}

/// The time that a run is for which someone wants at that time.
fn by_hand_at(history: &[ScheduleEvent], now: Timestamp) -> i64 {
    let decided = Schedule::replay(history).decide(ScheduleCommand::FireNow, &moment(now));
    let Ok([ScheduleEvent::Fired(fired)]) = decided.as_deref() else { panic!("{decided:?}") };
    fired.nominal.0
}

#[test]
fn a_run_begins_by_hand() {
    let by_hand = fired(NOON, Fires::ByHand, next(1), NOON);
    let now = || moment(NOON);
    let decided = Schedule::replay(&[was_set(&hourly())]).decide(ScheduleCommand::FireNow, &now());
    assert_eq!(decided, Ok(vec![by_hand]));
    assert_eq!(by_hand_at(&[was_set(&hourly())], hour(1)), hour(1).0 + 1, "not its next");
    let twice = [was_set(&hourly()), on_time(1), ended(1, hour(1))];
    assert_eq!(by_hand_at(&twice, hour(1)), hour(1).0 + 1, "not its last");
    let under_way = ScheduleRejection::UnderWay { run: run(hour(1)) };
    schedule(started(Overlap::Skip), hour(1))
        .when(ScheduleCommand::FireNow)
        .then_rejected(under_way);
}

#[test]
fn while_it_is_paused_a_run_ends_and_none_begins() {
    let mut history = started(Overlap::Queue);
    history.extend([queued(2, None), paused(hour(2))]);
    schedule(history.clone(), hour(2)).when(run_ended(1)).then([ended(1, hour(2))]);
    history.push(ended(1, hour(2)));
    let caught_up = fired(hour(2), Fires::CaughtUp, next(3), hour(2));
    schedule(history, hour(2)).when(resume()).then([resumed(next(3), hour(2)), caught_up]);
}

#[test]
fn a_time_rings_later_by_chance_that_is_no_chance() {
    let terms = Terms { jitter_ms: 600_000, ..hourly() };
    let times = terms.times().expect("there are some");
    let ring = |n| terms.ring(&times, hour(n), &moment(NOON)).rings_at;
    let late: Vec<_> = (0..50).map(|n| ring(n).0 - hour(n).0).collect();
    assert!(late.iter().all(|late| (0..=600_000_000).contains(late)), "{late:?}");
    assert!(late.iter().any(|one| *one != late[0]), "they are all the same");
    assert_eq!(ring(1), ring(1));
    let other = Moment { tenant: "acme".parse().expect("a token"), ..moment(NOON) };
    assert_ne!(terms.ring(&times, hour(1), &other).rings_at, ring(1), "all tenants at once");
}

#[test]
fn however_late_it_may_be_a_time_rings_before_the_one_behind_it() {
    let terms = Terms { jitter_ms: 24 * HOUR, ..hourly() };
    let times = terms.times().expect("there are some");
    let late = |n| terms.ring(&times, hour(n), &moment(NOON)).rings_at.0 - hour(n).0;
    let late: Vec<_> = (0..50).map(late).collect();
    assert!(late.iter().all(|late| (0..=3_600_000_000).contains(late)), "{late:?}");
    assert!(late.iter().any(|late| *late > 1_800_000_000), "{late:?}");
}
