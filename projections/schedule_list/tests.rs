//! What the list says, sentence by sentence.

use events::content::{Content, Json};
use events::schedule::{CatchUp, Overlap, Paused, Removed, Resumed, Skipped, When};
use uuid::Uuid;

use super::*;
use crate::spec::{Happened, given, second};

fn hour(n: i64) -> Timestamp {
    Timestamp(n * 3_600_000_000)
}

fn next(n: i64) -> Option<Next> {
    Some(Next { nominal: hour(n), rings_at: hour(n) })
}

fn set() -> Set {
    Set {
        when: When::Cron { pattern: "0 * * * *".into() },
        zone: "UTC".into(),
        jitter_ms: 0,
        overlap: Overlap::Queue,
        catch_up: CatchUp::All,
        late_ms: 60_000,
        pipeline: "nightly".parse().expect("a token"),
        edition: None,
        input: input(),
        next: next(1),
        at: hour(0),
    }
}

fn input() -> Content {
    Content::Inline(Json::parse("1").expect("JSON"))
}

fn run(n: u128) -> RunId {
    RunId(Uuid::from_u128(n))
}

fn fired(n: i64, how: Fires, next: Option<Next>) -> ScheduleEvent {
    ScheduleEvent::Fired(Fired {
        nominal: hour(n),
        run: run(n.unsigned_abs().into()),
        how,
        pipeline: set().pipeline,
        edition: None,
        input: input(),
        next,
        at: hour(n),
    })
}

fn queued(n: i64, replaces: Option<RunId>) -> ScheduleEvent {
    ScheduleEvent::Queued(Queued { nominal: hour(n), replaces, next: next(n + 1), at: hour(n) })
}

fn ended(n: u128, how: Option<How>) -> ScheduleEvent {
    ScheduleEvent::RunEnded(RunEnded { run: run(n), how, at: hour(9) })
}

fn last(n: i64, how: Fires, end: End) -> Option<Last> {
    let run = run(n.unsigned_abs().into());
    Some(Last { run, nominal: hour(n), how, fired_at: hour(n), end })
}

fn row(changed: i64) -> ScheduleRow {
    was_set(None, set(), second(changed))
}

/// After it was set and this has happened, the row is this one.
fn told(history: impl IntoIterator<Item = ScheduleEvent>, expected: ScheduleRow) {
    let history = [ScheduleEvent::Set(set())].into_iter().chain(history);
    let history: Vec<Happened<'_, _>> = history.map(|event| ("main", "nightly", event)).collect();
    given::<ScheduleList>(history).then_rows([("main", "nightly", expected)]);
}

#[test]
fn a_schedule_is_there_once_it_is_set() {
    told([], row(1));
}

#[test]
fn it_says_what_it_started_last_and_what_became_of_it() {
    let on_time = || fired(1, Fires::OnTime, next(2));
    let fired_one = ScheduleRow { fired: 1, next: next(2), ..row(2) };
    let with = |end, row| ScheduleRow { last: last(1, Fires::OnTime, end), ..row };
    told([on_time()], with(End::UnderWay, fired_one.clone()));
    let later = ScheduleRow { changed_at: second(3), ..fired_one };
    told([on_time(), ended(7, None)], with(End::UnderWay, later.clone()));
    told([on_time(), ended(1, None)], with(End::NotStarted, later.clone()));
    let completed = End::Ended(How::Completed);
    told([on_time(), ended(1, Some(How::Completed))], with(completed, later));
}

#[test]
fn what_waits_begins_in_its_order() {
    let history = || vec![fired(1, Fires::OnTime, next(2)), queued(2, None), queued(3, None)];
    let waits = ScheduleRow {
        fired: 1,
        next: next(4),
        last: last(1, Fires::OnTime, End::UnderWay),
        waiting: [hour(2), hour(3)].into(),
        ..row(4)
    };
    told(history(), waits.clone());
    let caught_up = [fired(2, Fires::CaughtUp, next(4))];
    let goes_on = ScheduleRow {
        fired: 2,
        last: last(2, Fires::CaughtUp, End::UnderWay),
        waiting: [hour(3)].into(),
        changed_at: second(5),
        ..waits.clone()
    };
    told(history().into_iter().chain(caught_up), goes_on);
    let replaced =
        ScheduleRow { next: next(5), waiting: [hour(4)].into(), changed_at: second(5), ..waits };
    told(history().into_iter().chain([queued(4, Some(run(1)))]), replaced);
}

#[test]
fn what_was_missed_or_passed_over_is_counted() {
    let missed = ScheduleEvent::Missed(Missed {
        first: hour(1),
        last: hour(4),
        count: 4,
        queued: vec![hour(4)],
        next: next(5),
        at: hour(5),
    });
    let expected = ScheduleRow {
        missed: 4,
        missed_last: Some(hour(4)),
        waiting: [hour(4)].into(),
        next: next(5),
        ..row(2)
    };
    told([missed], expected);
    let (nominal, under_way) = (hour(1), run(7));
    let skipped = Skipped { nominal, under_way, next: next(2), at: hour(1) };
    let expected = ScheduleRow { skipped: 1, next: next(2), ..row(2) };
    told([ScheduleEvent::Skipped(skipped)], expected);
}

#[test]
fn it_is_paused_resumed_and_removed() {
    let reason = || "the disk is full".to_owned();
    let paused = || ScheduleEvent::Paused(Paused { reason: reason(), at: hour(1) });
    let mode = Mode::Paused { reason: reason() };
    told([paused()], ScheduleRow { mode: mode.clone(), ..row(2) });
    told([paused(), ScheduleEvent::Set(set())], ScheduleRow { mode, ..row(3) });
    let resumed = Resumed { reason: reason(), next: next(5), at: hour(4) };
    let resumed = ScheduleEvent::Resumed(resumed);
    told([paused(), resumed], ScheduleRow { next: next(5), ..row(3) });
    let removed = || ScheduleEvent::Removed(Removed { reason: reason(), at: hour(1) });
    let mode = Mode::Removed { reason: reason() };
    told([removed()], ScheduleRow { mode, next: None, ..row(2) });
    told([fired(1, Fires::OnTime, next(2)), removed(), ScheduleEvent::Set(set())], row(4));
}
