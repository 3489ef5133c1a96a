//! One batch, one transaction: read the books, decide, enter, commit. Whatever fails, nothing
//! half stays.

use std::path::Path;

use rusqlite::{OptionalExtension, params};

use super::books::SqliteBooks;
use super::checkpoint::{self, Journal};
use super::rows;
use super::{connect, failure, read};
use crate::id::LogId;
use crate::planted::{Bug, planted};
use crate::store::admit::{Books, admit};
use crate::store::identity::Identity;
use crate::store::recent::Recent;
use crate::store::{Batch, Error, LogHead, Reply, StreamHead};
use crate::stream::{Position, StreamId};

/// The writing connection with what it remembers between batches.
pub(super) struct Connection {
    sqlite: rusqlite::Connection,
    identity: Identity,
    journal: Journal,
    /// The numbers of streams: immutable, so they may be remembered.
    numbers: Recent<Option<i64>>,
    /// Only the planted bug looks at this: a position that a rollback does not take back.
    counter: Position,
}

impl Connection {
    pub(super) fn new(sqlite: rusqlite::Connection, identity: Identity, journal: Journal) -> Self {
        Self { sqlite, identity, journal, numbers: Recent::default(), counter: Position::ZERO }
    }

    pub(super) fn sqlite(&self) -> &rusqlite::Connection {
        &self.sqlite
    }

    /// The books, as they stand at `log`.
    pub(super) fn books(&mut self, log: LogHead) -> Result<SqliteBooks<'_>, Error> {
        SqliteBooks::open(&self.sqlite, &mut self.numbers, log)
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
        let mut books = SqliteBooks::open(&self.sqlite, &mut self.numbers, LogHead::default())?;
        let found = streams.iter().map(|stream| books.head(stream)).collect();
        drop(books);
        self.run("COMMIT")?;
        found
    }

    /// Takes a partition over.
    pub(super) fn claim(&mut self, partition: u16) -> Result<u64, Error> {
        self.transaction(|this| {
            let select = "SELECT epoch FROM epochs WHERE partition = ?";
            let current: Option<i64> = this
                .sqlite
                .query_row(select, [partition], |row| row.get(0))
                .optional()
                .map_err(failure::of_rusqlite)?;
            let epoch = current.unwrap_or(0) + 1;
            let sum = rows::epoch_sum(partition.into(), epoch);
            let insert =
                "INSERT OR REPLACE INTO epochs (partition, epoch, checksum) VALUES (?, ?, ?)";
            this.sqlite
                .execute(insert, params![partition, epoch, sum])
                .map_err(failure::of_rusqlite)?;
            Ok(epoch as u64)
        })
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
            self.numbers = Recent::default();
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
        let mut books = SqliteBooks::open(&self.sqlite, &mut self.numbers, before)?;
        let admitted = admit(&mut books, batch);
        let after = books.log();
        drop(books);
        self.counter = after.position;
        // After an error, SQLite may have rolled back by itself, and whatever ran now would be committed
        // on its own.
        let admitted = admitted?;
        if after != before {
            self.move_head(self.identity.log_id(), after)?;
        }
        Ok(Reply::Done(admitted))
    }

    /// Moves the end of the log.
    pub(super) fn move_head(&self, log_id: LogId, head: LogHead) -> Result<(), Error> {
        let update = "UPDATE log SET position = ?, recorded_at = ?, outcomes = ?, checksum = ?";
        let (position, outcomes) = (head.position.0 as i64, head.outcomes as i64);
        let sum = rows::log_sum(log_id, &head);
        self.sqlite
            .prepare_cached(update)
            .and_then(|mut u| u.execute(params![position, head.recorded_at.0, outcomes, sum]))
            .map(drop)
            .map_err(failure::of_rusqlite)
    }
}
