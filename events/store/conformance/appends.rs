//! Promises about what is appended.

#![expect(clippy::disallowed_methods, reason = "every spawned task is awaited")]

use super::given::{append, append_at, event, stream};
use super::world::World;
use crate::chain::{EventHash, blob_hash};
use crate::id::{EventId, Tenant};
use crate::store::writer::prepare::prepare;
use crate::store::{
    Append, Batch, Cause, Decision, Error, Filter, NewBlob, NewEvent, Owner, Reply, StreamHead,
    Verdict,
};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

/// Every field of the header, the payload and the chain.
pub async fn events_come_back_as_they_were_written(world: World) {
    let cause = Cause {
        on_behalf_of: Some("ada".parse().expect("label")),
        correlation: Some("order-7".parse().expect("label")),
        causation: Some(EventId(uuid::Uuid::from_u128(9))),
        traceparent: Some("00-ab-cd-01".parse().expect("label")),
        effective_at: Some(Timestamp(5)),
        ..Cause::by("bob".parse().expect("label"))
    };
    let payload = "{\"big\":18446744073709551615, \"text\":\"é\"}";
    let decision = Decision::Accepted(vec![event(payload), event("[]")]);
    let answer = world.appends(Append { cause, decision, ..append("a", 1) }).await;
    assert_eq!(answer.outcome.verdict, Verdict::Accepted);

    let events = world.stream(&stream("a")).await;
    let [first, second] = events.as_slice() else { panic!("two events, not {}", events.len()) };
    assert_eq!(first.payload(), payload.as_bytes());
    assert_eq!((first.position(), second.position()), (Position(1), Position(2)));
    assert!(first.follows(&EventHash::NONE) && second.follows(&first.hash()));
    let header = first.header();
    assert_eq!(first.stream().expect("a stream"), stream("a"));
    assert_eq!((header.wire_type, header.schema), ("task.imagined", 1));
    assert_eq!((header.principal, header.on_behalf_of), ("bob", Some("ada")));
    assert_eq!((header.correlation, header.traceparent), (Some("order-7"), Some("00-ab-cd-01")));
    assert_eq!((header.effective_at, header.version), (Some(Timestamp(5)), Version(1)));
    assert_eq!(header.causation, Some(EventId(uuid::Uuid::from_u128(9))));
    assert_eq!(header.log_id, world.reader().log_id());
    assert_ne!(header.event_id, second.header().event_id);
}

/// Positions from 1, without gaps, whatever was refused in between.
pub async fn positions_are_dense_and_in_commit_order(world: World) {
    for n in 0..20 {
        world.appends(append(["a", "b", "c"][n % 3], n as u128)).await;
        world.is_refused(append_at("a", 1000 + n as u128, 999)).await;
    }
    let positions: Vec<u64> =
        world.log(&Filter::default()).await.iter().map(|e| e.position().0).collect();
    assert_eq!(positions, (1..=20).collect::<Vec<_>>());
    assert_eq!(world.reader().head().await.expect("head").position, Position(20));
}

/// The actual version comes back.
pub async fn an_append_at_the_wrong_version_is_a_conflict(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    let error = world.is_refused(append_at("a", 2, 7)).await;
    assert!(matches!(error, Error::Conflict { actual: Version(1), .. }), "{error}");
    world.appends(append_at("a", 3, 1)).await;
    assert_eq!(world.stream(&stream("a")).await.len(), 2);
}

/// Also when both are in one transaction.
pub async fn of_two_appends_at_one_version_one_is_refused(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    let writer = world.writer();
    let (one, other) =
        tokio::join!(writer.append(append_at("a", 2, 1)), writer.append(append_at("a", 3, 1)));
    let accepted = [one.is_ok(), other.is_ok()];
    assert_eq!(accepted, [true, false], "exactly the first is accepted");
    assert_eq!(world.stream(&stream("a")).await.len(), 2);
}

/// Expecting an empty stream is not the same as expecting any.
pub async fn an_append_to_a_stream_that_must_be_empty_is_refused_when_it_is_not(world: World) {
    world.appends(append_at("a", 1, 0)).await;
    let error = world.is_refused(append_at("a", 2, 0)).await;
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
}

/// Whoever accepts any version never sees a conflict.
pub async fn appends_behind_a_refused_one_are_chained_anew(world: World) {
    world.appends(append("a", 1)).await;
    let writer = world.writer();
    let (again, wrong, any, last) = tokio::join!(
        writer.append(append("a", 1)),
        writer.append(append_at("a", 2, 9)),
        writer.append(append("a", 3)),
        writer.append(append("a", 4)),
    );
    assert!(again.expect("known").known);
    assert!(matches!(wrong, Err(Error::Conflict { .. })));
    let span = |answer: Result<crate::store::Answer, Error>| {
        answer.expect("appended").outcome.recorded.expect("events").version
    };
    assert_eq!((span(any), span(last)), (Version(2), Version(3)));
    world.verifies().await;
}

/// All or nothing, up to a named limit.
pub async fn a_thousand_events_are_one_append_and_more_are_refused(world: World) {
    let many = |n| Decision::Accepted(vec![event("{}"); n]);
    let answer = world.appends(Append { decision: many(1000), ..append("a", 1) }).await;
    let span = answer.outcome.recorded.expect("events");
    assert_eq!((span.events, span.last_position()), (1000, Position(1000)));
    let error = world.is_refused(Append { decision: many(1001), ..append("a", 2) }).await;
    assert!(matches!(error, Error::TooLarge { limit: 1000, .. }), "{error}");
    assert_eq!(world.stream(&stream("a")).await.len(), 1000);
}

/// Events, appends, blobs, rejections: each has its limit.
pub async fn what_is_too_large_is_refused_and_leaves_nothing(world: World) {
    let one = |bytes: usize| NewEvent { payload: vec![b'1'; bytes], ..event("") };
    let blob = NewBlob { media_type: "text/plain".into(), bytes: vec![0; 8 * 1024 * 1024 + 1] };
    let message = "x".repeat(5000);
    let too_large = [
        Append { decision: Decision::Accepted(vec![one(256 * 1024 + 1)]), ..append("a", 1) },
        Append { decision: Decision::Accepted(vec![one(256 * 1024); 17]), ..append("a", 2) },
        Append { blobs: vec![blob], ..append("a", 3) },
        Append {
            decision: Decision::Rejected { code: "task.no".into(), message, record: None },
            ..append("a", 4)
        },
    ];
    for append in too_large {
        let error = world.is_refused(append).await;
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
    let none = Append { decision: Decision::Accepted(Vec::new()), ..append("a", 5) };
    assert!(matches!(world.is_refused(none).await, Error::Empty));
    assert_eq!(world.reader().head().await.expect("head").outcomes, 0);
}

/// Ownership is checked by the append itself.
pub async fn an_append_with_an_old_epoch_is_refused(world: World) {
    let partition = stream("a").partition();
    let owned = |n, epoch| {
        let owner = Some(Owner { partition, epoch });
        Append { owner, ..append("a", n) }
    };
    assert_eq!(world.store().claim(partition).await.expect("claimed"), 1);
    world.appends(owned(1, 1)).await;
    assert_eq!(world.store().claim(partition).await.expect("claimed"), 2);
    let refused = world.writer().append(owned(2, 1)).await;
    let error = refused.expect_err("it went on in a partition it had lost");
    assert!(matches!(error, Error::StaleEpoch { given: 1, current: 2, .. }), "{error}");
    world.appends(owned(3, 2)).await;
    let again = world.appends(owned(1, 1)).await;
    assert!(again.known, "a known command is known whoever owns the partition");
}

/// Also over a restart.
pub async fn recorded_at_never_decreases_though_the_clock_does(mut world: World) {
    for (n, micros) in [50, 40, 60, 10].into_iter().enumerate() {
        world.clock.set(1_780_000_000_000_000 + micros);
        world.appends(append("a", n as u128)).await;
        if n == 2 {
            world.restart().await;
        }
    }
    let times: Vec<i64> = world
        .log(&Filter::default())
        .await
        .iter()
        .map(|event| event.header().recorded_at.0 - 1_780_000_000_000_000)
        .collect();
    assert_eq!(times, [50, 50, 60, 60]);
}

/// Nothing of it was done.
pub async fn a_batch_stamped_before_the_head_comes_back_with_its_time(world: World) {
    world.appends(append("a", 1)).await;
    let stamp = Timestamp(7);
    let late = append("b", 2);
    let prepared = prepare(&late, false, StreamHead::default(), world.reader().log_id(), stamp);
    let reply = world
        .store()
        .append(Batch { stamp, appends: vec![prepared], saves: Vec::new() }.into())
        .await;
    let head = world.reader().head().await.expect("head");
    assert!(matches!(reply, Ok(Reply::Early(floor)) if floor == head.recorded_at));
    assert_eq!((head.position, head.outcomes), (Position(1), 1));
}

/// The same bytes twice are kept once, and another tenant does not see them.
pub async fn blobs_are_kept_with_their_events_and_for_one_tenant(world: World) {
    let bytes = b"pixels".repeat(50_000);
    let blob = NewBlob { media_type: "image/png".into(), bytes: bytes.clone() };
    for n in [1, 2] {
        world.appends(Append { blobs: vec![blob.clone()], ..append("a", n) }).await;
    }
    let main = stream("a").tenant;
    let other = Tenant::new("other").expect("token");
    let hash = blob_hash(&bytes);
    assert_eq!(world.reader().blob(&main, &hash).await.expect("read"), Some(bytes));
    assert_eq!(world.reader().blob(&other, &hash).await.expect("read"), None);
    assert_eq!(world.verifies().await.blobs, 1);
}

/// Two hundred at once, on a few streams.
pub async fn concurrent_appenders_share_transactions_and_lose_nothing(world: World) {
    let appends = (0..200).map(|n| {
        let (writer, key) = (world.writer().clone(), format!("s{}", n % 7));
        tokio::spawn(async move { writer.append(append(&key, n)).await })
    });
    let mut positions = Vec::new();
    for append in appends.collect::<Vec<_>>() {
        let answer = append.await.expect("no panic").expect("appended");
        positions.push(answer.outcome.recorded.expect("events").position.0);
    }
    positions.sort_unstable();
    assert_eq!(positions, (1..=200).collect::<Vec<_>>());
    assert_eq!(world.verifies().await.events, 200);
}
