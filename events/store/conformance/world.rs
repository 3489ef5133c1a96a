//! A log to try promises on: a store, its writer, a clock set by hand, and restarts.

use std::sync::Arc;

use async_trait::async_trait;

use super::given::SetClock;
use crate::recorded::Stored;
use crate::store::{
    Answer, Append, Error, EventStore, Filter, LogReader, Page, Progress, Report, Writer,
    writer::WriterTask,
};
use crate::stream::{Direction, Position, StreamId, Version};

/// Opens the store under test; again after a restart, with everything that was committed.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Opens the store.
    async fn open(&self) -> Arc<dyn EventStore>;
}

/// A running log.
pub struct World {
    fixture: Box<dyn Fixture>,
    /// The clock of the writer.
    pub clock: Arc<SetClock>,
    running: Option<Running>,
}

struct Running {
    store: Arc<dyn EventStore>,
    writer: Writer,
    task: WriterTask,
}

impl World {
    /// Starts a log.
    pub async fn new(fixture: Box<dyn Fixture>) -> Self {
        let clock = Arc::new(SetClock::at(1_780_000_000_000_000));
        let running = Some(start(&*fixture, &clock).await);
        Self { fixture, clock, running }
    }

    /// Stops the log in good order and starts it again.
    pub async fn restart(&mut self) {
        let Running { store, writer, task } = self.running.take().expect("the log runs");
        drop(writer);
        task.finished().await.expect("the log closes");
        drop(store);
        self.running = Some(start(&*self.fixture, &self.clock).await);
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the log runs")
    }

    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.running().store
    }

    /// The writer.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.running().writer
    }

    /// The reading side.
    #[must_use]
    pub fn reader(&self) -> Arc<dyn LogReader> {
        self.running().store.reader()
    }

    /// Appends, and expects it to be answered.
    #[track_caller]
    pub fn appends(&self, append: Append) -> impl Future<Output = Answer> {
        let writer = self.writer().clone();
        async move { writer.append(append).await.expect("appended") }
    }

    /// Appends, and expects it to be refused.
    pub async fn is_refused(&self, append: Append) -> Error {
        self.writer().append(append).await.expect_err("refused")
    }

    /// A whole stream.
    pub async fn stream(&self, stream: &StreamId) -> Vec<Stored> {
        let reader = self.reader();
        let read = reader.read_stream(stream, Version::FIRST, Direction::Forwards, 10_000);
        read.await.expect("the stream is read")
    }

    /// The whole log, read in pages.
    pub async fn log(&self, filter: &Filter) -> Vec<Stored> {
        let (mut events, mut from) = (Vec::new(), Position::FIRST);
        loop {
            let Page { events: more, next, end } =
                self.reader().read_all(from, filter, 100).await.expect("the log is read");
            events.extend(more);
            from = next;
            if end {
                return events;
            }
        }
    }

    /// An audit, which must find everything whole.
    pub async fn verifies(&self) -> Report {
        let report = self.reader().verify(Progress::default()).await.expect("the audit ends");
        assert_eq!(report.damages, [], "the log is damaged");
        report
    }
}

async fn start(fixture: &dyn Fixture, clock: &Arc<SetClock>) -> Running {
    let store = fixture.open().await;
    let head = store.reader().head().await.expect("the log has a head");
    let (writer, task) = Writer::start(Arc::clone(&store), Arc::clone(clock) as _, head);
    Running { store, writer, task }
}

/// A log in memory that outlives its handles.
pub struct InMemory(crate::store::memory::Memory);

impl Default for InMemory {
    fn default() -> Self {
        let id = uuid::Uuid::from_u128(0x00A1_1A15);
        Self(crate::store::memory::Memory::new(crate::id::LogId(id)))
    }
}

#[async_trait]
impl Fixture for InMemory {
    async fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(self.0.clone())
    }
}
