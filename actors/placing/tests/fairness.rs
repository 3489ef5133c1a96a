//! Whose turn it is, and what it costs to find out.

use events::task::Priority;

use super::*;

fn with_priority(priority: u8) -> TaskCommand {
    let priority = Priority::new(priority).expect("a priority");
    submit(Order { priority, ..order("resize") })
}

fn numbers(chosen: &[Choice]) -> Vec<u64> {
    chosen.iter().map(number).collect()
}

#[test]
fn tasks_of_one_priority_go_in_the_order_of_arrival() {
    let mut world = World::with_agents(&[("ada", &["resize"], 9)]);
    world.submit("resize", [3, 1, 2]);
    assert_eq!(numbers(&world.choose()), [3, 1, 2]);
}

#[test]
fn a_higher_priority_goes_first_across_classes() {
    let mut world = World::with_agents(&[("ada", &["paint", "resize"], 9)]);
    world.submit("paint", [1]);
    world.task(2, with_priority(9));
    world.task(3, with_priority(0));
    assert_eq!(numbers(&world.choose()), [2, 1, 3]);
}

#[test]
fn half_a_minute_of_waiting_is_worth_a_step_of_priority() {
    for (waited_ms, expected) in [(29_999, [2, 1]), (30_001, [1, 2])] {
        let mut world = World::with_agents(&[("ada", &["resize"], 9)]);
        world.task(1, with_priority(5));
        world.story.later(waited_ms);
        world.task(2, with_priority(6));
        assert_eq!(numbers(&world.choose()), expected, "after {waited_ms} ms");
    }
}

#[test]
fn what_is_agreed_anew_moves_a_task_in_its_line() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", 1..=2);
    let priority = Some(Priority::MAX);
    world.task(2, TaskCommand::Amend(Amendment { priority, ..Amendment::default() }));
    assert_eq!(numbers(&world.choose()), [2]);
}

#[test]
fn tenants_take_turns_whatever_they_have_waiting() {
    let mut world = World::new();
    for tenant in ["main", "acme"] {
        world.agent_of(tenant, "ada", register(["resize"], 9));
    }
    (1..=4).for_each(|n| world.task_of("main", n, with_priority(9)));
    (5..=6).for_each(|n| world.task_of("acme", n, with_priority(0)));
    let tenants = |chosen: Vec<Choice>| -> Vec<String> {
        chosen.iter().map(|choice| choice.tenant.to_string()).collect()
    };
    let first = tenants(world.placing.choose(world.story.now, 3));
    assert_eq!(first, ["acme", "main", "acme"]);
    assert_eq!(tenants(world.choose()), ["main"; 3], "nobody's turn is waited for");
}

#[test]
fn an_agent_works_for_its_tenant_alone() {
    let mut world = World::with_agents(&[("ada", &["resize"], 9)]);
    world.task_of("acme", 1, submit(order("resize")));
    assert_eq!(world.chosen(), NOTHING);
    world.agent_of("acme", "ada", register(["resize"], 1));
    assert_eq!(world.choose()[0].tenant, tenant("acme"));
}

#[test]
fn the_work_of_a_choice_does_not_grow_with_what_waits() {
    let looks = |waiting: u64, classes: u64| {
        let mut world = World::with_agents(&[("ada", &["k0"], 3)]);
        for n in 0..waiting {
            world.submit(&format!("k{}", n % classes), [n]);
        }
        (0..10).for_each(|_| drop(world.choose()));
        world.placing.looks()
    };
    assert_eq!(looks(10, 1), looks(2_000, 1));
    let many = looks(2_000, 100);
    assert!(many <= 3 + 100 + 10, "each class without an agent is looked at once: {many}");
}

#[test]
fn many_that_become_ready_at_once_are_let_in_part_by_part() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let begins = Some(world.story.now.plus_ms(1));
    let count = LOOKS_MAX as u64 + 5;
    for n in 0..count {
        world.task(n, submit(Order { not_before: begins, ..order("resize") }));
    }
    world.story.later(1);
    assert_eq!(world.choose().len(), 0);
    assert_eq!(world.placing.wakes_at(), begins, "there is more to look at");
    assert_eq!(world.choose().len(), 1);
    assert_eq!(world.placing.wakes_at(), None);
}

#[test]
fn agents_that_all_offer_something_else_get_their_turns_without_being_all_looked_at() {
    let mut world = World::new();
    let names: Vec<_> = (0..100).map(|n| format!("agent-{n}")).collect();
    for name in &names {
        world.agent(name, register(["resize", name.as_str()], 2));
    }
    world.submit("resize", 0..250);
    let before = world.placing.looks();
    let chosen = world.choose();
    let looks = world.placing.looks() - before;
    assert!(looks <= 200 * 17 + 20, "{looks} looks for {} choices", chosen.len());
    for name in names {
        let count = chosen.iter().filter(|choice| choice.agent == agent(&name)).count();
        assert_eq!(count, 2, "{name} has its slots filled");
    }
    world.task(7, TaskCommand::Cancel { reason: "enough".into() });
    let freed = chosen.iter().find(|choice| choice.task == task(7)).expect("it was chosen");
    assert_eq!(world.chosen(), to([(200, freed.agent.as_str())]));
}
