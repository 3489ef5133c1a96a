//! A log with its writer, and a registry of actors over it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::actors::runtime::{
    Done, Hosted, Limits, NewCommand, Place, Refused, Registry, Reply, Stage, Tools,
};
use events::id::{CommandId, CommandKind, LogId, Principal, StreamKey, main_tenant};
use events::store::memory::Memory;
use events::store::snapshot::{MemorySnapshots, SnapshotStore};
use events::store::sqlite::{Options, Sqlite, SqliteSnapshots};
use events::store::writer::WriterTask;
use events::store::{Cause, EventStore, RequestHash, Writer};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock::SystemClock;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) struct House<D: Hosted> {
    pub(super) registry: Arc<Registry<D>>,
    pub(super) writer: Writer,
    pub(super) snapshots: Arc<dyn SnapshotStore>,
    task: WriterTask,
}

impl<D: Hosted> House<D> {
    /// Over a log in a file.
    pub(super) async fn in_file(folder: &Path, stage: &Stage, live: usize) -> anyhow::Result<Self> {
        let store = Box::pin(Sqlite::open(&folder.join("log"), &Options::default())).await?;
        let snapshots = SqliteSnapshots::open(&folder.join("snapshots"))?;
        Self::over(Arc::new(store), Arc::new(snapshots), stage, live).await
    }

    /// Over a log in memory.
    pub(super) async fn in_memory(stage: &Stage, live: usize) -> anyhow::Result<Self> {
        let store = Memory::new(LogId(Uuid::from_u128(7)));
        Self::over(Arc::new(store), Arc::new(MemorySnapshots::default()), stage, live).await
    }

    async fn over(
        store: Arc<dyn EventStore>,
        snapshots: Arc<dyn SnapshotStore>,
        stage: &Stage,
        live: usize,
    ) -> anyhow::Result<Self> {
        let (reader, clock) = (store.reader(), Arc::new(SystemClock));
        let (writer, task) = Writer::start(store, Arc::clone(&clock) as _, reader.head().await?);
        let (kept, pool) = (Arc::clone(&snapshots), Handle::current());
        let mut tools = Tools::new(writer.clone(), reader, kept, clock, pool);
        // Nobody leaves because there are many.
        tools.limits = Limits { live_max: 2 * live, idle: PATIENCE, ..Limits::default() };
        let registry = Registry::new(stage.clone(), Arc::new(tools));
        Ok(Self { registry, writer, snapshots, task })
    }

    /// Lets all actors go; the next one that is asked is started again.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.registry.drain(Instant::now() + PATIENCE).await;
        anyhow::ensure!(self.registry.live() == 0, "actors do not leave");
        drop((self.registry, self.writer, self.snapshots));
        Ok(self.task.finished().await?)
    }

    pub(super) fn sends(&self, key: StreamKey, n: u64, command: D::Command, reply: Reply) {
        self.registry.ask(Place { tenant: main_tenant(), key }, asked(n, command), reply);
    }

    pub(super) async fn asks(
        &self,
        key: StreamKey,
        n: u64,
        command: D::Command,
    ) -> anyhow::Result<Done> {
        let (reply, answer) = oneshot::channel::<Result<Done, Refused>>();
        self.sends(key, n, command, Box::new(move |it| drop(reply.send(it))));
        Ok(answer.await??)
    }
}

fn asked<C>(n: u64, command: C) -> NewCommand<C> {
    NewCommand {
        command,
        id: CommandId { kind: CommandKind::Publisher, id: uuid(n) },
        request: RequestHash([7; 32]),
        cause: Cause::by(Principal::new("bench").expect("a label")),
        blobs: Vec::new(),
        deadline: Instant::now() + PATIENCE,
    }
}

/// The id of the `n`-th of something: ordered by time, as clients mint them, and random behind it.
fn uuid(n: u64) -> Uuid {
    let random = u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let millis = 1_780_000_000_000 + n / 64;
    let bytes = random.to_be_bytes();
    uuid::Builder::from_unix_timestamp_millis(millis, bytes.first_chunk().expect("16 are enough"))
        .into_uuid()
}

/// The name of the `n`-th actor.
pub(super) fn key(n: u64) -> StreamKey {
    StreamKey::of_uuid(uuid(n))
}
