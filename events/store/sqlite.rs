//! The log in one SQLite file: WAL, fsynced at every commit, one connection that writes, and a
//! lock that keeps a second writing process out while readers come and go.
//! sqlx brings the schema up to date; rusqlite writes and reads, without a hand-over per statement.

mod append;
mod arriving;
pub mod backup;
mod books;
mod checkpoint;
mod columns;
mod connect;
mod consumers;
mod epochs;
mod failure;
mod heads;
mod keys;
mod lock;
mod owned;
mod read;
mod recover;
mod rows;
mod schema;
mod snapshots;
#[cfg(feature = "planted")]
mod steps;
#[cfg(test)]
mod tests;
mod turn;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sqlx::Connection as _;

pub use keys::SqliteKeys;
pub use lock::{beside, holder};
pub use read::SqliteReader;
pub use schema::{KNOWN_SCHEMA, SchemaState, schema_state};
pub use snapshots::SqliteSnapshots;

use crate::store::{
    Arrival, Arrived, Batch, Epochs, Error, EventStore, LogReader, Reply, StreamHead,
};
use crate::stream::StreamId;
use append::Connection;
use checkpoint::Journal;
use lock::Lock;
use owned::Owned;

/// The oldest SQLite whose WAL can be trusted.
pub const SQLITE_OLDEST: i32 = 3_051_003;
/// Of so few streams the heads are found sooner than the runtime is told that this takes a while.
const FEW: usize = 16;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The most pages the file may grow to; unlimited if not given.
    pub pages_max: Option<u32>,
    /// The most pages the journal may grow to, beyond its last batch, while a program holds the log
    /// open for reading; then appends are refused until it lets go.
    pub journal_pages_max: u32,
}

impl Default for Options {
    /// A journal of 4 GiB, and no other limit.
    fn default() -> Self {
        Self { pages_max: None, journal_pages_max: 1 << 20 }
    }
}

/// A log in a file, open for writing.
pub struct Sqlite {
    path: PathBuf,
    reader: SqliteReader,
    // Before the lock: the connection is closed before another process may write.
    writer: Owned,
    batches: AtomicU64,
    _lock: Lock,
}

impl Sqlite {
    /// Opens the log at `path` for writing; creates it, and brings its schema up to date. Its end is
    /// audited first, and a log whose end is damaged is refused.
    pub async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        connect::check_version()?;
        let path = lock::absolute(path)?;
        let lock = Lock::take(&path)?;
        recover::before_writing(&path)?;
        let migrated = schema::migrate(&path).await;
        let migrator = migrated.map_err(|error| failure::or_full(error, &path))?;
        let reader = SqliteReader::beside_writer(&path)?;
        migrator.close().await.map_err(failure::of_sqlx)?;
        lock::sync_folders(&path)?;
        reader.lend(verify::tail::verify)?;
        let journal = Journal::new(options.journal_pages_max);
        let writer =
            Connection::new(connect::writer(&path, options)?, reader.identity().clone(), journal);
        let writer = Owned::new(writer);
        Ok(Self { path, reader, writer, batches: AtomicU64::new(0), _lock: lock })
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many batches were committed since the log was opened.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// A reader of the same log, to be shared.
    #[must_use]
    pub fn log_reader(&self) -> SqliteReader {
        self.reader.clone()
    }
}

#[async_trait]
impl EventStore for Sqlite {
    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.reader.clone())
    }

    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        let append = |connection: &mut Connection| {
            let reply = connection.append(&batch)?;
            Ok((reply, connection.is_due()?))
        };
        let (reply, is_due) = match batch.appends.len() {
            0..=FEW => self.writer.run_short(append)?,
            _ => self.writer.run(append)?,
        };
        if is_due {
            self.writer.run(Connection::settle)?;
        }
        Ok(reply)
    }

    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error> {
        self.writer.run(|connection| connection.import(&arrival))
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        self.writer.run(|connection| connection.claim(partition))
    }

    async fn claim_all(&self) -> Result<Epochs, Error> {
        self.writer.run(Connection::claim_all)
    }

    async fn epochs(&self) -> Result<Epochs, Error> {
        self.writer.run(Connection::epochs)
    }

    async fn heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        match streams.len() {
            0..=FEW => self.writer.run_at_once(|connection| connection.heads(streams)),
            _ => self.writer.run(|connection| connection.heads(streams)),
        }
    }

    async fn close(&self) -> Result<(), Error> {
        self.writer.run(Connection::close)
    }
}
