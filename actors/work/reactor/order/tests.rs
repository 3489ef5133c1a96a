//! What is sent when.

use events::id::RunId;
use events::run::PartHow;
use events::stream::Position;
use uuid::Uuid;

use super::*;
use crate::run::{PartEnd, RunCommand};
use crate::story::{task, tenant};
use crate::task::TaskCommand;
use crate::work::reactor::window::Window;

/// Something to be told to the `n`-th task.
fn note(n: u64) -> ToDo {
    ToDo::Task(task(n), TaskCommand::Note { text: String::new() })
}

/// The end of a part, to be told to the `n`-th run: it commutes.
fn end(n: u64) -> ToDo {
    let end = PartEnd { how: PartHow::Completed, output: None, error: None };
    ToDo::Run(RunId(task(n).0), Box::new(RunCommand::TaskEnded { task: task(0), end }))
}

/// Something else to be told to the `n`-th run.
fn pause_of(n: u64) -> ToDo {
    let reason = String::new();
    ToDo::Run(RunId(task(n).0), Box::new(RunCommand::Pause { reason }))
}

struct Sending {
    order: Order,
    window: Window,
    turns: Vec<Turn>,
    /// What is under way, in the order in which it was sent.
    flights: Vec<(u64, Flight)>,
}

impl Sending {
    /// One command of each event, numbered from 1.
    fn of(to_do: impl IntoIterator<Item = ToDo>) -> Self {
        let (order, window) = (Order::default(), Window::default());
        let mut sending = Self { order, window, turns: Vec::new(), flights: Vec::new() };
        to_do.into_iter().for_each(|to_do| sending.put(to_do));
        sending
    }

    fn put(&mut self, to_do: ToDo) {
        let position = Position(self.turns.len() as u64 + 1);
        let of = to_do.stream(&tenant("main"));
        let turn = self.window.enter((position, of), 1, false);
        self.turns.push(turn);
        let cause = EventId(Uuid::from_u128(u128::from(position.0)));
        let id = CommandId::derived(cause, 0, "test", 0);
        self.order.put(Job { turn, tenant: tenant("main"), to_do: Arc::new(to_do), id, cause });
    }

    /// What is sent now.
    fn sent(&mut self) -> Vec<u64> {
        let mut sent = Vec::new();
        while let Some((flight, job)) = self.order.next() {
            sent.push(job.turn.position.0);
            self.flights.push((job.turn.position.0, flight));
        }
        sent
    }

    /// How this one is under way.
    fn flight(&mut self, position: u64) -> Flight {
        let at = self.flights.iter().position(|(sent, _)| *sent == position);
        self.flights.remove(at.expect("it was sent")).1
    }

    fn answered(&mut self, position: u64) -> Option<u64> {
        let flight = self.flight(position);
        self.order.answered(&flight).map(|job| job.turn.position.0)
    }

    fn rest(&mut self, position: u64, now: Instant) {
        let flight = self.flight(position);
        self.order.rest(&flight, Duration::ZERO, now);
    }

    fn is_over(&self) -> bool {
        self.order.lanes.is_empty() && self.order.sent == 0 && self.order.wakes_at().is_none()
    }
}

#[test]
fn the_next_one_is_sent_when_the_one_before_it_is_answered() {
    let mut sending = Sending::of([note(7), note(7), note(8)]);
    assert_eq!(sending.sent(), [1, 3]);
    assert_eq!(sending.sent(), [0; 0]);
    sending.answered(1);
    assert_eq!(sending.sent(), [2]);
    sending.answered(2);
    sending.answered(3);
    assert!(sending.is_over());
}

#[test]
fn what_commutes_is_under_way_together_and_what_does_not_waits_for_it() {
    let mut sending = Sending::of([end(7), end(7), pause_of(7), end(7), end(7)]);
    assert_eq!(sending.sent(), [1, 2]);
    sending.answered(2);
    assert_eq!(sending.sent(), [0; 0]);
    sending.answered(1);
    assert_eq!(sending.sent(), [3]);
    assert_eq!(sending.sent(), [0; 0], "what does not commute is under way alone");
    sending.answered(3);
    assert_eq!(sending.sent(), [4, 5]);
    assert_eq!([4, 5].map(|position| sending.answered(position)), [Some(4), Some(5)]);
    assert!(sending.is_over());
}

#[test]
fn one_that_rests_holds_up_those_behind_and_not_those_under_way() {
    let mut sending = Sending::of([end(7), end(7), end(7)]);
    let now = Instant::now();
    assert_eq!(sending.sent(), [1, 2, 3]);
    sending.rest(2, now);
    sending.put(end(7));
    assert_eq!(sending.sent(), [0; 0]);
    assert_eq!(sending.answered(3), Some(3));
    sending.rest(1, now);
    assert_eq!(sending.sent(), [0; 0]);
    sending.order.wake(now + PAUSE);
    assert_eq!(sending.sent(), [1, 2, 4]);
    assert!([1, 2, 4].iter().all(|position| sending.answered(*position).is_some()));
    assert!(sending.is_over());
}

#[test]
fn one_who_is_told_much_takes_turns_with_all_others() {
    let many = FLYING_MAX as u64 + 9;
    let mut sending = Sending::of((0..many).map(|_| end(7)).chain([note(8), end(9), note(1)]));
    let sent = sending.sent();
    assert_eq!(sent[..5], [1, many + 1, many + 2, many + 3, 2]);
    assert_eq!(sent.len(), FLYING_MAX + 3, "no more than this are under way for one");
    sending.answered(1);
    assert_eq!(sending.sent(), [FLYING_MAX as u64 + 1]);
}

#[test]
fn who_failed_is_counted_by_itself() {
    let mut sending = Sending::of([end(7), end(7)]);
    let mut now = Instant::now();
    for times in 1..=3 {
        assert_eq!(sending.sent()[0], 1);
        let flight = sending.flight(1);
        assert_eq!(sending.order.failed(&flight), times);
        sending.order.rest(&flight, Duration::ZERO, now);
        now += PAUSE_MAX;
        sending.order.wake(now);
    }
    let flight = sending.flight(2);
    assert_eq!(sending.order.failed(&flight), 1);
}

#[test]
fn no_more_are_sent_at_once_than_there_is_room_for() {
    let mut sending = Sending::of((1..=COMMANDS_MAX as u64 + 9).map(|n| note(1000 + n)));
    assert_eq!(sending.sent().len(), COMMANDS_MAX);
    sending.answered(1);
    assert_eq!(sending.sent().len(), 1);
}

#[test]
fn who_rests_holds_up_those_behind_and_longer_each_time() {
    let mut sending = Sending::of([note(7), note(7)]);
    let mut now = Instant::now();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        assert_eq!(sending.sent(), [1]);
        sending.rest(1, now);
        let wakes_at = sending.order.wakes_at().expect("it rests");
        pauses.push((wakes_at - now).as_millis());
        now = wakes_at;
        sending.order.wake(now);
    }
    assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
}

#[test]
fn what_is_taken_back_is_not_sent_and_what_is_under_way_is_still_answered() {
    let mut sending = Sending::of([note(7), note(7), note(7)]);
    assert_eq!(sending.sent(), [1]);
    let turns = sending.turns.clone();
    turns[..2].iter().for_each(|turn| sending.order.withdraw(turn));
    assert_eq!(sending.answered(1), Some(1));
    assert_eq!(sending.sent(), [3]);
    sending.rest(3, Instant::now());
    sending.order.withdraw(&turns[2]);
    assert!(sending.is_over());
}

#[test]
fn what_is_given_again_while_it_is_still_under_way_is_another_flight() {
    let mut sending = Sending::of([end(7)]);
    assert_eq!(sending.sent(), [1]);
    let (first, again) = (sending.flight(1), sending.turns[0]);
    sending.put(end(7));
    assert_eq!(sending.sent(), [2]);
    let second = sending.flight(2);
    assert_eq!(sending.order.answered(&first).map(|job| job.turn), Some(again));
    assert!(sending.order.answered(&first).is_none(), "it is answered once");
    assert!(sending.order.flying(&second).is_some());
}
