//! Moving the journal (WAL) into the file. SQLite swallows the errors of its own automatic
//! checkpoints, so they are off, and the writer does it here, where an error stops everything.

use rusqlite::Connection;

use super::failure;
use crate::store::Error;

/// From this many journal pages on, a checkpoint is tried between batches.
const PAGES_DUE: i64 = 4000;
/// At this many, someone holds an old view of the log open; our own readers never do for long.
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
pub(super) fn when_due(connection: &Connection) -> Result<(), Error> {
    let pages = journal_pages(connection)?;
    if pages < PAGES_DUE {
        return Ok(());
    }
    if pages % PAGES_TOO_MANY > PAGES_TOO_MANY - PAGES_DUE / 4 {
        tracing::warn!(pages, "the journal grows: a program holds the log open for reading");
    }
    run(connection, Mode::Passive)
}

/// Does a checkpoint. That readers are in the way is no error; that the disk is full is none
/// either, because the journal still has everything.
pub(super) fn run(connection: &Connection, mode: Mode) -> Result<(), Error> {
    let text = match mode {
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let done = connection.prepare_cached(text).and_then(|mut p| p.query_row([], |_| Ok(())));
    match done.map_err(failure::of_rusqlite) {
        Ok(()) | Err(Error::Full | Error::Unavailable(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// How many pages wait in the journal, asked without moving any.
fn journal_pages(connection: &Connection) -> Result<i64, Error> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (pages, moved) = connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")
        .and_then(|mut pragma| pragma.query_row([], read))
        .map_err(failure::of_rusqlite)?;
    Ok(pages - moved.max(0))
}
