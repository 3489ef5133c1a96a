//! Moving the journal (WAL) into the file, so that it can begin anew and stays within its bound.
//! SQLite swallows the errors of its own automatic checkpoints, so they are off, and the writer does
//! it here, where an error stops everything.

use std::time::Duration;

use rusqlite::{Connection, Row};

use super::{connect, failure};
use crate::planted::{Bug, planted};
use crate::store::Error;

/// From this many journal pages on, a checkpoint is tried between batches.
const PAGES_DUE: i64 = 4000;
/// From this many on it waits for readers: where one comes before another has gone, the journal
/// never begins anew by itself.
const PAGES_LONG: i64 = 16_000;
/// How long it waits for them in one go, and how often: SQLite waits for the places of those whom it
/// found, and does not see that one who came meanwhile and took such a place is in nobody's way. Our
/// own readers let go sooner than this; whoever stays is not waited for.
const READERS_WAIT: Duration = Duration::from_millis(10);
const READERS_WAITS: u32 = 25;

/// What the writer knows of the journal. It alone makes it longer.
pub(super) struct Journal {
    pages_max: i64,
    due: i64,
    long: i64,
    /// How long it was when it was last looked at.
    pages: Option<i64>,
    /// The length at which the next checkpoint is tried.
    next_try: i64,
    /// How much longer the journal gets between two tries that wait for readers in vain.
    step: i64,
}

/// How hard a checkpoint tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As far as readers allow.
    Passive,
    /// Wait for readers, so that the next batch begins the journal anew.
    Restart,
    /// Wait for readers, and cut the journal to nothing.
    Truncate,
}

impl Journal {
    /// A journal that may have this many pages. In a small one everything is due sooner.
    pub(super) fn new(pages_max: u32) -> Self {
        let pages_max = i64::from(pages_max);
        let due = (pages_max / 4).clamp(1, PAGES_DUE);
        let long = (pages_max / 2).clamp(1, PAGES_LONG);
        Self { pages_max, due, long, pages: None, next_try: due, step: due / 4 }
    }

    /// Refuses a batch as long as the journal has all the pages it may have, and readers hold it.
    pub(super) fn make_room(&mut self, connection: &Connection) -> Result<(), Error> {
        let pages = match self.pages {
            Some(pages) => pages,
            None => length(connection)?,
        };
        self.pages = Some(pages);
        if pages < self.pages_max {
            return Ok(());
        }
        match run(connection, Mode::Restart) {
            Ok(true) => self.begins_anew(),
            Ok(false) | Err(Error::Unavailable(_)) => return Err(Error::JournalFull { pages }),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether the journal has grown enough for a checkpoint.
    pub(super) fn is_due(&mut self, connection: &Connection) -> Result<bool, Error> {
        let pages = length(connection)?;
        if self.pages.is_some_and(|before| pages < before) {
            self.begins_anew();
        }
        self.pages = Some(pages);
        Ok(pages >= self.next_try)
    }

    /// Does a checkpoint that is due. That readers are in the way is no error; that the disk is full
    /// is none either, because the journal still has everything.
    pub(super) fn settle(&mut self, connection: &Connection) -> Result<(), Error> {
        let pages = self.pages.unwrap_or_default();
        if pages < self.long {
            self.next_try = pages + self.due / 4;
            return unless_in_the_way(run(connection, Mode::Passive)).map(drop);
        }
        if unless_in_the_way(run(connection, Mode::Restart))? {
            self.begins_anew();
            return Ok(());
        }
        tracing::warn!(pages, "the journal grows: a program holds the log open for reading");
        self.next_try = pages + self.step;
        self.step = (self.step * 2).min(self.long);
        Ok(())
    }

    fn begins_anew(&mut self) {
        (self.pages, self.next_try, self.step) = (Some(0), self.due, self.due / 4);
    }
}

/// Leaves the log as one file, if nobody reads it just now.
pub(super) fn close(connection: &Connection) -> Result<(), Error> {
    unless_in_the_way(run(connection, Mode::Truncate)).map(drop)
}

fn unless_in_the_way(ran: Result<bool, Error>) -> Result<bool, Error> {
    match ran {
        Err(Error::Full | Error::Unavailable(_)) => Ok(false),
        ran => ran,
    }
}

/// Does a checkpoint; says whether all of the journal is in the file now, and nobody who waits was
/// in the way.
fn run(connection: &Connection, mode: Mode) -> Result<bool, Error> {
    let (text, tries) = match mode {
        Mode::Restart if !planted(Bug::JournalNeverRestarted) => {
            ("PRAGMA wal_checkpoint(RESTART)", READERS_WAITS)
        }
        Mode::Passive | Mode::Restart => ("PRAGMA wal_checkpoint(PASSIVE)", 1),
        Mode::Truncate => ("PRAGMA wal_checkpoint(TRUNCATE)", READERS_WAITS),
    };
    connection.busy_timeout(READERS_WAIT).map_err(failure::of_rusqlite)?;
    let mut done = Ok(false);
    for _ in 0..tries {
        done = pragma(connection, text).map(|(busy, pages, moved)| busy == 0 && pages == moved);
        if !matches!(done, Ok(false)) {
            break;
        }
    }
    connection.busy_timeout(connect::BUSY).map_err(failure::of_rusqlite)?;
    done
}

/// How many pages the journal has, asked without moving any. Those that were moved count: only when
/// it begins anew does it stop to grow.
fn length(connection: &Connection) -> Result<i64, Error> {
    pragma(connection, "PRAGMA wal_checkpoint(NOOP)").map(|(_, pages, _)| pages)
}

/// Whether someone was in the way, how many pages the journal has, how many were moved.
fn pragma(connection: &Connection, text: &'static str) -> Result<(i64, i64, i64), Error> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    connection
        .prepare_cached(text)
        .and_then(|mut pragma| pragma.query_row([], read))
        .map_err(failure::of_rusqlite)
}
