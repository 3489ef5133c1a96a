//! A world to try promises in: a log, its writer, a registry of tills, all on one thread, whose time
//! is virtual.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::codec::decode;
use events::id::{CommandId, CommandKind, LogId, Principal, main_tenant};
use events::store::conformance::given::SetClock;
use events::store::memory::Memory;
use events::store::snapshot::MemorySnapshots;
use events::store::{
    Append, Cause, Decision, Epochs, EventStore, Expected, LogHead, LogReader, NewEvent,
    RequestHash, Verdict, Writer,
};
use events::stream::{Direction, StreamId, Version};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::faulty::Faulty;
use super::till::{Till, TillCommand, TillEvent};
use crate::decider::Decider;
use crate::runtime::{
    Done, Incident, Limits, NewCommand, Place, Refused, Registry, Reply, Stage, Tools,
};

/// How long a command is worth deciding.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

pub(super) struct World {
    pub(super) store: Faulty,
    pub(super) writer: Writer,
    pub(super) clock: Arc<SetClock>,
    pub(super) snapshots: Arc<MemorySnapshots>,
    pub(super) registry: Arc<Registry<Till>>,
    incidents: Arc<Mutex<Vec<Incident>>>,
    limits: Limits,
}

/// Runs a story where actors can be started.
pub(super) async fn on_stage<T>(story: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(story).await
}

/// Lets time pass, which is virtual here.
pub(super) async fn passes(time: Duration) {
    let never = std::future::pending::<()>();
    tokio::time::timeout(time, never).await.expect_err("nothing happens");
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let store = Faulty::new(Memory::new(LogId(Uuid::from_u128(7))));
        Self::over(store, LogHead::default(), Arc::default(), limits, None)
    }

    /// The same log and snapshots, and nothing in memory.
    pub(super) async fn restarted(&self) -> Self {
        self.beside(None).await
    }

    /// The same log and snapshots, and a claim on all of it.
    pub(super) async fn taken_over(&self) -> Self {
        let epochs = self.store.claim_all().await.expect("claimed");
        self.beside(Some(epochs)).await
    }

    async fn beside(&self, epochs: Option<Epochs>) -> Self {
        let head = self.store.head().await.expect("a head");
        Self::over(self.store.clone(), head, Arc::clone(&self.snapshots), self.limits, epochs)
    }

    fn over(
        store: Faulty,
        head: LogHead,
        snapshots: Arc<MemorySnapshots>,
        limits: Limits,
        epochs: Option<Epochs>,
    ) -> Self {
        let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
        let (writer, _task) = Writer::start(Arc::new(store.clone()), Arc::clone(&clock) as _, head);
        let incidents = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&incidents);
        let (kept, time) = (Arc::clone(&snapshots) as _, Arc::clone(&clock) as _);
        let pool = tokio::runtime::Handle::current();
        let mut tools = Tools::new(writer.clone(), store.reader(), kept, time, pool);
        (tools.limits, tools.epochs) = (limits, epochs);
        tools.on_incident = Box::new(move |it| heard.lock().expect("held").push(it));
        let registry = Registry::new(Stage::here(), Arc::new(tools));
        Self { store, writer, clock, snapshots, registry, incidents, limits }
    }

    pub(super) fn incidents(&self) -> Vec<Incident> {
        self.incidents.lock().expect("held").clone()
    }

    /// Asks without waiting.
    pub(super) fn sends(&self, key: &str, asked: NewCommand<TillCommand>, reply: Reply) {
        self.registry.ask(place(key), asked, reply);
    }

    pub(super) async fn asks_for(
        &self,
        key: &str,
        asked: NewCommand<TillCommand>,
    ) -> Result<Done, Refused> {
        let (reply, answer) = oneshot::channel();
        self.sends(key, asked, Box::new(move |it| drop(reply.send(it))));
        answer.await.expect("every command is answered")
    }

    /// Asks under this number.
    pub(super) async fn asks(
        &self,
        key: &str,
        n: u128,
        command: TillCommand,
    ) -> Result<Done, Refused> {
        self.asks_for(key, asked(n, command)).await
    }

    /// What the actor believes it holds.
    pub(super) async fn tells(&self, key: &str, n: u128) -> String {
        let done = self.asks(key, n, TillCommand::Tell).await.expect("it says");
        said(&done)
    }

    /// What it holds.
    pub(super) async fn truth(&self, key: &str) -> Till {
        Till::replay(&self.history(key).await)
    }

    /// What is on record about it.
    pub(super) async fn history(&self, key: &str) -> Vec<TillEvent> {
        let stream = stream(key);
        let all = self.store.log.read_stream(&stream, Version::FIRST, Direction::Forwards, 100_000);
        let read = |stored: &events::recorded::Stored| {
            let header = stored.header();
            decode::<TillEvent>(header.wire_type, header.schema, stored.payload()).expect("reads")
        };
        all.await.expect("read").iter().map(read).collect()
    }

    /// Someone else appends.
    pub(super) async fn changes_behind_its_back(&self, key: &str, n: u128, by: i64) {
        let event = TillEvent::Changed { by, note: String::new() };
        let append = Append {
            stream: stream(key),
            expected: Expected::Any,
            command: id(n),
            request: RequestHash([0; 32]),
            owner: None,
            decision: Decision::Accepted(vec![NewEvent::of(&event)]),
            cause: cause(),
            blobs: Vec::new(),
        };
        self.writer.append(append).await.expect("appended");
    }
}

pub(super) fn said(done: &Done) -> String {
    match &done.outcome.verdict {
        Verdict::Rejected { message, .. } => message.clone(),
        verdict @ (Verdict::Accepted | Verdict::Nothing) => panic!("{verdict:?}"),
    }
}

pub(super) fn told(till: &Till) -> String {
    format!("{} after {}", till.holds, till.changes)
}

pub(super) fn asked(n: u128, command: TillCommand) -> NewCommand<TillCommand> {
    NewCommand {
        command,
        id: id(n),
        request: RequestHash([n as u8; 32]),
        cause: cause(),
        blobs: Vec::new(),
        deadline: Instant::now() + PATIENCE,
    }
}

pub(super) fn id(n: u128) -> CommandId {
    CommandId { kind: CommandKind::Publisher, id: Uuid::from_u128(n) }
}

fn cause() -> Cause {
    Cause::by(Principal::new("tester").expect("label"))
}

pub(super) fn place(key: &str) -> Place {
    Place { tenant: main_tenant(), key: key.parse().expect("token") }
}

pub(super) fn stream(key: &str) -> StreamId {
    let Place { tenant, key } = place(key);
    StreamId::new(tenant, "till".parse().expect("token"), key)
}
