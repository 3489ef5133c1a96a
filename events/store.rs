//! The port of the log: what every store promises, whatever it is made of.
//! Appends go through [`Writer`], the one task that owns them; readers come as they like.
//!
//! - [`append`] what a caller asks for, [`outcome`] what it gets, [`error`] why not
//! - [`batch`] what the writer hands a store; [`admit`] the rule that says yes or no, shared by stores
//! - [`consumer`] what is kept of those who read and act
//! - [`writer`] group commit; [`tail`] the newest events in memory; [`follow`] reading without an end
//! - [`moving`] a log taken from one store to another
//! - [`memory`] for simulation, [`sqlite`] the log in one file, `postgres` in a database; `conformance`
//!   what all must pass
//! - [`verify`] the report of an audit; [`keys`] what opens sealed values; [`snapshot`] a cache of states

pub mod admit;
pub mod append;
pub mod batch;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod consumer;
pub mod error;
pub mod follow;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod history;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod identity;
pub mod keys;
pub mod memory;
pub mod moving;
pub mod outcome;
#[cfg(feature = "postgres")]
pub mod postgres;
mod recent;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod rows;
pub mod snapshot;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod tail;
pub mod verify;
pub mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

pub use append::{Append, Cause, Decision, Expected, NewBlob, NewEvent, Owner, RequestHash};
pub use batch::{Admitted, Batch, LogHead, Prepared, Refusal, Reply, StreamHead};
pub use consumer::{Epochs, Parked, ParkedState, Save, Saved, Standing};
pub use error::{Damage, Error};
pub use follow::Follower;
pub use moving::arrive::{Arrival, Arrived};
pub use moving::{Behind, Imported, Kept, KeptBlob};
pub use outcome::{Answer, Outcome, Span, Verdict};
pub use tail::Tail;
pub use verify::{Progress, Report};
pub use writer::Writer;

use crate::chain::EventHash;
use crate::id::{Category, CommandId, Consumer, LogId, Tenant};
use crate::recorded::Stored;
use crate::stream::{Direction, Position, StreamId, Version};

/// The most events one page of a read returns.
pub const PAGE_EVENTS_MAX: usize = 4096;

/// A log that can be appended to. Only the [`Writer`] calls these.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// The reading side of the same log.
    fn reader(&self) -> Arc<dyn LogReader>;
    /// Commits what is valid of a batch in one durable transaction; says of each append what became of it.
    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error>;
    /// Takes in part of another log, all of it or nothing, in one durable transaction.
    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error>;
    /// Takes a partition over: its epoch grows by one, and appends with an older one are refused.
    async fn claim(&self, partition: u16) -> Result<u64, Error>;
    /// Takes all partitions over at once; the epochs they have then.
    async fn claim_all(&self) -> Result<Epochs, Error>;
    /// The epochs of all partitions; 0 of one that was never claimed.
    async fn epochs(&self) -> Result<Epochs, Error>;
    /// The ends of streams as the writer will find them; a store may know a shorter way to them.
    async fn heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        self.reader().stream_heads(streams).await
    }
    /// Whether to ask for heads takes a journey. Then a stream that may be new is taken for new: who
    /// appends to an old one mostly says where it is, and if it is not new, the append tells.
    fn heads_are_far(&self) -> bool {
        false
    }
    /// Tells how far the log goes when another process has committed, if this store can hear of it.
    fn arrivals(&self) -> Option<watch::Receiver<Position>> {
        None
    }
    /// Does what the store wants done between batches, such as moving its journal into place.
    async fn settle(&self) -> Result<(), Error> {
        Ok(())
    }
    /// Does what the store wants done before the process ends.
    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A log that can be read. Every event that is returned was checked against damage.
#[async_trait]
pub trait LogReader: Send + Sync + 'static {
    /// The identity of the log.
    fn log_id(&self) -> LogId;
    /// The end of the log.
    async fn head(&self) -> Result<LogHead, Error>;
    /// The ends of streams, in the order asked; a stream without events is at version 0.
    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error>;
    /// What became of a command, if it was ever recorded.
    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error>;
    /// Up to `limit` events of a stream, from `from` on in either direction, versions and chain checked.
    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error>;
    /// Where a stream ends, and its first `limit` events.
    async fn beginning(
        &self,
        stream: &StreamId,
        limit: usize,
    ) -> Result<(StreamHead, Vec<Stored>), Error> {
        let heads = self.stream_heads(std::slice::from_ref(stream)).await?;
        let head = heads.first().copied().unwrap_or_default();
        let events = self.read_stream(stream, Version(1), Direction::Forwards, limit).await?;
        Ok((head, events))
    }
    /// Up to `limit` events of the log that pass the filter, from `from` on, and where to go on.
    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error>;
    /// The events at these positions, in the order asked: as many as one read should hold, and at least
    /// the first of them. One that the log does not have is damage.
    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error>;
    /// What is kept of a consumer, if it ever saved anything.
    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error>;
    /// All consumers of which something is kept, by name.
    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error>;
    /// The bytes of a blob.
    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error>;
    /// Everything that is kept of commands, in the order asked; none for one that was never recorded.
    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error>;
    /// Up to `limit` outcomes without events, up to the place `last`, in the order of place, tenant
    /// and command.
    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error>;
    /// Up to `limit` blobs, up to the place `last`, in the order of place, tenant and hash.
    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error>;
    /// Which events came from other logs, by position.
    async fn imports(&self) -> Result<Vec<Imported>, Error>;
    /// Compares everything with everything else, and reports the first thing that is wrong.
    async fn verify(&self, progress: Progress) -> Result<Report, Error>;
}

/// Which events of the log a reader wants. Every part that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this tenant's.
    pub tenant: Option<Tenant>,
    /// Only of this category.
    pub category: Option<Category>,
    /// Only of this wire type.
    pub wire_type: Option<String>,
}

impl Filter {
    /// Says whether an event with this header passes.
    #[must_use]
    pub fn passes(&self, header: &crate::header::Header<'_>) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| tenant.as_str() == header.tenant)
            && self.category.as_ref().is_none_or(|category| category.as_str() == header.category)
            && self.wire_type.as_ref().is_none_or(|wire_type| wire_type == header.wire_type)
    }

    /// Says whether every event passes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// Part of the log.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The events, by position.
    pub events: Vec<Stored>,
    /// Where the next page begins.
    pub next: Position,
    /// Whether the end of the log was reached.
    pub end: bool,
}
