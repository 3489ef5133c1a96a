//! Moving the journal (WAL) into the file. SQLite swallows the errors of its own automatic
//! checkpoints, so they are off, and the writer does it here, where an error stops everything.

use sqlx::{Row, SqliteConnection};

use super::failure;
use crate::store::Error;

/// From this many journal pages on, a checkpoint is tried between batches.
const PAGES_DUE: i64 = 4000;
/// From this many on, someone holds an old view of the log open; our own readers never do for long.
const PAGES_TOO_MANY: i64 = 64_000;

/// How hard a checkpoint tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As far as readers allow.
    Passive,
    /// Wait for readers, and cut the journal to nothing.
    Truncate,
}

/// Does a checkpoint if the journal has grown enough.
pub(super) async fn when_due(connection: &mut SqliteConnection) -> Result<(), Error> {
    let pages = journal_pages(connection).await?;
    if pages < PAGES_DUE {
        return Ok(());
    }
    if pages % PAGES_TOO_MANY > PAGES_TOO_MANY - PAGES_DUE / 4 {
        tracing::warn!(
            pages,
            "the journal keeps growing: another program holds the log open for reading"
        );
    }
    run(connection, Mode::Passive).await
}

/// Does a checkpoint. That readers are in the way is no error; that the disk is full is none
/// either, because the journal still has everything.
pub(super) async fn run(connection: &mut SqliteConnection, mode: Mode) -> Result<(), Error> {
    let text = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    match sqlx::query(text).fetch_one(connection).await.map_err(failure::of_sqlx) {
        Ok(_) | Err(Error::Full | Error::Unavailable(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// How many pages the journal holds, asked without moving any.
async fn journal_pages(connection: &mut SqliteConnection) -> Result<i64, Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(NOOP)")
        .fetch_one(connection)
        .await
        .map_err(failure::of_sqlx)?;
    let (pages, moved): (i64, i64) = (row.get(1), row.get(2));
    Ok(pages.saturating_sub(moved.max(0)))
}
