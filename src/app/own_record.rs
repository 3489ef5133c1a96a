//! What happens to this process, on record like everything else: when it started and stopped, and the
//! trouble its actors had. Who looks later for a reason finds it beside what it explains.

use std::sync::Arc;

use actors::runtime::Incident;
use actors::work::Ended;
use events::id::{CommandId, CommandKind, Principal, StreamKey};
use events::node::{ActorPanicked, ActorParked, NodeEvent, Started, Stopped, system_tenant};
use events::store::keys::new_id;
use events::store::{self, Append, Cause, Decision, Expected, NewEvent, RequestHash, Writer};
use events::stream::StreamId;
use events::time::Clock;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How much trouble waits to be recorded; of what is beyond, only the traces tell.
const WAITING_MAX: usize = 256;

/// The record of this process.
pub struct OwnRecord {
    writer: Writer,
    clock: Arc<dyn Clock>,
    stream: StreamId,
}

/// Where trouble is told; when all of these are gone, what was told is on record.
#[derive(Clone)]
pub struct Trouble {
    told: mpsc::Sender<(NodeEvent, Principal)>,
    /// How often something was not appended because another system has taken over.
    moved: watch::Sender<u64>,
    /// Why a part of the system has ended by itself, the first that did.
    ended: watch::Sender<Option<Ended>>,
}

impl OwnRecord {
    /// The record of a process that starts now.
    #[must_use]
    pub fn new(writer: Writer, clock: Arc<dyn Clock>) -> Self {
        let key = StreamKey::of_uuid(new_id(clock.now()));
        let category = "node".parse().expect("it is a word");
        Self { writer, clock, stream: StreamId::new(system_tenant(), category, key) }
    }

    /// It takes commands from now on.
    pub async fn started(&self) -> Result<(), store::Error> {
        let program = env!("CARGO_PKG_VERSION").into();
        self.record(&NodeEvent::Started(Started { program }), annals()).await
    }

    /// It takes no more.
    pub async fn stopped(&self, reason: &str) -> Result<(), store::Error> {
        self.record(&NodeEvent::Stopped(Stopped { reason: reason.into() }), annals()).await
    }

    /// Records trouble from now on.
    #[must_use]
    pub fn listen(self: &Arc<Self>, pool: &Handle) -> (Trouble, JoinHandle<()>) {
        let (tell, mut told) = mpsc::channel(WAITING_MAX);
        let this = Arc::clone(self);
        let listening = pool.spawn(async move {
            while let Some((event, by)) = told.recv().await {
                if let Err(error) = this.record(&event, by).await {
                    tracing::error!(%error, "trouble is not on record");
                }
            }
        });
        let (moved, ended) = (watch::Sender::new(0), watch::Sender::new(None));
        (Trouble { told: tell, moved, ended }, listening)
    }

    async fn record(&self, event: &NodeEvent, by: Principal) -> Result<(), store::Error> {
        let append = Append {
            stream: self.stream.clone(),
            expected: Expected::Any,
            command: CommandId { kind: CommandKind::Derived, id: new_id(self.clock.now()) },
            request: RequestHash([0; 32]),
            owner: None,
            decision: Decision::Accepted(vec![NewEvent::of(event)]),
            cause: Cause::by(by),
            blobs: Vec::new(),
        };
        self.writer.append(append).await.map(drop)
    }
}

/// The system, as one who does things.
fn annals() -> Principal {
    Principal::new("annals").expect("it is a word")
}

impl Trouble {
    /// How often something was refused because another system has taken over.
    #[must_use]
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// Why a part of the system has ended by itself, if one has.
    #[must_use]
    pub fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.ended.subscribe()
    }

    /// A part of the system has ended by itself.
    pub fn ends(&self, why: Ended) {
        self.ended.send_if_modified(|ended| {
            let is_first = ended.is_none();
            ended.get_or_insert(why);
            is_first
        });
    }

    /// Tells what happened to an actor.
    pub fn tell(&self, incident: Incident) {
        tracing::error!(?incident, "an actor is in trouble");
        let event = match incident {
            Incident::Panicked { stream, command, what } => {
                let command = command.map(|id| id.to_string());
                NodeEvent::ActorPanicked(ActorPanicked { actor: stream.into(), command, what })
            }
            Incident::Parked { stream, rest } => {
                let rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
                NodeEvent::ActorParked(ActorParked { actor: stream.into(), rest_ms })
            }
            // It is the other system's to record.
            Incident::Moved { .. } => return self.taken_over(),
        };
        self.record(event, annals());
    }

    /// Something was refused because another system has taken over.
    pub fn taken_over(&self) {
        self.moved.send_modify(|times| *times += 1);
    }

    /// Has something recorded beside what else happened to this process, and who did it.
    pub fn record(&self, event: NodeEvent, by: Principal) {
        if self.told.try_send((event, by)).is_err() {
            tracing::warn!("there is more trouble than can be recorded");
        }
    }
}
