//! The agents and their free slots. Agents of a tenant that offer the same are a team: whoever of
//! them has the least to do is next. An agent that may not get work stands in no team's order.

use std::collections::{BTreeMap, BTreeSet};

use events::id::{AgentId, Capability};
use events::time::Timestamp;
use slab::Slab;

use super::index_of;

/// An agent, or the name of one that nobody has registered and that has a task all the same.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub(super) tenant: u32,
    pub(super) id: AgentId,
    /// Its team, if it is registered.
    pub(super) team: Option<u32>,
    /// The slots it registered with.
    pub(super) slots: u32,
    /// Paused, or about to end.
    pub(super) is_stopped: bool,
    pub(super) is_silent: bool,
    /// It was not there when it was asked last.
    pub(super) is_doubted: bool,
    /// The slots of its processes, as far as they say.
    told: Option<u32>,
    held: u32,
    over_until: Option<Timestamp>,
    /// The load under which it stands in its team's order.
    stands_at: Option<u64>,
}

/// The agents of a tenant that offer the same.
#[derive(Debug, Clone)]
pub(super) struct Team {
    tenant: u32,
    pub(super) offer: BTreeSet<Capability>,
    /// The classes of tasks that it can do.
    pub(super) classes: BTreeSet<u32>,
    members: usize,
    /// Those with a free slot: the least load first, then by name.
    free: BTreeSet<(u64, AgentId, u32)>,
}

impl Team {
    pub(super) fn has_room(&self) -> bool {
        !self.free.is_empty()
    }
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Agents {
    pub(super) all: Slab<Agent>,
    named: BTreeMap<(u32, AgentId), u32>,
    teams: Slab<Team>,
    teams_named: BTreeMap<(u32, BTreeSet<Capability>), u32>,
    over: BTreeSet<(Timestamp, u32)>,
}

impl Agents {
    pub(super) fn find(&self, tenant: u32, id: &AgentId) -> Option<u32> {
        self.named.get(&(tenant, id.clone())).copied()
    }

    /// Finds it, or makes room for its name.
    pub(super) fn meet(&mut self, tenant: u32, id: &AgentId) -> u32 {
        if let Some(agent) = self.find(tenant, id) {
            return agent;
        }
        let agent = index_of(self.all.insert(Agent {
            tenant,
            id: id.clone(),
            team: None,
            slots: 0,
            is_stopped: false,
            is_silent: false,
            is_doubted: false,
            told: None,
            held: 0,
            over_until: None,
            stands_at: None,
        }));
        self.named.insert((tenant, id.clone()), agent);
        agent
    }

    pub(super) fn get(&self, agent: u32) -> &Agent {
        &self.all[agent as usize]
    }

    pub(super) fn team(&self, team: u32) -> &Team {
        &self.teams[team as usize]
    }

    pub(super) fn team_mut(&mut self, team: u32) -> &mut Team {
        &mut self.teams[team as usize]
    }

    /// Changes an agent; tells its team if that has a free slot now and had none before.
    pub(super) fn change(&mut self, agent: u32, change: impl FnOnce(&mut Agent)) -> Option<u32> {
        let it = &mut self.all[agent as usize];
        change(it);
        let belongs = it.load_if_free();
        if belongs == it.stands_at {
            return None;
        }
        let stood = std::mem::replace(&mut it.stands_at, belongs);
        let (team, id) = (it.team?, it.id.clone());
        let free = &mut self.teams[team as usize].free;
        let had_none = free.is_empty();
        if let Some(stood) = stood {
            free.remove(&(stood, id.clone(), agent));
        }
        if let Some(belongs) = belongs {
            free.insert((belongs, id, agent));
        }
        (had_none && !free.is_empty()).then_some(team)
    }

    pub(super) fn take_slot(&mut self, agent: u32) {
        self.change(agent, |it| it.held = it.held.saturating_add(1));
    }

    pub(super) fn give_slot_back(&mut self, agent: u32) -> Option<u32> {
        self.change(agent, |it| it.held = it.held.saturating_sub(1))
    }

    pub(super) fn tell_slots(&mut self, agent: u32, total: Option<u32>) -> Option<u32> {
        self.change(agent, |it| it.told = total)
    }

    /// Nothing is given to it before this time.
    pub(super) fn pass_over(&mut self, agent: u32, until: Timestamp) {
        self.go_over(agent);
        self.over.insert((until, agent));
        self.change(agent, |it| it.over_until = Some(until));
    }

    /// The first time at which an agent is no longer passed over.
    pub(super) fn first_over(&self) -> Option<(Timestamp, u32)> {
        self.over.first().cloned()
    }

    /// It is no longer passed over.
    pub(super) fn go_over(&mut self, agent: u32) -> Option<u32> {
        let until = self.get(agent).over_until?;
        self.over.remove(&(until, agent));
        self.change(agent, |it| it.over_until = None)
    }

    /// Of these teams the agent that has the least to do, then the first by name.
    pub(super) fn least_loaded(&self, teams: impl Iterator<Item = u32>) -> Option<u32> {
        let firsts = teams.filter_map(|team| self.team(team).free.first());
        firsts.min().map(|(_, _, agent)| *agent)
    }

    /// The teams of a tenant that can do all of this.
    pub(super) fn able(&self, tenant: u32, needs: &BTreeSet<Capability>) -> BTreeSet<u32> {
        let of_tenant = self.teams_named.range((tenant, BTreeSet::new())..);
        let of_tenant = of_tenant.take_while(|((of, _), _)| *of == tenant);
        let able = of_tenant.filter(|((_, offer), _)| needs.is_subset(offer));
        able.map(|(_, team)| *team).collect()
    }

    /// The team with this offer, and whether it is a new one.
    pub(super) fn team_with(&mut self, tenant: u32, offer: &BTreeSet<Capability>) -> (u32, bool) {
        let name = (tenant, offer.clone());
        if let Some(team) = self.teams_named.get(&name) {
            return (*team, false);
        }
        let team = index_of(self.teams.insert(Team {
            tenant,
            offer: offer.clone(),
            classes: BTreeSet::new(),
            members: 0,
            free: BTreeSet::new(),
        }));
        self.teams_named.insert(name, team);
        (team, true)
    }

    /// It joins a team; tells the team if it has a free slot now and had none before.
    pub(super) fn join(&mut self, agent: u32, team: u32) -> Option<u32> {
        self.team_mut(team).members += 1;
        self.change(agent, |it| it.team = Some(team))
    }

    /// It leaves its team; tells which one is dissolved by that.
    pub(super) fn leave(&mut self, agent: u32) -> Option<(u32, Team)> {
        let team = self.get(agent).team?;
        if let Some(stood) = self.all[agent as usize].stands_at.take() {
            let id = self.get(agent).id.clone();
            self.team_mut(team).free.remove(&(stood, id, agent));
        }
        self.all[agent as usize].team = None;
        let it = self.team_mut(team);
        it.members = it.members.saturating_sub(1);
        if it.members > 0 {
            return None;
        }
        let dissolved = self.teams.remove(team as usize);
        self.teams_named.remove(&(dissolved.tenant, dissolved.offer.clone()));
        Some((team, dissolved))
    }

    /// Forgets one that is not registered and has nothing.
    pub(super) fn forget_if_gone(&mut self, agent: u32) {
        let it = self.get(agent);
        if it.team.is_some() || it.held > 0 {
            return;
        }
        let (name, over_until) = ((it.tenant, it.id.clone()), it.over_until);
        self.over.remove(&(over_until.unwrap_or_default(), agent));
        self.named.remove(&name);
        self.all.remove(agent as usize);
    }
}

impl Agent {
    /// How many tasks it may have at once.
    fn slots_now(&self) -> u32 {
        self.told.unwrap_or(self.slots)
    }

    /// The share of its slots that is taken, if it may be given something. Equal shares are equal
    /// numbers, whatever they are shares of.
    fn load_if_free(&self) -> Option<u64> {
        let takes_work = !self.is_stopped && !self.is_silent && self.over_until.is_none();
        let is_free = self.team.is_some() && takes_work && self.held < self.slots_now();
        is_free.then(|| (u64::from(self.held) << 32) / u64::from(self.slots_now()))
    }
}
