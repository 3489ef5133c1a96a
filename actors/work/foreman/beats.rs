//! Signs of life, as they come to the foreman.

use events::agent::AgentEvent;
use events::id::{AgentId, CommandId, EventId, StreamKey, Tenant};
use events::store::{Cause, RequestHash};
use events::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Desk;
use crate::agent::AgentCommand;
use crate::bounds::OutOfBounds;
use crate::leases::{Beat, Change, Pair, What};
use crate::runtime::{NewCommand, Place};
use crate::work::PATIENCE;
use crate::work::errand::annals;

/// How many heartbeats wait; of those beyond, none is heard, and another one comes soon.
pub const WAITING_MAX: usize = 4096;

/// A heartbeat on its way, and who is told what to drop.
pub struct Heartbeat {
    /// Whose agent it is.
    pub tenant: Tenant,
    /// The agent.
    pub agent: AgentId,
    /// The process, under a name that no other process of the agent has.
    pub process: String,
    /// How many tasks it works on at once.
    pub slots: u32,
    /// What it has.
    pub pairs: Vec<Pair>,
    /// Who is told what it has no longer, and must not wait for anything.
    pub tell: Tell,
}

/// Who is told what a process has no longer.
pub type Tell = Box<dyn FnOnce(Result<Vec<Pair>, OutOfBounds>) + Send>;

/// Takes heartbeats to the foreman; clones share it.
#[derive(Clone)]
pub struct Heartbeats(pub(super) mpsc::Sender<Heartbeat>);

impl Heartbeats {
    /// Takes a heartbeat there; gives it back if too many wait.
    pub fn send(&self, heartbeat: Heartbeat) -> Result<(), Box<Heartbeat>> {
        self.0.try_send(heartbeat).map_err(|error| Box::new(error.into_inner()))
    }
}

impl Desk {
    pub(super) fn beat(&mut self, heartbeat: Heartbeat) {
        let Heartbeat { tenant, agent, process, slots, pairs, tell } = heartbeat;
        let now = self.tick();
        let beat = Beat { tenant: &tenant, agent: &agent, process: &process, slots, pairs: &pairs };
        if !self.placing.knows(&tenant, &agent) {
            // Whoever it is has nothing, and is watched by nobody.
            return tell(beat.check().map(|()| pairs));
        }
        self.is_there(&tenant, &agent);
        match self.leases.beat(&beat, now) {
            Ok(heard) => {
                // Also where the log came to say so just now, or would not hear that it is back.
                self.comes_back(&tenant, &agent);
                if heard.slots.is_some() {
                    self.placing.offer_slots(&tenant, &agent, heard.slots);
                }
                tell(Ok(heard.drop));
            }
            Err(error) => tell(Err(error)),
        }
    }

    /// What changed about an agent because nothing was heard of it.
    pub(super) fn changed(&mut self, change: &Change) {
        let Change { tenant, agent, what } = change;
        match what {
            What::Slots(slots) => {
                self.placing.offer_slots(tenant, agent, *slots);
            }
            What::Silent { for_ms } => {
                let since = Timestamp(self.now().0 - i64::try_from(*for_ms * 1000).unwrap_or(0));
                self.tell_agent(tenant, agent, AgentCommand::GoSilent { since }, "silent");
            }
        }
    }

    /// An agent that is registered has the slots that its living processes have, if any lives.
    pub(super) fn registered(&mut self, tenant: &Tenant, key: &StreamKey, event: &AgentEvent) {
        if let AgentEvent::Registered(_) | AgentEvent::OfferChanged(_) = event
            && let Ok(agent) = key.as_str().parse::<AgentId>()
        {
            let slots = self.leases.slots(tenant, &agent);
            self.placing.offer_slots(tenant, &agent, slots);
        }
    }

    /// It is heard again, and perhaps the log says that it is silent.
    pub(super) fn comes_back(&self, tenant: &Tenant, agent: &AgentId) {
        if self.placing.is_silent(tenant, agent) {
            self.tell_agent(tenant, agent, AgentCommand::Return, "returned");
        }
    }

    /// What the watch tells an agent. It is told again should it be so again, so an answer that does
    /// not come is no harm.
    fn tell_agent(&self, tenant: &Tenant, agent: &AgentId, command: AgentCommand, name: &str) {
        let now = self.now();
        let place = Place {
            tenant: tenant.clone(),
            key: StreamKey::new(agent.as_str()).expect("an agent's id is a token"),
        };
        // The same word at the same time is the same command.
        let about = CommandId::publisher(&format!("{tenant}/{agent}")).id;
        let id = CommandId::derived(EventId(about), now.millis(), name, now.0 as u32);
        let asked = NewCommand {
            command,
            id,
            request: RequestHash([0; 32]),
            cause: Cause::by(annals()),
            blobs: Vec::new(),
            deadline: Instant::now() + PATIENCE,
        };
        let agent = agent.clone();
        self.means.agents.ask(
            place,
            asked,
            Box::new(move |answer| {
                if let Err(error) = answer {
                    tracing::warn!(%agent, %error, "an agent is not told what is known of it");
                }
            }),
        );
    }
}
