//! Heartbeats.

use events::id::{AgentId, Tenant};

use super::{Heard, Lease, Leases, Pair, Tick};
use crate::agent::SLOTS_MAX;
use crate::bounds::{OutOfBounds, at_most, name, within};

/// How many tasks a heartbeat names.
pub const PAIRS_MAX: usize = 4096;
/// How many processes an agent has.
pub const PROCESSES_MAX: usize = 1024;

/// A process of an agent says that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat<'a> {
    /// Whose agent it is.
    pub tenant: &'a Tenant,
    /// The agent.
    pub agent: &'a AgentId,
    /// The process, under a name that no other process of the agent has.
    pub process: &'a str,
    /// How many tasks it works on at once.
    pub slots: u32,
    /// What it has.
    pub pairs: &'a [Pair],
}

impl Beat<'_> {
    /// Refuses what no process should say.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        name("the name of a process", self.process)?;
        at_most("tasks of a heartbeat", self.pairs.len(), PAIRS_MAX)?;
        within("the slots of a process", self.slots.into(), 0, SLOTS_MAX.into())
    }
}

impl Leases {
    /// Renews what the process has, and tells it what it has no longer.
    pub fn beat(&mut self, beat: &Beat<'_>, now: Tick) -> Result<Heard, OutOfBounds> {
        beat.check()?;
        let now = self.awake(now);
        let (is_back, slots) = self.agents.beat(beat, now, self.patience())?;
        let pairs = beat.pairs.iter().copied();
        let drop = pairs.filter(|pair| !self.renew(beat, *pair, now) && self.is_caught_up);
        let drop = drop.collect();
        Ok(Heard { drop, is_back, slots })
    }

    /// Another sign of life than a heartbeat: a result, say. It renews no lease. Says whether the
    /// agent was taken for silent.
    pub fn alive(&mut self, tenant: &Tenant, agent: &AgentId, now: Tick) -> bool {
        let now = self.awake(now);
        self.agents.alive(tenant, agent, now, self.patience())
    }

    fn renew(&mut self, beat: &Beat<'_>, pair: Pair, now: Tick) -> bool {
        let Some(lease) = self.held.get_mut(&(beat.tenant.clone(), pair.task)) else {
            return false;
        };
        if lease.attempt != pair.attempt || lease.agent != *beat.agent {
            return false;
        }
        lease.renew(now);
        true
    }
}

impl Lease {
    /// It is looked at when it would have run out before, and not sorted anew each time.
    fn renew(&mut self, now: Tick) {
        self.is_unclaimed = false;
        self.until = now.saturating_add(self.lease_ms);
    }
}
