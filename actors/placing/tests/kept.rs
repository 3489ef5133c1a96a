//! A fold that is kept and restored.

use super::*;

/// What a store would give back.
pub(super) fn kept(placing: &Placing) -> Vec<Chunk> {
    let config = bincode::config::standard();
    let through_a_store = |number| {
        let bytes = bincode::serde::encode_to_vec(placing.chunk(number), config).expect("bytes");
        bincode::serde::decode_from_slice(&bytes, config).expect("a chunk").0
    };
    (0..CHUNKS).map(through_a_store).collect()
}

#[test]
fn a_choice_after_a_restart_is_the_one_before_it() {
    let mut world = World::with_agents(&[("ada", &["resize"], 100), ("bob", &["paint"], 1)]);
    world.submit("resize", 1..=200);
    world.submit("paint", 201..=300);
    world.assign_all();
    (1..=50).for_each(|n| world.task(n, complete(1)));
    let mut restored = Placing::restore(&kept(&world.placing)).expect("it is whole");
    assert_eq!(restored.at(), world.placing.at());
    let (mut held, mut as_before): (Vec<_>, Vec<_>) =
        (restored.held().collect(), world.placing.held().collect());
    held.sort_by_key(|held| held.task);
    as_before.sort_by_key(|held| held.task);
    assert_eq!(held, as_before);
    let choice = world.choose();
    assert_eq!((choice.len(), restored.choose(world.story.now, 1000)), (50, choice));
}

#[test]
fn a_choice_that_is_not_on_record_is_made_again() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", [1]);
    let choice = world.choose();
    let mut restored = Placing::restore(&kept(&world.placing)).expect("it is whole");
    assert_eq!(restored.choose(world.story.now, 1000), choice);
}

#[test]
fn a_fold_with_a_part_missing_or_of_another_time_is_none() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let mut chunks = kept(&world.placing);
    assert!(Placing::restore(&chunks[1..]).is_none());
    let again = chunks[1].clone();
    chunks.push(again);
    assert!(Placing::restore(&chunks).is_none(), "one is there twice");
    chunks.pop();
    world.submit("resize", [1]);
    chunks[3] = world.placing.chunk(3);
    assert!(Placing::restore(&chunks).is_none());
    assert!(Placing::restore(&[]).is_none());
}
