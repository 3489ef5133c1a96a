//! Commands on their way, in order for each whom they are for: the next one is sent when the one before
//! it is answered. Nobody waits for what others are told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use events::id::{CommandId, EventId, Tenant};
use events::stream::StreamId;
use tokio::time::Instant;

use super::window::{COMMANDS_MAX, Turn};
use crate::reaction::ToDo;

/// How long a command rests at least that was not answered.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// How long it rests at most.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A command, and the event that it follows from.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) turn: Turn,
    pub(super) tenant: Tenant,
    pub(super) to_do: ToDo,
    pub(super) id: CommandId,
    pub(super) cause: EventId,
}

/// What waits for one of those whom commands are for.
#[derive(Debug, Default)]
struct Lane {
    jobs: VecDeque<Job>,
    state: State,
    /// How often the first one was sent, and how often it failed.
    sent: u32,
    failed: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Ready,
    Sent,
    Resting(Instant),
}

/// Commands on their way.
#[derive(Debug, Default)]
pub(super) struct Order {
    lanes: BTreeMap<StreamId, Lane>,
    ready: BTreeSet<StreamId>,
    resting: BTreeSet<(Instant, StreamId)>,
    sent: usize,
}

impl Order {
    /// A command comes behind all that wait for the same.
    pub(super) fn put(&mut self, job: Job) {
        let target = job.to_do.stream(&job.tenant);
        let lane = self.lanes.entry(target.clone()).or_default();
        lane.jobs.push_back(job);
        if lane.state == State::Ready {
            self.ready.insert(target);
        }
    }

    /// The next command that may be sent, and is sent now.
    pub(super) fn next(&mut self) -> Option<(StreamId, Job)> {
        if self.sent >= COMMANDS_MAX {
            return None;
        }
        let target = self.ready.pop_first()?;
        let lane = self.lanes.get_mut(&target)?;
        let job = lane.jobs.front()?.clone();
        (lane.state, lane.sent) = (State::Sent, lane.sent + 1);
        self.sent += 1;
        Some((target, job))
    }

    /// Nothing was answered yet to the one that was sent; it is what this says.
    pub(super) fn sent_to(&self, target: &StreamId) -> Option<&Job> {
        self.lanes.get(target)?.jobs.front()
    }

    /// The one that was sent is answered, for good.
    pub(super) fn answered(&mut self, target: &StreamId) -> Option<Job> {
        self.sent -= 1;
        let job = self.lanes.get_mut(target)?.jobs.pop_front();
        self.begin_anew(target);
        job
    }

    /// The one that was sent failed; says how often by now.
    pub(super) fn failed(&mut self, target: &StreamId) -> u32 {
        let Some(lane) = self.lanes.get_mut(target) else { return 0 };
        lane.failed += 1;
        lane.failed
    }

    /// The one that was sent is sent again after a while, which is not shorter than this.
    pub(super) fn rest(&mut self, target: &StreamId, at_least: Duration, now: Instant) {
        let Some(lane) = self.lanes.get_mut(target) else { return };
        let until = now + pause(lane.sent).max(at_least).min(PAUSE_MAX);
        lane.state = State::Resting(until);
        self.resting.insert((until, target.clone()));
        self.sent -= 1;
    }

    /// Takes back what was not sent for an event. What is under way stays, and is answered.
    pub(super) fn withdraw(&mut self, turn: &Turn) {
        let has_it = |lane: &Lane| lane.jobs.iter().any(|job| job.turn == *turn);
        let lanes = self.lanes.iter().filter(|(_, lane)| has_it(lane));
        let targets: Vec<_> = lanes.map(|(target, _)| target.clone()).collect();
        targets.iter().for_each(|target| self.withdraw_from(target, turn));
    }

    fn withdraw_from(&mut self, target: &StreamId, turn: &Turn) {
        let Some(lane) = self.lanes.get_mut(target) else { return };
        let is_first = lane.jobs.front().is_some_and(|job| job.turn == *turn);
        let under_way = if lane.state == State::Sent { lane.jobs.pop_front() } else { None };
        lane.jobs.retain(|job| job.turn != *turn);
        if let Some(job) = under_way {
            lane.jobs.push_front(job);
            return;
        }
        if let State::Resting(until) = lane.state
            && is_first
        {
            self.resting.remove(&(until, target.clone()));
        }
        if is_first {
            self.begin_anew(target);
        }
    }

    /// Those that have rested may be sent.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some((until, _)) = self.resting.first()
            && *until <= now
            && let Some((_, target)) = self.resting.pop_first()
        {
            if let Some(lane) = self.lanes.get_mut(&target) {
                lane.state = State::Ready;
                self.ready.insert(target);
            }
        }
    }

    /// When the next one has rested.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.resting.first().map(|(until, _)| *until)
    }

    /// The first one of a lane is another one now.
    fn begin_anew(&mut self, target: &StreamId) {
        self.ready.remove(target);
        let Some(lane) = self.lanes.get_mut(target) else { return };
        if lane.jobs.is_empty() {
            self.lanes.remove(target);
            return;
        }
        *lane = Lane { jobs: std::mem::take(&mut lane.jobs), ..Lane::default() };
        self.ready.insert(target.clone());
    }
}

/// How long something rests that was tried so often.
pub(super) fn pause(tried: u32) -> Duration {
    (PAUSE * 2_u32.saturating_pow(tried.saturating_sub(1).min(10))).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::story::{task, tenant};
    use crate::task::TaskCommand;
    use crate::work::reactor::tests::world::stream;
    use crate::work::reactor::window::Window;
    use events::stream::Position;

    /// One command of each of these events to one task each.
    fn order(events: &[(u64, u64)]) -> (Order, Vec<Turn>) {
        let (mut order, mut window) = (Order::default(), Window::default());
        let turns = events.iter().map(|(position, target)| {
            let turn = window.enter((Position(*position), stream(99)), 1, false);
            let text = position.to_string();
            let to_do = ToDo::Task(task(*target), TaskCommand::Note { text });
            let cause = EventId(Uuid::from_u128(u128::from(*position)));
            let id = CommandId::derived(cause, 0, "test", 0);
            order.put(Job { turn, tenant: tenant("main"), to_do, id, cause });
            turn
        });
        let turns = turns.collect();
        (order, turns)
    }

    /// What is sent now.
    fn sent(order: &mut Order) -> Vec<u64> {
        std::iter::from_fn(|| Some(order.next()?.1.turn.position.0)).collect()
    }

    #[test]
    fn the_next_one_is_sent_when_the_one_before_it_is_answered() {
        let (mut order, _) = order(&[(1, 7), (2, 7), (3, 8)]);
        assert_eq!(sent(&mut order), [1, 3]);
        assert_eq!(sent(&mut order), [0; 0]);
        order.answered(&stream(7));
        assert_eq!(sent(&mut order), [2]);
        order.answered(&stream(7));
        order.answered(&stream(8));
        assert_eq!((order.lanes.len(), order.sent), (0, 0));
    }

    #[test]
    fn no_more_are_sent_at_once_than_there_is_room_for() {
        let many: Vec<_> = (1..=COMMANDS_MAX as u64 + 9).map(|n| (n, 1000 + n)).collect();
        let (mut order, _) = order(&many);
        assert_eq!(sent(&mut order).len(), COMMANDS_MAX);
        order.answered(&stream(1001));
        assert_eq!(sent(&mut order).len(), 1);
    }

    #[test]
    fn who_rests_holds_up_those_behind_and_longer_each_time() {
        let (mut order, _) = order(&[(1, 7), (2, 7)]);
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert_eq!(sent(&mut order), [1]);
            order.rest(&stream(7), Duration::ZERO, now);
            let wakes_at = order.wakes_at().expect("it rests");
            pauses.push((wakes_at - now).as_millis());
            now = wakes_at;
            order.wake(now);
        }
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn what_is_taken_back_is_not_sent_and_what_is_under_way_is_still_answered() {
        let (mut order, turns) = order(&[(1, 7), (2, 7), (3, 7)]);
        assert_eq!(sent(&mut order), [1]);
        turns[..2].iter().for_each(|turn| order.withdraw(turn));
        assert_eq!(order.answered(&stream(7)).map(|job| job.turn), Some(turns[0]));
        assert_eq!(sent(&mut order), [3]);
        order.rest(&stream(7), Duration::ZERO, Instant::now());
        order.withdraw(&turns[2]);
        assert_eq!((order.lanes.len(), order.sent, order.wakes_at()), (0, 0, None));
    }
}
