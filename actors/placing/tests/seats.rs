//! Slots for tasks that are about to be submitted.

use super::*;
use crate::task::Seat;

fn needs(kind: &str) -> std::collections::BTreeSet<events::id::Capability> {
    crate::story::capabilities([kind]).into_iter().collect()
}

impl World {
    /// One in which tasks of this kind were done before.
    fn at_work(kind: &str, slots: u32) -> Self {
        let mut world = Self::with_agents(&[("ada", &[kind], slots)]);
        world.placing.begin_telling();
        world.submit(kind, [1000]);
        world.assign_all();
        world.task(1000, complete(1));
        assert_eq!(world.placing.take_placed(), []);
        world
    }

    fn seat(&mut self, n: u64) -> Option<AgentId> {
        self.placing.seat(&tenant("main"), task(n), &needs("resize"))
    }

    fn give_up(&mut self, n: u64) {
        self.placing.give_seat_up(&tenant("main"), task(n), self.story.now);
    }
}

fn to_ada(order: Order) -> TaskCommand {
    TaskCommand::SubmitTo(Box::new(order), Seat { agent: agent("ada"), lease_ms: 30_000 })
}

#[test]
fn a_seat_is_a_slot_until_it_is_given_up() {
    let mut world = World::at_work("resize", 1);
    assert_eq!(world.seat(1), Some(agent("ada")));
    assert_eq!((world.seat(2), world.placing.seats()), (None, 1));
    world.give_up(1);
    assert_eq!((world.seat(2), world.placing.seats()), (Some(agent("ada")), 1), "the slot is free");
}

#[test]
fn who_has_a_seat_is_placed_with_its_submission_and_the_slot_is_free_when_it_is_done() {
    let mut world = World::at_work("resize", 1);
    assert!(world.seat(1).is_some());
    world.task(1, to_ada(order("resize")));
    assert_eq!(world.chosen(), NOTHING);
    let placed = world.placing.take_placed();
    let [Placed { choice, is_seated: true, .. }] = &placed[..] else { panic!("{placed:?}") };
    assert_eq!((number(choice), &choice.agent, choice.attempt), (1, &agent("ada"), 1));
    assert_eq!((world.seat(2), world.placing.seats()), (None, 0), "its slot is taken");
    world.task(1, complete(1));
    assert_eq!(world.seat(2), Some(agent("ada")));
}

#[test]
fn nobody_is_before_those_who_wait() {
    let mut world = World::at_work("resize", 1);
    world.submit("resize", [1, 2]);
    assert_eq!(world.assign_all().len(), 1);
    world.task(1, complete(1));
    assert_eq!(world.seat(3), None);
    assert_eq!(world.assign_all().len(), 1);
    world.task(2, complete(1));
    assert!(world.seat(3).is_some());
}

#[test]
fn a_task_that_comes_without_its_agent_waits_like_any_other_when_its_seat_is_given_up() {
    let mut world = World::at_work("resize", 1);
    assert!(world.seat(1).is_some());
    world.submit("resize", [1]);
    assert_eq!(world.chosen(), NOTHING, "perhaps it is handed over already");
    world.give_up(1);
    assert_eq!(world.chosen(), to([(1, "ada")]));
}

#[test]
fn what_is_on_record_after_its_seat_was_given_up_is_told() {
    let mut world = World::at_work("resize", 1);
    assert!(world.seat(1).is_some());
    world.give_up(1);
    world.task(1, to_ada(order("resize")));
    let placed = world.placing.take_placed();
    assert!(matches!(&placed[..], [Placed { is_seated: false, .. }]), "{placed:?}");
    assert_eq!(world.seat(2), None, "its slot is taken");
}

#[test]
fn a_task_that_ends_before_its_seat_is_given_up_gives_its_slot_back_once() {
    let mut world = World::at_work("resize", 2);
    assert!(world.seat(1).is_some());
    world.submit("resize", [1]);
    world.task(1, TaskCommand::Cancel { reason: "enough".into() });
    world.give_up(1);
    assert!(world.seat(2).is_some() && world.seat(3).is_some());
    assert_eq!(world.seat(4), None, "it has two slots");
}

#[test]
fn who_was_not_there_gets_no_seat_until_it_is() {
    let mut world = World::at_work("resize", 1);
    world.placing.doubt(&tenant("main"), &agent("ada"), true);
    assert_eq!(world.seat(1), None);
    world.placing.doubt(&tenant("main"), &agent("ada"), false);
    assert!(world.seat(1).is_some());
}

#[test]
fn a_task_that_is_there_gets_no_seat_and_nor_does_a_second_one_of_its_name() {
    let mut world = World::at_work("resize", 9);
    world.submit("resize", [1]);
    world.assign_all();
    assert_eq!(world.seat(1), None);
    assert!(world.seat(2).is_some());
    assert_eq!(world.seat(2), None);
}

#[test]
fn seats_have_an_end() {
    let mut world = World::at_work("resize", 1_000);
    let given = (1..).take_while(|n| world.seat(*n).is_some()).count();
    assert_eq!(given, SEATS_MAX);
}

#[test]
fn a_restart_knows_no_seats() {
    let mut world = World::at_work("resize", 1);
    assert!(world.seat(1).is_some());
    world.placing = Placing::restore(&kept::kept(&world.placing)).expect("it is whole");
    world.submit("resize", [1]);
    assert_eq!(world.chosen(), to([(1, "ada")]));
}
