//! The log in memory: a real store for simulations and tests, which passes the same suite as the others.
//! Nothing here survives the process.

mod arriving;
mod consumers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use async_trait::async_trait;

use crate::chain::{EventHash, blob_hash};
use crate::id::{CommandId, Consumer, LogId, Tenant};
use crate::planted::{Bug, planted};
use crate::recorded::Stored;
use crate::store::admit::{Books, Known, admit};
use crate::store::{
    Arrival, Arrived, Batch, Behind, Damage, Epochs, Error, EventStore, Filter, Imported, Kept,
    KeptBlob, LogHead, LogReader, Outcome, Page, Prepared, Progress, Reply, Report, Standing,
    StreamHead,
};
use crate::stream::{Direction, PARTITIONS, Position, StreamId, Version};

/// A log in memory; clones share it.
#[derive(Debug, Clone)]
pub struct Memory {
    log: Arc<RwLock<Log>>,
}

#[derive(Debug, Clone)]
struct Log {
    log_id: LogId,
    head: LogHead,
    events: Vec<Stored>,
    streams: BTreeMap<StreamId, Vec<usize>>,
    outcomes: HashMap<(Tenant, CommandId), Known>,
    bare: BTreeSet<(Position, Tenant, CommandId)>,
    epochs: Epochs,
    consumers: BTreeMap<Consumer, Standing>,
    blobs: HashMap<(Tenant, EventHash), KeptBlob>,
    blob_places: BTreeSet<(Position, Tenant, EventHash)>,
    imports: Vec<Imported>,
}

impl Memory {
    /// An empty log.
    #[must_use]
    pub fn new(log_id: LogId) -> Self {
        Self { log: Arc::new(RwLock::new(Log::empty(log_id))) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().expect("no one panics while holding the log")
    }
}

impl Log {
    fn empty(log_id: LogId) -> Self {
        Self {
            log_id,
            head: LogHead::default(),
            events: Vec::new(),
            streams: BTreeMap::new(),
            outcomes: HashMap::new(),
            bare: BTreeSet::new(),
            epochs: Box::new([0; PARTITIONS as usize]),
            consumers: BTreeMap::new(),
            blobs: HashMap::new(),
            blob_places: BTreeSet::new(),
            imports: Vec::new(),
        }
    }

    fn stream_head(&self, stream: &StreamId) -> StreamHead {
        let events = self.streams.get(stream).map_or(&[][..], |events| events);
        let hash = events.last().map_or(EventHash::NONE, |&last| self.events[last].hash());
        StreamHead { version: Version(events.len() as u64), hash }
    }
}

impl Books for Log {
    fn log(&self) -> LogHead {
        self.head
    }

    fn known(&mut self, append: &Prepared) -> Result<Option<Known>, Error> {
        if planted(Bug::OutcomeNotLookedUp) {
            return Ok(None);
        }
        Ok(self.outcomes.get(&(append.stream.tenant.clone(), append.command)).cloned())
    }

    fn epoch(&mut self, partition: u16) -> Result<u64, Error> {
        Ok(self.epochs[usize::from(partition)])
    }

    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error> {
        Ok(self.stream_head(stream))
    }

    fn record(&mut self, append: &Prepared, outcome: &Outcome, log: LogHead) -> Result<(), Error> {
        self.keep_outcome(append.command, append.request, outcome);
        for blob in &append.blobs {
            self.keep_blob(KeptBlob {
                tenant: append.stream.tenant.clone(),
                hash: blob_hash(&blob.bytes),
                media_type: blob.media_type.clone(),
                position: outcome.position(),
                bytes: blob.bytes.clone(),
            });
        }
        self.head = log;
        let Some(span) = outcome.recorded else { return Ok(()) };
        let places = self.streams.entry(append.stream.clone()).or_default();
        for (event, n) in append.events.iter().zip(0..) {
            places.push(self.events.len());
            let position = span.position.plus(n);
            let stored = Stored::new(position, event.hash, &event.header, &event.payload);
            self.events.push(stored.expect("the writer wrote this header"));
        }
        Ok(())
    }
}

#[async_trait]
impl EventStore for Memory {
    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.clone())
    }

    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error> {
        let mut log = self.log.write().expect("no one panics while holding the log");
        if batch.stamp < log.head.recorded_at {
            return Ok(Reply::Early(log.head.recorded_at));
        }
        let admitted = admit(&mut *log, &batch)?;
        let saved = batch.saves.iter().map(|save| Ok(log.save(save))).collect();
        Ok(Reply::Done { admitted, saved })
    }

    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error> {
        let mut log = self.log.write().expect("no one panics while holding the log");
        arriving::import(&mut log, &arrival)
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        let mut log = self.log.write().expect("no one panics while holding the log");
        log.epochs[usize::from(partition)] += 1;
        Ok(log.epochs[usize::from(partition)])
    }

    async fn claim_all(&self) -> Result<Epochs, Error> {
        let mut log = self.log.write().expect("no one panics while holding the log");
        log.epochs.iter_mut().for_each(|epoch| *epoch += 1);
        Ok(log.epochs.clone())
    }

    async fn epochs(&self) -> Result<Epochs, Error> {
        Ok(self.read().epochs.clone())
    }
}

#[async_trait]
impl LogReader for Memory {
    fn log_id(&self) -> LogId {
        self.read().log_id
    }

    async fn head(&self) -> Result<LogHead, Error> {
        Ok(self.read().head)
    }

    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        let log = self.read();
        Ok(streams.iter().map(|stream| log.stream_head(stream)).collect())
    }

    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error> {
        Ok(self.read().outcomes.get(&(tenant.clone(), command)).map(|known| known.outcome.clone()))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let log = self.read();
        let places = log.streams.get(stream).map_or(&[][..], |places| places);
        let from = usize::try_from(from.0).unwrap_or(usize::MAX);
        let event = |&place: &usize| log.events[place].clone();
        Ok(match direction {
            Direction::Forwards => {
                places.iter().skip(from.saturating_sub(1)).take(limit).map(event).collect()
            }
            Direction::Backwards => places.iter().take(from).rev().take(limit).map(event).collect(),
        })
    }

    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error> {
        let log = self.read();
        let from = from.max(Position::FIRST);
        let skip = usize::try_from(from.0 - 1).unwrap_or(usize::MAX);
        let passing = log.events.iter().skip(skip).filter(|event| filter.passes(&event.header()));
        let events: Vec<Stored> = passing.take(limit).cloned().collect();
        let end = events.len() < limit;
        let after = log.head.position.next().max(from);
        let next =
            if end { after } else { events.last().map_or(from, |last| last.position().next()) };
        Ok(Page { events, next, end })
    }

    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        let log = self.read();
        let event = |position: &Position| {
            let nth = usize::try_from(position.0.wrapping_sub(1)).unwrap_or(usize::MAX);
            log.events
                .get(nth)
                .cloned()
                .ok_or_else(|| Damage::at(*position, "it is missing").into())
        };
        positions.iter().map(event).collect()
    }

    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
        Ok(self.read().consumers.get(consumer).cloned())
    }

    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error> {
        Ok(self.read().consumers.clone().into_iter().collect())
    }

    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.read().blobs.get(&(tenant.clone(), *hash)).map(|blob| blob.bytes.clone()))
    }

    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error> {
        let log = self.read();
        Ok(commands.iter().map(|command| log.kept(command)).collect())
    }

    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error> {
        let log = self.read();
        let found = arriving::behind(&log.bare, behind, last).take(limit);
        Ok(found.filter_map(|(_, tenant, command)| log.kept(&(tenant.clone(), *command))).collect())
    }

    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error> {
        let log = self.read();
        let found = arriving::behind(&log.blob_places, behind, last).take(limit);
        let blob = |(_, tenant, hash): &(_, Tenant, _)| log.blobs.get(&(tenant.clone(), *hash));
        Ok(found.filter_map(blob).cloned().collect())
    }

    async fn imports(&self) -> Result<Vec<Imported>, Error> {
        Ok(self.read().imports.clone())
    }

    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        let log = self.read();
        let mut report = Report {
            streams: log.streams.len() as u64,
            outcomes: log.outcomes.len() as u64,
            blobs: log.blobs.len() as u64,
            ..Report::default()
        };
        for places in log.streams.values() {
            let mut previous = EventHash::NONE;
            for event in places.iter().map(|&place| &log.events[place]) {
                if !event.follows(&previous) {
                    report.note(Damage::at(
                        event.position(),
                        "its hash is not the hash of its bytes",
                    ));
                }
                previous = event.hash();
            }
            report.events += places.len() as u64;
            progress.add(places.len() as u64);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    crate::conformance!(crate::store::conformance::world::InMemory::default());
}
