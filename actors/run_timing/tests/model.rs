//! Timers over stories of all kinds, with restarts anywhere: each has one id for ever.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

type Dice = (u8, u8, u8);

/// What a store would give back.
fn kept(timing: &RunTiming) -> RunTiming {
    let config = bincode::config::standard();
    let through_a_store = |number| {
        let bytes = bincode::serde::encode_to_vec(timing.chunk(number), config).expect("bytes");
        bincode::serde::decode_from_slice(&bytes, config).expect("a chunk").0
    };
    RunTiming::restore((0..CHUNKS).map(through_a_store).collect()).expect("it is whole")
}

fn happens(world: &World, (what, which, how): Dice) -> (u64, RunEvent) {
    let at =
        |n: u8| (!n.is_multiple_of(3)).then(|| world.story.now.plus_ms(u64::from(how) * 10 + 1));
    let name = ["a", "b", "c"][usize::from(how % 3)];
    let turn = u16::from(which % 4);
    let event = match what % 12 {
        0..=2 => started(at(how), at(how / 3)),
        3 | 4 => began(name, turn, Work::Nothing, at(how / 3)),
        5 => began(name, turn, Work::Until { at: world.story.now.plus_ms(50) }, at(how)),
        6 => asked(name, turn, at(how)),
        7 | 8 => ended(name, turn),
        9 => RunEvent::MoreToBegin(MoreToBegin { at: world.story.now }),
        10 => ending(),
        _ => finished(),
    };
    (u64::from(which % 5), event)
}

proptest! {
    #[test]
    fn no_two_timers_have_the_same_id(story in vec(any::<Dice>(), 1..150)) {
        let (mut world, mut ids) = (World::new(), BTreeMap::new());
        for dice in story {
            let (n, event) = happens(&world, dice);
            world.hears_of(n, event);
            if dice.0.is_multiple_of(5) {
                world.timing = kept(&world.timing);
            }
            world.story.later(u64::from(dice.2 % 16) * 100);
            for due in world.due() {
                prop_assert!(due.timer.at <= world.story.now);
                let known = ids.entry(due.command_id()).or_insert_with(|| due.clone());
                prop_assert_eq!(&*known, &due);
            }
        }
    }

    #[test]
    fn what_is_due_is_due_in_every_life(story in vec(any::<Dice>(), 1..80), ends in 0usize..80) {
        let mut world = World::new();
        let mut other = RunTiming::default();
        for (n, dice) in story.into_iter().enumerate() {
            let (of, event) = happens(&world, dice);
            other.fold(&world.hears_of(of, event));
            if n == ends {
                other.due(world.story.now.plus_ms(100_000), 1000);
                other = kept(&other);
            }
        }
        world.story.later(100_000);
        let due = world.due();
        prop_assert_eq!(&other.due(world.story.now, 1000), &due);
        let ids = |due: &[RunDue]| due.iter().map(RunDue::command_id).collect::<Vec<_>>();
        let again = kept(&world.timing).due(world.story.now, 1000);
        prop_assert_eq!(ids(&again), ids(&due), "a timer rings as another command in another life");
        prop_assert_eq!(again, due);
    }
}

#[test]
fn chunks_of_different_folds_do_not_fit() {
    let mut world = World::new();
    world.hears(started(None, after(50)));
    let chunks = |timing: &RunTiming| (0..CHUNKS).map(|n| timing.chunk(n)).collect::<Vec<_>>();
    let before = chunks(&world.timing);
    world.hears(finished());
    let mut mixed = chunks(&world.timing);
    mixed[7] = before[7].clone();
    assert!(RunTiming::restore(mixed).is_none());
    assert!(RunTiming::restore(before[1..].to_vec()).is_none());
    assert!(RunTiming::restore(before).is_some());
}
