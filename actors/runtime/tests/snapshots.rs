//! Snapshots save time and decide nothing: one that does not fit is as good as none.

use std::collections::BTreeSet;

use events::store::snapshot::{Shape, Snapshot, SnapshotStore};
use events::stream::Version;
use tokio::time::Instant;

use super::till::Till;
use super::till::TillCommand::{Fill, Open, Put, Tell};
use super::world::{World, on_stage, passes, stream, told};
use crate::runtime::Refused;
use crate::runtime::tools::{IDLE, SNAPSHOT_EVENTS, SNAPSHOT_EVENTS_MIN, SWEEP};

/// A till with so many changes, of which nobody has asked for a while.
async fn left_after(changes: usize) -> World {
    let world = World::new();
    world.asks("a", 1, Fill(changes, 0)).await.expect("done");
    passes(IDLE + 2 * SWEEP).await;
    assert_eq!(world.registry.live(), 0);
    world
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_left_where_it_saves_enough() {
    on_stage(async {
        let enough = SNAPSHOT_EVENTS_MIN as usize;
        assert_eq!(left_after(enough - 1).await.snapshots.load(&stream("a")), None);
        let world = left_after(enough).await;
        let kept = world.snapshots.load(&stream("a")).expect("kept");
        assert_eq!(kept.state::<Till>(), Some(world.truth("a").await));
        assert_eq!(world.tells("a", 2).await, told(&world.truth("a").await));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_never_leaves_is_kept_now_and_then() {
    on_stage(async {
        let world = World::new();
        for n in 0..3 * u128::from(SNAPSHOT_EVENTS) {
            world.asks("a", n, Put(1)).await.expect("done");
        }
        let kept = world.snapshots.load(&stream("a")).expect("kept");
        assert!(kept.version >= Version(2 * SNAPSHOT_EVENTS), "{:?}", kept.version);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_grows_is_kept_at_ever_longer_distances() {
    on_stage(async {
        let world = World::new();
        let mut kept = BTreeSet::new();
        for n in 0..2_000 {
            world.asks("a", n, Put(1)).await.expect("done");
            kept.extend(world.snapshots.load(&stream("a")).map(|snapshot| snapshot.version));
        }
        let distances = kept.iter().zip(kept.iter().skip(1)).map(|(one, next)| next.0 - one.0);
        let distances: Vec<_> = distances.collect();
        assert!(distances.iter().all(|distance| *distance >= SNAPSHOT_EVENTS), "{distances:?}");
        assert!(*distances.last().expect("several") >= 2 * SNAPSHOT_EVENTS, "{distances:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_state_is_that_of_the_snapshot_and_what_came_after() {
    on_stage(async {
        let world = left_after(60).await;
        world.changes_behind_its_back("a", 2, 40).await;
        assert_eq!(world.tells("a", 3).await, "100 after 61");
    })
    .await;
}

/// Puts another snapshot in the place of one that fits.
async fn with_snapshot(change: impl Fn(Snapshot) -> Snapshot) {
    let world = left_after(60).await;
    let kept = world.snapshots.load(&stream("a")).expect("kept");
    // A state that is told apart from the true one.
    let wrong = Till { holds: 7_777, changes: 7 };
    let state = Snapshot::take(kept.shape, kept.version, kept.hash, &wrong).expect("small").state;
    world.snapshots.save(&stream("a"), &change(Snapshot { state, ..kept })).expect("saved");
    assert_eq!(world.restarted().await.tells("a", 2).await, "60 after 60");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_does_not_fit_means_a_full_replay() {
    on_stage(async {
        with_snapshot(|kept| Snapshot { version: Version(61), ..kept }).await;
        with_snapshot(|kept| Snapshot { version: Version(59), ..kept }).await;
        with_snapshot(|kept| Snapshot { version: Version::ZERO, ..kept }).await;
        with_snapshot(|kept| Snapshot { hash: events::chain::EventHash([1; 32]), ..kept }).await;
        with_snapshot(|kept| Snapshot { shape: Shape { shape: 8, ..kept.shape }, ..kept }).await;
        with_snapshot(|kept| Snapshot { shape: Shape { state_version: 2, ..kept.shape }, ..kept })
            .await;
        with_snapshot(|kept| Snapshot { state: vec![0xFF; 3], ..kept }).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_history_that_is_given_out_short_is_refused_and_not_believed() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        world.asks("a", 2, Put(1)).await.expect("done");
        let world = world.restarted().await;
        world.store.reads_short(true);
        let refused = world.asks("a", 3, Tell).await.expect_err("refused");
        let Refused::Log(events::store::Error::Damaged(damage)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(damage.event, Some((stream("a"), Version(2))));
        world.store.reads_short(false);
        assert_eq!(world.tells("a", 4).await, "6 after 2");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_all_who_leave_at_the_end_those_are_kept_that_are_worth_it() {
    on_stage(async {
        let world = World::new();
        for n in 0..50 {
            world.asks(&format!("till-{n}"), n, Fill(60, 0)).await.expect("done");
        }
        world.registry.drain(Instant::now() + IDLE).await;
        for n in 0..50 {
            assert!(world.snapshots.load(&stream(&format!("till-{n}"))).is_some(), "till-{n}");
        }
    })
    .await;
}
