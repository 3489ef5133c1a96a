//! Promises about what comes from another log.

use super::another::{ALL, Another, contents, every_kind, moves, standing_at};
use super::given::{append, append_at, command, event, rejection, stream};
use super::world::World;
use crate::chain::blob_hash;
use crate::id::LogId;
use crate::store::moving::arrive::{Refused, Taken};
use crate::store::moving::news::News;
use crate::store::moving::standing::DoneElsewhere;
use crate::store::{Append, Behind, Decision, Filter, Imported, Save};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

fn entered(events: u64, outcomes: u64, blobs: u64) -> Taken {
    Taken { events, outcomes, blobs, known: 0 }
}

fn last(position: u64) -> std::ops::RangeInclusive<Position> {
    Position::FIRST..=Position(position)
}

fn from(position: u64) -> std::ops::RangeInclusive<Position> {
    Position(position)..=Position(u64::MAX)
}

/// Its identity, positions, times, outcomes and blobs; and it goes on where the other one ended.
pub async fn an_empty_log_becomes_a_copy_of_the_one_that_comes(mut world: World) {
    let another = every_kind(7).await;
    let taken = another.moves(&world, ALL, false).await.expect("moved");
    assert_eq!(taken, entered(5, 8, 3));
    assert_eq!(contents(&world.reader()).await, contents(&another.reader()).await);
    let (head, copy) = (another.reader().head().await, world.reader().head().await);
    assert_eq!(copy.expect("head"), head.expect("head"));
    world.verifies().await;
    world.clock.set(0);
    let answer = world.appends(append_at("b", 1, 4)).await;
    assert_eq!(answer.outcome.recorded.expect("events").position, Position(6));
    assert_eq!(answer.outcome.recorded_at, Timestamp(1_770_000_000_000_000), "time goes back");
    assert_eq!(world.stream(&stream("b")).await[4].header().log_id, another.reader().log_id());
    world.restart().await;
    assert_eq!(world.reader().log_id(), another.reader().log_id());
    world.verifies().await;
}

/// A consumer goes along with a copy, and never goes back in one that goes on; nothing of it comes into
/// any other log.
pub async fn consumers_go_along_with_a_copy_alone(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, last(3), false).await.expect("moved");
    assert_eq!(world.reader().consumers().await.expect("read"), [], "with a part of the log");
    another.moves(&world, ALL, false).await.expect("moved");
    let came = another.reader().consumers().await.expect("read");
    assert_eq!(world.reader().consumers().await.expect("read"), came);
    another.saves(Save { settled: vec![Position(2)], ..standing_at(5, 3) }).await;
    another.moves(&world, ALL, false).await.expect("moved");
    let went_on = another.reader().consumers().await.expect("read");
    assert_eq!(world.reader().consumers().await.expect("read"), went_on);
    let other = Another::with(8, [append("z", 1)]).await;
    moves(&world.reader(), &other.store(), ALL, false).await.expect("moved");
    assert_eq!(other.reader().consumers().await.expect("read"), [], "into a log of its own");
    world.verifies().await;
}

/// There and back again: nothing is lost on the way.
pub async fn a_copy_of_a_copy_is_the_log(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, ALL, false).await.expect("moved");
    let again = Another::log(8);
    moves(&world.reader(), &again.store(), ALL, false).await.expect("moved");
    assert_eq!(contents(&again.reader()).await, contents(&another.reader()).await);
}

/// Also a log in which nothing ever happened is copied.
pub async fn a_copy_of_an_empty_log_has_its_id(world: World) {
    let another = Another::log(7);
    another.moves(&world, ALL, false).await.expect("moved");
    assert_eq!(world.reader().log_id(), LogId(uuid::Uuid::from_u128(7)));
    let answer = world.appends(append("a", 1)).await;
    assert_eq!(answer.outcome.recorded.expect("events").position, Position(1));
    assert_eq!(world.stream(&stream("a")).await[0].header().log_id, another.reader().log_id());
    world.verifies().await;
}

/// Nothing twice, whatever of it was there before.
pub async fn what_came_before_is_recognised_when_it_comes_again(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, last(3), false).await.expect("moved");
    let taken = another.moves(&world, ALL, false).await.expect("moved");
    assert_eq!(taken, Taken { known: 5, ..entered(2, 3, 2) });
    let taken = another.moves(&world, ALL, false).await.expect("moved");
    assert_eq!(taken, Taken { known: 8, ..entered(0, 0, 0) });
    assert_eq!(contents(&world.reader()).await, contents(&another.reader()).await);
    world.verifies().await;
}

/// A copy grows with the log it is a copy of; what was recorded there at the same place comes too.
pub async fn a_copy_goes_on_with_what_came_later(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, ALL, false).await.expect("moved");
    another.appends(rejection("a", 50)).await;
    another.appends(append("a", 51)).await;
    another.appends(append("e", 52)).await;
    let taken = another.moves(&world, from(6), false).await.expect("moved");
    assert_eq!(taken, Taken { known: 1, ..entered(2, 3, 0) });
    assert_eq!(contents(&world.reader()).await, contents(&another.reader()).await);
    another.appends(append("a", 53)).await;
    another.appends(append("a", 54)).await;
    let refused = another.is_refused(&world, from(9)).await;
    let gap = Refused::CopyTooShort { first: Position(9), actual: Position(7) };
    assert_eq!(refused, gap);
}

/// Its own events stay where they are, the others get positions behind them, and keep the rest.
pub async fn what_comes_into_a_log_with_a_history_stands_behind_it(world: World) {
    for n in 0..3 {
        world.appends(append("mine", n)).await;
    }
    let another = every_kind(7).await;
    let taken = another.moves(&world, ALL, false).await.expect("moved");
    assert_eq!(taken, entered(5, 8, 3));
    let (all, theirs) = (world.log(&Filter::default()).await, contents(&another.reader()).await.1);
    let theirs: Vec<_> = theirs.iter().flat_map(|part| &part.commands).collect();
    let bytes = |event: &crate::recorded::Stored| {
        (event.hash(), event.header_bytes().to_vec(), event.payload().to_vec())
    };
    let came: Vec<_> = all[3..].iter().map(bytes).collect();
    let sent: Vec<_> = theirs.iter().flat_map(|moved| &moved.events).map(bytes).collect();
    assert_eq!(came, sent);
    let reader = world.reader();
    let outcome = reader.outcome(&stream("a").tenant, command(7002)).await;
    let span = outcome.expect("read").expect("it is there").recorded.expect("events");
    assert_eq!((span.position, span.version), (Position(4), Version(1)));
    let found = reader.blob(&stream("a").tenant, &blob_hash(b"0")).await.expect("read");
    assert_eq!(found.as_deref(), Some(&b"0"[..]));
    let known = world.appends(rejection("a", 7009)).await;
    assert!(known.known, "its commands are known");
    let answer = world.appends(append_at("b", 70, 4)).await;
    assert_eq!(answer.outcome.recorded.expect("events").position, Position(9));
    assert_ne!(reader.log_id(), another.reader().log_id());
    world.verifies().await;
}

/// Reactions and timers must know which events are not theirs.
pub async fn where_events_came_from_is_remembered(mut world: World) {
    let one = every_kind(7).await;
    let other = Another::with(8, (0..3).map(|n| append("theirs", 8000 + n))).await;
    let [one_id, other_id] = [&one, &other].map(|log| log.reader().log_id());
    let range = |first, last, source, source_first, adopted| {
        let [first, last, source_first] = [first, last, source_first].map(Position);
        Imported { first, last, source, source_first, adopted }
    };
    assert_eq!(world.reader().imports().await.expect("read"), []);
    one.moves(&world, last(3), false).await.expect("moved");
    one.moves(&world, from(4), false).await.expect("moved");
    let copied = world.reader().imports().await.expect("read");
    assert_eq!(copied, [range(1, 5, one_id, 1, false)], "one range, though it came in two pieces");
    world.appends(append("mine", 1)).await;
    other.moves(&world, last(2), true).await.expect("moved");
    world.appends(append("mine", 2)).await;
    other.moves(&world, ALL, true).await.expect("moved");
    world.restart().await;
    let expected = [
        range(1, 5, one_id, 1, false),
        range(7, 8, other_id, 1, true),
        range(10, 10, other_id, 3, true),
    ];
    assert_eq!(world.reader().imports().await.expect("read"), expected);
    world.verifies().await;
}

/// By name, and nothing of the part is entered.
pub async fn a_stream_that_both_logs_have_is_refused(world: World) {
    world.appends(append("b", 1)).await;
    let another = every_kind(7).await;
    let refused = another.is_refused(&world, ALL).await;
    assert_eq!(refused, Refused::StreamInBoth { stream: stream("b"), version: Version(1) });
}

/// What begins in the middle of a stream goes on where the log has its beginning, and nowhere else.
pub async fn a_stream_whose_beginning_is_missing_is_refused(world: World) {
    world.appends(append("mine", 1)).await;
    let another = every_kind(7).await;
    let refused = another.is_refused(&world, from(5)).await;
    let (first, actual) = (Version(4), Version(0));
    assert_eq!(refused, Refused::StreamGap { stream: stream("b"), first, actual });
}

/// By name, and nothing of the part is entered.
pub async fn a_command_that_both_logs_know_differently_is_refused(world: World) {
    world.appends(append("mine", 7001)).await;
    let another = every_kind(7).await;
    let refused = another.is_refused(&world, ALL).await;
    let tenant = stream("a").tenant;
    assert_eq!(refused, Refused::CommandInBoth { tenant, command: command(7001) });
}

/// It has the same id, and something else at a position.
pub async fn a_copy_that_went_its_own_way_is_refused(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, ALL, false).await.expect("moved");
    world.appends(append("mine", 1)).await;
    another.appends(append("theirs", 2)).await;
    let refused = another.is_refused(&world, ALL).await;
    assert_eq!(refused, Refused::WentItsOwnWay(Position(6)));
    another.appends(append("theirs", 3)).await;
    let refused = another.is_refused(&world, from(7)).await;
    assert_eq!(refused, Refused::WentItsOwnWay(Position(6)));
}

/// Otherwise the events of one log would not stand in its order.
pub async fn what_comes_too_late_is_refused(world: World) {
    world.appends(append("mine", 1)).await;
    let another = Another::with(7, [append("a", 71), append("b", 72)]).await;
    another.moves(&world, from(2), false).await.expect("moved");
    let refused = another.is_refused(&world, last(1)).await;
    let source_log = another.reader().log_id();
    let (position, last) = (Position(1), Position(2));
    assert_eq!(refused, Refused::TooLate { source_log, position, last });
}

/// A clock that was ahead elsewhere does not become the floor here.
pub async fn the_time_of_another_log_is_not_the_time_of_this_one(world: World) {
    world.appends(append("mine", 1)).await;
    let another = Another::log(7);
    another.clock.set(4_000_000_000_000_000);
    another.appends(append("theirs", 2)).await;
    another.moves(&world, ALL, false).await.expect("moved");
    let answer = world.appends(append("mine", 3)).await;
    assert_eq!(answer.outcome.recorded_at, Timestamp(1_780_000_000_000_000));
    world.verifies().await;
}

/// Whoever appends meanwhile is only held up for the time of a part.
pub async fn appends_go_on_beside_an_import(world: World) {
    world.appends(append("mine", 0)).await;
    let another = Another::log(7);
    for n in 0..40 {
        let many = Decision::Accepted(vec![event("{}"); 100]);
        another
            .appends(Append { decision: many, ..append(["a", "b"][n % 2], 100 + n as u128) })
            .await;
    }
    let beside = async {
        for n in 1..50 {
            world.appends(append("mine", n)).await;
        }
    };
    let (taken, ()) = tokio::join!(another.moves(&world, ALL, false), beside);
    assert_eq!(taken.expect("moved").events, 4000);
    let report = world.verifies().await;
    assert_eq!((report.events, report.outcomes), (4050, 90));
    let imports = world.reader().imports().await.expect("read");
    assert_eq!(imports.iter().map(|range| range.last.0 + 1 - range.first.0).sum::<u64>(), 4000);
}

/// Whoever acts on a log that an import comes into is told of each of its events before it acts.
pub async fn who_acts_beside_an_import_knows_what_is_not_its_to_do(world: World) {
    world.appends(append("mine", 0)).await;
    let (reader, tail) = (world.reader(), world.writer().tail());
    let before = DoneElsewhere::read(&*reader).await.expect("read");
    let mut news = News::new(reader, tail, before, Position::FIRST);
    let another = Another::log(7);
    for n in 0..20 {
        let many = Decision::Accepted(vec![event("{}"); 100]);
        another.appends(Append { decision: many, ..append("a", 100 + n) }).await;
    }
    let beside = async {
        for n in 1..50 {
            world.appends(append("mine", n)).await;
        }
    };
    let acting = async {
        let mut foreign = 0;
        for _ in 0..2050 {
            let heard = news.next().await.expect("heard");
            for stored in &heard.events {
                let came = stored.header().log_id == another.reader().log_id();
                let passed_over = heard.elsewhere.holds(stored.position());
                assert_eq!(passed_over, came, "at {}, of an import", stored.position());
                foreign += u64::from(came);
            }
            if heard.events.last().is_some_and(|last| last.position() == Position(2050)) {
                break;
            }
        }
        foreign
    };
    let (taken, (), foreign) =
        tokio::join!(another.moves(&world, ALL, false), beside, Box::pin(acting));
    assert_eq!((taken.expect("moved").events, foreign), (2000, 2000));
}

/// In order, each once, however few are read at a time.
pub async fn lists_of_what_is_kept_go_on_where_they_stopped(world: World) {
    let another = every_kind(7).await;
    another.moves(&world, ALL, false).await.expect("moved");
    let reader = world.reader();
    let (mut behind, mut found) = (Behind::none_at(Position::ZERO), Vec::new());
    while let [kept] = &*reader.kept_without_events(&behind, Position(5), 1).await.expect("read") {
        let tenant = kept.outcome.stream.tenant.clone();
        behind = Behind { position: kept.outcome.after, last: Some((tenant, kept.command)) };
        found.push((kept.outcome.after.0, kept.command));
    }
    let expected = [(0, 7001), (0, 7009), (3, 7003), (3, 7004), (5, 7007)];
    assert_eq!(found, expected.map(|(after, n)| (after, command(n))));
    let (mut behind, mut found) = (Behind::none_at(Position::ZERO), Vec::new());
    while let [blob] = &*reader.kept_blobs(&behind, Position(5), 1).await.expect("read") {
        behind = Behind { position: blob.position, last: Some((blob.tenant.clone(), blob.hash)) };
        found.push((blob.position.0, blob.bytes.clone()));
    }
    let expected = [(3, "0"), (4, "1"), (5, "2")].map(|(place, text)| (place, text.into()));
    assert_eq!(found, expected);
    let none = reader.kept_without_events(&Behind::none_at(Position(4)), Position(4), 9).await;
    assert_eq!(none.expect("read"), []);
    let keys = [(stream("a").tenant, command(1)), (stream("a").tenant, command(7005))];
    let kept = reader.kept(&keys).await.expect("read");
    assert_eq!(kept[0], None);
    let kept = kept[1].as_ref().expect("it is kept");
    assert_eq!((kept.command, kept.outcome.after), (command(7005), Position(3)));
}
