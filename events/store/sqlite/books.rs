//! The books of the log as they stand inside a transaction: each statement is prepared once for a
//! batch, and what is entered is there for the next append of the same batch.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::append::Remembered;
use super::heads::Heads;
use super::read::stream;
use super::rows::{self, EventRow, OutcomeRow};
use super::{columns, connect, consumers, epochs, failure};
use crate::chain::blob_hash;
use crate::planted::{Bug, planted};
use crate::store::admit::{Books, Known};
use crate::store::{Batch, Damage, Error, LogHead, Outcome, Prepared, Save, Saved, StreamHead};
use crate::stream::{Position, StreamId};

const KNOWN: &str = "SELECT tenant, command, request, stream, verdict, position, version, events,
    recorded_at, code, message, checksum FROM outcomes WHERE tenant = ? AND command = ?";
const NUMBER: &str =
    "SELECT stream, checksum FROM streams WHERE tenant = ? AND category = ? AND key = ?";
// FAIL, like the guard of the table: what may abort makes SQLite keep a journal for the statement.
const INSERT_EVENT: &str = "INSERT OR FAIL INTO events
    (position, stream, version, hash, header, payload, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)";
const INSERT_OUTCOME: &str = "INSERT INTO outcomes (tenant, command, request, stream, verdict,
    position, version, events, recorded_at, code, message, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_STREAM: &str =
    "INSERT INTO streams (stream, tenant, category, key, checksum) VALUES (?, ?, ?, ?, ?)";
const INSERT_BLOB: &str = "INSERT INTO blobs (tenant, hash, media_type, position, bytes, checksum)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, hash) DO NOTHING";

/// The books, open for one batch.
pub(super) struct SqliteBooks<'c> {
    connection: &'c Connection,
    remembered: &'c mut Remembered,
    log: LogHead,
    /// The highest number a stream has, once it was asked for.
    last_number: Option<i64>,
    known: CachedStatement<'c>,
    insert_event: CachedStatement<'c>,
    insert_outcome: CachedStatement<'c>,
    heads: Heads<'c>,
}

impl<'c> SqliteBooks<'c> {
    pub(super) fn open(
        connection: &'c Connection,
        remembered: &'c mut Remembered,
        log: LogHead,
    ) -> Result<Self, Error> {
        let prepare = |text| connection.prepare_cached(text).map_err(failure::of_rusqlite);
        Ok(Self {
            connection,
            remembered,
            log,
            last_number: None,
            known: prepare(KNOWN)?,
            insert_event: prepare(INSERT_EVENT)?,
            insert_outcome: prepare(INSERT_OUTCOME)?,
            heads: Heads::open(connection)?,
        })
    }

    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The number of a stream, if it has one.
    pub(super) fn number(&mut self, stream: &StreamId) -> Result<Option<i64>, Error> {
        if let Some(known) = self.remembered.numbers.get(stream) {
            return Ok(known);
        }
        let name = params![stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str()];
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let found = self
            .connection
            .prepare_cached(NUMBER)
            .and_then(|mut select| select.query_row(name, read).optional())
            .map_err(failure::of_rusqlite)?;
        if let Some((number, sum)) = found {
            rows::whole("a stream's name", sum, rows::stream_sum(number, stream))?;
        }
        let found = found.map(|(number, _)| number);
        // That there is none may be remembered too: only this connection makes one.
        self.remembered.numbers.put(stream, found);
        Ok(found)
    }

    /// Gives a stream that appears for the first time its number, and no head yet.
    pub(super) fn name(&mut self, stream: &StreamId) -> Result<i64, Error> {
        let number = match self.last_number {
            Some(last) => last + 1,
            None => self.highest_number()? + 1,
        };
        self.last_number = Some(number);
        let (tenant, category) = (stream.tenant.as_str(), stream.category.as_str());
        let sum = rows::stream_sum(number, stream);
        self.execute(INSERT_STREAM, params![number, tenant, category, stream.key.as_str(), sum])?;
        self.remembered.numbers.put(stream, Some(number));
        self.heads.begin(number);
        Ok(number)
    }

    fn highest_number(&self) -> Result<i64, Error> {
        self.connection
            .prepare_cached("SELECT coalesce(max(stream), 0) FROM streams")
            .and_then(|mut select| select.query_row([], |row| row.get(0)))
            .map_err(failure::of_rusqlite)
    }

    fn execute(&self, text: &'static str, values: impl rusqlite::Params) -> Result<(), Error> {
        let ran = self.connection.prepare_cached(text).and_then(|mut s| s.execute(values));
        ran.map(drop).map_err(failure::of_rusqlite)
    }

    /// The heads that were met.
    pub(super) fn heads(&mut self) -> &mut Heads<'c> {
        &mut self.heads
    }

    /// Keeps what the saves of a batch say, as far as the rule allows it.
    pub(super) fn save_all(&mut self, batch: &Batch) -> Result<Vec<Result<Saved, Error>>, Error> {
        let saves = batch.saves.iter().map(|save| match self.save(save) {
            // What is damaged of one consumer must not keep the others out.
            Err(Error::Damaged(damage)) => Ok(Err(damage.into())),
            Err(error) => Err(error),
            Ok(saved) => Ok(Ok(saved)),
        });
        saves.collect()
    }

    fn save(&mut self, save: &Save) -> Result<Saved, Error> {
        let epoch = self.epoch(save.owner.partition)?;
        let found = consumers::find(self.connection, &save.consumer);
        let before = connect::anew_if_damaged(self.connection, found)?.unwrap_or_default();
        let saved = save.judge(before.position, epoch, self.log.position);
        if saved == Saved::Now {
            consumers::keep(self.connection, save, before)?;
        }
        Ok(saved)
    }

    /// The log ends here from now on.
    pub(super) fn goes_to(&mut self, log: LogHead) {
        self.log = log;
    }

    /// Keeps a blob, unless there is one; says whether there was none.
    pub(super) fn keep_blob(
        &self,
        tenant: &str,
        media_type: &str,
        position: Position,
        bytes: &[u8],
    ) -> Result<bool, Error> {
        let (hash, position) = (blob_hash(bytes), position.0 as i64);
        let sum = rows::blob_sum(tenant, &hash, media_type, position);
        let values = params![tenant, hash.0.as_slice(), media_type, position, bytes, sum];
        let kept = self.connection.prepare_cached(INSERT_BLOB).and_then(|mut s| s.execute(values));
        kept.map(|rows| rows > 0).map_err(failure::of_rusqlite)
    }

    /// Keeps the outcome of a command.
    pub(super) fn enter_outcome(&mut self, row: &OutcomeRow<'_>) -> Result<(), Error> {
        let values = params![
            row.tenant.as_ref(),
            row.command.as_ref(),
            row.request.as_ref(),
            row.stream,
            row.verdict,
            row.position,
            row.version,
            row.events,
            row.recorded_at,
            row.code.as_ref(),
            row.message.as_ref(),
            row.sum()
        ];
        self.insert_outcome.execute(values).map(drop).map_err(failure::of_rusqlite)
    }

    /// Keeps an event.
    pub(super) fn enter_event(&mut self, row: &EventRow<'_>) -> Result<(), Error> {
        let (position, version) = (row.position.0 as i64, row.version.0 as i64);
        let values =
            params![position, row.stream, version, row.hash, row.header, row.payload, row.sum()];
        self.insert_event.execute(values).map(drop).map_err(failure::of_rusqlite)
    }

    fn find_known(&mut self, append: &Prepared) -> Result<Option<Known>, Error> {
        let command = append.command.to_bytes();
        let mut rows = self
            .known
            .query(params![append.stream.tenant.as_str(), command.as_slice()])
            .map_err(failure::of_rusqlite)?;
        let Some(row) = rows.next().map_err(failure::of_rusqlite)? else { return Ok(None) };
        let row = columns::outcome(row)?;
        let damaged = || Damage::of("an outcome is damaged");
        let stream = stream::named(self.connection, row.stream)?;
        let request = row.request().ok_or_else(damaged)?;
        Ok(Some(Known { outcome: row.outcome(stream).ok_or_else(damaged)?, request }))
    }

    fn find_head(&mut self, stream: &StreamId) -> Result<StreamHead, Error> {
        match self.number(stream)? {
            Some(number) => self.heads.find(number, stream),
            None => Ok(StreamHead::default()),
        }
    }
}

impl Books for SqliteBooks<'_> {
    fn log(&self) -> LogHead {
        self.log
    }

    fn known(&mut self, append: &Prepared) -> Result<Option<Known>, Error> {
        if planted(Bug::OutcomeNotLookedUp) {
            return Ok(None);
        }
        let found = self.find_known(append);
        connect::anew_if_damaged(self.connection, found)
    }

    fn epoch(&mut self, partition: u16) -> Result<u64, Error> {
        if let Some(known) = self.remembered.epochs.get(&partition) {
            return Ok(*known);
        }
        let found = epochs::epoch(self.connection, partition);
        let found = connect::anew_if_damaged(self.connection, found)?;
        self.remembered.epochs.insert(partition, found);
        Ok(found)
    }

    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error> {
        let found = self.find_head(stream);
        connect::anew_if_damaged(self.connection, found)
    }

    fn record(&mut self, append: &Prepared, outcome: &Outcome, log: LogHead) -> Result<(), Error> {
        let number = match self.number(&append.stream)? {
            Some(number) => number,
            None => self.name(&append.stream)?,
        };
        let command = append.command.to_bytes();
        self.enter_outcome(&OutcomeRow::new(&command, &append.request, number, outcome))?;
        for blob in &append.blobs {
            let tenant = append.stream.tenant.as_str();
            self.keep_blob(tenant, &blob.media_type, outcome.position(), &blob.bytes)?;
        }
        self.log = log;
        if planted(Bug::AppendCommittedInHalves) {
            self.execute("COMMIT", [])?;
            self.execute("BEGIN IMMEDIATE", [])?;
        }
        let Some(span) = outcome.recorded else { return Ok(()) };
        for (event, n) in append.events.iter().zip(0..) {
            self.enter_event(&EventRow {
                position: span.position.plus(n),
                stream: number,
                version: span.version.plus(n),
                hash: &event.hash.0,
                header: &event.header,
                payload: &event.payload,
            })?;
        }
        self.heads.go_to(number, append.head_after());
        Ok(())
    }
}
