//! Who is woken by what, under the writer of a real store.

use std::time::Duration;

use super::*;
use crate::id::LogId;
use crate::store::conformance::given::{SetClock, append, event};
use crate::store::memory::Memory;
use crate::store::{Append, Decision, Filter, Follower, LogHead, NewEvent, Writer};

const HEARD: &[WireType] = &[WireType { name: "task.heard", schema: 1 }];

fn writer() -> (Arc<Memory>, Writer) {
    let store = Arc::new(Memory::new(LogId(uuid::Uuid::from_u128(1))));
    let (writer, _) =
        Writer::start(store.clone(), Arc::new(SetClock::default()), LogHead::default());
    (store, writer)
}

fn heard(n: u128) -> Append {
    let heard = NewEvent { wire_type: "task.heard".into(), ..event("{}") };
    Append { decision: Decision::Accepted(vec![heard]), ..append("a", n) }
}

async fn appends(writer: &Writer, append: Append) -> Position {
    let answer = writer.append(append).await.expect("appended");
    answer.outcome.recorded.expect("events").position
}

#[tokio::test]
async fn who_waits_for_a_type_is_woken_by_it_alone() {
    let (_, writer) = writer();
    let (mut all, mut some) = (writer.tail(), writer.tail().woken_by(HEARD));
    let first = appends(&writer, append("a", 1)).await;
    assert!(all.reaches(first).await);
    assert!(!some.is_past(first));
    assert_eq!(
        (some.head(), some.from(first, 9).len()),
        (first, 1),
        "it is to be had all the same"
    );
    tokio::select! {
        biased;
        _ = some.reaches(first) => panic!("woken in vain"),
        () = std::future::ready(()) => {}
    }
    let second = appends(&writer, heard(2)).await;
    assert!(some.reaches(second).await);
    assert!(some.is_past(second) && !some.is_past(second.next()));
}

#[tokio::test(start_paused = true)]
async fn a_follower_has_everything_within_a_second_and_in_order() {
    let (store, writer) = writer();
    let tail = writer.tail().woken_by(HEARD);
    let mut follower = Follower::new(
        crate::store::EventStore::reader(&*store),
        tail,
        Filter::default(),
        Position::FIRST,
    );
    appends(&writer, heard(1)).await;
    assert_eq!(follower.next().await.expect("followed").len(), 1);
    let began = tokio::time::Instant::now();
    let (events, _) = tokio::join!(follower.next(), appends(&writer, append("a", 2)));
    assert_eq!((events.expect("followed").len(), began.elapsed()), (1, Duration::from_secs(1)));
    for n in 3..6 {
        appends(&writer, append("a", n)).await;
    }
    appends(&writer, heard(6)).await;
    let events = follower.next().await.expect("followed");
    let positions: Vec<u64> = events.iter().map(|event| event.position().0).collect();
    assert_eq!((positions, began.elapsed()), (vec![3, 4, 5, 6], Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn what_others_have_recorded_in_between_is_read_within_a_second() {
    let (store, writer) = writer();
    let head = LogHead::default();
    let (other, _) = Writer::start(store.clone(), Arc::new(SetClock::default()), head);
    let tail = writer.tail().woken_by(HEARD);
    let reader = crate::store::EventStore::reader(&*store);
    let mut follower = Follower::new(reader, tail, Filter::default(), Position::FIRST);
    appends(&writer, heard(1)).await;
    assert_eq!(follower.next().await.expect("followed").len(), 1);
    let following = async {
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let events = follower.next().await.expect("followed");
            seen.extend(events.iter().map(|event| event.position().0));
        }
        seen
    };
    // Nobody tells of the second one, and with the third the ring begins anew.
    let recording = async {
        appends(&other, append("b", 2)).await;
        appends(&writer, append("a", 3)).await;
    };
    let both = async { tokio::join!(following, recording) };
    let both = tokio::time::timeout(Duration::from_secs(5), both).await;
    assert_eq!(both.expect("it is read").0, [2, 3]);
}

#[tokio::test]
async fn who_sleeps_is_woken_before_the_ring_has_lost_what_was_not_read() {
    let (_, writer) = writer();
    let mut some = writer.tail().woken_by(HEARD);
    for n in 1..TAIL_EVENTS_MAX as u128 {
        appends(&writer, append("a", n)).await;
    }
    assert!(some.reaches(Position::FIRST).await);
    assert!(!some.from(Position::FIRST, 1).is_empty(), "it was told in time");
    assert!(some.is_past(Position(TAIL_EVENTS_MAX as u64 / 2)));
    assert!(!some.is_past(Position(TAIL_EVENTS_MAX as u64 / 2 + 1)), "and no more often");
}

#[tokio::test]
async fn who_sleeps_hears_that_the_writer_is_gone() {
    let (_, writer) = writer();
    let mut some = writer.tail().woken_by(HEARD);
    drop(writer);
    assert!(!some.reaches(Position::FIRST).await);
}

#[tokio::test]
async fn too_many_lists_of_types_are_woken_by_everything() {
    let (_, writer) = writer();
    let list = |n: u32| -> &'static [WireType] {
        Box::leak(Box::new([WireType { name: "task.heard", schema: n }]))
    };
    let kept: Vec<Tail> =
        (0..interests::INTERESTS_MAX as u32).map(|n| writer.tail().woken_by(list(n))).collect();
    let one_more = writer.tail().woken_by(list(99));
    let first = appends(&writer, append("a", 1)).await;
    assert!(one_more.is_past(first));
    assert!(kept.iter().all(|tail| !tail.is_past(first)));
    drop(kept);
    appends(&writer, append("a", 2)).await;
    let again = writer.tail().woken_by(HEARD);
    assert!(!again.is_past(appends(&writer, append("a", 3)).await), "there is room again");
}
