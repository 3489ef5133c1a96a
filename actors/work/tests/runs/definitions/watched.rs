//! A log whose readers are counted, and made to wait when they read of a certain stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use events::chain::EventHash;
use events::id::{CommandId, Consumer, LogId, Tenant};
use events::recorded::Stored;
use events::store::memory::Memory;
use events::store::{
    Behind, Error, Filter, Imported, Kept, KeptBlob, LogHead, LogReader, Outcome, Page, Progress,
    Report, Standing, StreamHead,
};
use events::stream::{Direction, Position, StreamId, Version};
use tokio::sync::watch;

/// The log; clones share what is counted.
#[derive(Clone)]
pub(super) struct Watched {
    log: Memory,
    /// How many reads there were of the events of each stream.
    reads: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Whose readers wait.
    shut: watch::Sender<Option<String>>,
}

impl Watched {
    pub(super) fn over(log: Memory) -> Self {
        Self { log, reads: Arc::default(), shut: watch::Sender::new(None) }
    }

    /// From now on whoever reads of this one waits; of none, if it is none.
    pub(super) fn shuts(&self, key: Option<&str>) {
        self.shut.send_replace(key.map(ToOwned::to_owned));
    }

    /// How many reads there were since this was asked last.
    pub(super) fn reads(&self, key: &str) -> usize {
        self.reads.lock().expect("held").remove(key).unwrap_or_default()
    }
}

#[async_trait]
impl LogReader for Watched {
    fn log_id(&self) -> LogId {
        self.log.log_id()
    }

    async fn head(&self) -> Result<LogHead, Error> {
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
        let key = stream.key.as_str();
        *self.reads.lock().expect("held").entry(key.to_owned()).or_default() += 1;
        let read = self.log.read_stream(stream, from, direction, limit).await;
        let mut shut = self.shut.subscribe();
        let _ = shut.wait_for(|shut| shut.as_deref() != Some(key)).await;
        read
    }

    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error> {
        self.log.read_all(from, filter, limit).await
    }

    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        self.log.at(positions).await
    }

    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
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
        self.log.imports().await
    }

    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        self.log.verify(progress).await
    }
}
