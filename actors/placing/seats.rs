//! Seats: a slot for a task that is about to be submitted, so that the submission can say who gets it.
//! One is taken only where nobody waits for anything that could be given away, so whoever takes one is
//! before nobody. It stands for a slot until the log tells what came of it, or it is given up.

use std::collections::BTreeSet;

use events::id::{AgentId, Capability, TaskId, Tenant};
use events::planted::{Bug, planted};
use events::task::Assigned;
use events::time::Timestamp;

use super::Placing;
use super::choice::Choice;
use super::ready::{Slot, State};

/// How many tasks have a seat and are not on record yet, at most.
pub const SEATS_MAX: usize = 256;

/// A slot that is kept for a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    agent: u32,
    /// Whether the task is on record, and has the slot itself.
    is_taken: bool,
}

/// An agent has a task, and nobody chose it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Who has what.
    pub choice: Choice,
    /// Since when.
    pub at: Timestamp,
    /// Whether it has the seat that was kept for it: then it is to be handed over. If not, nobody knows
    /// who has done so.
    pub is_seated: bool,
}

impl Placing {
    /// Takes a slot for a task that is about to be submitted, if there is one and nobody waits.
    pub fn seat(
        &mut self,
        tenant: &Tenant,
        task: TaskId,
        needs: &BTreeSet<Capability>,
    ) -> Option<AgentId> {
        let tenant = *self.tenants_named.get(tenant)?;
        let someone_waits = self.behind.is_some() || self.classes.next_after(self.turn).is_some();
        let is_here = self.tasks.find(tenant, task).is_some();
        if someone_waits || is_here || self.seats.len() == SEATS_MAX {
            return None;
        }
        let class = self.classes.find(tenant, needs)?;
        let agent = self.agents.least_loaded(self.classes.get(class).next_teams())?;
        if self.agents.get(agent).is_doubted || self.seats.contains_key(&(tenant, task)) {
            return None;
        }
        self.classes.turn(class);
        self.agents.take_slot(agent);
        self.seats.insert((tenant, task), Seat { agent, is_taken: false });
        Some(self.agents.get(agent).id.clone())
    }

    /// Nothing came of it: the slot is free, and if the task is on record all the same, it waits.
    pub fn give_seat_up(&mut self, tenant: &Tenant, task: TaskId, now: Timestamp) {
        let Some(tenant) = self.tenants_named.get(tenant).copied() else { return };
        let Some(seat) = self.seats.remove(&(tenant, task)) else { return };
        if planted(Bug::SeatNotGivenUp) {
            return;
        }
        if !seat.is_taken {
            let woken = self.agents.give_slot_back(seat.agent);
            self.feed(woken);
            return self.agents.forget_if_gone(seat.agent);
        }
        let Some(slot) = self.tasks.find(tenant, task) else { return };
        if self.tasks.get(slot).state == State::Chosen {
            self.step_out(slot);
            self.line_up(slot, now);
        }
    }

    /// How many seats are kept for tasks of which the log does not tell yet.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Whether an agent was not there when it was asked last: it gets no seat, because that would be on
    /// record before anybody has looked whether it is back.
    pub fn doubt(&mut self, tenant: &Tenant, agent: &AgentId, is_doubted: bool) {
        if let Some(agent) = self.agent_named(tenant, agent) {
            self.agents.all[agent as usize].is_doubted = is_doubted;
        }
    }

    /// From now on it is told what agents have that was not chosen here.
    pub fn begin_telling(&mut self) {
        self.tells = true;
    }

    /// What agents have by now that was not chosen here.
    pub fn take_placed(&mut self) -> Vec<Placed> {
        std::mem::take(&mut self.placed)
    }

    /// A task that comes in takes its seat, if there is one for it.
    pub(super) fn sits_down(&mut self, tenant: u32, task: TaskId, slot: Slot) -> bool {
        let Some(seat) = self.seats.get_mut(&(tenant, task)) else { return false };
        seat.is_taken = true;
        let entry = self.tasks.get_mut(slot);
        (entry.agent, entry.state) = (seat.agent, State::Chosen);
        true
    }

    /// It is on record that this agent has a task, which was chosen for it here, or was not.
    pub(super) fn is_placed(&mut self, tenant: u32, slot: Slot, agent: u32, assigned: &Assigned) {
        let entry = self.tasks.get(slot);
        let was_chosen = entry.state == State::Chosen && entry.agent == agent;
        let seat = self.seats.remove(&(tenant, entry.id));
        let is_seated = was_chosen && seat.is_some();
        if self.tells && (is_seated || !was_chosen) {
            let choice = self.choice(slot, assigned.agent.clone(), assigned.attempt);
            self.placed.push(Placed { choice, at: assigned.at, is_seated });
        }
    }
}
