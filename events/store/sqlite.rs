//! The log in one SQLite file: WAL, fsynced at every commit, one connection that writes, and a
//! lock that keeps a second writing process out while readers come and go.
//! sqlx brings the schema up to date; rusqlite writes and reads, without a hand-over per statement.

mod append;
mod books;
mod checkpoint;
mod connect;
mod failure;
mod keys;
mod lock;
mod owned;
mod read;
mod rows;
mod schema;
mod snapshots;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sqlx::Connection as _;

pub use keys::SqliteKeys;
pub use lock::holder;
pub use read::SqliteReader;
pub use schema::{KNOWN_SCHEMA, SchemaState, schema_state};
pub use snapshots::SqliteSnapshots;

use crate::store::{Batch, Error, EventStore, LogReader, Reply, StreamHead};
use crate::stream::StreamId;
use append::Connection;
use lock::Lock;
use owned::Owned;

/// The oldest SQLite whose WAL can be trusted.
pub const SQLITE_OLDEST: i32 = 3_051_003;

/// How a store is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The most pages the file may grow to; unlimited if not given.
    pub pages_max: Option<u32>,
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
    /// Opens the log at `path` for writing; creates it, and brings its schema up to date.
    pub async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        connect::check_version()?;
        let path = lock::absolute(path)?;
        let lock = Lock::take(&path)?;
        let migrator = schema::migrate(&path).await?;
        let reader = SqliteReader::open(&path)?;
        migrator.close().await.map_err(failure::of_sqlx)?;
        lock::sync_folders(&path)?;
        let writer = Connection::new(connect::writer(&path, options)?, reader.log_id());
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
        self.writer.run(|connection| connection.append(&batch))
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        self.writer.run(|connection| connection.claim(partition))
    }

    async fn heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        self.writer.run(|connection| connection.heads(streams))
    }

    async fn close(&self) -> Result<(), Error> {
        self.writer.run(|connection| connection.checkpoint(checkpoint::Mode::Truncate))
    }
}
