//! What a schedule does, sentence by sentence.

mod firing;
mod missed;
mod oracle;
mod setting;
mod zones;

use events::content::{Content, Json};
use events::id::{ScheduleId, main_tenant};
use events::run::{How, run_of_schedule};
use events::schedule::{CatchUp, Fires, Overlap, Resumed, Skipped, When};
use proptest::prelude::*;

use super::*;
use crate::spec::{Given, given, have_their_shape, moment, survives_being_kept};

/// 2026-02-02, a Monday, at noon.
const NOON: Timestamp = Timestamp(1_770_033_600_000_000);
const HOUR: u64 = 60 * 60 * 1000;

/// Every hour, on the hour.
fn hourly() -> Terms {
    Terms {
        when: When::Cron { pattern: "0 * * * *".into() },
        zone: "UTC".into(),
        jitter_ms: 0,
        overlap: Overlap::Skip,
        catch_up: CatchUp::None,
        late_ms: 60_000,
        pipeline: "nightly".parse().expect("a token"),
        edition: None,
        input: Content::Inline(Json::parse("1").expect("JSON")),
    }
}

/// The n-th hour from noon on.
fn hour(n: u64) -> Timestamp {
    NOON.plus_ms(n * HOUR)
}

fn next(n: u64) -> Option<Next> {
    Some(Next { nominal: hour(n), rings_at: hour(n) })
}

fn run(nominal: Timestamp) -> RunId {
    let id: ScheduleId = moment(NOON).id.as_str().parse().expect("a token");
    run_of_schedule(&main_tenant(), &id, nominal)
}

fn was_set(terms: &Terms) -> ScheduleEvent {
    ScheduleEvent::Set(terms.clone().recorded(next(1), NOON))
}

fn fired(nominal: Timestamp, how: Fires, next: Option<Next>, at: Timestamp) -> ScheduleEvent {
    let Terms { pipeline, edition, input, .. } = hourly();
    ScheduleEvent::Fired(Fired {
        nominal,
        run: run(nominal),
        how,
        pipeline,
        edition,
        input,
        next,
        at,
    })
}

fn on_time(n: u64) -> ScheduleEvent {
    fired(hour(n), Fires::OnTime, next(n + 1), hour(n))
}

fn ended(n: u64, at: Timestamp) -> ScheduleEvent {
    ScheduleEvent::RunEnded(RunEnded { run: run(hour(n)), how: Some(How::Completed), at })
}

fn fire(n: u64) -> ScheduleCommand {
    ScheduleCommand::Fire(next(n).expect("there is one"))
}

fn run_ended(n: u64) -> ScheduleCommand {
    ScheduleCommand::RunEnded { run: run(hour(n)), how: Some(How::Completed) }
}

fn pause() -> ScheduleCommand {
    ScheduleCommand::Pause { reason: "the disk is full".into() }
}

fn paused(at: Timestamp) -> ScheduleEvent {
    ScheduleEvent::Paused(Paused { reason: "the disk is full".into(), at })
}

fn resume() -> ScheduleCommand {
    ScheduleCommand::Resume { reason: "it is empty".into() }
}

fn resumed(next: Option<Next>, at: Timestamp) -> ScheduleEvent {
    ScheduleEvent::Resumed(Resumed { reason: "it is empty".into(), next, at })
}

fn remove() -> ScheduleCommand {
    ScheduleCommand::Remove { reason: "no longer needed".into() }
}

fn removed(at: Timestamp) -> ScheduleEvent {
    ScheduleEvent::Removed(Removed { reason: "no longer needed".into(), at })
}

fn schedule(history: impl IntoIterator<Item = ScheduleEvent>, now: Timestamp) -> Given<Schedule> {
    given(history).at(now)
}

fn sorts() -> Vec<Schedule> {
    let queues = Terms { overlap: Overlap::Queue, ..hourly() };
    let waits = ScheduleEvent::Queued(Queued {
        nominal: hour(2),
        replaces: None,
        next: next(3),
        at: hour(2),
    });
    let history = [was_set(&queues), on_time(1), waits, paused(hour(2)), removed(hour(3))];
    (0..=history.len()).map(|n| Schedule::replay(&history[..n])).collect()
}

#[test]
fn schedules_of_all_sorts_have_their_shape() {
    have_their_shape(&sorts());
}

#[test]
fn a_schedule_of_any_sort_comes_back_as_it_was() {
    sorts().iter().for_each(survives_being_kept);
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let overlap = prop_oneof![Just(Overlap::Skip), Just(Overlap::Queue), Just(Overlap::Replace)];
    let catch_up = prop_oneof![Just(CatchUp::None), Just(CatchUp::Last), Just(CatchUp::All)];
    (overlap, catch_up, 0..3_u64).prop_map(|(overlap, catch_up, jitter)| Terms {
        overlap,
        catch_up,
        jitter_ms: jitter * 30_000,
        ..hourly()
    })
}

fn as_fired(event: &ScheduleEvent) -> Option<&Fired> {
    if let ScheduleEvent::Fired(fired) = event { Some(fired) } else { None }
}

fn as_missed(event: &ScheduleEvent) -> Option<&Missed> {
    if let ScheduleEvent::Missed(missed) = event { Some(missed) } else { None }
}

/// The times that an event says what became of, for the first time.
fn dealt_with(event: &ScheduleEvent) -> Vec<Timestamp> {
    match event {
        ScheduleEvent::Fired(fired) if fired.how == Fires::OnTime => vec![fired.nominal],
        ScheduleEvent::Queued(queued) => vec![queued.nominal],
        ScheduleEvent::Skipped(skipped) => vec![skipped.nominal],
        ScheduleEvent::Missed(missed) => vec![missed.first, missed.last],
        ScheduleEvent::Fired(_)
        | ScheduleEvent::Set(_)
        | ScheduleEvent::RunEnded(_)
        | ScheduleEvent::Paused(_)
        | ScheduleEvent::Resumed(_)
        | ScheduleEvent::Removed(_) => vec![],
    }
}

/// What may be said to a schedule in this state.
fn any_of(schedule: &Schedule, what: u8) -> ScheduleCommand {
    match what {
        0..=2 => {
            let due = schedule.rings_at().or_else(|| next(0));
            ScheduleCommand::Fire(due.expect("there is one"))
        }
        3 => {
            let run = schedule.open().unwrap_or_else(|| run(NOON));
            ScheduleCommand::RunEnded { run, how: Some(How::Completed) }
        }
        4 => pause(),
        _ => resume(),
    }
}

proptest! {
    #[test]
    fn each_time_is_dealt_with_once_and_in_order(
        terms in any_terms(),
        steps in proptest::collection::vec((0..6_u8, 0..(3 * HOUR)), 0..40),
    ) {
        let set = Schedule::default().decide(ScheduleCommand::Set(terms), &moment(NOON));
        let (mut schedule, mut now) = (Schedule::replay(&set.expect("it is set")), NOON);
        let (mut dealt, mut started) = (Vec::new(), std::collections::BTreeSet::new());
        for (what, later_ms) in steps {
            now = now.plus_ms(later_ms);
            let command = any_of(&schedule, what);
            // A clock rings when a time has come, and not before.
            if matches!(&command, ScheduleCommand::Fire(due) if due.rings_at > now) {
                continue;
            }
            let happened = schedule.decide(command, &moment(now)).expect("nothing is wrong");
            for run in happened.iter().filter_map(as_fired).map(|fired| fired.run) {
                prop_assert!(schedule.open().is_none() || what == 3, "two runs are under way");
                prop_assert!(started.insert(run), "a time has two runs");
            }
            dealt.extend(happened.iter().flat_map(dealt_with));
            schedule = happened.iter().fold(schedule, Schedule::evolve);
        }
        prop_assert!(dealt.is_sorted(), "{:?}", dealt);
    }
}

#[test]
fn the_clock_may_ask_as_often_as_it_likes() {
    let skipped = |n| {
        let (nominal, under_way) = (hour(n), run(hour(1)));
        ScheduleEvent::Skipped(Skipped { nominal, under_way, next: next(n + 1), at: hour(n) })
    };
    schedule([was_set(&hourly())], hour(1)).when(fire(1)).then([on_time(1)]);
    let history = [was_set(&hourly()), on_time(1)];
    schedule(history.clone(), hour(1)).when(fire(1)).then_nothing();
    schedule(history, hour(2)).when(fire(2)).then([skipped(2)]);
}
