//! The tasks that are not over, each in one place: in line for an agent, waiting for a time, or
//! with an agent. A task that waits is kept in 64 bytes, because there may be very many of them;
//! what few tasks have is kept beside.

use std::collections::{BTreeMap, BTreeSet};

use events::id::{EventId, TaskId};
use events::stream::Position;
use events::task::Priority;
use events::time::Timestamp;
use slab::Slab;

use super::index_of;

/// How long a task waits to be worth as much as a fresh one of the next priority.
pub const AGEING_MS: i64 = 30_000;

/// A task, by its place among all that are not over.
pub(super) type Slot = u32;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In line, in its class.
    Ready,
    /// It may not be handed out before some time.
    Later,
    /// Its deadline has passed: nobody gets it any more, and soon an event says so.
    TooLate,
    /// It was given to an agent, and nothing is on record about that yet.
    Chosen,
    /// An agent has it.
    Held,
}

/// A task that is not over.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: TaskId,
    /// The event that made it wait.
    pub(super) cause: EventId,
    /// Since when it waits; of one that an agent has, since when the agent has it.
    pub(super) since: Timestamp,
    pub(super) submitted: Position,
    pub(super) class: u32,
    /// The newest hand-over.
    pub(super) attempt: u32,
    /// Who has it, where someone has.
    pub(super) agent: u32,
    /// The end of the newest version that was seen of its stream.
    pub(super) version: u16,
    pub(super) priority: Priority,
    pub(super) state: State,
}

/// What is agreed about few tasks only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Terms {
    pub(super) deadline: Option<Timestamp>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) heartbeat_ms: Option<u64>,
    /// How often it was given away in vain under the same cause and version.
    pub(super) refusals: u16,
    /// It is not given away again before.
    pub(super) refused_until: Option<Timestamp>,
}

/// The place of a task in line: who waits longer is before others, and each step of priority is
/// worth a wait of 30 s. Time moves all of them alike, so that nothing must be sorted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    at: Timestamp,
    submitted: Position,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    pub(super) all: Slab<Entry>,
    named: BTreeMap<(u32, TaskId), Slot>,
    terms: BTreeMap<Slot, Terms>,
    later: BTreeSet<(Timestamp, Slot)>,
}

impl Tasks {
    pub(super) fn find(&self, tenant: u32, id: TaskId) -> Option<Slot> {
        self.named.get(&(tenant, id)).copied()
    }

    pub(super) fn get(&self, slot: Slot) -> &Entry {
        &self.all[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut Entry {
        &mut self.all[slot as usize]
    }

    pub(super) fn insert(&mut self, tenant: u32, entry: Entry, terms: Terms) -> Slot {
        let id = entry.id;
        let slot = index_of(self.all.insert(entry));
        self.named.insert((tenant, id), slot);
        self.agree(slot, terms);
        slot
    }

    pub(super) fn remove(&mut self, tenant: u32, slot: Slot) {
        let entry = self.all.remove(slot as usize);
        self.named.remove(&(tenant, entry.id));
        self.terms.remove(&slot);
    }

    pub(super) fn terms(&self, slot: Slot) -> Terms {
        self.terms.get(&slot).copied().unwrap_or_default()
    }

    pub(super) fn agree(&mut self, slot: Slot, terms: Terms) {
        if terms == Terms::default() {
            self.terms.remove(&slot);
        } else {
            self.terms.insert(slot, terms);
        }
    }

    /// When it may be handed out.
    pub(super) fn ready_at(&self, slot: Slot) -> Timestamp {
        let refused_until = self.terms(slot).refused_until;
        let waits_since = self.waits_since(slot);
        refused_until.map_or(waits_since, |until| until.max(waits_since))
    }

    pub(super) fn rank(&self, slot: Slot) -> Rank {
        let (entry, waits_since) = (self.get(slot), self.waits_since(slot));
        let ahead = i64::from(u8::from(entry.priority)) * AGEING_MS * 1000;
        Rank { at: Timestamp(waits_since.0.saturating_sub(ahead)), submitted: entry.submitted }
    }

    /// The time from which it could have been handed out; being refused costs no place in line.
    fn waits_since(&self, slot: Slot) -> Timestamp {
        let since = self.get(slot).since;
        self.terms(slot).not_before.map_or(since, |at| at.max(since))
    }

    pub(super) fn wait(&mut self, slot: Slot) {
        self.later.insert((self.ready_at(slot), slot));
    }

    pub(super) fn wait_no_more(&mut self, slot: Slot) {
        self.later.remove(&(self.ready_at(slot), slot));
    }

    /// The first of those that wait for a time.
    pub(super) fn first_later(&self) -> Option<(Timestamp, Slot)> {
        self.later.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_waits_is_small() {
        assert!(size_of::<Entry>() <= 64, "{}", size_of::<Entry>());
    }
}
