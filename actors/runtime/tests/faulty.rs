//! A real log on a bad day: what it is told to refuse it refuses, what it is told to keep silent
//! about it does and does not say, and its reader holds events back. Nothing of it is made up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::chain::EventHash;
use events::id::{CommandId, Consumer, LogId, Tenant};
use events::recorded::Stored;
use events::store::memory::Memory;
use events::store::{
    Arrival, Arrived, Batch, Behind, Epochs, Error, EventStore, Filter, Imported, Kept, KeptBlob,
    LogHead, LogReader, Outcome, Page, Progress, Reply, Report, Standing, StreamHead,
};
use events::stream::{Direction, Position, StreamId, Version};
use tokio::sync::watch;

/// What happens to one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Unavailable,
    Full,
    /// The connection breaks before it arrives.
    BrokenBefore,
    /// It is recorded, and the connection breaks before that is said.
    BrokenAfter,
    /// The process ends before it arrives.
    EndsBefore,
    /// It is recorded, and the process ends before that is said.
    EndsAfter,
    /// None at all.
    Sound,
}

/// The log; clones share it.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) log: Memory,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    short: Arc<AtomicBool>,
    /// How many more reads fail.
    unread: Arc<AtomicUsize>,
    /// Whether it can be read at all.
    lost: Arc<AtomicBool>,
    /// Whether batches come in.
    open: watch::Sender<bool>,
    /// Whether the process ends now.
    ends: watch::Sender<bool>,
    /// How many appends to whom were in each batch.
    batches: Arc<Mutex<Vec<BTreeMap<String, usize>>>>,
}

impl Faulty {
    pub(crate) fn new(log: Memory) -> Self {
        let (open, ends) = (watch::Sender::new(true), watch::Sender::new(false));
        let (faults, short, unread, lost, batches) = <_>::default();
        Self { log, faults, short, unread, lost, open, ends, batches }
    }

    /// What happens to the next batches, and to no later ones.
    pub(crate) fn befalls(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.faults.lock().expect("held") = faults.into_iter().collect();
    }

    /// From now on streams are given out without their last event.
    pub(crate) fn reads_short(&self, is_short: bool) {
        self.short.store(is_short, Ordering::Relaxed);
    }

    /// The next so many reads fail, and those behind them do not.
    pub(crate) fn fails_reads(&self, count: usize) {
        self.unread.store(count, Ordering::Relaxed);
    }

    /// Batches wait before they come in, until they may.
    pub(crate) fn holds_back(&self, holds_back: bool) {
        self.open.send_replace(!holds_back);
    }

    /// Returns when the process is to end.
    pub(crate) async fn ends(&self) {
        let _ = self.ends.subscribe().wait_for(|ends| *ends).await;
        self.ends.send_replace(false);
    }

    /// How many appends to streams of which category were in each batch.
    pub(crate) fn batches(&self) -> Vec<BTreeMap<String, usize>> {
        self.batches.lock().expect("held").clone()
    }

    /// From now on it cannot be read, and never will be.
    pub(crate) fn is_lost(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    fn is_read(&self) -> Result<(), Error> {
        if self.lost.load(Ordering::Relaxed) {
            return Err(Error::Failed("it is told to be lost".into()));
        }
        let one_less = |left: usize| left.checked_sub(1);
        match self.unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Err(Error::Unavailable("it is told to be".into())),
            Err(_) => Ok(()),
        }
    }

    fn fault(&self) -> Fault {
        self.faults.lock().expect("held").pop_front().unwrap_or(Fault::Sound)
    }
}

#[async_trait]
impl EventStore for Faulty {
    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.clone())
    }

    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error> {
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| *open).await;
        let mut counts = BTreeMap::new();
        for append in &batch.appends {
            *counts.entry(append.stream.category.to_string()).or_default() += 1;
        }
        self.batches.lock().expect("held").push(counts);
        match self.fault() {
            Fault::EndsBefore => {
                self.ends.send_replace(true);
                std::future::pending().await
            }
            Fault::EndsAfter => {
                let _recorded = self.log.append(batch).await?;
                self.ends.send_replace(true);
                std::future::pending().await
            }
            Fault::Sound => self.log.append(batch).await,
            Fault::Unavailable => Err(Error::Unavailable("it is told to be".into())),
            Fault::Full => Err(Error::Full),
            Fault::BrokenBefore => Err(Error::Unknown("it broke".into())),
            Fault::BrokenAfter => {
                let _recorded = self.log.append(batch).await?;
                Err(Error::Unknown("it broke".into()))
            }
        }
    }

    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error> {
        self.log.import(arrival).await
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        self.log.claim(partition).await
    }

    async fn claim_all(&self) -> Result<Epochs, Error> {
        self.log.claim_all().await
    }

    async fn epochs(&self) -> Result<Epochs, Error> {
        self.log.epochs().await
    }
}

#[async_trait]
impl LogReader for Faulty {
    fn log_id(&self) -> LogId {
        self.log.log_id()
    }

    async fn head(&self) -> Result<LogHead, Error> {
        self.is_read()?;
        self.log.head().await
    }

    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        self.log.stream_heads(streams).await
    }

    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error> {
        self.log.outcome(tenant, command).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let mut events = self.log.read_stream(stream, from, direction, limit).await?;
        if self.short.load(Ordering::Relaxed) {
            events.pop();
        }
        Ok(events)
    }

    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error> {
        self.is_read()?;
        self.log.read_all(from, filter, limit).await
    }

    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        self.is_read()?;
        self.log.at(positions).await
    }

    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
        self.is_read()?;
        self.log.standing(consumer).await
    }

    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error> {
        self.log.consumers().await
    }

    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error> {
        self.log.blob(tenant, hash).await
    }

    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error> {
        self.log.kept(commands).await
    }

    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error> {
        self.log.kept_without_events(behind, last, limit).await
    }

    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error> {
        self.log.kept_blobs(behind, last, limit).await
    }

    async fn imports(&self) -> Result<Vec<Imported>, Error> {
        self.is_read()?;
        self.log.imports().await
    }

    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        self.log.verify(progress).await
    }
}
