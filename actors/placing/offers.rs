//! What happens to agents, as far as it matters for what they get: what they offer, and whether
//! they may be given something.

use std::collections::BTreeSet;

use events::agent::{AgentEvent, Offer};
use events::id::{AgentId, Capability};
use events::recorded::Recorded;

use super::Placing;

impl Placing {
    pub(super) fn fold_agent(&mut self, event: &Recorded<AgentEvent>) {
        let Ok(id) = event.stream.key.as_str().parse::<AgentId>() else { return };
        let tenant = self.tenant(&event.stream.tenant);
        if let AgentEvent::Registered(offer) = &event.event {
            return self.registered(tenant, &id, offer);
        }
        let known = self.agents.find(tenant, &id);
        let Some(agent) = known.filter(|agent| self.agents.get(*agent).team.is_some()) else {
            return;
        };
        let woken = match &event.event {
            AgentEvent::Registered(_) => None,
            AgentEvent::OfferChanged(offer) => {
                return self.offers(tenant, agent, &offer.capabilities, offer.slots);
            }
            AgentEvent::Paused(_) | AgentEvent::Drained(_) => {
                self.agents.change(agent, |it| it.is_stopped = true)
            }
            AgentEvent::Resumed(_) => self.agents.change(agent, |it| it.is_stopped = false),
            AgentEvent::WentSilent(_) => self.agents.change(agent, |it| it.is_silent = true),
            AgentEvent::Returned(_) => self.agents.change(agent, |it| it.is_silent = false),
            AgentEvent::Retired(_) => {
                self.leave(agent);
                return self.agents.forget_if_gone(agent);
            }
        };
        self.feed(woken);
    }

    fn registered(&mut self, tenant: u32, id: &AgentId, offer: &Offer) {
        let agent = self.agents.meet(tenant, id);
        let woken = self.agents.change(agent, |it| {
            (it.is_stopped, it.is_silent) = (false, false);
        });
        self.feed(woken);
        self.offers(tenant, agent, &offer.capabilities, offer.slots);
    }

    pub(super) fn offers(
        &mut self,
        tenant: u32,
        agent: u32,
        offer: &BTreeSet<Capability>,
        slots: u32,
    ) {
        let (team, is_new) = self.agents.team_with(tenant, offer);
        if is_new {
            let classes = self.classes.within(tenant, offer);
            for class in &classes {
                self.classes.join(*class, team);
            }
            self.agents.team_mut(team).classes.extend(classes);
        }
        if self.agents.get(agent).team != Some(team) {
            self.leave(agent);
            let woken = self.agents.join(agent, team);
            self.feed(woken);
        }
        let woken = self.agents.change(agent, |it| it.slots = slots);
        self.feed(woken);
    }

    fn leave(&mut self, agent: u32) {
        if let Some((team, dissolved)) = self.agents.leave(agent) {
            for class in dissolved.classes {
                self.classes.part(class, team);
            }
        }
    }
}
