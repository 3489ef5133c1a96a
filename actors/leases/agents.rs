//! The agents that are watched: those that have something, and those that send heartbeats.

use std::collections::{BTreeMap, BTreeSet};

use events::id::{AgentId, Tenant};

use super::answers::{Change, What};
use super::beats::{Beat, PROCESSES_MAX};
use super::{AGENTS_MAX, Tick};
use crate::bounds::{OutOfBounds, at_most};

type Name = (Tenant, AgentId);

#[derive(Debug, Clone, Default)]
pub(super) struct Agents {
    all: BTreeMap<Name, Watched>,
    /// When each of them is looked at next.
    looks: BTreeSet<(Tick, Name)>,
}

#[derive(Debug, Clone, Default)]
struct Watched {
    /// How many tasks it has.
    held: usize,
    /// Its processes, with their slots and when they were heard.
    processes: BTreeMap<Box<str>, (u32, Tick)>,
    /// Its last sign of life.
    sign: Tick,
    has_beaten: bool,
    is_silent: bool,
    looks: Option<Tick>,
}

impl Agents {
    /// It gets a task.
    pub(super) fn gets(&mut self, tenant: &Tenant, agent: &AgentId) -> Result<(), OutOfBounds> {
        self.meet((tenant.clone(), agent.clone()))?.held += 1;
        Ok(())
    }

    /// To get a task is no sign of life; but one of whom no heartbeats are expected is watched from
    /// then on.
    pub(super) fn took(&mut self, tenant: &Tenant, agent: &AgentId, now: Tick, patience: u64) {
        let name = (tenant.clone(), agent.clone());
        if let Some(watched) = self.all.get_mut(&name)
            && !watched.has_beaten
        {
            watched.sign = watched.sign.max(now);
            self.look_at(name, now.saturating_add(patience));
        }
    }

    /// It has one task less.
    pub(super) fn gave_back(&mut self, tenant: &Tenant, agent: &AgentId) {
        let name = (tenant.clone(), agent.clone());
        if let Some(watched) = self.all.get_mut(&name) {
            watched.held = watched.held.saturating_sub(1);
            self.forget_if_gone(&name);
        }
    }

    /// Says whether it was not heard before, and the slots of all its processes if they changed.
    pub(super) fn beat(
        &mut self,
        beat: &Beat<'_>,
        now: Tick,
        patience: u64,
    ) -> Result<(bool, Option<u32>), OutOfBounds> {
        let name = (beat.tenant.clone(), beat.agent.clone());
        let watched = self.meet(name.clone())?;
        let is_new = !watched.processes.contains_key(beat.process);
        at_most("processes", watched.processes.len() + usize::from(is_new), PROCESSES_MAX)?;
        let (was, is_back) = (watched.slots(), !watched.has_beaten || watched.is_silent);
        watched.processes.insert(beat.process.into(), (beat.slots, now));
        (watched.sign, watched.has_beaten, watched.is_silent) = (now, true, false);
        let slots = watched.slots().filter(|slots| Some(*slots) != was);
        self.look_at(name, now.saturating_add(patience));
        Ok((is_back, slots))
    }

    /// Says whether it was taken for silent. If it was, nobody looked at it any more.
    pub(super) fn alive(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        now: Tick,
        patience: u64,
    ) -> bool {
        let name = (tenant.clone(), agent.clone());
        let Some(watched) = self.all.get_mut(&name) else { return false };
        watched.sign = watched.sign.max(now);
        let was_silent = std::mem::take(&mut watched.is_silent);
        self.look_at(name, now.saturating_add(patience));
        was_silent
    }

    /// Unless it was heard since, it is found to be silent once more.
    pub(super) fn say_again(
        &mut self,
        tenant: &Tenant,
        agent: &AgentId,
        since: Tick,
        at: Tick,
    ) -> Result<(), OutOfBounds> {
        let name = (tenant.clone(), agent.clone());
        let watched = self.meet(name.clone())?;
        if watched.sign <= since {
            (watched.sign, watched.has_beaten, watched.is_silent) = (since, true, false);
            self.look_at(name, at);
        }
        Ok(())
    }

    pub(super) fn is_silent(
        &self,
        tenant: &Tenant,
        agent: &AgentId,
        now: Tick,
        patience: u64,
    ) -> bool {
        let watched = self.all.get(&(tenant.clone(), agent.clone()));
        watched.is_none_or(|watched| watched.sign.saturating_add(patience) <= now)
    }

    pub(super) fn slots(&self, tenant: &Tenant, agent: &AgentId) -> Option<u32> {
        self.all.get(&(tenant.clone(), agent.clone()))?.slots()
    }

    pub(super) fn next(&self) -> Option<Tick> {
        self.looks.first().map(|(at, _)| *at)
    }

    pub(super) fn changes(&mut self, now: Tick, patience: u64, room: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        while changes.len() < room
            && let Some((_, name)) = self.looks.first().filter(|(at, _)| *at <= now).cloned()
        {
            self.look(&name, now, patience, &mut changes);
        }
        changes
    }

    fn look(&mut self, name: &Name, now: Tick, patience: u64, changes: &mut Vec<Change>) {
        let Some(watched) = self.all.get_mut(name) else { return };
        if let Some(looks) = watched.looks.take() {
            self.looks.remove(&(looks, name.clone()));
        }
        let mut tell = |what| {
            changes.push(Change { tenant: name.0.clone(), agent: name.1.clone(), what });
        };
        let was = watched.slots();
        watched.processes.retain(|_, (_, heard)| heard.saturating_add(patience) > now);
        if watched.slots() != was {
            tell(What::Slots(watched.slots()));
        }
        if watched.sign.saturating_add(patience) <= now && !watched.is_silent {
            watched.is_silent = true;
            let since = watched.sign;
            tell(What::Silent { for_ms: now.saturating_sub(since), since });
        }
        if let Some(at) = watched.looks_next(patience) {
            self.look_at(name.clone(), at);
        }
        self.forget_if_gone(name);
    }

    /// An agent that is looked at earlier anyway says then when it wants to be looked at next.
    fn look_at(&mut self, name: Name, at: Tick) {
        if let Some(watched) = self.all.get_mut(&name)
            && watched.looks.is_none()
        {
            watched.looks = Some(at);
            self.looks.insert((at, name));
        }
    }

    fn meet(&mut self, name: Name) -> Result<&mut Watched, OutOfBounds> {
        let is_new = !self.all.contains_key(&name);
        at_most("agents", self.all.len() + usize::from(is_new), AGENTS_MAX)?;
        Ok(self.all.entry(name).or_default())
    }

    /// One that has nothing is watched for its heartbeats alone, until it was told that there are
    /// none any more.
    fn forget_if_gone(&mut self, name: &Name) {
        let is_gone = |watched: &Watched| {
            let is_told = watched.is_silent || !watched.has_beaten;
            watched.held == 0 && watched.processes.is_empty() && is_told
        };
        if !self.all.get(name).is_some_and(is_gone) {
            return;
        }
        let looks = self.all.remove(name).and_then(|watched| watched.looks);
        self.looks.remove(&(looks.unwrap_or_default(), name.clone()));
    }
}

impl Watched {
    fn slots(&self) -> Option<u32> {
        let slots = self.processes.values().map(|(slots, _)| *slots);
        slots.reduce(u32::saturating_add)
    }

    /// When its next process, or all of it, may be found to be gone.
    fn looks_next(&self, patience: u64) -> Option<Tick> {
        let processes = self.processes.values().map(|(_, heard)| *heard);
        let signs = processes.chain((!self.is_silent).then_some(self.sign));
        signs.min().map(|sign| sign.saturating_add(patience))
    }
}
