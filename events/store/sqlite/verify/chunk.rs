//! The events of a range of positions, turn after turn.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Statement, params};

use super::look::Looker;
use super::scan::{ELSEWHERE, Scan, UNCHAINED, Waiting};
use super::totals::Totals;
use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::id::LogId;
use crate::store::sqlite::failure;
use crate::store::sqlite::read::stream;
use crate::store::{Damage, Error, Progress, Report};
use crate::stream::Position;
use crate::time::Timestamp;

/// How many events of a chunk may be unreadable before the rest of it is given up.
const UNREADABLE_MAX: usize = 64;

/// The events of a range.
const EVENTS: &str = "SELECT 1 FROM events WHERE position BETWEEN ? AND ?
    AND look(position, stream, version, hash, header, payload, checksum)";
/// How many events below a position and from another one on are found, each by itself.
const FOUND: &str = "SELECT count(*) FROM
        (SELECT position FROM events WHERE position >= ? AND position < ?
         ORDER BY position DESC LIMIT -1) one
    CROSS JOIN events found ON found.position = one.position";

/// Checks chunk after chunk on one connection.
pub(super) struct Chunks<'c> {
    connection: &'c Connection,
    names: CachedStatement<'c>,
    hashes: CachedStatement<'c>,
    scan: Looker<Scan>,
}

impl<'c> Chunks<'c> {
    /// For a log of this many events.
    pub(super) fn new(connection: &'c Connection, events: u64) -> Result<Self, Error> {
        let prepare = |text| connection.prepare_cached(text).map_err(failure::of_rusqlite);
        Ok(Self {
            connection,
            names: prepare(stream::NAME)?,
            hashes: prepare("SELECT hash FROM events WHERE stream = ? AND version = ?")?,
            scan: Looker::on(connection, 7, Scan::new(events))?,
        })
    }

    /// Checks all events from `from` to `to`.
    pub(super) fn check(
        &mut self,
        from: Position,
        to: Position,
        progress: &Progress,
    ) -> Result<(), Error> {
        if self.scan.with(|scan| scan.next != from || from == Position::FIRST) {
            let last = self.time_before(from)?;
            self.scan.with(|scan| (scan.next, scan.last) = (from, last));
        }
        let (mut next, mut unreadable) = (from, 0);
        while next <= to && unreadable < UNREADABLE_MAX {
            let first = next;
            match self.turn(first, to) {
                Ok(()) => {}
                Err(Error::Damaged(damage)) => {
                    self.note(|at| Damage::at(at, format!("it cannot be read: {}", damage.what)));
                    self.scan.with(|scan| scan.next = scan.next.next());
                    unreadable += 1;
                }
                Err(error) => return Err(error),
            }
            next = self.scan.with(|scan| scan.next);
            progress.add(next.0 - first.0);
        }
        if next <= to {
            self.note(|at| Damage::at(at, format!("it and others up to {to} cannot be read")));
        }
        Ok(())
    }

    /// What was found in all chunks.
    pub(super) fn found(self, report: &mut Report, totals: &mut Totals) {
        self.scan.with(|scan| {
            report.merge(std::mem::take(&mut scan.report));
            totals.table = scan.table;
        });
    }

    /// Notes what is wrong at the next position.
    fn note(&self, damage: impl FnOnce(Position) -> Damage) {
        self.scan.with(|scan| scan.report.note(damage(scan.next)));
    }

    /// Checks as many events as one turn allows, and looks up what it did not know.
    fn turn(&mut self, from: Position, to: Position) -> Result<(), Error> {
        let before = self.scan.with(|scan| scan.report.events);
        let range = (from.0 as i64, to.0 as i64);
        let mut select = self.connection.prepare_cached(EVENTS).map_err(failure::of_rusqlite)?;
        let shown = self.scan.show(&mut select, range);
        drop(select);
        self.settle()?;
        if !shown? {
            self.scan.with(|scan| scan.skip_missing(to.next()));
        }
        let (next, after) = self.scan.with(|scan| (scan.next, scan.report.events));
        self.are_found(from, next, after - before)
    }

    /// When the event before this chunk was recorded. What cannot be read of it is noted, though it
    /// is another chunk's: SQLite says only once that the cells of a page are damaged.
    fn time_before(&self, from: Position) -> Result<Option<(LogId, Timestamp)>, Error> {
        let select = "SELECT header FROM events WHERE position = ?";
        let header: Option<Vec<u8>> = self
            .connection
            .query_row(select, [from.0 as i64 - 1], |row| row.get(0))
            .optional()
            .map_err(failure::of_rusqlite)
            .or_else(|error| self.noted(error))?;
        let header = header.as_deref().and_then(|header| Header::decode(header).ok());
        Ok(header.map(|header| (header.log_id, header.recorded_at)))
    }

    /// Every event is found by its position alone, as it is when a stream is read. Downwards: to the
    /// next row above, SQLite goes without a look at the pages that lead to it.
    fn are_found(&self, from: Position, to: Position, events: u64) -> Result<(), Error> {
        let found = self
            .connection
            .prepare_cached(FOUND)
            .and_then(|mut select| {
                select.query_row([from.0 as i64, to.0 as i64], |row| row.get::<_, i64>(0))
            })
            .map_err(failure::of_rusqlite)
            .or_else(|error| self.noted(error))?;
        if found as u64 != events {
            let damage = Damage::at(from, "it, or one after it, is not found by its position");
            self.note(|_| damage);
        }
        Ok(())
    }

    /// Looks up the streams of events that wait for it, and names those of which something is wrong.
    fn settle(&mut self) -> Result<(), Error> {
        let (waiting, mut wrong) =
            self.scan.with(|scan| (scan.waiting.split_off(0), scan.wrong.split_off(0)));
        for event in waiting {
            match self.waited(&event) {
                Ok(()) => {}
                Err(Error::Damaged(damage)) => {
                    self.scan.with(|scan| scan.forget(event.stream));
                    wrong.push((
                        event.stream,
                        event.version,
                        Damage::at(event.position, damage.what),
                    ));
                }
                Err(error) => return Err(error),
            }
        }
        for (number, version, damage) in wrong {
            let damage = match stream::named(self.connection, number) {
                Ok(name) => damage.in_stream(&name, version),
                Err(_) => damage,
            };
            self.note(|_| damage);
        }
        Ok(())
    }

    fn waited(&mut self, event: &Waiting) -> Result<(), Error> {
        let broken = |what: &str| Err(Damage::of(what).into());
        let is = |name: &[String; 3]| {
            stream::with_name(&mut self.names, event.stream, |found| Ok(name == &found))
        };
        if !event.name.as_ref().map_or(Ok(true), is)? {
            return broken(ELSEWHERE);
        }
        let Some((hash, header, payload)) = &event.chained else { return Ok(()) };
        let before = event.version.0 as i64 - 1;
        match stored_hash(&mut self.hashes, event.stream, before)? {
            None => broken("the event before it in its stream is missing"),
            Some(previous) if event_hash(&previous, header, payload) != *hash => broken(UNCHAINED),
            Some(_) => Ok(()),
        }
    }

    /// Notes damage, and goes on without what it hid.
    fn noted<T: Default>(&self, error: Error) -> Result<T, Error> {
        match error {
            Error::Damaged(damage) => self.note(|_| damage),
            error => return Err(error),
        }
        Ok(T::default())
    }
}

fn stored_hash(
    select: &mut Statement<'_>,
    stream: i64,
    version: i64,
) -> Result<Option<EventHash>, Error> {
    let hash: Option<Vec<u8>> = select
        .query_row(params![stream, version], |row| row.get(0))
        .optional()
        .map_err(failure::of_rusqlite)?;
    Ok(hash.as_deref().and_then(EventHash::from_slice))
}

pub(super) fn at_position(error: Error, position: Position) -> Error {
    match error {
        Error::Damaged(damage) => Damage::at(position, damage.what).into(),
        other => other,
    }
}
