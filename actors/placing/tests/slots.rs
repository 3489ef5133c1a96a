//! How many tasks an agent has at once.

use events::task::Class;

use super::*;
use crate::story::fail;

#[test]
fn an_agent_has_no_more_tasks_than_slots() {
    let mut world = World::with_agents(&[("ada", &["resize"], 2)]);
    world.submit("resize", 1..=3);
    assert_eq!(world.chosen(), to([(1, "ada"), (2, "ada")]));
    assert_eq!(world.chosen(), NOTHING, "a choice takes its slot before it is on record");
}

#[test]
fn each_end_of_an_attempt_frees_a_slot() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", 1..=6);
    let ends = [
        complete(1),
        fail(1, Class::Temporary),
        fail(1, Class::Permanent),
        TaskCommand::LoseLease { attempt: 1, why: Loss::Expired },
        TaskCommand::Cancel { reason: "no longer needed".into() },
    ];
    for (n, end) in (1..).zip(ends) {
        assert_eq!(world.assign_all().iter().map(number).collect::<Vec<_>>(), [n]);
        world.task(n, end);
    }
    assert_eq!(world.chosen(), to([(6, "ada")]));
}

#[test]
fn an_agent_that_may_not_work_gets_nothing_until_it_may() {
    let since = crate::story::NOON;
    let breaks = [
        (AgentCommand::Pause { reason: "lunch".into() }, AgentCommand::Resume),
        (AgentCommand::Drain { reason: "a new one comes".into() }, AgentCommand::Resume),
        (AgentCommand::GoSilent { since }, AgentCommand::Return),
    ];
    for (stop, go_on) in breaks {
        let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
        world.submit("resize", [1]);
        world.agent("ada", stop);
        assert_eq!(world.chosen(), NOTHING);
        world.agent("ada", go_on);
        assert_eq!(world.chosen(), to([(1, "ada")]));
    }
}

#[test]
fn a_retired_agent_gets_nothing_and_is_forgotten_with_its_last_task() {
    let mut world = World::with_agents(&[("ada", &["resize"], 2)]);
    world.submit("resize", 1..=2);
    assert_eq!(world.assign_all().len(), 2);
    world.agent("ada", AgentCommand::Retire { reason: "old".into() });
    world.submit("resize", [3]);
    world.task(1, complete(1));
    assert_eq!((world.chosen(), world.placing.agents.all.len()), (to([]), 1));
    world.task(2, complete(1));
    assert_eq!(world.placing.agents.all.len(), 0);
}

#[test]
fn an_agent_that_offers_fewer_slots_keeps_what_it_has() {
    let mut world = World::with_agents(&[("ada", &["resize"], 3)]);
    world.submit("resize", 1..=5);
    assert_eq!(world.assign_all().len(), 3);
    world.agent("ada", register(["resize"], 2));
    world.task(1, complete(1));
    assert_eq!(world.chosen(), NOTHING, "it has two of two");
    world.task(2, complete(1));
    assert_eq!(world.chosen(), to([(4, "ada")]));
}

#[test]
fn the_slots_of_living_processes_count_in_the_place_of_those_registered() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let (main, ada) = (tenant("main"), agent("ada"));
    world.submit("resize", 1..=9);
    assert!(world.placing.offer_slots(&main, &ada, Some(3)));
    assert_eq!(world.choose().len(), 3);
    assert!(world.placing.offer_slots(&main, &ada, Some(5)));
    assert_eq!(world.choose().len(), 2);
    assert!(world.placing.offer_slots(&main, &ada, None));
    assert_eq!(world.choose().len(), 0);
    assert!(!world.placing.offer_slots(&main, &agent("bob"), Some(1)), "nobody knows bob");
}

#[test]
fn an_agent_that_did_not_answer_is_passed_over_for_a_while() {
    let mut world = World::with_agents(&[("ada", &["resize"], 9), ("bob", &["resize"], 1)]);
    let until = world.story.now.plus_ms(250);
    world.placing.pass_over(&tenant("main"), &agent("ada"), until);
    world.submit("resize", 1..=2);
    assert_eq!((world.chosen(), world.placing.wakes_at()), (to([(1, "bob")]), Some(until)));
    world.story.now = until;
    assert_eq!((world.chosen(), world.placing.wakes_at()), (to([(2, "ada")]), None));
}

#[test]
fn the_agent_with_the_smallest_share_of_its_slots_taken_is_next() {
    let mut world = World::with_agents(&[("bob", &["resize"], 1), ("ada", &["resize"], 3)]);
    world.submit("resize", 1..=5);
    let chosen = to([(1, "ada"), (2, "bob"), (3, "ada"), (4, "ada")]);
    assert_eq!(world.chosen(), chosen, "among equals the first by name");
}

#[test]
fn a_task_that_someone_else_was_given_takes_the_slot_of_who_has_it() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1), ("bob", &["resize"], 1)]);
    world.submit("resize", 1..=2);
    assert_eq!(world.placing.choose(world.story.now, 1)[0].agent, agent("ada"));
    world.task(1, assign(&agent("bob"), 1));
    assert_eq!(world.chosen(), to([(2, "ada")]));
}
