//! A world to try promises in: a log that outlives whoever works on it, a bus, and workers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::agent::Offer;
use events::bus::simulated::{Rules, Simulated};
use events::bus::{Bus, Message, Router, Subscribe, Subscription};
use events::codec::{Words, decode};
use events::content::{Content, Json};
use events::id::{
    AgentId, CommandId, CommandKind, LogId, Principal, StreamKey, TaskId, main_tenant,
};
use events::labels::Labels;
use events::store::conformance::another::{ALL, moves};
use events::store::keys::MemoryKeys;
use events::store::memory::Memory;
use events::store::snapshot::{MemorySnapshots, SnapshotStore as _};
use events::store::{Cause, EventStore as _, LogReader, RequestHash, Verdict, Writer};
use events::stream::{Direction, StreamId, Version};
use events::task::TaskEvent;
use events::time::{Clock, Timestamp};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::agent::AgentCommand;
use crate::command::Carrying as _;
use crate::leases::{HEARTBEAT_MS, LEASES_MAX, Leases, Pair};
use crate::runtime::tests::faulty::Faulty;
use crate::runtime::{Done, Hosted, NewCommand, Place, Refused, Registry, Stage, Tools};
use crate::task::{Order, TaskCommand};
use crate::work::carrying::Carrier;
use crate::work::foreman::Foreman;
use crate::work::foreman::beats::Heartbeat;
use crate::work::{Ended, Means};

/// How long a command is worth deciding.
const PATIENCE: Duration = Duration::from_secs(600);

/// The time that passes in the world.
struct VirtualClock {
    began: Instant,
    /// What time it was then.
    from: Timestamp,
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.from.0 + self.began.elapsed().as_micros() as i64)
    }
}

/// When a world begins.
const BEGINS: Timestamp = Timestamp(1_780_000_000_000_000);

/// What outlives those who work on it.
pub(super) struct World {
    pub(super) store: Faulty,
    snapshots: Arc<MemorySnapshots>,
    clock: Arc<VirtualClock>,
    /// Whether the bus can tell who listens.
    sees: bool,
    /// Why something ended by itself.
    pub(super) ended: Arc<Mutex<Vec<Ended>>>,
    leases_max: usize,
    pub(super) keys: Arc<MemoryKeys>,
}

/// One life of the system.
pub(super) struct Life {
    pub(super) means: Arc<Means>,
    pub(super) router: Router,
    pub(super) foreman: Foreman,
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

pub(super) fn task(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n))
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(7)
    }

    /// Another number is another log.
    pub(super) fn of(log: u128) -> Self {
        Self {
            store: Faulty::new(Memory::new(LogId(Uuid::from_u128(log)))),
            snapshots: Arc::default(),
            clock: Arc::new(VirtualClock { began: Instant::now(), from: BEGINS }),
            sees: true,
            ended: Arc::default(),
            leases_max: LEASES_MAX,
            keys: Arc::default(),
        }
    }

    /// The same in another process, so many hours after the world began.
    pub(super) fn hours_later(&self, hours: u64) -> Self {
        self.from(BEGINS.plus_ms(hours * 3_600_000))
    }

    /// The same in another process that begins at this time.
    pub(super) fn from(&self, from: Timestamp) -> Self {
        Self {
            store: self.store.clone(),
            snapshots: Arc::clone(&self.snapshots),
            clock: Arc::new(VirtualClock { began: Instant::now(), from }),
            ended: Arc::clone(&self.ended),
            keys: Arc::clone(&self.keys),
            ..*self
        }
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// One with a bus that cannot tell who listens.
    pub(super) fn unseeing() -> Self {
        Self { sees: false, ..Self::new() }
    }

    /// One that can watch no more leases than this.
    pub(super) fn watching(leases_max: usize) -> Self {
        Self { leases_max, ..Self::new() }
    }

    /// The system begins, on whatever is on record.
    pub(super) async fn begins(&self) -> Life {
        let head = self.store.log.head().await.expect("a head");
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let store: Arc<dyn events::store::EventStore> = Arc::new(self.store.clone());
        let (writer, _task) = Writer::start(store, Arc::clone(&clock), head);
        let snapshots = Arc::clone(&self.snapshots) as _;
        let tools = Tools::new(writer, self.store.reader(), snapshots, clock, Handle::current());
        let (tools, stage, router) = (Arc::new(tools), Stage::here(), Router::new(1));
        let bus: Arc<dyn Bus> = match self.sees {
            true => Arc::new(router.clone()),
            false => Arc::new(Simulated::over(router.clone(), Rules::default(), 1)),
        };
        let (keys, ended) = (Arc::clone(&self.keys) as _, Arc::clone(&self.ended));
        let on_end = Box::new(move |why| ended.lock().expect("held").push(why));
        let means = Arc::new(Means::new(&stage, tools, keys, bus, on_end));
        let leases = Leases::new(HEARTBEAT_MS).limited_to(self.leases_max);
        let foreman = Foreman::watching(Arc::clone(&means), leases);
        Life { means, router, foreman }
    }

    /// Everything that is on record comes into another log, beside whoever works on that.
    pub(super) async fn moves_into(&self, other: &Self, adopted: bool) {
        let store: Arc<dyn events::store::EventStore> = Arc::new(other.store.log.clone());
        moves(&self.store.log.reader(), &store, ALL, adopted).await.expect("it moves");
    }

    /// What is on record about a task.
    pub(super) async fn history(&self, task: TaskId) -> Vec<TaskEvent> {
        history(&self.store.log, task).await
    }

    /// Whether what the foreman knows is kept.
    pub(super) fn is_kept(&self) -> bool {
        let tenant = "_annals".parse().expect("a word");
        let (category, key) = ("placing".parse().expect("a word"), "part-0".parse());
        let name = StreamId::new(tenant, category, key.expect("a token"));
        self.snapshots.load(&name).is_some()
    }

    /// How many commands have an outcome.
    pub(super) async fn outcomes(&self) -> u64 {
        self.store.log.head().await.expect("a head").outcomes
    }
}

pub(super) async fn history(log: &dyn LogReader, task: TaskId) -> Vec<TaskEvent> {
    all_of(log, StreamKey::of_uuid(task.0)).await
}

/// All that has happened to something.
pub(super) async fn all_of<E: Words>(log: &dyn LogReader, key: StreamKey) -> Vec<E> {
    let stream = StreamId::new(main_tenant(), E::CATEGORY.parse().expect("a word"), key);
    let events = log.read_stream(&stream, Version::FIRST, Direction::Forwards, 100_000).await;
    let read = |stored: events::recorded::Stored| {
        let header = stored.header();
        decode(header.wire_type, header.schema, stored.payload()).expect("readable")
    };
    events.expect("the stream is read").into_iter().map(read).collect()
}

impl Life {
    /// An agent that is capable of its own name.
    pub(super) async fn registers(&self, agent: &str, slots: u32) {
        let offer = Offer {
            kind: "worker".into(),
            capabilities: [agent.parse().expect("a token")].into(),
            slots,
            labels: Labels::new(),
            tools: [].into(),
            owner: None,
            contact: None,
        };
        let asked = asked(AgentCommand::Register(offer));
        let key = agent.parse().expect("a token");
        let done = ask(&self.means.agents, key, asked).await.expect("it is decided");
        assert!(!matches!(done.outcome.verdict, Verdict::Rejected { .. }), "{:?}", done.outcome);
    }

    /// An agent is told something.
    pub(super) async fn tells(&self, agent: &str, command: AgentCommand) {
        let key = agent.parse().expect("a token");
        ask(&self.means.agents, key, asked(command)).await.expect("recorded");
    }

    /// A process of the agent says that it lives, and what it has; it hears what it has no longer.
    pub(super) async fn beats(&self, name: &str, pairs: Vec<Pair>) -> Vec<Pair> {
        let (tell, told) = oneshot::channel();
        let heartbeat = Heartbeat {
            tenant: main_tenant(),
            agent: agent(name),
            process: "one".into(),
            slots: 1,
            pairs,
            tell: Box::new(move |drop_these| drop(tell.send(drop_these))),
        };
        assert!(self.foreman.heartbeats().send(heartbeat).is_ok(), "there is room");
        told.await.expect("it is answered").expect("it is a heartbeat")
    }

    /// A worker of the agent, which hears what it is asked to do.
    pub(super) async fn works(&self, agent: &str) -> Subscription {
        let pattern: events::bus::Pattern =
            format!("annals.main.work.{agent}").parse().expect("a pattern");
        self.router.subscribe(Subscribe::to(pattern)).await.expect("it listens")
    }

    pub(super) async fn submits(&self, task: TaskId, kind: &str) {
        self.orders(task, Order::new(kind, Content::Inline(Json::parse("7").expect("JSON")))).await;
    }

    pub(super) async fn orders(&self, task: TaskId, order: Order) {
        let done = self.says(task, TaskCommand::Submit(Box::new(order))).await;
        done.expect("it is recorded");
    }

    /// The same, with this input, which may be large.
    pub(super) async fn submits_large(&self, task: TaskId, kind: &str, input: Json) {
        let tenant = main_tenant();
        let mut carrier = Carrier::new(&tenant, None);
        let order = Order::new(kind, carrier.content(input));
        let command = TaskCommand::Submit(Box::new(order));
        let asked = NewCommand { blobs: carrier.into_blobs(), ..asked(command) };
        ask(&self.means.tasks, StreamKey::of_uuid(task.0), asked).await.expect("it is recorded");
    }

    pub(super) async fn says(&self, task: TaskId, command: TaskCommand) -> Result<Done, Refused> {
        ask(&self.means.tasks, StreamKey::of_uuid(task.0), asked(command)).await
    }

    /// The worker answers.
    pub(super) async fn answers(&self, work: &Message, answer: &'static str) {
        let reply = work.reply.clone().expect("work wants an answer");
        self.router.publish(Message::new(reply, answer)).await.expect("it is sent");
    }

    /// The process is gone, with everything it had in memory.
    pub(super) async fn ends(self) {
        self.router.drain().await.expect("it ends");
        self.foreman.stop().await;
    }
}

/// The work that comes next; it must come within an hour.
pub(super) async fn next(worker: &mut Subscription) -> Message {
    let work = tokio::time::timeout(Duration::from_secs(3_600), worker.next()).await;
    work.expect("work comes").expect("the bus goes on")
}

/// What a worker is asked to do: the task, and which hand-over it is.
pub(super) fn asked_to(work: &Message) -> (TaskId, u32) {
    let said: Value = serde_json::from_slice(&work.payload).expect("JSON");
    let task = said["task"].as_str().and_then(|text| text.parse().ok()).expect("a task");
    (task, said["attempt"].as_u64().expect("a number") as u32)
}

pub(super) fn asked<C>(command: C) -> NewCommand<C> {
    let id = events::store::keys::random_id();
    NewCommand {
        command,
        id: CommandId { kind: CommandKind::Publisher, id },
        request: RequestHash([1; 32]),
        cause: Cause::by(Principal::new("ada").expect("a word")),
        blobs: Vec::new(),
        deadline: Instant::now() + PATIENCE,
    }
}

pub(super) async fn ask<D: Hosted>(
    registry: &Arc<Registry<D>>,
    key: StreamKey,
    asked: NewCommand<D::Command>,
) -> Result<Done, Refused> {
    let (tell, told) = oneshot::channel();
    let place = Place { tenant: main_tenant(), key };
    registry.ask(place, asked, Box::new(move |answer| drop(tell.send(answer))));
    told.await.expect("every command is answered")
}

/// An agent's id.
pub(super) fn agent(name: &str) -> AgentId {
    name.parse().expect("a token")
}
