//! What comes of a choice that did not come true.

use super::*;

#[test]
fn a_refused_choice_is_made_again_under_another_id() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", [1]);
    let first = world.choose().remove(0);
    world.placing.refused(&first, world.story.now);
    assert_eq!(world.chosen(), NOTHING, "not at once");
    world.story.later(REFUSED_WAIT_MS);
    let second = world.choose().remove(0);
    assert_eq!((second.attempt, &second.agent), (1, &first.agent));
    assert_ne!(second.command_id(), first.command_id());
}

#[test]
fn a_choice_has_the_same_id_after_a_restart() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1), ("bob", &["resize"], 1)]);
    world.submit("resize", [1]);
    let mut restarted = world.placing.clone();
    let first = world.choose().remove(0);
    let same = restarted.choose(world.story.now.plus_ms(5), 1).remove(0);
    assert_eq!(same.command_id(), first.command_id());
}

#[test]
fn what_happened_to_a_task_makes_another_id() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", [1]);
    let mut restarted = world.placing.clone();
    let first = world.choose().remove(0);
    let noted = world.story.task("main", task(1), TaskCommand::Note { text: "soon".into() });
    restarted.fold(&noted[0]);
    let second = restarted.choose(world.story.now, 1).remove(0);
    assert_eq!(second.cause, first.cause);
    assert_ne!(second.command_id(), first.command_id());
}

#[test]
fn a_refused_task_keeps_its_place_in_line() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", 1..=2);
    let first = world.choose().remove(0);
    world.placing.refused(&first, world.story.now);
    world.story.later(REFUSED_WAIT_MS);
    assert_eq!(world.chosen(), to([(1, "ada")]));
}

#[test]
fn a_refusal_that_events_have_overtaken_is_nothing() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", 1..=2);
    let choice = world.assign_all().remove(0);
    world.placing.refused(&choice, world.story.now);
    assert_eq!(world.chosen(), NOTHING, "ada has it");
    world.task(1, complete(1));
    world.placing.refused(&choice, world.story.now);
    assert_eq!(world.chosen(), to([(2, "ada")]));
}

#[test]
fn a_clock_that_goes_back_hands_nothing_out_too_early() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", [1]);
    let early = Timestamp(world.story.now.0 - 1);
    assert_eq!(world.placing.choose(early, 9), []);
    assert_eq!(world.placing.wakes_at(), Some(world.story.now));
    assert_eq!(world.choose().len(), 1);
}
