//! Timers of runs are set, ring, and are unset.

mod model;

use events::chain::EventHash;
use events::content::{Content, Json};
use events::run::{
    ApprovalAsked, Approved, By, Disapproved, Ending, Finished, How, MoreToBegin, PartHow, Paused,
    Retried, StageBegan, StageEnded, Started, Undone, Why,
};

use super::*;
use crate::story::{NOON, Story, run};

/// A story that timing listens to.
struct World {
    story: Story,
    timing: RunTiming,
}

impl World {
    fn new() -> Self {
        Self { story: Story::new(), timing: RunTiming::default() }
    }

    fn hears(&mut self, event: RunEvent) -> Known {
        self.hears_of(1, event)
    }

    fn hears_of(&mut self, n: u64, event: RunEvent) -> Known {
        let event = self.story.of_run("main", run(n), event);
        self.timing.fold(&event);
        event
    }

    fn due(&mut self) -> Vec<RunDue> {
        self.timing.due(self.story.now, 1000)
    }

    /// What is due after so many milliseconds.
    fn due_after(&mut self, ms: u64) -> Vec<(RunTimerKind, u16)> {
        self.story.later(ms);
        self.due().into_iter().map(|due| (due.timer.what, due.timer.turn)).collect()
    }
}

fn after(ms: u64) -> Option<Timestamp> {
    Some(NOON.plus_ms(ms))
}

fn stage(name: &str) -> StageName {
    name.parse().expect("a token")
}

fn started(begins_at: Option<Timestamp>, ends_by: Option<Timestamp>) -> RunEvent {
    let null = || Json::parse("null").expect("JSON");
    RunEvent::Started(Started {
        pipeline: "clean".parse().expect("a token"),
        edition: 1,
        plan: null(),
        input: Content::Inline(null()),
        by: By::Publisher,
        parent: None,
        forked: None,
        begins_at,
        ends_by,
        depth: 0,
        labels: [].into(),
        at: NOON,
    })
}

fn began(name: &str, turn: u16, work: Work, ends_by: Option<Timestamp>) -> RunEvent {
    RunEvent::StageBegan(StageBegan { stage: stage(name), turn, work, ends_by, at: NOON })
}

fn ended(name: &str, turn: u16) -> RunEvent {
    let (stage, how) = (stage(name), PartHow::Completed);
    RunEvent::StageEnded(StageEnded { stage, turn, how, output: None, error: None, at: NOON })
}

fn asked(name: &str, turn: u16, until: Option<Timestamp>) -> RunEvent {
    let action = Content::Inline(Json::parse("{}").expect("JSON"));
    let (stage, hash, who) = (stage(name), EventHash::NONE, vec![]);
    RunEvent::ApprovalAsked(ApprovalAsked { stage, turn, action, hash, who, until, at: NOON })
}

fn ending() -> RunEvent {
    RunEvent::Ending(Ending { why: Why::TimedOut, undoes: true, at: NOON })
}

fn finished() -> RunEvent {
    let (how, undone) = (How::TimedOut, Undone::All);
    RunEvent::Finished(Finished { how, result: None, error: None, undone, at: NOON })
}

#[test]
fn a_run_that_waits_for_no_time_is_not_known() {
    let mut world = World::new();
    world.hears(started(None, None));
    world.hears(began("a", 0, Work::Nothing, None));
    world.hears(RunEvent::Paused(Paused { reason: String::new(), runs: vec![], at: NOON }));
    assert!(world.timing.runs.is_empty());
    assert_eq!(world.timing.next(), None);
}

#[test]
fn a_run_is_told_when_it_begins_and_when_it_must_be_over() {
    let mut world = World::new();
    let event = world.hears(started(after(50), after(90)));
    assert_eq!((world.due(), world.timing.next()), (vec![], after(50)));
    world.story.later(50);
    let due = world.due();
    let timer = RunTimer {
        what: RunTimerKind::Begins,
        stage: None,
        turn: 0,
        at: NOON.plus_ms(50),
        cause: event.id(),
    };
    assert_eq!(due, [RunDue { tenant: "main".parse().expect("a token"), run: run(1), timer }]);
    assert_eq!(world.due_after(40), [(RunTimerKind::Run, 0)]);
    assert_eq!(world.due(), [], "a timer is handed out once");
}

#[test]
fn a_stage_has_its_timers_from_its_beginning_to_its_end() {
    let mut world = World::new();
    let until = Work::Until { at: NOON.plus_ms(30) };
    world.hears(began("a", 2, until, after(60)));
    world.hears(began("b", 0, Work::Nothing, after(70)));
    assert_eq!(world.due_after(30), [(RunTimerKind::Until, 2)]);
    world.hears(ended("a", 2));
    assert_eq!(world.due_after(40), [(RunTimerKind::Stage, 0)]);
}

#[test]
fn whoever_is_asked_has_until_then() {
    let mut world = World::new();
    for (n, name) in ["a", "b", "c", "d"].iter().enumerate() {
        world.hears(asked(name, n as u16, after(10)));
    }
    let (hash, at) = (EventHash::NONE, NOON);
    let by = || "ada".parse().expect("a word");
    let approved = Approved { stage: stage("a"), turn: 0, hash, by: by(), note: String::new(), at };
    world.hears(RunEvent::Approved(approved));
    let (stage, reason) = (stage("b"), String::new());
    world.hears(RunEvent::Disapproved(Disapproved { stage, turn: 1, hash, by: by(), reason, at }));
    world.hears(ended("c", 2));
    assert_eq!(world.due_after(10), [(RunTimerKind::Approval, 3)]);
}

#[test]
fn what_is_left_to_begin_is_begun_at_once() {
    let mut world = World::new();
    let more = world.hears(RunEvent::MoreToBegin(MoreToBegin { at: NOON }));
    let first = world.due().remove(0);
    assert_eq!((first.timer.what, first.timer.cause), (RunTimerKind::GoOn, more.id()));
    world.hears(RunEvent::MoreToBegin(MoreToBegin { at: NOON }));
    let second = world.due().remove(0);
    assert_ne!(first.command_id(), second.command_id());
}

#[test]
fn a_run_that_comes_to_its_end_waits_for_nothing() {
    for end in [ending(), finished()] {
        let mut world = World::new();
        world.hears(started(after(50), after(90)));
        world.hears(began("a", 0, Work::Nothing, after(60)));
        world.hears(end);
        assert!(world.timing.runs.is_empty() && world.timing.ringing.is_empty());
    }
}

#[test]
fn a_run_that_is_done_again_must_be_over_at_another_time() {
    let mut world = World::new();
    world.hears(started(None, after(10)));
    world.hears(finished());
    let (stages, reason) = (vec![stage("a")], String::new());
    world.hears(RunEvent::Retried(Retried {
        stages,
        from: None,
        ends_by: after(90),
        reason,
        at: NOON,
    }));
    assert_eq!(world.due_after(50), []);
    assert_eq!(world.due_after(40), [(RunTimerKind::Run, 0)]);
}

#[test]
fn a_run_that_could_not_be_told_is_told_again() {
    let mut world = World::new();
    world.hears(began("a", 0, Work::Nothing, after(50)));
    world.story.later(50);
    let due = world.due().remove(0);
    world.timing.again(&due, world.story.now.plus_ms(5));
    world.timing.again(&due, world.story.now.plus_ms(9));
    assert_eq!(world.due(), []);
    world.story.later(5);
    assert_eq!(world.due(), std::slice::from_ref(&due));
    world.hears(ended("a", 0));
    world.hears(began("a", 1, Work::Nothing, after(500)));
    world.timing.again(&due, world.story.now);
    assert_eq!(world.due(), [], "it waits for another time by now");
}

#[test]
fn no_more_are_handed_out_than_there_is_room_for() {
    let mut world = World::new();
    for n in 0..10 {
        world.hears_of(n, started(None, after(50 - n)));
    }
    world.story.later(50);
    let due = world.timing.due(world.story.now, 3);
    assert_eq!(due.iter().map(|due| due.run).collect::<Vec<_>>(), [run(9), run(8), run(7)]);
    assert_eq!(world.due().len(), 7);
}

#[test]
fn what_was_taken_in_is_passed_over() {
    let mut world = World::new();
    let begins = world.hears(started(None, after(50)));
    let over = world.hears(finished());
    world.timing.fold(&begins);
    assert_eq!((world.timing.next(), world.timing.at()), (None, over.position()));
}
