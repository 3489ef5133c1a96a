//! Who gives signs of life, and whose lease has run out. A lease is renewed by heartbeats that name
//! the task and the attempt, and by nothing else. All of this is in memory only: after a restart the
//! tasks that agents have, as the log tells, are adopted, and whoever has one says so by heartbeat.
//!
//! Instants come as data, in milliseconds of a clock that never goes back. A watch that was not
//! asked for longer than one interval, because its own process stood still, takes that for one
//! interval: what it did not hear then was not the fault of others.
//!
//! An agent that has never sent a heartbeat is watched only while it has something; an agent that
//! works without any must bring its results before its leases run out.

mod agents;
mod answers;
mod beats;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use events::id::{AgentId, TaskId, Tenant};
use events::known::Known;
use events::task::{Loss, TaskEvent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::{OutOfBounds, at_most};
use agents::Agents;
pub use answers::{Change, Heard, Lost, What};
pub use beats::{Beat, PAIRS_MAX, PROCESSES_MAX};

/// Milliseconds of a clock that never goes back.
pub type Tick = u64;

/// How often a process says that it lives, unless something else is agreed.
pub const HEARTBEAT_MS: u64 = 10_000;
/// How many leases are watched at once: far more than agents have slots.
pub const LEASES_MAX: usize = 1 << 20;
/// How many agents are watched at once.
pub const AGENTS_MAX: usize = 1 << 16;

/// A task and the hand-over by which someone has it, as workers say it and are told it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Attempt")]
pub struct Pair {
    /// The task.
    pub task: TaskId,
    /// The hand-over.
    pub attempt: u32,
}

/// All leases, and the agents that have them.
#[derive(Debug, Clone)]
pub struct Leases {
    interval_ms: u64,
    held: BTreeMap<Name, Lease>,
    /// When each lease is looked at next, at the latest when it runs out.
    ends: BTreeSet<(Tick, Name)>,
    agents: Agents,
    /// Whether all that agents have was adopted: only then it is known what nobody has.
    is_caught_up: bool,
    asked_at: Option<Tick>,
    /// How many are watched at once.
    leases_max: usize,
    /// For how long the watch itself stood still.
    stood_still: u64,
}

type Name = (Tenant, TaskId);

#[derive(Debug, Clone)]
struct Lease {
    agent: AgentId,
    attempt: u32,
    lease_ms: u64,
    until: Tick,
    /// When it is looked at next.
    looks: Tick,
    /// Adopted, and not named by anyone since.
    is_unclaimed: bool,
}

impl Leases {
    /// A watch over processes that say this often that they live.
    #[must_use]
    pub fn new(interval_ms: u64) -> Self {
        let interval_ms = interval_ms.max(1);
        Self {
            interval_ms,
            held: BTreeMap::new(),
            ends: BTreeSet::new(),
            agents: Agents::default(),
            is_caught_up: false,
            asked_at: None,
            leases_max: LEASES_MAX,
            stood_still: 0,
        }
    }

    /// The same, with room for fewer leases.
    #[cfg(all(test, feature = "runtime"))]
    pub(crate) fn limited_to(self, leases_max: usize) -> Self {
        Self { leases_max, ..self }
    }

    /// An agent is about to be handed a task. To be called before it is: its next heartbeat may
    /// name the task already.
    pub fn hold(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        pair: Pair,
        lease_ms: u64,
        now: Tick,
    ) -> Result<(), OutOfBounds> {
        let now = self.awake(now);
        let until = now.saturating_add(lease_ms);
        self.enter(tenant, agent, pair, lease_ms, until, false)?;
        self.agents.took(tenant, agent, now, self.patience());
        Ok(())
    }

    /// An agent has a task, as the log tells after a restart. It is lost unless somebody names it
    /// within two intervals.
    pub fn adopt(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        pair: Pair,
        lease_ms: u64,
        now: Tick,
    ) -> Result<(), OutOfBounds> {
        let now = self.awake(now);
        let until = now.saturating_add(self.patience());
        self.enter(tenant, agent, pair, lease_ms, until, true)?;
        self.agents.took(tenant, agent, now, self.patience());
        Ok(())
    }

    /// All that agents have was adopted: from now on who names something else is told to drop it.
    pub fn caught_up(&mut self) {
        self.is_caught_up = true;
    }

    /// What happened to a task may have ended its lease.
    pub fn fold(&mut self, event: &Known) {
        let Known::Task(event) = event else { return };
        let Some(task) = event.stream.key.as_uuid().map(TaskId) else { return };
        match &event.event {
            TaskEvent::Completed(_)
            | TaskEvent::AttemptFailed(_)
            | TaskEvent::LeaseLost(_)
            | TaskEvent::Failed(_)
            | TaskEvent::TimedOut(_)
            | TaskEvent::Cancelled(_)
            | TaskEvent::Withdrawn(_) => self.release(&event.stream.tenant, task),
            TaskEvent::Submitted(_)
            | TaskEvent::Amended(_)
            | TaskEvent::Assigned(_)
            | TaskEvent::Started(_)
            | TaskEvent::Progressed(_)
            | TaskEvent::Noted(_)
            | TaskEvent::LateResult(_) => {}
        }
    }

    /// Nobody has this task any more.
    pub fn release(&mut self, tenant: &Tenant, task: TaskId) {
        let name = (tenant.clone(), task);
        if let Some(lease) = self.held.remove(&name) {
            self.ends.remove(&(lease.looks, name));
            self.agents.gave_back(tenant, &lease.agent);
        }
    }

    /// The leases that have run out, at most so many. Each is told once and is watched no longer; who
    /// hears it sees to it that the task is told.
    pub fn lost(&mut self, now: Tick, room: usize) -> Vec<Lost> {
        let now = self.awake(now);
        let mut lost = Vec::new();
        while lost.len() < room
            && let Some((_, name)) = self.ends.first().filter(|(at, _)| *at <= now).cloned()
        {
            lost.extend(self.look_at(name, now));
        }
        lost
    }

    /// What changed about agents although nothing was heard of them: processes are gone, or an agent
    /// is silent altogether. At most so much, and one more where the last agent tells both.
    pub fn changes(&mut self, now: Tick, room: usize) -> Vec<Change> {
        let now = self.awake(now);
        self.agents.changes(now, self.patience(), room)
    }

    /// Nobody could be told that an agent is silent, as [`What::Silent`] says since when: if that is
    /// so after this wait, it is told again.
    pub fn say_again(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        since: Tick,
        now: Tick,
        wait_ms: u64,
    ) -> Result<(), OutOfBounds> {
        let now = self.awake(now);
        self.agents.say_again(tenant, agent, since, now.saturating_add(wait_ms))
    }

    /// The slots of the living processes of an agent, if any of them says that it lives.
    #[must_use]
    pub fn slots(&self, tenant: &Tenant, agent: &AgentId) -> Option<u32> {
        self.agents.slots(tenant, agent)
    }

    /// When there may be something to tell. While anything is watched, that is within one interval:
    /// who asks more rarely is taken for one who stood still.
    #[must_use]
    pub fn next(&self) -> Option<Tick> {
        let end = self.ends.first().map(|(at, _)| *at);
        let first = [end, self.agents.next()].into_iter().flatten().min()?;
        let asked_at = self.asked_at.unwrap_or_default();
        let at_latest = asked_at.saturating_add(self.interval_ms);
        Some(first.saturating_add(self.stood_still).min(at_latest))
    }

    fn look_at(&mut self, name: Name, now: Tick) -> Option<Lost> {
        let lease = self.held.get_mut(&name)?;
        self.ends.remove(&(lease.looks, name.clone()));
        if lease.until > now {
            lease.looks = lease.until;
            self.ends.insert((lease.until, name));
            return None;
        }
        let lease = self.held.remove(&name)?;
        let (tenant, task) = name;
        let is_silent = self.agents.is_silent(&tenant, &lease.agent, now, self.patience());
        self.agents.gave_back(&tenant, &lease.agent);
        let why = match (lease.is_unclaimed, is_silent) {
            (true, _) => Loss::Unclaimed,
            (false, true) => Loss::AgentSilent,
            (false, false) => Loss::Expired,
        };
        let pair = Pair { task, attempt: lease.attempt };
        Some(Lost { tenant, agent: lease.agent, pair, why })
    }

    fn enter(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        pair: Pair,
        lease_ms: u64,
        until: Tick,
        is_unclaimed: bool,
    ) -> Result<(), OutOfBounds> {
        self.release(tenant, pair.task);
        at_most("leases", self.held.len() + 1, self.leases_max)?;
        self.agents.gets(tenant, agent)?;
        let (attempt, agent) = (pair.attempt, agent.clone());
        let lease = Lease { agent, attempt, lease_ms, until, looks: until, is_unclaimed };
        let name = (tenant.clone(), pair.task);
        self.ends.insert((until, name.clone()));
        self.held.insert(name, lease);
        Ok(())
    }

    /// After this long without a sign of life, none is to be expected.
    fn patience(&self) -> u64 {
        self.interval_ms.saturating_mul(2)
    }

    /// The time that was watched through.
    fn awake(&mut self, now: Tick) -> Tick {
        let asked_at = self.asked_at.unwrap_or(now);
        let now = now.max(asked_at);
        let missed = (now - asked_at).saturating_sub(self.interval_ms);
        self.stood_still = self.stood_still.saturating_add(missed);
        self.asked_at = Some(now);
        now.saturating_sub(self.stood_still)
    }
}
