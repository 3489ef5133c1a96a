//! One batch, one transaction: read the books, decide, enter, commit. Whatever fails, nothing
//! half stays.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::params;

use super::books::SqliteBooks;
use super::checkpoint::{self, Journal};
use super::rows;
use super::{connect, epochs, failure, read};
use crate::id::LogId;
use crate::planted::{Bug, planted};
use crate::store::admit::{Books, admit};
use crate::store::identity::Identity;
use crate::store::recent::Recent;
use crate::store::{Batch, Epochs, Error, LogHead, Reply, StreamHead};
use crate::stream::{Position, StreamId};

/// What only the writing connection changes, so that it may be remembered between batches.
#[derive(Default)]
pub(super) struct Remembered {
    /// The numbers of streams.
    pub(super) numbers: Recent<Option<i64>>,
    /// The epochs of partitions.
    pub(super) epochs: HashMap<u16, u64>,
}

/// The writing connection with what it remembers between batches.
pub(super) struct Connection {
    sqlite: rusqlite::Connection,
    identity: Identity,
    journal: Journal,
    remembered: Remembered,
    /// Only the planted bug looks at this: a position that a rollback does not take back.
    counter: Position,
}

impl Connection {
    pub(super) fn new(sqlite: rusqlite::Connection, identity: Identity, journal: Journal) -> Self {
        Self {
            sqlite,
            identity,
            journal,
            remembered: Remembered::default(),
            counter: Position::ZERO,
        }
    }

    pub(super) fn sqlite(&self) -> &rusqlite::Connection {
        &self.sqlite
    }

    /// The books, as they stand at `log`.
    pub(super) fn books(&mut self, log: LogHead) -> Result<SqliteBooks<'_>, Error> {
        SqliteBooks::open(&self.sqlite, &mut self.remembered, log)
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether [`settle`](Self::settle) has something to do that takes long.
    pub(super) fn is_due(&mut self) -> Result<bool, Error> {
        self.journal.is_due(&self.sqlite)
    }

    /// Does what is to be done after a commit.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        match self.is_due()? {
            true => self.journal.settle(&self.sqlite),
            false => Ok(()),
        }
    }

    /// Commits what is valid of a batch; [`settle`](Self::settle) comes next.
    pub(super) fn append(&mut self, batch: &Batch) -> Result<Reply, Error> {
        self.transaction(|this| this.admit(batch))
    }

    /// The heads of streams, found on the connection that is about to move them.
    pub(super) fn heads(&mut self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        // One read transaction: taking and giving back the locks costs more than a lookup.
        self.run("BEGIN")?;
        let mut books = SqliteBooks::open(&self.sqlite, &mut self.remembered, LogHead::default())?;
        let found = streams.iter().map(|stream| books.head(stream)).collect();
        drop(books);
        self.run("COMMIT")?;
        found
    }

    /// Takes a partition over.
    pub(super) fn claim(&mut self, partition: u16) -> Result<u64, Error> {
        let claimed = self.transaction(|this| epochs::claim(&this.sqlite, partition))?;
        self.remembered.epochs.insert(partition, claimed);
        Ok(claimed)
    }

    /// Takes all of them over.
    pub(super) fn claim_all(&mut self) -> Result<Epochs, Error> {
        let claim = |this: &mut Self| epochs::all(|each| epochs::claim(&this.sqlite, each));
        let claimed = self.transaction(claim)?;
        self.remembered.epochs = (0..).zip(claimed.iter().copied()).collect();
        Ok(claimed)
    }

    /// How often each partition was claimed.
    pub(super) fn epochs(&mut self) -> Result<Epochs, Error> {
        self.run("BEGIN")?;
        let found = epochs::all(|each| epochs::epoch(&self.sqlite, each));
        self.run("COMMIT")?;
        found
    }

    /// Does what is to be done before the connection is closed.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        checkpoint::close(&self.sqlite)
    }

    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.journal.make_room(&self.sqlite)?;
        self.run("BEGIN IMMEDIATE")?;
        let done = match work(self) {
            Ok(done) => self.run("COMMIT").map(|()| done),
            Err(error) => Err(error),
        };
        if done.is_err() {
            // SQLite may have rolled back by itself already; then there is nothing to do.
            let _ = self.run("ROLLBACK");
            self.remembered = Remembered::default();
            if !self.sqlite.is_autocommit() {
                return Err(Error::Failed("a transaction could not be rolled back".into()));
            }
        }
        let done = connect::anew_if_damaged(&self.sqlite, done);
        let path = Path::new(self.sqlite.path().unwrap_or_default());
        done.map_err(|error| failure::or_full(error, path))
    }

    fn run(&self, text: &'static str) -> Result<(), Error> {
        let ran = self.sqlite.prepare_cached(text).and_then(|mut statement| statement.execute([]));
        ran.map(drop).map_err(failure::of_rusqlite)
    }

    fn admit(&mut self, batch: &Batch) -> Result<Reply, Error> {
        let (_, mut before) = read::head(&self.sqlite)?;
        if batch.stamp < before.recorded_at {
            return Ok(Reply::Early(before.recorded_at));
        }
        if planted(Bug::PositionSurvivesRollback) {
            before.position = before.position.max(self.counter);
        }
        let mut books = SqliteBooks::open(&self.sqlite, &mut self.remembered, before)?;
        let done = admit(&mut books, batch).and_then(|admitted| {
            books.heads().write()?;
            Ok((admitted, books.save_all(batch)?))
        });
        let after = books.log();
        drop(books);
        self.counter = after.position;
        // After an error, SQLite may have rolled back by itself, and whatever ran now would be committed
        // on its own.
        let (admitted, saved) = done?;
        if after != before {
            self.move_head(self.identity.log_id(), after)?;
        }
        Ok(Reply::Done { admitted, saved })
    }

    /// Moves the end of the log.
    pub(super) fn move_head(&self, log_id: LogId, head: LogHead) -> Result<(), Error> {
        let update = "UPDATE log SET position = ?, recorded_at = ?, outcomes = ?, checksum = ?
            WHERE one = 1";
        let (position, outcomes) = (head.position.0 as i64, head.outcomes as i64);
        let sum = rows::log_sum(log_id, &head);
        self.sqlite
            .prepare_cached(update)
            .and_then(|mut u| u.execute(params![position, head.recorded_at.0, outcomes, sum]))
            .map(drop)
            .map_err(failure::of_rusqlite)
    }
}
