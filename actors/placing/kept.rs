//! A fold that is kept, so that a start need not read the whole log again: in chunks, because what
//! a store keeps as one piece has an end. What is not on record is not kept: a choice whose outcome
//! nobody knows is made again, and what was told about living processes is told again.

use std::collections::{BTreeMap, BTreeSet};

use events::id::{AgentId, Capability, EventId, TaskId, Tenant};
use events::stream::Position;
use events::task::Priority;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ready::{Entry, State, Terms};
use super::{Placing, index_of};

/// In how many chunks a fold is kept.
pub const CHUNKS: u8 = 64;

/// A part of a fold. It is made of names, not of places in memory, and is whole by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    number: u8,
    /// The newest event in it. Chunks of one fold say the same.
    at: u64,
    latest: Timestamp,
    /// All of them, in the order of their turns.
    tenants: Vec<Tenant>,
    agents: Vec<KeptAgent>,
    classes: Vec<(Tenant, BTreeSet<Capability>)>,
    tasks: Vec<KeptTask>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptAgent {
    tenant: Tenant,
    id: AgentId,
    capabilities: BTreeSet<Capability>,
    slots: u32,
    is_stopped: bool,
    is_silent: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptTask {
    /// Among the classes of its chunk.
    class: u32,
    id: TaskId,
    cause: EventId,
    since: Timestamp,
    submitted: u64,
    attempt: u32,
    held_by: Option<AgentId>,
    version: u16,
    priority: Priority,
    deadline: Option<Timestamp>,
    not_before: Option<Timestamp>,
    heartbeat_ms: Option<u64>,
}

impl Placing {
    /// One of the [`CHUNKS`] that a fold is kept in. All of them are to be taken between the same
    /// two events.
    #[must_use]
    pub fn chunk(&self, number: u8) -> Chunk {
        let (at, latest) = (self.at.0, self.latest);
        let agents = part(number, self.agents.all.capacity());
        let agents = agents.filter_map(|agent| self.keep_agent(agent)).collect();
        let tenants = self.tenants.clone();
        let (classes, tasks) = (Vec::new(), Vec::new());
        let mut chunk = Chunk { number, at, latest, tenants, agents, classes, tasks };
        let mut classes = BTreeMap::new();
        for slot in part(number, self.tasks.all.capacity()) {
            let Some(entry) = self.tasks.all.get(slot) else { continue };
            let class = *classes.entry(entry.class).or_insert_with(|| {
                let needs = self.classes.get(entry.class).needs.clone();
                chunk.classes.push((self.tenant_of(entry).clone(), needs));
                index_of(chunk.classes.len() - 1)
            });
            chunk.tasks.push(self.keep_task(slot, entry, class));
        }
        chunk
    }

    /// The fold that these chunks were taken from. Nothing, if one is missing or they are of
    /// different folds: then the log is to be read.
    #[must_use]
    pub fn restore(chunks: &[Chunk]) -> Option<Self> {
        let first = chunks.first()?;
        let numbers: BTreeSet<u8> = chunks.iter().map(|chunk| chunk.number).collect();
        let is_whole = numbers.into_iter().eq(0..CHUNKS) && chunks.len() == usize::from(CHUNKS);
        if !is_whole || chunks.iter().any(|chunk| chunk.at != first.at) {
            return None;
        }
        let mut placing = Self { at: Position(first.at), latest: first.latest, ..Self::default() };
        for tenant in &first.tenants {
            placing.tenant(tenant);
        }
        for kept in chunks.iter().flat_map(|chunk| &chunk.agents) {
            placing.restore_agent(kept);
        }
        for chunk in chunks {
            for kept in &chunk.tasks {
                let (tenant, needs) = chunk.classes.get(kept.class as usize)?;
                placing.restore_task(tenant, needs, kept);
            }
        }
        Some(placing)
    }

    fn keep_agent(&self, agent: usize) -> Option<KeptAgent> {
        let agent = self.agents.all.get(agent)?;
        Some(KeptAgent {
            tenant: self.tenants[agent.tenant as usize].clone(),
            id: agent.id.clone(),
            capabilities: self.agents.team(agent.team?).offer.clone(),
            slots: agent.slots,
            is_stopped: agent.is_stopped,
            is_silent: agent.is_silent,
        })
    }

    fn keep_task(&self, slot: usize, entry: &Entry, class: u32) -> KeptTask {
        let terms = self.tasks.terms(index_of(slot));
        let held_by = (entry.state == State::Held).then(|| self.agents.get(entry.agent).id.clone());
        KeptTask {
            class,
            id: entry.id,
            cause: entry.cause,
            since: entry.since,
            submitted: entry.submitted.0,
            attempt: entry.attempt,
            held_by,
            version: entry.version,
            priority: entry.priority,
            deadline: terms.deadline,
            not_before: terms.not_before,
            heartbeat_ms: terms.heartbeat_ms,
        }
    }

    fn restore_agent(&mut self, kept: &KeptAgent) {
        let tenant = self.tenant(&kept.tenant);
        let agent = self.agents.meet(tenant, &kept.id);
        self.agents.change(agent, |it| {
            (it.is_stopped, it.is_silent) = (kept.is_stopped, kept.is_silent);
        });
        self.offers(tenant, agent, &kept.capabilities, kept.slots);
    }

    fn restore_task(&mut self, tenant: &Tenant, needs: &BTreeSet<Capability>, kept: &KeptTask) {
        let tenant = self.tenant(tenant);
        let class = self.class(tenant, needs);
        self.classes.count_in(class);
        let held_by = kept.held_by.as_ref().map(|agent| self.agents.meet(tenant, agent));
        let entry = Entry {
            id: kept.id,
            cause: kept.cause,
            since: kept.since,
            submitted: Position(kept.submitted),
            class,
            attempt: kept.attempt,
            agent: held_by.unwrap_or_default(),
            version: kept.version,
            priority: kept.priority,
            state: State::Held,
        };
        let KeptTask { deadline, not_before, heartbeat_ms, .. } = *kept;
        let terms = Terms { deadline, not_before, heartbeat_ms, ..Terms::default() };
        let slot = self.tasks.insert(tenant, entry, terms);
        match held_by {
            Some(agent) => self.agents.take_slot(agent),
            None => self.line_up(slot, self.latest),
        }
    }
}

/// The places of a list of so many that belong to a chunk.
fn part(number: u8, places: usize) -> std::ops::Range<usize> {
    let end = |number: usize| places * number / usize::from(CHUNKS);
    end(usize::from(number))..end(usize::from(number) + 1)
}
