//! Promises about what is read.

#![expect(clippy::disallowed_methods, reason = "every spawned task is awaited")]

use std::sync::Arc;

use super::given::{append, command, event, rejection, stream};
use super::world::World;
use crate::id::Category;
use crate::recorded::Stored;
use crate::store::{
    Append, Decision, Error, Filter, Follower, LogHead, NewEvent, Page, StreamHead,
};
use crate::stream::{Direction, Position, StreamId, Version};

/// No events, no outcomes, and reading it is no error.
pub async fn an_empty_log_has_nothing(world: World) {
    let reader = world.reader();
    assert_eq!(reader.head().await.expect("head"), LogHead::default());
    assert_eq!(world.stream(&stream("a")).await, []);
    let heads = reader.stream_heads(&[stream("a")]).await.expect("heads");
    assert_eq!(heads, [StreamHead::default()]);
    assert_eq!(reader.outcome(&stream("a").tenant, command(1)).await.expect("read"), None);
    let page = reader.read_all(Position::ZERO, &Filter::default(), 10).await.expect("read");
    assert!(page.end && page.events.is_empty() && page.next == Position::FIRST);
    assert_eq!(world.verifies().await.events, 0);
}

/// From the middle, past the end, none at all, all of them.
pub async fn a_stream_is_read_in_both_directions_from_anywhere(world: World) {
    for n in 0..10 {
        world.appends(append("a", n)).await;
        world.appends(append("b", 100 + n)).await;
    }
    let cases = [
        (1, Direction::Forwards, 3, vec![1, 2, 3]),
        (0, Direction::Forwards, 2, vec![1, 2]),
        (9, Direction::Forwards, 5, vec![9, 10]),
        (11, Direction::Forwards, 5, vec![]),
        (4, Direction::Forwards, 0, vec![]),
        (10, Direction::Backwards, 3, vec![10, 9, 8]),
        (u64::MAX, Direction::Backwards, 2, vec![10, 9]),
        (2, Direction::Backwards, 5, vec![2, 1]),
        (0, Direction::Backwards, 5, vec![]),
        (3, Direction::Backwards, 0, vec![]),
    ];
    for (from, direction, limit, expected) in cases {
        let read = world.reader().read_stream(&stream("a"), Version(from), direction, limit).await;
        let versions: Vec<u64> =
            read.expect("read").iter().map(|event| event.header().version.0).collect();
        assert_eq!(versions, expected, "from {from}, {direction:?}, {limit}");
    }
}

/// Page after page, also from past the end.
pub async fn the_log_is_read_in_pages_to_its_end(world: World) {
    for n in 0..25 {
        world.appends(append("a", n)).await;
    }
    let (mut from, mut sizes) = (Position::FIRST, Vec::new());
    loop {
        let read = world.reader().read_all(from, &Filter::default(), 10).await;
        let Page { events, next, end } = read.expect("read");
        sizes.push(events.len());
        from = next;
        if end {
            break;
        }
    }
    assert_eq!((sizes, from), (vec![10, 10, 5], Position(26)));
    let read = world.reader().read_all(Position(90), &Filter::default(), 10).await;
    let past = read.expect("read");
    assert!(past.end && past.events.is_empty() && past.next == Position(90));
}

/// By category and by type, together or alone; nothing that passes is skipped.
pub async fn a_filter_lets_through_what_it_names(world: World) {
    let agents = Category::new("agent").expect("token");
    for n in 0..30_u128 {
        let (category, kind) = match n % 3 {
            0 => (agents.clone(), "agent.registered"),
            1 => (stream("x").category, "task.imagined"),
            _ => (stream("x").category, "task.other"),
        };
        let decision = Decision::Accepted(vec![NewEvent { wire_type: kind.into(), ..event("{}") }]);
        let stream = StreamId { category, ..stream("a") };
        world.appends(Append { stream, decision, ..append("a", n) }).await;
    }
    let by = |category: Option<&Category>, wire_type: Option<&str>| Filter {
        category: category.cloned(),
        wire_type: wire_type.map(Into::into),
        tenant: None,
    };
    for (filter, count) in [
        (by(None, None), 30),
        (by(Some(&agents), None), 10),
        (by(None, Some("task.other")), 10),
        (by(Some(&agents), Some("task.other")), 0),
    ] {
        assert_eq!(world.log(&filter).await.len(), count, "{filter:?}");
    }
}

/// In the order asked, also twice; one that is not there is damage, since nobody could have heard of it.
pub async fn events_are_found_by_their_positions(world: World) {
    for n in 0..9 {
        world.appends(append(if n % 2 == 0 { "a" } else { "b" }, n)).await;
    }
    let log = world.log(&Filter::default()).await;
    let asked = [7, 2, 9, 2].map(Position);
    let found = world.reader().at(&asked).await.expect("read");
    let expected: Vec<Stored> = asked.iter().map(|at| log[at.0 as usize - 1].clone()).collect();
    assert_eq!(found, expected);
    assert_eq!(world.reader().at(&[]).await.expect("read"), []);
    for nowhere in [0, 10] {
        let missing = world.reader().at(&[Position(1), Position(nowhere)]).await;
        assert!(matches!(missing, Err(Error::Damaged(_))), "{missing:?}");
    }
}

/// It begins in the past, passes from the store to the tail, and goes on.
pub async fn a_follower_misses_nothing_and_sees_nothing_twice(world: World) {
    for n in 0..50 {
        world.appends(append("a", n)).await;
    }
    let tail = world.writer().tail();
    let mut follower = Follower::new(world.reader(), tail, Filter::default(), Position(11));
    let following = tokio::spawn(async move {
        let mut seen: Vec<u64> = Vec::new();
        while seen.last() != Some(&200) {
            let events = follower.next().await.expect("followed");
            seen.extend(events.iter().map(|event: &Arc<Stored>| event.position().0));
        }
        seen
    });
    for n in 50..200 {
        world.appends(append("b", n)).await;
    }
    assert_eq!(following.await.expect("no panic"), (11..=200).collect::<Vec<_>>());
}

/// Events, rejections and all.
pub async fn a_whole_log_verifies(world: World) {
    for n in 0..40 {
        world.appends(append(["a", "b"][n % 2], n as u128)).await;
        world.appends(rejection("c", 100 + n as u128)).await;
    }
    let report = world.verifies().await;
    assert_eq!((report.events, report.outcomes), (40, 80));
}

/// Same events, same hashes, same head; and appending goes on where it stopped.
pub async fn everything_is_there_after_a_restart(mut world: World) {
    for n in 0..10 {
        world.appends(append("a", n)).await;
    }
    let before = (world.log(&Filter::default()).await, world.reader().log_id());
    world.restart().await;
    assert_eq!((world.log(&Filter::default()).await, world.reader().log_id()), before);
    let answer = world.appends(append("a", 10)).await;
    let span = answer.outcome.recorded.expect("events");
    assert_eq!((span.position, span.version), (Position(11), Version(11)));
    world.verifies().await;
}
