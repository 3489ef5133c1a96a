//! What is known about agents by their heartbeats.

use super::*;

fn slots(world: &World) -> Option<u32> {
    world.leases.slots(&tenant("main"), &agent("ada"))
}

/// Nothing was heard of it for two intervals.
fn silent(world: &World) -> What {
    let for_ms = 2 * INTERVAL;
    What::Silent { for_ms, since: world.now - for_ms }
}

#[test]
fn the_slots_of_an_agent_are_those_of_its_living_processes() {
    let mut world = World::new();
    assert_eq!(world.beat_of("ada", "p1", 4, &[]).slots, Some(4));
    assert_eq!(world.beat_of("ada", "p2", 3, &[]).slots, Some(7));
    assert_eq!(world.beat_of("ada", "p2", 3, &[]).slots, None, "nothing has changed");
    assert_eq!(world.beat_of("ada", "p2", 5, &[]).slots, Some(9));
    world.later(INTERVAL);
    world.beat_of("ada", "p1", 4, &[]);
    world.later(INTERVAL);
    assert_eq!(world.changes(), [What::Slots(Some(4))]);
    assert_eq!((slots(&world), world.changes()), (Some(4), vec![]));
}

#[test]
fn an_agent_without_a_heartbeat_for_two_intervals_is_silent_once() {
    let mut world = World::new();
    assert!(world.beat("ada", &[]).is_back, "it may be silent on record");
    assert!(!world.beat("ada", &[]).is_back);
    world.later(INTERVAL);
    assert_eq!(world.changes(), []);
    world.later(INTERVAL);
    assert_eq!(world.changes(), [What::Slots(None), silent(&world)]);
    assert_eq!((world.changes(), world.leases.next()), (vec![], None), "it is not watched");
    let heard = world.beat("ada", &[]);
    assert_eq!((heard.is_back, heard.slots), (true, Some(4)));
}

#[test]
fn an_agent_that_never_sent_a_heartbeat_is_watched_while_it_has_something() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 60_000);
    world.later(INTERVAL);
    assert_eq!(world.changes(), []);
    world.later(INTERVAL);
    assert_eq!(world.changes(), [silent(&world)]);
    assert_eq!(world.lost(), [], "its lease is as long as was agreed");

    let mut world = World::new();
    world.hold("ada", pair(1, 1), 60_000);
    world.leases.release(&tenant("main"), task(1));
    world.later(INTERVAL);
    assert_eq!((world.changes(), world.leases.next()), (vec![], None));
}

#[test]
fn a_result_is_a_sign_of_life() {
    let mut world = World::new();
    let (main, ada) = (tenant("main"), agent("ada"));
    world.hold("ada", pair(1, 1), 60_000);
    world.later(INTERVAL);
    assert!(!world.leases.alive(&main, &ada, world.now), "nobody took it for silent");
    world.later(INTERVAL);
    assert_eq!(world.changes(), []);
    world.later(INTERVAL);
    assert_eq!(world.changes(), [silent(&world)]);
    assert!(world.leases.alive(&main, &ada, world.now), "it was silent on record");
}

#[test]
fn who_was_silent_and_brought_a_result_is_watched_again() {
    let mut world = World::new();
    let (main, ada) = (tenant("main"), agent("ada"));
    world.hold("ada", pair(1, 1), 300_000);
    world.hold("ada", pair(2, 1), 300_000);
    for result in [1, 2] {
        world.later(INTERVAL);
        assert_eq!(world.changes(), []);
        world.later(INTERVAL);
        assert_eq!(world.changes(), [silent(&world)], "it was heard before result {result}");
        assert!(world.leases.alive(&main, &ada, world.now));
        world.leases.release(&main, task(result));
    }
    world.later(2 * INTERVAL);
    assert_eq!((world.changes(), world.leases.next()), (vec![], None), "it has nothing more");
}

#[test]
fn who_has_beaten_before_it_was_silent_and_brought_its_last_result_is_forgotten_in_the_end() {
    let mut world = World::new();
    let (main, ada) = (tenant("main"), agent("ada"));
    world.hold("ada", pair(1, 1), 60_000);
    world.beat("ada", &[pair(1, 1)]);
    world.later(INTERVAL);
    world.changes();
    world.later(INTERVAL);
    assert_eq!(world.changes(), [What::Slots(None), silent(&world)]);
    assert!(world.leases.alive(&main, &ada, world.now));
    world.leases.release(&main, task(1));
    world.later(INTERVAL);
    assert_eq!(world.changes(), []);
    world.later(INTERVAL);
    assert_eq!(world.changes(), [silent(&world)], "it may have work by now");
    assert_eq!(world.leases.next(), None, "it is not watched");
}

#[test]
fn who_could_not_be_called_silent_is_called_so_again_though_the_watch_stood_still() {
    let mut world = World::new();
    let (main, ada) = (tenant("main"), agent("ada"));
    world.hold("ada", pair(1, 1), 3_600_000);
    world.later(INTERVAL);
    world.changes();
    world.later(INTERVAL);
    let [What::Silent { since, .. }] = world.changes()[..] else { panic!("it is silent") };
    world.later(3_600_000);
    world.leases.say_again(&main, &ada, since, world.now, 1_000).expect("there is room");
    assert_eq!(world.changes(), [], "it is too early");
    world.later(1_000);
    let for_ms = 3 * INTERVAL + 1_000;
    assert_eq!(world.changes(), [What::Silent { for_ms, since }], "one interval counts");
}

#[test]
fn agents_of_two_tenants_are_two_agents() {
    let mut world = World::new();
    world.hold("ada", pair(1, 1), 15_000);
    let (acme, ada, pairs) = (tenant("acme"), agent("ada"), [pair(1, 1)]);
    let beat = Beat { tenant: &acme, agent: &ada, process: "p1", slots: 1, pairs: &pairs };
    assert_eq!(world.leases.beat(&beat, world.now).expect("within bounds").drop, pairs);
}

#[test]
fn a_watch_wants_to_be_asked_each_interval() {
    let mut world = World::new();
    assert_eq!(world.leases.next(), None);
    world.hold("ada", pair(1, 1), 5_000);
    assert_eq!(world.leases.next(), Some(world.now + 5_000));
    world.hold("ada", pair(1, 1), 3_600_000);
    assert_eq!(world.leases.next(), Some(world.now + INTERVAL));
}
