//! Signs of life, as they come to the foreman.

use events::agent::AgentEvent;
use events::id::{AgentId, CommandId, EventId, StreamKey, Tenant};
use events::store::{Cause, RequestHash};
use events::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Desk, Note};
use crate::agent::AgentCommand;
use crate::bounds::OutOfBounds;
use crate::leases::{Beat, Change, Pair, Tick, What};
use crate::runtime::{Done, NewCommand, Place, Refused, Reply};
use crate::work::PATIENCE;
use crate::work::errand::annals;

/// How many heartbeats wait; of those beyond, none is heard, and another one comes soon.
pub const WAITING_MAX: usize = 4096;

/// How many agents are told at once that they are silent.
pub(super) const TELLING_MAX: usize = 256;
/// How long it takes until one is told again that could not be.
const AGAIN_MS: u64 = 1_000;

/// An agent is to be told that it is silent.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    tenant: Tenant,
    agent: AgentId,
    for_ms: u64,
    /// As the leases count.
    since: Tick,
}

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
        if !self.placing().knows(&tenant, &agent) {
            // Whoever it is has nothing, and is watched by nobody.
            return tell(beat.check().map(|()| pairs));
        }
        self.is_there(&tenant, &agent);
        match self.leases.beat(&beat, now) {
            Ok(heard) => {
                // Also where the log came to say so just now, or would not hear that it is back.
                self.comes_back(&tenant, &agent);
                if heard.slots.is_some() {
                    self.placing().offer_slots(&tenant, &agent, heard.slots);
                }
                tell(Ok(heard.drop));
            }
            Err(error) => tell(Err(error)),
        }
    }

    /// What changed about an agent because nothing was heard of it.
    pub(super) fn changed(&mut self, change: Change) {
        let Change { tenant, agent, what } = change;
        match what {
            What::Slots(slots) => {
                self.placing().offer_slots(&tenant, &agent, slots);
            }
            What::Silent { for_ms, since } => {
                self.silence(Silence { tenant, agent, for_ms, since });
            }
        }
    }

    fn silence(&mut self, silence: Silence) {
        let Silence { tenant, agent, for_ms, .. } = silence.clone();
        let since = Timestamp(self.now().0 - i64::try_from(for_ms * 1000).unwrap_or(0));
        self.telling += 1;
        let notes = self.notes.clone();
        let reply = move |answer: Result<Done, Refused>| {
            // There is room for each that is under way. Who is gone needs no note.
            let answer = answer.map(|_| ());
            let _ = notes.try_send(Note::Silenced(Box::new(silence), answer));
        };
        let command = AgentCommand::GoSilent { since };
        self.tell_agent(&tenant, &agent, command, "silent", Box::new(reply));
    }

    /// An agent that does not know that it is silent is told again, if it still is: nobody else would
    /// say so, and it would go on to get work.
    pub(super) fn silenced(&mut self, silence: &Silence, answer: &Result<(), Refused>) {
        let Silence { tenant, agent, since, .. } = silence;
        let Err(error) = answer else { return };
        tracing::warn!(%agent, %error, "an agent is not told that it is silent, and is told again");
        let now = self.tick();
        if let Err(error) = self.leases.say_again(tenant, agent, *since, now, AGAIN_MS) {
            tracing::error!(%agent, %error, "an agent is not told that it is silent");
        }
    }

    /// An agent that is registered has the slots that its living processes have, if any lives.
    pub(super) fn registered(&mut self, tenant: &Tenant, key: &StreamKey, event: &AgentEvent) {
        if let AgentEvent::Registered(_) | AgentEvent::OfferChanged(_) = event
            && let Ok(agent) = key.as_str().parse::<AgentId>()
        {
            let slots = self.leases.slots(tenant, &agent);
            self.placing().offer_slots(tenant, &agent, slots);
            self.is_there(tenant, &agent);
        }
    }

    /// It is heard again, and perhaps the log says that it is silent.
    pub(super) fn comes_back(&self, tenant: &Tenant, agent: &AgentId) {
        if self.placing().is_silent(tenant, agent) {
            let who = agent.clone();
            // It is told again at its next sign of life.
            let reply = move |answer: Result<Done, Refused>| {
                if let Err(error) = answer {
                    tracing::warn!(agent = %who, %error, "an agent is not told that it is back");
                }
            };
            let command = AgentCommand::Return;
            self.tell_agent(tenant, agent, command, "returned", Box::new(reply));
        }
    }

    /// What the watch tells an agent.
    fn tell_agent(
        &self,
        tenant: &Tenant,
        agent: &AgentId,
        command: AgentCommand,
        name: &str,
        reply: Reply,
    ) {
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
        self.means.agents.ask(place, asked, reply);
    }
}
