//! How much may be parked: where there is more, nothing is reacted to before someone has looked.

use std::time::Duration;

use events::stream::Position;
use events::time::Timestamp;

use super::world::{World, on_stage, passes, stream};
use crate::work::errand::annals;
use crate::work::reactor::parked::{PARKED_MAX, Place, SKIPPED_MAX, STREAM_MAX, Shelf, Words};

const SOON: Duration = Duration::from_secs(10);

fn words() -> Words {
    Words { why: "bad".into(), tries: 1, now: Timestamp(5) }
}

/// As if the log had been read up to here.
fn full_of(streams: u64) -> Shelf {
    let mut shelf = Shelf::default();
    let mut position = Position::ZERO;
    for n in 0..streams {
        position = position.next();
        shelf.block(&stream(n), position, words());
        while shelf.has_room(&stream(n)) {
            position = position.next();
            shelf.wait_behind(&stream(n), position, Timestamp(5));
        }
    }
    shelf
}

#[test]
fn so_many_events_of_a_stream_wait_and_so_many_of_all() {
    let shelf = full_of(1);
    assert_eq!(shelf.len(), STREAM_MAX);
    let shelf = full_of((PARKED_MAX / STREAM_MAX) as u64);
    assert_eq!(shelf.len(), PARKED_MAX);
    assert!(!shelf.has_room(&stream(99)));
}

#[test]
fn of_what_was_given_up_the_newest_is_told_and_all_of_it_stays_given_up() {
    let mut shelf = Shelf::default();
    let (count, kept) = (SKIPPED_MAX as u64 + 20, Position(10));
    for n in 1..=count {
        shelf.block(&stream(n), Position(n), words());
        shelf.skip(&stream(n), Position(n), "nobody needs it", kept);
    }
    assert_eq!(shelf.len(), 0);
    // What the next life would read again is known to it.
    let is_known = |n| shelf.place(&stream(n), Position(n)) == Place::Taken;
    assert!((11..=count).all(is_known) && !(1..=10).any(is_known));
}

#[tokio::test(start_paused = true)]
async fn a_reaction_stands_still_where_too_many_wait_and_goes_on_when_they_do_not() {
    on_stage(async {
        let world = World::new().await;
        world.submits(1..=3).await;
        let bad = world.writes(1, "task.noted", "this is no JSON").await;
        for n in 1..=STREAM_MAX {
            world.writes(1, "task.noted", &format!(r#"{{"text":"{} {n}"}}"#, 2 + n % 2)).await;
        }
        let reactor = world.passes_on::<0>();
        world.notes(3, "2 beside").await;
        passes(SOON).await;
        assert_eq!(*reactor.at().borrow(), Position(bad.0 + STREAM_MAX as u64 - 1));
        assert!(world.said_of(2).await.is_empty(), "there is no room for what waits");
        reactor.mending().skip(bad, "it has no end".into(), annals()).await.expect("given up");
        world.settles(&reactor).await;
        passes(SOON).await;
        let (two, three) = (world.said_of(2).await, world.said_of(3).await);
        assert_eq!((two.len(), three.len()), (STREAM_MAX / 2 + 1, STREAM_MAX / 2 + 1));
    })
    .await;
}
