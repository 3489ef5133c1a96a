//! Who gets what, sentence by sentence.

mod fairness;
mod kept;
mod lives;
mod model;
mod refusals;
mod seats;
mod slots;

use events::task::{Amendment, Loss, Timeouts};

use super::*;
use crate::agent::AgentCommand;
use crate::story::{Story, agent, assign, complete, order, register, submit, task, tenant};
use crate::task::{Order, TaskCommand};

/// A story that placing listens to.
struct World {
    story: Story,
    placing: Placing,
}

impl World {
    fn new() -> Self {
        Self { story: Story::new(), placing: Placing::default() }
    }

    fn with_agents(agents: &[(&str, &[&str], u32)]) -> Self {
        let mut world = Self::new();
        for (name, capabilities, slots) in agents {
            world.agent(name, register(capabilities.iter().copied(), *slots));
        }
        world
    }

    fn agent_of(&mut self, tenant: &str, name: &str, command: AgentCommand) {
        let events = self.story.agent(tenant, name, command);
        assert!(!events.is_empty(), "something happens in a sentence");
        events.iter().for_each(|event| self.placing.fold(event));
    }

    fn agent(&mut self, name: &str, command: AgentCommand) {
        self.agent_of("main", name, command);
    }

    fn task_of(&mut self, tenant: &str, n: u64, command: TaskCommand) {
        let events = self.story.task(tenant, task(n), command);
        assert!(!events.is_empty(), "something happens in a sentence");
        events.iter().for_each(|event| self.placing.fold(event));
    }

    fn task(&mut self, n: u64, command: TaskCommand) {
        self.task_of("main", n, command);
    }

    fn submit(&mut self, kind: &str, tasks: impl IntoIterator<Item = u64>) {
        tasks.into_iter().for_each(|n| self.task(n, submit(order(kind))));
    }

    fn choose(&mut self) -> Vec<Choice> {
        self.placing.choose(self.story.now, 1000)
    }

    /// What is chosen: which task goes to whom.
    fn chosen(&mut self) -> Vec<(u64, String)> {
        self.choose().iter().map(|choice| (number(choice), choice.agent.to_string())).collect()
    }

    /// What is chosen comes true.
    fn assign_all(&mut self) -> Vec<Choice> {
        let chosen = self.choose();
        for Choice { tenant, task, agent, attempt, .. } in &chosen {
            let events = self.story.task(tenant.as_str(), *task, assign(agent, *attempt));
            assert_eq!(events.len(), 1, "what is chosen can be assigned");
            events.iter().for_each(|event| self.placing.fold(event));
        }
        chosen
    }
}

fn number(choice: &Choice) -> u64 {
    (0..10_000).find(|n| task(*n) == choice.task).expect("a task of the story")
}

fn to<const N: usize>(chosen: [(u64, &str); N]) -> Vec<(u64, String)> {
    chosen.map(|(task, agent)| (task, agent.to_owned())).into()
}

const NOTHING: [(u64, String); 0] = [];

#[test]
fn a_task_goes_to_an_agent_that_can_do_its_kind() {
    let mut world = World::with_agents(&[("ada", &["paint"], 1), ("bob", &["resize"], 1)]);
    world.submit("resize", [1]);
    assert_eq!(world.chosen(), to([(1, "bob")]));
}

#[test]
fn a_task_goes_to_an_agent_that_offers_all_it_needs() {
    let mut world = World::with_agents(&[("ada", &["gpu"], 9), ("bob", &["gpu", "print"], 9)]);
    let needs = crate::story::capabilities(["gpu", "print"]).into_iter().collect();
    world.task(1, submit(Order { needs, ..order("poster") }));
    assert_eq!(world.chosen(), to([(1, "bob")]));
}

#[test]
fn a_task_waits_for_an_agent_to_register() {
    let mut world = World::new();
    world.submit("resize", [1]);
    assert_eq!(world.chosen(), NOTHING);
    world.agent("ada", register(["resize"], 1));
    assert_eq!(world.chosen(), to([(1, "ada")]));
}

#[test]
fn an_agent_that_offers_more_gets_what_waited_for_that() {
    let mut world = World::with_agents(&[("ada", &["paint"], 1)]);
    world.submit("resize", [1]);
    assert_eq!(world.chosen(), NOTHING);
    world.agent("ada", register(["paint", "resize"], 1));
    assert_eq!(world.chosen(), to([(1, "ada")]));
    world.agent("ada", register(["paint"], 1));
    world.submit("resize", [2]);
    world.task(1, TaskCommand::Cancel { reason: "enough".into() });
    assert_eq!(world.chosen(), NOTHING, "it offers that no longer");
}

#[test]
fn a_task_is_handed_out_once_and_again_when_it_was_lost() {
    let mut world = World::with_agents(&[("ada", &["resize"], 5)]);
    world.submit("resize", [1]);
    let first = world.assign_all().remove(0);
    assert_eq!((first.attempt, world.chosen()), (1, to([])));
    world.task(1, TaskCommand::LoseLease { attempt: 1, why: Loss::NobodyThere });
    let again_at = world.placing.wakes_at().expect("it waits for its next try");
    assert_eq!(world.chosen(), NOTHING, "not before its time");
    world.story.now = again_at;
    let second = world.assign_all().remove(0);
    assert_eq!(second.attempt, 2);
    assert_ne!(first.command_id(), second.command_id());
}

#[test]
fn a_task_that_may_not_begin_yet_waits_for_its_time() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let begins = world.story.now.plus_ms(5_000);
    world.task(1, submit(Order { not_before: Some(begins), ..order("resize") }));
    assert_eq!((world.chosen(), world.placing.wakes_at()), (to([]), Some(begins)));
    world.story.now = begins;
    assert_eq!((world.chosen(), world.placing.wakes_at()), (to([(1, "ada")]), None));
}

#[test]
fn a_task_whose_deadline_has_passed_is_given_to_nobody_unless_it_is_put_off() {
    let mut world = World::with_agents(&[("ada", &["resize"], 2)]);
    let deadline = Some(world.story.now.plus_ms(5_000));
    world.task(1, submit(Order { deadline, ..order("resize") }));
    world.submit("resize", [2]);
    world.story.later(5_000);
    assert_eq!(world.chosen(), to([(2, "ada")]));
    let deadline = Some(world.story.now.plus_ms(5_000));
    world.task(1, TaskCommand::Amend(Amendment { deadline, ..Amendment::default() }));
    assert_eq!(world.chosen(), to([(1, "ada")]));
}

#[test]
fn a_task_that_is_over_is_forgotten() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    world.submit("resize", 1..=3);
    world.task(1, TaskCommand::Withdraw { reason: "a mistake".into() });
    world.task(2, TaskCommand::Cancel { reason: "no longer needed".into() });
    assert_eq!(world.assign_all().len(), 1);
    world.task(3, complete(1));
    assert!(world.placing.is_empty());
}

#[test]
fn how_long_a_worker_may_be_silent_goes_with_the_choice() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let timeouts = Timeouts { heartbeat_ms: Some(7_000), ..Timeouts::default() };
    world.task(1, submit(Order { timeouts, ..order("resize") }));
    assert_eq!(world.assign_all()[0].heartbeat_ms, Some(7_000));
    let held: Vec<_> = world.placing.held().map(|held| (held.agent, held.heartbeat_ms)).collect();
    assert_eq!(held, [(agent("ada"), Some(7_000))]);
}

#[test]
fn an_event_that_was_taken_in_is_taken_in_once() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let submitted = world.story.task("main", task(1), submit(order("resize")));
    world.placing.fold(&submitted[0]);
    assert_eq!(world.assign_all().len(), 1);
    world.placing.fold(&submitted[0]);
    assert!(world.placing.standing(&tenant("main"), task(1)).expect("it is there").is_held);
}

#[test]
fn a_task_under_another_name_than_a_uuid_is_nobodys() {
    let mut world = World::with_agents(&[("ada", &["resize"], 1)]);
    let mut submitted = world.story.task("main", task(1), submit(order("resize"))).remove(0);
    if let Known::Task(event) = &mut submitted {
        event.stream.key = "resize-1".parse().expect("a token");
    }
    world.placing.fold(&submitted);
    assert_eq!((world.chosen(), world.placing.len()), (to([]), 0));
}
