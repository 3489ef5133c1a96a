//! Tasks that need the same stand in one line: what one of them can be given to, all of them can.
//! Each tenant has its lines in the order of their heads; a line that no agent has room for is out
//! of that order until one has.

use std::collections::{BTreeMap, BTreeSet};

use events::id::Capability;
use slab::Slab;

use super::index_of;
use super::ready::{Rank, Slot};

/// How many classes without tasks are kept for the next task of theirs.
const IDLE_CLASSES_MAX: usize = 256;
/// Among how many teams the least load is looked for. Where more have room, they take turns.
pub(super) const TEAMS_LOOKED_AT: usize = 16;

/// The tasks of a tenant that need the same.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) tenant: u32,
    pub(super) needs: BTreeSet<Capability>,
    /// The teams that can do what is needed.
    pub(super) teams: BTreeSet<u32>,
    /// Those of them that may have a free slot: all that have one, and some that had.
    free: BTreeSet<u32>,
    /// The team that was looked at last.
    turn: u32,
    /// How many tasks there are, wherever they stand.
    tasks: usize,
    line: BTreeMap<Rank, Slot>,
    /// Where it stands among those of its tenant.
    stands_at: Option<Rank>,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Classes {
    all: Slab<Class>,
    named: BTreeMap<u32, BTreeMap<BTreeSet<Capability>, u32>>,
    /// By tenant, the classes that may have a task to give away.
    open: BTreeMap<u32, BTreeMap<Rank, u32>>,
    idle: BTreeSet<u32>,
}

impl Classes {
    pub(super) fn find(&self, tenant: u32, needs: &BTreeSet<Capability>) -> Option<u32> {
        self.named.get(&tenant)?.get(needs).copied()
    }

    pub(super) fn get(&self, class: u32) -> &Class {
        &self.all[class as usize]
    }

    fn get_mut(&mut self, class: u32) -> &mut Class {
        &mut self.all[class as usize]
    }

    pub(super) fn add(
        &mut self,
        tenant: u32,
        needs: BTreeSet<Capability>,
        teams: BTreeSet<u32>,
    ) -> u32 {
        let class = Class {
            tenant,
            needs: needs.clone(),
            free: teams.clone(),
            teams,
            turn: 0,
            tasks: 0,
            line: BTreeMap::new(),
            stands_at: None,
        };
        let class = index_of(self.all.insert(class));
        self.named.entry(tenant).or_default().insert(needs, class);
        self.idle.insert(class);
        class
    }

    /// Forgets a class that nobody needs, if there are too many of them; its teams are told.
    pub(super) fn forget_one(&mut self) -> Option<(u32, Class)> {
        if self.idle.len() <= IDLE_CLASSES_MAX {
            return None;
        }
        let index = self.idle.pop_first()?;
        let class = self.all.remove(index as usize);
        self.named.entry(class.tenant).or_default().remove(&class.needs);
        Some((index, class))
    }

    pub(super) fn count_in(&mut self, class: u32) {
        self.idle.remove(&class);
        self.get_mut(class).tasks += 1;
    }

    pub(super) fn count_out(&mut self, class: u32) {
        let it = self.get_mut(class);
        it.tasks = it.tasks.saturating_sub(1);
        if it.tasks == 0 {
            self.idle.insert(class);
        }
    }

    pub(super) fn line_up(&mut self, class: u32, rank: Rank, slot: Slot) {
        self.get_mut(class).line.insert(rank, slot);
        self.settle(class);
    }

    pub(super) fn step_out(&mut self, class: u32, rank: Rank) {
        self.get_mut(class).line.remove(&rank);
        self.settle(class);
    }

    /// The class whose head is next, of the tenant whose turn it is after this one.
    pub(super) fn next_after(&self, turn: u32) -> Option<(u32, Slot)> {
        let mut later = self.open.range(turn.saturating_add(1)..);
        let (_, classes) = later.next().or_else(|| self.open.first_key_value())?;
        let (_, class) = classes.first_key_value()?;
        let (_, slot) = self.get(*class).line.first_key_value()?;
        Some((*class, *slot))
    }

    /// These teams have no free slot.
    pub(super) fn starve(&mut self, class: u32, teams: &[u32]) {
        let it = self.get_mut(class);
        for team in teams {
            it.free.remove(team);
        }
        self.settle(class);
    }

    /// A team of it has a free slot again.
    pub(super) fn feed(&mut self, class: u32, team: u32) {
        if self.get_mut(class).free.insert(team) {
            self.settle(class);
        }
    }

    /// Some teams were looked at: if there are more, it is their turn.
    pub(super) fn turn(&mut self, class: u32) {
        let it = self.get(class);
        if it.free.len() > TEAMS_LOOKED_AT {
            let last = it.next_teams().last();
            self.get_mut(class).turn = last.unwrap_or_default();
        }
    }

    /// The classes of a tenant that a team with this offer can do.
    pub(super) fn within(&self, tenant: u32, offer: &BTreeSet<Capability>) -> BTreeSet<u32> {
        let named = self.named.get(&tenant).into_iter().flatten();
        named.filter(|(needs, _)| needs.is_subset(offer)).map(|(_, class)| *class).collect()
    }

    pub(super) fn join(&mut self, class: u32, team: u32) {
        self.get_mut(class).teams.insert(team);
        self.feed(class, team);
    }

    pub(super) fn part(&mut self, class: u32, team: u32) {
        self.get_mut(class).teams.remove(&team);
        self.starve(class, &[team]);
    }

    /// Puts a class where its head belongs among those of its tenant.
    fn settle(&mut self, class: u32) {
        let it = self.get_mut(class);
        let head = it.line.first_key_value().map(|(rank, _)| *rank);
        let belongs = head.filter(|_| !it.free.is_empty());
        if belongs == it.stands_at {
            return;
        }
        let (tenant, stood) = (it.tenant, std::mem::replace(&mut it.stands_at, belongs));
        let open = self.open.entry(tenant).or_default();
        if let Some(stood) = stood {
            open.remove(&stood);
        }
        if let Some(belongs) = belongs {
            open.insert(belongs, class);
        }
        if open.is_empty() {
            self.open.remove(&tenant);
        }
    }
}

impl Class {
    /// The teams to look at next for a free slot.
    pub(super) fn next_teams(&self) -> impl Iterator<Item = u32> {
        let after = self.free.range(self.turn.saturating_add(1)..);
        let before = self.free.range(..=self.turn);
        after.chain(before).take(TEAMS_LOOKED_AT).copied()
    }
}
