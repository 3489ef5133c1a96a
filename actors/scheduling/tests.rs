//! Times are waited for, come, and are waited for anew.

mod leaders;
mod model;

use events::content::{Content, Json};
use events::schedule::{CatchUp, Overlap, When};

use super::*;
use crate::schedule::Terms;
use crate::story::{NOON, Story, tenant};

const MINUTE: u64 = 60_000;

/// A story that the clock listens to.
struct World {
    story: Story,
    scheduling: Scheduling,
}

impl World {
    fn new() -> Self {
        Self { story: Story::new(), scheduling: Scheduling::default() }
    }

    fn schedule(&mut self, command: ScheduleCommand) -> Vec<Known> {
        let events = self.story.schedule("main", "nightly", command);
        events.iter().for_each(|event| self.scheduling.fold(event));
        events
    }

    fn due(&mut self) -> Vec<ScheduleDue> {
        self.scheduling.due(self.story.now, 1000)
    }

    /// The one time that has come.
    fn one_due(&mut self) -> ScheduleDue {
        let mut due = self.due();
        assert_eq!(due.len(), 1, "one time has come");
        due.remove(0)
    }
}

/// Every minute, from noon on.
fn terms() -> Terms {
    Terms {
        when: When::Every { ms: MINUTE, from: NOON },
        zone: "UTC".into(),
        jitter_ms: 0,
        overlap: Overlap::Queue,
        catch_up: CatchUp::None,
        late_ms: MINUTE,
        pipeline: "report".parse().expect("a token"),
        edition: None,
        input: Content::Inline(Json::parse("{}").expect("JSON")),
    }
}

fn set() -> ScheduleCommand {
    ScheduleCommand::Set(terms())
}

fn pause() -> ScheduleCommand {
    ScheduleCommand::Pause { reason: String::new() }
}

fn resume() -> ScheduleCommand {
    ScheduleCommand::Resume { reason: String::new() }
}

fn minute(n: u64) -> Next {
    let nominal = NOON.plus_ms(n * MINUTE);
    Next { nominal, rings_at: nominal }
}

/// What a store would give back.
fn kept(scheduling: &Scheduling) -> Scheduling {
    let config = bincode::config::standard();
    let through_a_store = |number| {
        let bytes = bincode::serde::encode_to_vec(scheduling.chunk(number), config);
        let read = bincode::serde::decode_from_slice(&bytes.expect("bytes"), config);
        read.expect("a chunk").0
    };
    Scheduling::restore((0..CHUNKS).map(through_a_store).collect()).expect("it is whole")
}

#[test]
fn a_schedule_is_told_when_its_time_has_come_and_then_waits_for_the_next() {
    let mut world = World::new();
    world.schedule(set());
    assert_eq!((world.due(), world.scheduling.next()), (vec![], Some(minute(1).rings_at)));
    world.story.later(MINUTE);
    let due = world.one_due();
    assert_eq!((due.next, world.scheduling.next()), (minute(1), None));
    let fired = world.schedule(due.command());
    assert!(matches!(&fired[..], [Known::Schedule(it)]
        if matches!(&it.event, ScheduleEvent::Fired(fired) if fired.next == Some(minute(2)))));
    assert_eq!(world.scheduling.next(), Some(minute(2).rings_at));
}

#[test]
fn what_does_not_change_the_next_time_does_not_change_its_id() {
    let mut world = World::new();
    world.schedule(set());
    let mut other = kept(&world.scheduling);
    assert_eq!(world.schedule(ScheduleCommand::FireNow).len(), 1, "it is started by hand");
    let anew = Terms { overlap: Overlap::Skip, ..terms() };
    assert_eq!(world.schedule(ScheduleCommand::Set(anew)).len(), 1, "it is set anew");
    world.story.later(MINUTE);
    let due = world.one_due();
    assert_eq!(other.due(world.story.now, 1), [due]);
}

#[test]
fn while_it_is_paused_it_is_told_nothing() {
    let mut world = World::new();
    world.schedule(set());
    world.schedule(pause());
    assert_eq!(world.scheduling.next(), None);
    let anew = Terms { overlap: Overlap::Skip, ..terms() };
    world.schedule(ScheduleCommand::Set(anew));
    assert_eq!(world.scheduling.next(), None, "it is paused still");
    world.story.later(10 * MINUTE);
    assert_eq!(world.due(), []);
    world.schedule(resume());
    assert_eq!(world.one_due().next, minute(9), "the ones before are missed, and this one is not");
}

#[test]
fn what_was_removed_is_waited_for_no_longer() {
    let mut world = World::new();
    world.schedule(set());
    world.schedule(ScheduleCommand::Remove { reason: String::new() });
    assert!(world.scheduling.schedules.is_empty() && world.scheduling.ringing.is_empty());
}

#[test]
fn a_schedule_that_could_not_be_told_is_told_again() {
    let mut world = World::new();
    world.schedule(set());
    world.story.later(MINUTE);
    let due = world.one_due();
    let later = world.story.now.plus_ms(10);
    world.scheduling.again(&due, later);
    world.scheduling.again(&due, later.plus_ms(5));
    assert_eq!((world.due(), world.scheduling.next()), (vec![], Some(later)));
    world.story.later(10);
    assert_eq!(world.one_due().command_id(), due.command_id());
    world.schedule(due.command());
    world.scheduling.again(&due, later);
    assert_eq!(world.scheduling.next(), Some(minute(2).rings_at), "it has been told by now");
}

#[test]
fn no_more_is_handed_out_than_there_is_room_for() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        let events = world.story.schedule("main", name, set());
        events.iter().for_each(|event| world.scheduling.fold(event));
    }
    world.story.later(MINUTE);
    assert_eq!(world.scheduling.due(world.story.now, 2).len(), 2);
    assert_eq!(world.scheduling.due(world.story.now, 2).len(), 1);
}

#[test]
fn chunks_of_different_folds_are_no_times() {
    let mut world = World::new();
    world.schedule(set());
    let mut chunks: Vec<_> = (0..CHUNKS).map(|n| world.scheduling.chunk(n)).collect();
    assert!(Scheduling::restore(chunks[1..].to_vec()).is_none());
    world.schedule(ScheduleCommand::FireNow);
    chunks[3] = world.scheduling.chunk(3);
    assert!(Scheduling::restore(chunks).is_none());
}
