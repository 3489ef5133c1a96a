//! Triggers that are set again and again, and facts that have been parked since long ago.

use super::super::spans::ENDED_BYTES_MAX;
use super::*;

/// How many bytes an input has that is large.
const LARGE: usize = 16 * 1024;
/// After how many changes of it not all terms of a trigger are remembered.
const MANY: usize = ENDED_BYTES_MAX / LARGE + 1;

/// A trigger is set so often, each time on other terms.
fn set_again(world: &mut World, name: &str, times: usize) {
    for n in 0..times {
        let input = format!("\"{n:05}{}\"", "x".repeat(LARGE - 7));
        world.sets(name, Terms { input, ..terms() });
    }
}

/// What follows from a fact, if that is still known.
fn known(mind: &StartByFact, fact: &Known) -> Option<Vec<Led>> {
    mind.react(fact).ok()
}

/// The same memory in the next life.
fn again(mind: &StartByFact) -> StartByFact {
    let mut again = StartByFact::default();
    assert!(again.recall(&mind.keep()), "it understands itself");
    again
}

fn paid() -> CloudEvent {
    said("order.paid", r#"{"total": 1}"#)
}

#[test]
fn what_held_long_ago_is_remembered_as_far_as_there_is_room() {
    let mut world = World::default();
    set_again(&mut world, "paid", 3 * MANY);
    let kept = world.mind.keep().len();
    assert!(kept < 2 * ENDED_BYTES_MAX, "{kept} bytes are remembered");
    assert!(kept > ENDED_BYTES_MAX / 2, "{kept} bytes are remembered, and there is room");
    assert_eq!(world.starts(paid()), ["paid"]);
}

#[test]
fn a_fact_that_was_parked_meets_the_triggers_of_its_time_or_is_held_up() {
    let mut world = World::default();
    world.sets("paid", terms());
    let parked = world.fact(paid());
    let met = known(&world.mind, &parked).expect("it is known");
    assert_eq!(met.len(), 1);
    set_again(&mut world, "paid", MANY / 2);
    assert_eq!(known(&world.mind, &parked), Some(met), "it is remembered for it");
    let later = world.fact(paid());
    let met_later = known(&world.mind, &later);
    set_again(&mut world, "paid", 2 * MANY);
    world.tells("paid", removed());
    for mind in [&world.mind, &again(&world.mind)] {
        assert_eq!(known(mind, &parked), None, "what it met is forgotten, and it is passed over");
        assert_eq!(known(mind, &later), None);
        assert!(mind.cares(&header("main")));
    }
    // The facts of others, and those that come, go on.
    let newest = world.fact(paid());
    assert_eq!(known(&world.mind, &newest), Some(vec![]));
    assert_eq!(met_later.map(|led| led.len()), Some(1));
    world.mind.forget_before(newest.position());
    assert!(!world.mind.cares(&header("main")), "nobody asks for what is forgotten");
}

#[test]
fn one_tenant_does_not_make_that_of_others_forgotten() {
    let mut world = World::default();
    world.happens("acme", "paid", set(terms())).expect("there is room");
    let event = world.recorded("acme", "shop", FactEvent::Recorded(paid()));
    let parked = Known::Fact(event);
    world.happens("acme", "paid", removed()).expect("it is remembered");
    set_again(&mut world, "paid", 2 * MANY);
    assert_eq!(known(&again(&world.mind), &parked).map(|led| led.len()), Some(1));
}

#[test]
fn pausing_often_is_little_to_remember() {
    let mut world = World::default();
    world.sets("paid", terms());
    let parked = world.fact(paid());
    for _ in 0..20_000 {
        world.tells("paid", paused());
        world.tells("paid", resumed());
    }
    assert_eq!(world.because(&parked), ["paid"]);
    assert_eq!(world.starts(paid()), ["paid"]);
}
