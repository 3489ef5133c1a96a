//! Commands on their way, in order for each whom they are for: the next one is sent when the one before
//! it is answered. Those that come to the same in any order are under way together, so that they are
//! recorded together. Nobody waits for what others are told, and those who are told much take turns.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
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
/// How many commands for one actor are under way at once: half of what may wait for one, so that others
/// find room.
pub(super) const FLYING_MAX: usize = 128;

/// A command, and the event that it follows from.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) turn: Turn,
    pub(super) tenant: Tenant,
    pub(super) to_do: Arc<ToDo>,
    pub(super) id: CommandId,
    pub(super) cause: EventId,
}

/// One time that a command is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) target: StreamId,
    number: u64,
}

/// A command, and what became of it so far.
#[derive(Debug)]
struct Tried {
    job: Job,
    sent: u32,
    failed: u32,
}

/// What waits for one of those whom commands are for.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Tried>,
    /// What is under way, by its flight. If there is more than one, all of them commute.
    flying: BTreeMap<u64, Tried>,
    rests_until: Option<Instant>,
    /// Whether it waits for its turn.
    is_ready: bool,
}

/// Commands on their way.
#[derive(Debug, Default)]
pub(super) struct Order {
    lanes: BTreeMap<StreamId, Lane>,
    /// Those of which something may be sent. They take turns.
    ready: VecDeque<StreamId>,
    resting: BTreeSet<(Instant, StreamId)>,
    sent: usize,
    flights: u64,
}

impl Lane {
    /// Whether its first command may be sent.
    fn may_send(&self) -> bool {
        let Some(first) = self.waiting.front() else { return false };
        self.rests_until.is_none() && (self.flying.is_empty() || self.may_join(first))
    }

    /// One that does not commute is under way alone, so any of them tells of all.
    fn may_join(&self, next: &Tried) -> bool {
        let one = self.flying.values().next();
        self.flying.len() < FLYING_MAX
            && next.job.to_do.commutes()
            && one.is_none_or(|one| one.job.to_do.commutes())
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.flying.is_empty()
    }
}

impl Order {
    /// A command comes behind all that wait for the same.
    pub(super) fn put(&mut self, job: Job) {
        let target = job.to_do.stream(&job.tenant);
        let lane = self.lanes.entry(target.clone()).or_default();
        lane.waiting.push_back(Tried { job, sent: 0, failed: 0 });
        self.line_up(&target);
    }

    /// The next command that may be sent, and is sent now.
    pub(super) fn next(&mut self) -> Option<(Flight, Job)> {
        if self.sent >= COMMANDS_MAX {
            return None;
        }
        loop {
            let target = self.ready.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&target) else { continue };
            lane.is_ready = false;
            if !lane.may_send() {
                continue;
            }
            let Some(mut tried) = lane.waiting.pop_front() else { continue };
            tried.sent += 1;
            self.flights += 1;
            self.sent += 1;
            let (number, job) = (self.flights, tried.job.clone());
            lane.flying.insert(number, tried);
            self.line_up(&target);
            return Some((Flight { target, number }, job));
        }
    }

    /// The one that was sent so, as long as it has no answer.
    pub(super) fn flying(&self, flight: &Flight) -> Option<&Job> {
        self.lanes.get(&flight.target)?.flying.get(&flight.number).map(|tried| &tried.job)
    }

    /// The one that was sent so is answered, for good.
    pub(super) fn answered(&mut self, flight: &Flight) -> Option<Job> {
        let lane = self.lanes.get_mut(&flight.target)?;
        let tried = lane.flying.remove(&flight.number)?;
        self.sent -= 1;
        self.line_up(&flight.target);
        Some(tried.job)
    }

    /// The one that was sent so has failed; says how often by now.
    pub(super) fn failed(&mut self, flight: &Flight) -> u32 {
        let lane = self.lanes.get_mut(&flight.target);
        let Some(tried) = lane.and_then(|lane| lane.flying.get_mut(&flight.number)) else {
            return 0;
        };
        tried.failed += 1;
        tried.failed
    }

    /// The one that was sent so is sent again after a while, which is not shorter than this. Nothing else
    /// is sent there before.
    pub(super) fn rest(&mut self, flight: &Flight, at_least: Duration, now: Instant) {
        let Some(lane) = self.lanes.get_mut(&flight.target) else { return };
        let Some(tried) = lane.flying.remove(&flight.number) else { return };
        self.sent -= 1;
        let until = now + pause(tried.sent).max(at_least).min(PAUSE_MAX);
        lane.waiting.push_front(tried);
        let longest = lane.rests_until.map_or(until, |rests| rests.max(until));
        if let Some(before) = lane.rests_until.replace(longest) {
            self.resting.remove(&(before, flight.target.clone()));
        }
        self.resting.insert((longest, flight.target.clone()));
    }

    /// Takes back what was not sent for an event. What is under way stays, and is answered.
    pub(super) fn withdraw(&mut self, turn: &Turn) {
        let has_it = |lane: &Lane| lane.waiting.iter().any(|tried| tried.job.turn == *turn);
        let lanes = self.lanes.iter().filter(|(_, lane)| has_it(lane));
        let targets: Vec<_> = lanes.map(|(target, _)| target.clone()).collect();
        targets.iter().for_each(|target| self.withdraw_from(target, turn));
    }

    fn withdraw_from(&mut self, target: &StreamId, turn: &Turn) {
        let Some(lane) = self.lanes.get_mut(target) else { return };
        let rested = lane.waiting.front().is_some_and(|tried| tried.job.turn == *turn);
        lane.waiting.retain(|tried| tried.job.turn != *turn);
        // Whoever comes next has not been told to wait.
        if rested && let Some(until) = lane.rests_until.take() {
            self.resting.remove(&(until, target.clone()));
        }
        self.line_up(target);
    }

    /// Those that have rested may be sent.
    pub(super) fn wake(&mut self, now: Instant) {
        while let Some((until, _)) = self.resting.first()
            && *until <= now
            && let Some((_, target)) = self.resting.pop_first()
        {
            if let Some(lane) = self.lanes.get_mut(&target) {
                lane.rests_until = None;
                self.line_up(&target);
            }
        }
    }

    /// When the next one has rested.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.resting.first().map(|(until, _)| *until)
    }

    /// A lane of which something may be sent waits for its turn; an empty one is gone.
    fn line_up(&mut self, target: &StreamId) {
        let Some(lane) = self.lanes.get_mut(target) else { return };
        if lane.is_empty() {
            self.lanes.remove(target);
        } else if !lane.is_ready && lane.may_send() {
            lane.is_ready = true;
            self.ready.push_back(target.clone());
        }
    }
}

/// How long something rests that was tried so often.
pub(super) fn pause(tried: u32) -> Duration {
    (PAUSE * 2_u32.saturating_pow(tried.saturating_sub(1).min(10))).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests;
