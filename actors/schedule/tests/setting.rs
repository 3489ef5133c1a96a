//! How a schedule is set, paused, resumed and removed.

use super::*;
use crate::bounds::OutOfBounds;

fn set(terms: Terms) -> ScheduleCommand {
    ScheduleCommand::Set(terms)
}

#[test]
fn a_schedule_is_set_and_set_anew() {
    schedule([], NOON).when(set(hourly())).then([was_set(&hourly())]);
    schedule([was_set(&hourly())], NOON).when(set(hourly())).then_nothing();
    let other = Terms { overlap: Overlap::Queue, ..hourly() };
    schedule([was_set(&hourly())], NOON).when(set(other.clone())).then([was_set(&other)]);
    let gone = [was_set(&hourly()), removed(NOON)];
    schedule(gone, NOON).when(set(hourly())).then([was_set(&hourly())]);
}

#[test]
fn a_schedule_that_is_set_anew_stays_paused_and_knows_what_is_under_way() {
    let other = Terms { overlap: Overlap::Queue, ..hourly() };
    let history = [was_set(&hourly()), on_time(1), paused(hour(1)), was_set(&other)];
    let state = Schedule::replay(&history);
    assert_eq!((state.rings_at(), state.open()), (None, Some(run(hour(1)))));
}

#[test]
fn what_means_no_times_is_refused() {
    let no = |terms: Terms| {
        let decided = Schedule::default().decide(set(terms), &moment(NOON));
        decided.expect_err("it is refused")
    };
    let cron =
        |pattern: &str| no(Terms { when: When::Cron { pattern: pattern.into() }, ..hourly() });
    for odd in ["", "* * * *", "* * * * * *", "@hourly", "61 * * * *", "* * * * 9", "a b c d e"] {
        assert!(matches!(cron(odd), ScheduleRejection::InvalidPattern(_)), "{odd:?}");
    }
    assert_eq!(cron("0 0 31 2 *"), ScheduleRejection::NeverFires);
    let zone = |zone: &str| no(Terms { zone: zone.into(), ..hourly() });
    assert_eq!(zone("Mars/Olympus"), ScheduleRejection::UnknownZone("Mars/Olympus".into()));
    let once = |at| Terms { when: When::Once { at }, ..hourly() };
    assert_eq!(no(once(NOON)), ScheduleRejection::NeverFires);
    for odd in [
        Terms { when: When::Every { ms: 999, from: NOON }, ..hourly() },
        Terms { jitter_ms: 24 * HOUR + 1, ..hourly() },
        Terms { late_ms: 999, ..hourly() },
        Terms { late_ms: 24 * HOUR + 1, ..hourly() },
        Terms { edition: Some(0), ..hourly() },
    ] {
        assert!(matches!(no(odd), ScheduleRejection::OutOfBounds(OutOfBounds::OutOfRange { .. })));
    }
}

#[test]
fn a_time_that_has_passed_is_made_up_for_if_that_was_agreed() {
    let once = Terms { when: When::Once { at: NOON }, catch_up: CatchUp::Last, ..hourly() };
    let past = Next { nominal: NOON, rings_at: NOON };
    let event = ScheduleEvent::Set(once.clone().recorded(Some(past), hour(1)));
    schedule([], hour(1)).when(set(once.clone())).then([event.clone()]);
    // Once is once, also if it is set anew.
    let fired = fired(NOON, Fires::CaughtUp, None, hour(1));
    let other = Terms { overlap: Overlap::Queue, ..once };
    let history = [event, fired];
    schedule(history.clone(), hour(1))
        .when(set(other.clone()))
        .then_rejected(ScheduleRejection::NeverFires);
    schedule(history.into_iter().chain([removed(hour(1))]), hour(1))
        .when(set(other))
        .then_rejected(ScheduleRejection::NeverFires);
}

#[test]
fn a_schedule_is_paused_and_resumed() {
    let history = || vec![was_set(&hourly())];
    schedule(history(), NOON).when(pause()).then([paused(NOON)]);
    schedule(history(), NOON).when(resume()).then_nothing();
    let history = [was_set(&hourly()), paused(NOON)];
    schedule(history.clone(), NOON).when(pause()).then_nothing();
    schedule(history.clone(), hour(1)).when(fire(1)).then_nothing();
    schedule(history, NOON).when(resume()).then([resumed(next(1), NOON)]);
}

#[test]
fn a_schedule_is_removed() {
    schedule([was_set(&hourly())], NOON).when(remove()).then([removed(NOON)]);
    let gone = || [was_set(&hourly()), removed(NOON)];
    for command in [remove(), fire(1), run_ended(1)] {
        schedule(gone(), hour(1)).when(command).then_nothing();
    }
    for command in [pause(), resume(), ScheduleCommand::FireNow] {
        schedule(gone(), NOON).when(command).then_rejected(ScheduleRejection::Removed);
    }
}

#[test]
fn what_is_not_there_does_nothing() {
    for command in [pause(), resume(), remove(), ScheduleCommand::FireNow] {
        schedule([], NOON).when(command).then_rejected(ScheduleRejection::NotFound);
    }
    schedule([], NOON).when(fire(1)).then_nothing();
    schedule([], NOON).when(run_ended(1)).then_nothing();
}
