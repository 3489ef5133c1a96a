//! A log, its writer, all tasks and agents, and a reaction at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::bus::Router;
use events::chain::EventHash;
use events::codec::{WireType, Words};
use events::header::{Codec, Header};
use events::id::{CommandId, EventId, LogId, Principal, StreamKey};
use events::known::Known;
use events::node::NodeEvent;
use events::recorded::{Recorded, Stored};
use events::store::conformance::given::SetClock;
use events::store::keys::MemoryKeys;
use events::store::memory::Memory;
use events::store::snapshot::MemorySnapshots;
use events::store::{
    Append, Cause, Decision, EventStore, Expected, LogReader, NewEvent, RequestHash, Verdict,
    Writer,
};
use events::stream::{Direction, Position, StreamId, Version};
use events::task::TaskEvent;
use events::time::Timestamp;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::reaction::{Reaction, ToDo};
use crate::reactions::Listed;
use crate::runtime::tests::faulty::Faulty;
use crate::runtime::{Done, Limits, NewCommand, Place, Refused, Stage, Tools};
use crate::story::{order, submit, task, tenant};
use crate::task::TaskCommand;
use crate::work::reactor::Reactor;
use crate::work::{Ended, Means};

/// How long anything may take, in virtual time.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Passes notes on: `7 hello`, said of any task, is said of the seventh task as `hello`. Over the word
/// `bad` it panics, as long as it is not mended: each test breaks one of its own.
#[derive(Debug)]
pub(super) struct PassOn<const TEST: usize>;

pub(super) static MENDED: [AtomicBool; 8] = [const { AtomicBool::new(false) }; 8];

impl<const TEST: usize> Reaction for PassOn<TEST> {
    const NAME: &'static str = "pass_on";
    const HEARS: &'static [WireType] = &[WireType { name: "task.noted", schema: 1 }];

    fn react(event: &Known, _: Option<&Known>) -> Vec<ToDo> {
        let Known::Task(Recorded { event: TaskEvent::Noted(noted), .. }) = event else {
            return vec![];
        };
        let is_mended = || MENDED[TEST].load(Ordering::Relaxed);
        assert!(!noted.text.contains("bad") || is_mended(), "a planted panic");
        let to = |part: &str| {
            let (n, text) = part.split_once(' ')?;
            Some(ToDo::Task(task(n.parse().ok()?), TaskCommand::Note { text: text.into() }))
        };
        noted.text.split(';').filter_map(to).collect()
    }
}

pub(super) struct World {
    pub(super) log: Memory,
    pub(super) writer: Writer,
    pub(super) means: Arc<Means>,
    pub(super) recorded: Arc<Mutex<Vec<NodeEvent>>>,
    /// Why something ended by itself.
    pub(super) ended: Arc<Mutex<Vec<Ended>>>,
}

/// Runs a story where actors can be started.
pub(super) async fn on_stage<T>(story: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(story).await
}

pub(super) fn new_log() -> Memory {
    Memory::new(LogId(Uuid::from_u128(7)))
}

impl World {
    pub(super) async fn new() -> Self {
        Self::over(new_log(), Limits::default()).await
    }

    /// A process that works on this log.
    pub(super) async fn over(log: Memory, limits: Limits) -> Self {
        Self::on(Faulty::new(log), limits).await
    }

    /// The same, for a log on a bad day.
    pub(super) async fn on(store: Faulty, limits: Limits) -> Self {
        let log = store.log.clone();
        let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
        let head = log.head().await.expect("a head");
        let reader = store.reader();
        let (writer, _task) = Writer::start(Arc::new(store), Arc::clone(&clock) as _, head);
        let snapshots = Arc::<MemorySnapshots>::default();
        let pool = tokio::runtime::Handle::current();
        let mut tools = Tools::new(writer.clone(), reader, snapshots, clock, pool);
        tools.limits = limits;
        let (tools, stage) = (Arc::new(tools), Stage::here());
        let ended = Arc::<Mutex<Vec<Ended>>>::default();
        let (keys, bus) = (Arc::new(MemoryKeys::default()), Arc::new(Router::new(1)));
        let tells = Arc::clone(&ended);
        let on_end = Box::new(move |why| tells.lock().expect("held").push(why));
        let means = Means::new(&stage, tools, keys, bus, on_end);
        Self { log, writer, means: Arc::new(means), recorded: Arc::default(), ended }
    }

    pub(super) fn begins(&self, listed: Listed) -> Reactor {
        let recorded = Arc::clone(&self.recorded);
        let on_record = move |event, _| recorded.lock().expect("held").push(event);
        Reactor::begin(listed, Arc::clone(&self.means), Box::new(on_record))
    }

    pub(super) fn passes_on<const TEST: usize>(&self) -> Reactor {
        self.begins(Listed::of::<PassOn<TEST>>())
    }

    /// What happened to the node.
    pub(super) fn recorded(&self) -> Vec<NodeEvent> {
        self.recorded.lock().expect("held").clone()
    }

    /// Asks a task, once for each name.
    pub(super) async fn asks(
        &self,
        n: u64,
        name: &str,
        command: TaskCommand,
    ) -> Result<Done, Refused> {
        let place = Place { tenant: tenant("main"), key: StreamKey::of_uuid(task(n).0) };
        let asked = NewCommand {
            command,
            id: CommandId::publisher(&format!("{n} {name}")),
            request: RequestHash([0; 32]),
            cause: Cause::by(Principal::new("tester").expect("a label")),
            blobs: Vec::new(),
            deadline: Instant::now() + PATIENCE,
        };
        let (reply, answer) = oneshot::channel();
        self.means.tasks.ask(place, asked, Box::new(move |it| drop(reply.send(it))));
        answer.await.expect("every command is answered")
    }

    pub(super) async fn submits(&self, tasks: impl IntoIterator<Item = u64>) {
        for n in tasks {
            let done = self.asks(n, "submit", submit(order("resize"))).await.expect("decided");
            assert_eq!(done.outcome.verdict, Verdict::Accepted);
        }
    }

    /// Says something about a task; where it stands in the log.
    pub(super) async fn notes(&self, n: u64, text: &str) -> Position {
        let note = TaskCommand::Note { text: text.into() };
        let done = self.asks(n, text, note).await.expect("decided");
        done.outcome.position()
    }

    /// Writes into the history of a task what no task ever decided.
    pub(super) async fn writes(&self, n: u64, wire_type: &str, payload: &str) -> Position {
        let event = NewEvent { wire_type: wire_type.into(), schema: 1, payload: payload.into() };
        let append = Append {
            stream: stream(n),
            expected: Expected::Any,
            command: CommandId::publisher(&format!("{n} {wire_type} {payload}")),
            request: RequestHash([0; 32]),
            owner: None,
            decision: Decision::Accepted(vec![event]),
            cause: Cause::by(Principal::new("tester").expect("a label")),
            blobs: Vec::new(),
        };
        self.writer.append(append).await.expect("appended").outcome.position()
    }

    pub(super) async fn head(&self) -> Position {
        self.log.head().await.expect("a head").position
    }

    /// Waits until everything up to here is dealt with.
    pub(super) async fn reaches(&self, reactor: &Reactor, position: Position) {
        let mut at = reactor.at();
        let reached = timeout(PATIENCE, at.wait_for(|at| *at >= position)).await;
        assert!(
            matches!(reached, Ok(Ok(_))),
            "it does not come to {position}, but to {:?}",
            reactor.at()
        );
    }

    /// Waits until everything is dealt with; nobody else says anything.
    pub(super) async fn settles(&self, reactor: &Reactor) {
        while *reactor.at().borrow() < self.head().await {
            self.reaches(reactor, self.head().await).await;
        }
    }

    /// What was said of a task, in order.
    pub(super) async fn said_of(&self, n: u64) -> Vec<String> {
        let (stream, way) = (stream(n), Direction::Forwards);
        let all = self.log.read_stream(&stream, Version::FIRST, way, 100_000);
        let text = |stored: &Stored| match Known::read(stored) {
            Ok(Known::Task(Recorded { event: TaskEvent::Noted(noted), .. })) => Some(noted.text),
            _ => None,
        };
        all.await.expect("read").iter().filter_map(text).collect()
    }
}

pub(in crate::work::reactor) fn stream(n: u64) -> StreamId {
    let category = TaskEvent::CATEGORY.parse().expect("a token");
    StreamId::new(tenant("main"), category, StreamKey::of_uuid(task(n).0))
}

/// Lets time pass, which is virtual here.
pub(super) async fn passes(time: Duration) {
    let never = std::future::pending::<()>();
    timeout(time, never).await.expect_err("nothing happens");
}

/// As a reaction may say of a first event.
pub(super) fn nobody_asks(_: &Header<'_>, _: &[u8]) -> Option<bool> {
    None
}

/// The first event of a task, with so many bytes of payload.
pub(in crate::work::reactor) fn first_event(tenant: &str, n: u64, bytes: usize) -> Arc<Stored> {
    let key = StreamKey::of_uuid(task(n).0);
    let header = Header {
        event_id: EventId(Uuid::from_u128(1)),
        log_id: LogId(Uuid::from_u128(7)),
        tenant,
        category: TaskEvent::CATEGORY,
        stream_key: key.as_str(),
        version: Version::FIRST,
        wire_type: "task.submitted",
        schema: 2,
        recorded_at: Timestamp(5),
        effective_at: None,
        principal: "tester",
        on_behalf_of: None,
        command_id: CommandId::publisher("submit"),
        correlation: None,
        causation: None,
        traceparent: None,
        codec: Codec::Json,
    };
    let stored = Stored::new(Position(1), EventHash::NONE, &header.encode(), &vec![b' '; bytes]);
    Arc::new(stored.expect("readable"))
}
