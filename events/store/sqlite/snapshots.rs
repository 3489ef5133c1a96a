//! Snapshots in a file of their own, without fsync: whatever a power loss leaves of it is either a
//! whole snapshot or none.

#![expect(clippy::disallowed_methods, reason = "the cache is a file")]

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use rusqlite::{Connection, OptionalExtension, params};

use super::failure;
use crate::store::Error;
use crate::store::snapshot::{Snapshot, SnapshotStore};
use crate::stream::StreamId;

const SCHEMA: &str = include_str!("../../../migrations/sqlite/snapshots/0001_snapshots.sql");

/// Snapshots in a file.
#[derive(Debug)]
pub struct SqliteSnapshots(Mutex<Connection>);

impl SqliteSnapshots {
    /// Opens the snapshots at `path`; a file that is damaged is begun anew, for it is only a cache.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = match create(path) {
            Ok(connection) => connection,
            Err(_) => {
                let _ = std::fs::remove_file(path);
                create(path).map_err(failure::of_rusqlite)?
            }
        };
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().expect("no one panics while holding the snapshots")
    }
}

fn create(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000;",
    )?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

impl SnapshotStore for SqliteSnapshots {
    fn save(&self, stream: &StreamId, snapshot: &Snapshot) -> Result<(), Error> {
        let insert = "INSERT OR REPLACE INTO snapshots (stream, snapshot) VALUES (?, ?)";
        self.connection()
            .execute(insert, params![stream.to_string(), snapshot.encode()])
            .map(drop)
            .map_err(failure::of_rusqlite)
    }

    fn load(&self, stream: &StreamId) -> Option<Snapshot> {
        let select = "SELECT snapshot FROM snapshots WHERE stream = ?";
        let found: Option<Vec<u8>> = self
            .connection()
            .query_row(select, [stream.to_string()], |row| row.get(0))
            .optional()
            .ok()?;
        Snapshot::decode(&found?)
    }
}
