//! Promises about what is kept of those who read the log and act on it.

use super::given::{append, append_at, rejection, stream};
use super::world::World;
use crate::id::Consumer;
use crate::store::consumer::{SAVE_PARKED_MAX, WHY_BYTES_MAX};
use crate::store::{
    Append, Batch, Error, Owner, Parked, ParkedState, Reply, Save, Saved, Standing,
};
use crate::stream::{Position, StreamId};
use crate::time::Timestamp;

const NAMES: [&str; 2] = ["relay", "react/report_to_parent"];

fn consumer(n: usize) -> Consumer {
    NAMES[n].parse().expect("a path of tokens")
}

fn owner(epoch: u64) -> Owner {
    Owner { partition: 7, epoch }
}

/// The first consumer stands here, and nothing is parked.
fn at(position: u64) -> Save {
    let (settled, parked) = (Vec::new(), Vec::new());
    Save { consumer: consumer(0), owner: owner(0), position: Position(position), settled, parked }
}

fn parked(position: u64, tries: u32, state: ParkedState, stream: StreamId) -> Parked {
    let (position, why) = (Position(position), format!("tried {tries} times: \"no\"\n"));
    Parked { position, stream, state, tries, why, since: Timestamp(1_780_000_000_000_123) }
}

/// Saves with a batch, which records that a command was rejected.
async fn saves(world: &World, save: Save) -> Saved {
    let carrier = 1_000_000 + world.reader().head().await.expect("head").outcomes;
    let saved = world.writer().save(save);
    world.appends(rejection("carrier", carrier.into())).await;
    saved.done().await.expect("answered")
}

async fn standing(world: &World, n: usize) -> Option<Standing> {
    world.reader().standing(&consumer(n)).await.expect("read")
}

async fn three_events(world: &World) {
    for (n, key) in [(1, "a"), (2, "b"), (3, "a")] {
        world.appends(append(key, n)).await;
    }
}

/// Also over a restart.
pub async fn what_a_consumer_saved_is_kept(mut world: World) {
    three_events(&world).await;
    assert_eq!(standing(&world, 0).await, None);
    let stuck = parked(2, 5, ParkedState::Blocking, stream("b"));
    let save = Save { parked: vec![stuck.clone()], ..at(3) };
    assert_eq!(saves(&world, save).await, Saved::Now);
    let kept = Standing { position: Position(3), parked: vec![stuck] };
    assert_eq!(standing(&world, 0).await.as_ref(), Some(&kept));
    world.restart().await;
    assert_eq!(standing(&world, 0).await.as_ref(), Some(&kept));
    assert_eq!(world.reader().consumers().await.expect("read"), [(consumer(0), kept)]);
    world.verifies().await;
}

/// Two consumers have two cursors, and the list of them is by name.
pub async fn consumers_do_not_know_of_each_other(world: World) {
    three_events(&world).await;
    let stuck = vec![parked(1, 1, ParkedState::Blocking, stream("a"))];
    assert_eq!(saves(&world, Save { parked: stuck.clone(), ..at(3) }).await, Saved::Now);
    let other = Save { consumer: consumer(1), parked: stuck, ..at(1) };
    assert_eq!(saves(&world, other).await, Saved::Now);
    let settled = vec![Position(1)];
    assert_eq!(saves(&world, Save { settled, ..at(3) }).await, Saved::Now);
    let all = world.reader().consumers().await.expect("read");
    let found: Vec<_> = all
        .iter()
        .map(|(name, kept)| (name.as_str(), kept.position.0, kept.parked.len()))
        .collect();
    assert_eq!(found, [(NAMES[1], 1, 1), (NAMES[0], 3, 0)]);
    world.verifies().await;
}

/// What is said again of an event counts; its stream is the one that the log knows.
pub async fn parked_events_are_kept_until_they_are_settled(world: World) {
    three_events(&world).await;
    let first = vec![
        parked(1, 1, ParkedState::Blocking, stream("not-this-one")),
        parked(2, 1, ParkedState::Blocking, stream("b")),
        parked(3, 0, ParkedState::Behind, stream("a")),
    ];
    assert_eq!(saves(&world, Save { parked: first, ..at(3) }).await, Saved::Now);
    let again = vec![parked(1, 2, ParkedState::Skipped, stream("a"))];
    let settled = vec![Position(2), Position(77)];
    assert_eq!(saves(&world, Save { parked: again, settled, ..at(3) }).await, Saved::Now);
    let kept = standing(&world, 0).await.expect("kept").parked;
    let expected = [
        parked(1, 2, ParkedState::Skipped, stream("a")),
        parked(3, 0, ParkedState::Behind, stream("a")),
    ];
    assert_eq!(kept, expected);
    world.verifies().await;
}

/// Whoever is behind keeps nothing, and is told where the consumer stands.
pub async fn a_cursor_never_goes_back(world: World) {
    three_events(&world).await;
    assert_eq!(saves(&world, at(2)).await, Saved::Now);
    let late = Save { parked: vec![parked(1, 1, ParkedState::Blocking, stream("a"))], ..at(1) };
    let saved = saves(&world, late).await;
    let kept = standing(&world, 0).await.expect("kept");
    assert_eq!(kept, Standing { position: Position(2), parked: Vec::new() }, "it went back");
    assert_eq!(saved, Saved::Behind(Position(2)));
    assert_eq!(saves(&world, at(2)).await, Saved::Now);
    assert_eq!(saves(&world, at(3)).await, Saved::Now);
}

/// Ownership is checked by the save itself.
pub async fn a_save_of_an_old_owner_is_refused(world: World) {
    three_events(&world).await;
    for _ in 0..2 {
        world.store().claim(owner(0).partition).await.expect("claimed");
    }
    let saved = saves(&world, Save { owner: owner(1), ..at(3) }).await;
    assert_eq!(saved, Saved::Stale { current: 2 }, "it went on in a partition it had lost");
    assert_eq!(standing(&world, 0).await, None);
    assert_eq!(saves(&world, Save { owner: owner(2), ..at(3) }).await, Saved::Now);
}

/// Neither a consumer nor an event that is parked for it.
pub async fn nothing_stands_behind_the_end_of_the_log(world: World) {
    three_events(&world).await;
    let nowhere = |position| Save {
        parked: vec![parked(position, 1, ParkedState::Blocking, stream("a"))],
        ..at(3)
    };
    for save in [at(4), nowhere(4), nowhere(0)] {
        assert_eq!(saves(&world, save).await, Saved::Beyond(Position(3)));
    }
    assert_eq!(standing(&world, 0).await, None);
}

/// The events of the same transaction are there already.
pub async fn a_save_comes_behind_the_appends_of_its_batch(world: World) {
    three_events(&world).await;
    let saved = world.writer().save(at(4));
    let (refused, recorded) =
        tokio::join!(world.writer().append(append_at("a", 8, 0)), world.appends(append("c", 9)));
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(recorded.outcome.position(), Position(4));
    assert_eq!(saved.done().await.expect("answered"), Saved::Now);
}

/// Of saves that wait for a batch the last one counts, and what they park adds up.
pub async fn saves_that_wait_are_one(world: World) {
    three_events(&world).await;
    let park = |position, key| vec![parked(position, 1, ParkedState::Blocking, stream(key))];
    let waiting = [
        world.writer().save(Save { parked: park(1, "a"), ..at(1) }),
        world.writer().save(Save { parked: park(2, "b"), ..at(2) }),
        world.writer().save(Save { settled: vec![Position(1)], ..at(3) }),
    ];
    world.appends(append("c", 9)).await;
    for saved in waiting {
        assert_eq!(saved.done().await.expect("answered"), Saved::Now);
    }
    let kept = Standing { position: Position(3), parked: park(2, "b") };
    assert_eq!(standing(&world, 0).await, Some(kept));
}

/// More than a transaction should carry.
pub async fn what_a_save_says_has_a_limit(world: World) {
    three_events(&world).await;
    let long = Parked {
        why: "x".repeat(WHY_BYTES_MAX + 1),
        ..parked(1, 1, ParkedState::Blocking, stream("a"))
    };
    let many = vec![Position(1); SAVE_PARKED_MAX + 1];
    for save in [Save { parked: vec![long], ..at(3) }, Save { settled: many, ..at(3) }] {
        let refused = world.writer().save(save).done().await;
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }
}

/// Nothing of such a batch is done.
pub async fn a_batch_stamped_too_early_saves_nothing(world: World) {
    three_events(&world).await;
    let batch = Batch { stamp: Timestamp(7), appends: Vec::new(), saves: vec![at(3)] };
    let reply = world.store().append(batch.into()).await;
    assert!(matches!(reply, Ok(Reply::Early(_))), "{reply:?}");
    assert_eq!(standing(&world, 0).await, None);
}

/// Whoever takes over owns everything from that moment on.
pub async fn all_partitions_are_claimed_at_once(world: World) {
    let partition = stream("a").partition();
    assert!(world.store().epochs().await.expect("read").iter().all(|epoch| *epoch == 0));
    world.store().claim(partition).await.expect("claimed");
    let claimed = world.store().claim_all().await.expect("claimed");
    assert_eq!(claimed, world.store().epochs().await.expect("read"));
    assert_eq!(claimed.iter().sum::<u64>(), 1024 + 1);
    assert_eq!(claimed[usize::from(partition)], 2);
    let owned = |n, epoch| {
        let owner = Some(Owner { partition, epoch });
        Append { owner, ..append("a", n) }
    };
    let error = world.is_refused(owned(1, 1)).await;
    assert!(matches!(error, Error::StaleEpoch { given: 1, current: 2, .. }), "{error}");
    world.appends(owned(2, 2)).await;
    world.verifies().await;
}
