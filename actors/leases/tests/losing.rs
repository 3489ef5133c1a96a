//! How leases are lost, and how they are not.

use super::*;
use crate::story::{Story, assign, complete, order, register, submit};

#[test]
fn a_lease_that_nobody_renews_runs_out_once() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 5_000);
    world.later(4_999);
    assert_eq!(world.lost(), []);
    world.later(1);
    assert_eq!(world.lost(), [(pair(1, 1), Loss::Expired)]);
    assert_eq!(world.pass(60_000), []);
}

#[test]
fn a_heartbeat_renews_what_it_names_and_nothing_else() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 15_000);
    world.hold("ada", pair(2, 1), 15_000);
    world.later(10_000);
    assert_eq!(world.beat("ada", &[pair(1, 1)]).drop, []);
    world.later(5_000);
    assert_eq!(world.lost(), [(pair(2, 1), Loss::Expired)]);
    world.later(10_000);
    assert_eq!(world.lost(), [(pair(1, 1), Loss::Expired)]);
}

#[test]
fn a_process_is_told_to_drop_what_it_does_not_have() {
    let mut world = World::new();
    world.hold("ada", pair(1, 2), 15_000);
    world.hold("bob", pair(2, 1), 15_000);
    let pairs = [pair(1, 1), pair(1, 2), pair(2, 1), pair(3, 1)];
    assert_eq!(world.beat("ada", &pairs).drop, [pair(1, 1), pair(2, 1), pair(3, 1)]);
}

#[test]
fn a_worker_that_was_frozen_past_its_lease_drops_what_it_had() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 30_000);
    assert_eq!(world.pass(30_000), [(pair(1, 1), Loss::AgentSilent)]);
    assert_eq!(world.pass(90_000), []);
    let heard = world.beat("ada", &[pair(1, 1)]);
    assert!(heard.is_back);
    assert_eq!(heard.drop, [pair(1, 1)]);
}

#[test]
fn a_result_ends_a_lease() {
    let (mut world, mut story) = (World::new(), Story::new());
    story.agent("main", "ada", register(["resize"], 1));
    world.hold("ada", pair(1, 1), 5_000);
    for command in [submit(order("resize")), assign(&agent("ada"), 1), complete(1)] {
        let events = story.task("main", task(1), command);
        events.iter().for_each(|event| world.leases.fold(event));
    }
    world.later(5_000);
    assert_eq!((world.lost(), world.leases.next()), (vec![], None));
}

#[test]
fn an_adopted_task_that_nobody_names_is_unclaimed_after_two_intervals() {
    let mut world = World::new();
    world.adopt("ada", pair(1, 3), 3_600_000);
    world.adopt("ada", pair(2, 1), 40_000);
    assert_eq!(world.pass(INTERVAL), []);
    assert_eq!(world.beat("ada", &[pair(2, 1)]).drop, []);
    assert_eq!(world.pass(INTERVAL), [(pair(1, 3), Loss::Unclaimed)]);
    assert_eq!(world.pass(29_999), []);
    assert_eq!(world.pass(1), [(pair(2, 1), Loss::AgentSilent)]);
}

#[test]
fn nobody_drops_anything_before_all_is_adopted() {
    let mut world = World { leases: Leases::new(INTERVAL), now: 0 };
    assert_eq!(world.beat("ada", &[pair(1, 1)]).drop, []);
    world.leases.caught_up();
    assert_eq!(world.beat("ada", &[pair(1, 1)]).drop, [pair(1, 1)]);
}

#[test]
fn a_watch_that_stood_still_does_not_blame_others() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 25_000);
    world.beat("ada", &[pair(1, 1)]);
    world.later(3_600_000);
    assert_eq!((world.lost(), world.changes()), (vec![], vec![]));
    assert_eq!(world.beat("ada", &[pair(1, 1)]), Heard::default());
    assert_eq!(world.pass(24_999), []);
    assert_eq!(world.pass(1), [(pair(1, 1), Loss::AgentSilent)]);
}

#[test]
fn a_clock_that_goes_back_loses_nothing() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 5_000);
    world.now = 0;
    assert_eq!((world.lost(), world.beat("ada", &[pair(1, 1)]).drop), (vec![], vec![]));
}

#[test]
fn a_task_that_is_handed_over_again_has_one_lease() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 5_000);
    world.hold("bob", pair(1, 2), 9_000);
    assert_eq!(world.pass(8_999), []);
    assert_eq!(world.pass(1), [(pair(1, 2), Loss::Expired)]);
}

#[test]
fn no_more_are_told_than_there_is_room_for() {
    let mut world = World::new();
    (0..9).for_each(|n| world.hold("ada", pair(n, 1), 5_000));
    world.later(5_000);
    let first = world.leases.lost(world.now, 4);
    assert_eq!((first.len(), world.lost().len()), (4, 5));
}

#[test]
fn a_heartbeat_beyond_its_bounds_is_refused() {
    let mut world = World::new();
    let (tenant, agent) = (&tenant("main"), &agent("ada"));
    let good = Beat { tenant, agent, process: "p1", slots: 1, pairs: &[] };
    let many = vec![pair(1, 1); PAIRS_MAX + 1];
    let bad =
        [Beat { process: "", ..good }, Beat { slots: 1001, ..good }, Beat { pairs: &many, ..good }];
    for beat in bad {
        assert!(world.leases.beat(&beat, 0).is_err(), "{} slots", beat.slots);
    }
    for n in 0..PROCESSES_MAX {
        let process = &n.to_string();
        assert!(world.leases.beat(&Beat { process, ..good }, 0).is_ok());
    }
    assert!(world.leases.beat(&good, 0).is_err(), "there are too many processes");
}
