//! The log in one SQLite file: WAL, fsynced at every commit, one connection that writes, and a lock
//! that keeps a second writing process out while readers come and go. sqlx writes, many rows a
//! statement; rusqlite reads, because it hands out rows without copying them first.

mod append;
mod checkpoint;
mod connect;
mod failure;
mod gather;
mod keys;
mod lock;
mod many;
mod read;
mod rows;
mod schema;
mod snapshots;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

pub use keys::SqliteKeys;
pub use lock::holder;
pub use read::SqliteReader;
pub use schema::{KNOWN_SCHEMA, SchemaState, schema_state};
pub use snapshots::SqliteSnapshots;

use crate::store::{Batch, Error, EventStore, LogReader, Reply};
use append::Connection;
use lock::Lock;

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
    writer: Mutex<Option<Connection>>,
    _lock: Lock,
}

impl Sqlite {
    /// Opens the log at `path` for writing; creates it, and brings its schema up to date.
    pub async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let path = lock::absolute(path)?;
        let lock = Lock::take(&path)?;
        let mut writer = connect::writer(&path, options).await?;
        schema::migrate(&path, &mut writer).await?;
        let reader = SqliteReader::open(&path)?;
        lock::sync_folders(&path)?;
        let writer = Mutex::new(Some(Connection::new(writer)));
        Ok(Self { path, reader, writer, _lock: lock })
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A reader of the same log, to be shared.
    #[must_use]
    pub fn log_reader(&self) -> SqliteReader {
        self.reader.clone()
    }

    /// Runs `work` on the writing connection. After the first fatal error the connection is
    /// abandoned without being closed: closing would sync again what could not be synced.
    async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = self.writer.lock().await;
        let connection = slot.as_mut().ok_or(Error::Stopped)?;
        let done = work(connection).await;
        if let Err(error) = &done
            && error.is_fatal()
            && !crate::planted::planted(crate::planted::Bug::WriteRetriedAfterError)
        {
            std::mem::forget(slot.take());
        }
        done
    }
}

#[async_trait]
impl EventStore for Sqlite {
    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.reader.clone())
    }

    async fn append(&self, batch: &Batch) -> Result<Reply, Error> {
        self.write(async |connection| connection.append(batch).await).await
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        self.write(async |connection| connection.claim(partition).await).await
    }

    async fn settle(&self) -> Result<(), Error> {
        self.write(async |connection| connection.settle().await).await
    }

    async fn close(&self) -> Result<(), Error> {
        self.write(async |connection| connection.checkpoint(checkpoint::Mode::Truncate).await).await
    }
}
