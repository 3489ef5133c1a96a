//! Timers are set, ring, and are set anew.

mod model;

use events::task::{Class, TimedOut};

use super::*;
use crate::story::{NOON, Story, agent, assign, complete, fail, order, submit, task, tenant};
use crate::task::{Order, TaskCommand};

/// A story that timing listens to.
struct World {
    story: Story,
    placing: Placing,
    timing: Timing,
}

impl World {
    fn new() -> Self {
        Self { story: Story::new(), placing: Placing::default(), timing: Timing::default() }
    }

    fn task(&mut self, command: TaskCommand) {
        let events = self.story.task("main", task(1), command);
        assert!(!events.is_empty(), "something happens in a sentence");
        events.iter().for_each(|event| self.hear(event));
    }

    fn hear(&mut self, event: &Known) {
        self.placing.fold(event);
        self.timing.fold(event, &self.placing);
    }

    fn due(&mut self) -> Vec<Due> {
        self.timing.due(self.story.now, 1000)
    }

    fn tell(&mut self, due: &Due) -> Vec<Known> {
        let command = TaskCommand::TimeOut(due.timer);
        let events = self.story.task(due.tenant.as_str(), due.task, command);
        events.iter().for_each(|event| self.hear(event));
        events
    }
}

fn limits(start_to_close_ms: Option<u64>, queue_ms: Option<u64>) -> Timeouts {
    Timeouts { start_to_close_ms, queue_ms, heartbeat_ms: None }
}

fn with_limits(start_to_close_ms: Option<u64>, queue_ms: Option<u64>) -> TaskCommand {
    submit(Order { timeouts: limits(start_to_close_ms, queue_ms), ..order("resize") })
}

fn amend(timeouts: Timeouts) -> TaskCommand {
    TaskCommand::Amend(Amendment { timeouts: Some(timeouts), ..Amendment::default() })
}

#[test]
fn a_task_without_limits_is_not_known() {
    let mut world = World::new();
    world.task(submit(order("resize")));
    world.task(assign(&agent("ada"), 1));
    assert!(world.timing.tasks.is_empty());
    assert_eq!(world.timing.next(), None);
}

#[test]
fn a_task_that_waits_too_long_is_told() {
    let mut world = World::new();
    world.task(with_limits(None, Some(50)));
    assert_eq!((world.due(), world.timing.next()), (vec![], Some(NOON.plus_ms(50))));
    world.story.later(50);
    let due = world.due().remove(0);
    assert_eq!(due.timer, Timer { which: Timeout::Queue, at: NOON.plus_ms(50), attempt: 0 });
    let over = world.tell(&due);
    let timed_out = TimedOut { which: Timeout::Queue, attempt: 0 };
    assert!(matches!(&over[..], [Known::Task(it)] if it.event == TaskEvent::TimedOut(timed_out)));
    assert!(world.timing.tasks.is_empty());
}

#[test]
fn a_timer_is_handed_out_once() {
    let mut world = World::new();
    world.task(with_limits(None, Some(50)));
    world.story.later(50);
    assert_eq!((world.due().len(), world.due().len(), world.timing.next()), (1, 0, None));
}

#[test]
fn a_task_that_could_not_be_told_is_told_again() {
    let mut world = World::new();
    world.task(with_limits(None, Some(50)));
    world.story.later(50);
    let due = world.due().remove(0);
    world.timing.again(&due, world.story.now.plus_ms(5));
    world.timing.again(&due, world.story.now.plus_ms(9));
    assert_eq!(world.due(), []);
    world.story.later(5);
    assert_eq!(world.due(), std::slice::from_ref(&due));
    world.task(assign(&agent("ada"), 1));
    world.timing.again(&due, world.story.now);
    assert_eq!(world.due(), [], "it is handed over by now, and waits no more");
}

#[test]
fn an_attempt_has_its_timer_from_its_start_to_its_end() {
    let mut world = World::new();
    world.task(with_limits(Some(100), None));
    assert_eq!(world.timing.next(), None);
    world.task(assign(&agent("ada"), 1));
    assert_eq!(world.timing.next(), Some(NOON.plus_ms(100)));
    world.story.later(7);
    world.task(TaskCommand::Start { attempt: 1 });
    assert_eq!(world.timing.next(), Some(NOON.plus_ms(107)));
    world.task(fail(1, Class::Temporary));
    assert_eq!(world.timing.next(), None);
}

#[test]
fn each_wait_has_a_timer_of_its_own() {
    let mut world = World::new();
    world.task(with_limits(None, Some(50)));
    world.story.later(50);
    let first = world.due().remove(0);
    world.task(assign(&agent("ada"), 1));
    world.task(fail(1, Class::Temporary));
    world.story.later(10_000);
    let second = world.due().remove(0);
    assert_eq!((first.timer.attempt, second.timer.attempt), (0, 1));
    assert_ne!(first.command_id(), second.command_id());
}

#[test]
fn a_deadline_that_is_put_off_rings_later_and_under_another_id() {
    let mut world = World::new();
    let deadline = |ms| Some(NOON.plus_ms(ms));
    world.task(submit(Order { deadline: deadline(50), ..order("resize") }));
    world.story.later(50);
    let first = world.due().remove(0);
    world.task(TaskCommand::Amend(Amendment { deadline: deadline(500), ..Amendment::default() }));
    assert_eq!(world.due(), []);
    world.story.later(450);
    let second = world.due().remove(0);
    assert_eq!(second.timer.which, Timeout::Deadline);
    assert_ne!(first.command_id(), second.command_id());
}

#[test]
fn a_task_may_be_given_limits_wherever_it_stands() {
    let mut waits = World::new();
    waits.task(submit(order("resize")));
    waits.story.later(9);
    waits.task(amend(limits(None, Some(50))));
    assert_eq!(waits.timing.next(), Some(NOON.plus_ms(50)));

    let mut runs = World::new();
    runs.task(submit(order("resize")));
    runs.story.later(9);
    runs.task(assign(&agent("ada"), 1));
    runs.task(amend(limits(Some(100), None)));
    assert_eq!(runs.timing.next(), Some(NOON.plus_ms(109)));
    runs.task(amend(limits(None, None)));
    assert_eq!(runs.timing.next(), None);
}

#[test]
fn what_was_agreed_anew_leaves_a_timer_that_stays_as_it_was() {
    let mut world = World::new();
    world.task(with_limits(None, Some(50)));
    let before = world.timing.tasks[&(tenant("main"), task(1))].set.clone();
    world.task(amend(limits(Some(7), Some(50))));
    assert_eq!(world.timing.tasks[&(tenant("main"), task(1))].set, before);
}

#[test]
fn no_more_are_handed_out_than_there_is_room_for() {
    let mut world = World::new();
    for n in 0..10 {
        let events = world.story.task("main", task(n), with_limits(None, Some(50 - n)));
        events.iter().for_each(|event| world.hear(event));
    }
    world.story.later(50);
    let due = world.timing.due(world.story.now, 3);
    assert_eq!(due.iter().map(|due| due.task).collect::<Vec<_>>(), [task(9), task(8), task(7)]);
    assert_eq!(world.due().len(), 7);
}

#[test]
fn a_task_that_is_over_has_no_timers() {
    let mut world = World::new();
    let timeouts = limits(Some(100), Some(100));
    let deadline = Some(NOON.plus_ms(100));
    world.task(submit(Order { timeouts, deadline, ..order("resize") }));
    world.task(assign(&agent("ada"), 1));
    world.task(complete(1));
    assert!(world.timing.tasks.is_empty() && world.timing.ringing.is_empty());
}
