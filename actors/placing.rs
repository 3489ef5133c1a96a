//! Who gets what: which task that is ready goes to which agent with a free slot. What happened to
//! tasks and agents is folded in, and a choice is made from what came of it. Nothing here is on
//! record: a choice becomes an `Assign` command, and what that leads to comes back as an event.
//!
//! - An agent gets a task of its own tenant that needs nothing it does not offer, while it has a
//!   free slot, is neither paused nor draining nor silent, and is not passed over.
//! - Tenants take turns, whatever they have waiting.
//! - Of a tenant's tasks that someone has room for, the one of the highest priority is first, and
//!   each 30 s of waiting count as one step of priority: nothing waits for ever.
//! - Of the agents that can do it, the one with the smallest share of its slots taken gets it.
//!
//! A task is known by its uuid; a stream of the category with another name is not placed.

mod agents;
mod choice;
mod classes;
mod kept;
mod offers;
mod ready;
mod seats;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;

use events::id::{AgentId, TaskId, Tenant};
use events::known::Known;
use events::stream::{Position, StreamId};
use events::time::Timestamp;

use agents::Agents;
pub use choice::{Choice, LOOKS_MAX, REFUSED_WAIT_MS};
use classes::Classes;
pub use kept::{CHUNKS, Chunk};
pub use ready::AGEING_MS;
use ready::{Entry, Slot, State, Tasks};
use seats::Seat;
pub use seats::{Placed, SEATS_MAX};

/// All that is known about tasks that are not over and agents that are registered, and who got what
/// without its being on record yet.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// By number. They are few, and made by those who run the system, so none is forgotten.
    tenants: Vec<Tenant>,
    tenants_named: BTreeMap<Tenant, u32>,
    tasks: Tasks,
    classes: Classes,
    agents: Agents,
    seats: BTreeMap<(u32, TaskId), Seat>,
    /// What agents have that was not chosen here, as far as anybody wants to know.
    placed: Vec<Placed>,
    tells: bool,
    /// The newest event that was folded in, and the latest time that one of them had.
    at: Position,
    latest: Timestamp,
    /// The tenant that was given something last.
    turn: u32,
    /// When it stopped short of what there was to look at.
    behind: Option<Timestamp>,
    looks: u64,
}

/// A task that an agent has, as the log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub tenant: Tenant,
    /// Which one.
    pub task: TaskId,
    /// Who has it.
    pub agent: AgentId,
    /// Which hand-over this is.
    pub attempt: u32,
    /// How long its worker may be silent, if that was agreed.
    pub heartbeat_ms: Option<u64>,
}

/// Where a task stands that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The newest hand-over, 0 before the first.
    pub attempt: u32,
    /// Whether an agent has it.
    pub is_held: bool,
    /// Since when it waits, or since when the agent has it.
    pub since: Timestamp,
    /// When it may be handed out first, if that was agreed.
    pub not_before: Option<Timestamp>,
}

impl Placing {
    /// Takes in what happened. Total; what was taken in already is passed over.
    pub fn fold(&mut self, event: &Known) {
        if event.position() <= self.at {
            return;
        }
        self.at = event.position();
        match event {
            Known::Task(event) => self.fold_task(event),
            Known::Agent(event) => self.fold_agent(event),
            Known::Fact(_)
            | Known::Pipeline(_)
            | Known::Run(_)
            | Known::Schedule(_)
            | Known::Trigger(_)
            | Known::Other(_) => {}
        }
    }

    /// An event cannot be read: what it says about its task is not known, so the task is left alone.
    pub fn pass(&mut self, position: Position, stream: &StreamId) {
        self.at = self.at.max(position);
        let task = stream.key.as_str().parse().ok();
        let tenant = self.tenants_named.get(&stream.tenant).copied();
        let Some((task, tenant)) = task.zip(tenant) else { return };
        if let Some(slot) = self.tasks.find(tenant, task) {
            self.over(tenant, slot);
        }
    }

    /// The newest event that was taken in.
    #[must_use]
    pub fn at(&self) -> Position {
        self.at
    }

    /// How many tasks are not over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.all.len()
    }

    /// Whether all tasks are over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.all.is_empty()
    }

    /// How many tasks, teams of agents and times were looked at in all choices so far: what choosing
    /// costs, whatever the machine.
    #[must_use]
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// What agents have, as far as it is on record: what a lease is watched for.
    pub fn held(&self) -> impl Iterator<Item = Held> {
        let held = self.tasks.all.iter().filter(|(_, entry)| entry.state == State::Held);
        held.map(|(slot, entry)| Held {
            tenant: self.tenant_of(entry).clone(),
            task: entry.id,
            agent: self.agents.get(entry.agent).id.clone(),
            attempt: entry.attempt,
            heartbeat_ms: self.tasks.terms(index_of(slot)).heartbeat_ms,
        })
    }

    /// Who has a task, as far as it is on record, and by which hand-over.
    #[must_use]
    pub fn holder(&self, tenant: &Tenant, task: TaskId) -> Option<(AgentId, u32)> {
        let slot = self.tasks.find(*self.tenants_named.get(tenant)?, task)?;
        let entry = self.tasks.get(slot);
        let holds = entry.state == State::Held;
        holds.then(|| (self.agents.get(entry.agent).id.clone(), entry.attempt))
    }

    /// Where a task stands, if it is not over.
    #[must_use]
    pub fn standing(&self, tenant: &Tenant, task: TaskId) -> Option<Standing> {
        let slot = self.tasks.find(*self.tenants_named.get(tenant)?, task)?;
        let (entry, terms) = (self.tasks.get(slot), self.tasks.terms(slot));
        Some(Standing {
            attempt: entry.attempt,
            is_held: entry.state == State::Held,
            since: entry.since,
            not_before: terms.not_before,
        })
    }

    /// How many slots the living processes of an agent have together; nothing, if none of them says
    /// so, and then those it registered with count. Says whether the agent is known: of one that is
    /// not, nothing is kept, and it is to be told again.
    pub fn offer_slots(&mut self, tenant: &Tenant, agent: &AgentId, total: Option<u32>) -> bool {
        let Some(agent) = self.agent_named(tenant, agent) else { return false };
        let woken = self.agents.tell_slots(agent, total);
        self.feed(woken);
        true
    }

    /// Whether an agent is registered.
    #[must_use]
    pub fn knows(&self, tenant: &Tenant, agent: &AgentId) -> bool {
        self.agent_named(tenant, agent).is_some()
    }

    /// Whether an agent is silent, as far as it is on record.
    #[must_use]
    pub fn is_silent(&self, tenant: &Tenant, agent: &AgentId) -> bool {
        self.agent_named(tenant, agent).is_some_and(|agent| self.agents.get(agent).is_silent)
    }

    /// An agent did not answer: nothing is given to it before this time.
    pub fn pass_over(&mut self, tenant: &Tenant, agent: &AgentId, until: Timestamp) {
        if let Some(agent) = self.agent_named(tenant, agent) {
            self.agents.pass_over(agent, until);
        }
    }

    /// An agent that is registered.
    fn agent_named(&self, tenant: &Tenant, agent: &AgentId) -> Option<u32> {
        let agent = self.agents.find(*self.tenants_named.get(tenant)?, agent);
        agent.filter(|agent| self.agents.get(*agent).team.is_some())
    }

    fn tenant(&mut self, tenant: &Tenant) -> u32 {
        if let Some(number) = self.tenants_named.get(tenant) {
            return *number;
        }
        let number = index_of(self.tenants.len());
        self.tenants.push(tenant.clone());
        self.tenants_named.insert(tenant.clone(), number);
        number
    }

    fn tenant_of(&self, entry: &Entry) -> &Tenant {
        &self.tenants[self.classes.get(entry.class).tenant as usize]
    }

    /// A task that stands nowhere takes its place: in line, or among those that wait for a time.
    fn line_up(&mut self, slot: Slot, now: Timestamp) {
        if self.tasks.ready_at(slot) > now {
            self.tasks.wait(slot);
            self.tasks.get_mut(slot).state = State::Later;
        } else {
            self.classes.line_up(self.tasks.get(slot).class, self.tasks.rank(slot), slot);
            self.tasks.get_mut(slot).state = State::Ready;
        }
    }

    /// A task leaves its place, wherever it stands, and gives back what it has.
    fn step_out(&mut self, slot: Slot) {
        let Entry { state, agent, class, .. } = *self.tasks.get(slot);
        match state {
            State::Ready => self.classes.step_out(class, self.tasks.rank(slot)),
            State::Later => self.tasks.wait_no_more(slot),
            State::TooLate => {}
            State::Chosen | State::Held => {
                let woken = self.agents.give_slot_back(agent);
                self.feed(woken);
                self.agents.forget_if_gone(agent);
            }
        }
    }

    /// A team that had no free slot has one: its classes may have a task for it.
    fn feed(&mut self, team: Option<u32>) {
        let Some(team) = team else { return };
        for class in &self.agents.team(team).classes {
            self.classes.feed(*class, team);
        }
    }
}

/// An index in a list that memory ends before 32 bits do.
fn index_of(index: usize) -> u32 {
    u32::try_from(index).expect("there is no room for so many")
}
