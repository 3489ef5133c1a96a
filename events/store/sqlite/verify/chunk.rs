//! The events of a range of positions. Each is chained to the stored hash of the one before it in
//! its stream; since that one is checked too, wherever it stands, the order of checking is free.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Statement, params};

use super::totals::Totals;
use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::id::LogId;
use crate::store::sqlite::read::stream;
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::turn::Turn;
use crate::store::sqlite::{failure, read};
use crate::store::{Damage, Error, Report};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

/// How many streams are remembered: each has one place, and pushes out who was there before.
const SEEN_MAX: usize = 32 * 1024;
/// How many events of a chunk may be unreadable before the rest of it is given up.
const UNREADABLE_MAX: usize = 64;

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
    seen: Vec<Option<Seen>>,
}

/// A stream whose last checked event is known.
#[derive(Default)]
struct Seen {
    number: i64,
    /// Tenant, category and key, which have no slash, with slashes between them.
    name: String,
    version: Version,
    hash: EventHash,
}

/// Where a scan stands.
struct Scan {
    next: Position,
    last: Option<(LogId, Timestamp)>,
}

impl<'c> Chunks<'c> {
    /// For a log of this many events: there are no more streams than that.
    pub(super) fn new(connection: &'c Connection, events: u64) -> Result<Self, Error> {
        let prepare = |text| connection.prepare_cached(text).map_err(failure::of_rusqlite);
        let places = usize::try_from(events).unwrap_or(SEEN_MAX).clamp(1, SEEN_MAX);
        Ok(Self {
            connection,
            names: prepare(stream::NAME)?,
            hashes: prepare("SELECT hash FROM events WHERE stream = ? AND version = ?")?,
            seen: (0..places).map(|_| None).collect(),
        })
    }

    /// Checks all events from `from` to `to`.
    pub(super) fn check(
        &mut self,
        from: Position,
        to: Position,
        report: &mut Report,
        totals: &mut Totals,
    ) -> Result<(), Error> {
        let mut scan = Scan { next: from, last: self.time_before(from, report)? };
        let mut unreadable = 0;
        while scan.next <= to && unreadable < UNREADABLE_MAX {
            let (first, before) = (scan.next, report.events);
            match self.scan(&mut scan, to, report, totals) {
                Ok(()) => self.are_found(first, scan.next, report.events - before, report)?,
                Err(Error::Damaged(damage)) => {
                    report
                        .note(Damage::at(scan.next, format!("it cannot be read: {}", damage.what)));
                    scan.next = scan.next.next();
                    unreadable += 1;
                }
                Err(error) => return Err(error),
            }
        }
        if scan.next <= to {
            report.note(Damage::at(scan.next, format!("it and others up to {to} cannot be read")));
        }
        Ok(())
    }

    /// When the event before this chunk was recorded. What cannot be read of it is noted, though it
    /// is another chunk's: SQLite says only once that the cells of a page are damaged.
    fn time_before(
        &self,
        from: Position,
        report: &mut Report,
    ) -> Result<Option<(LogId, Timestamp)>, Error> {
        let select = "SELECT header FROM events WHERE position = ?";
        let header: Option<Vec<u8>> = self
            .connection
            .query_row(select, [from.0 as i64 - 1], |row| row.get(0))
            .optional()
            .map_err(failure::of_rusqlite)
            .or_else(|error| noted(error, report))?;
        let header = header.as_deref().and_then(|header| Header::decode(header).ok());
        Ok(header.map(|header| (header.log_id, header.recorded_at)))
    }

    /// Every event is found by its position alone, as it is when a stream is read. Downwards: to the
    /// next row above, SQLite goes without a look at the pages that lead to it.
    fn are_found(
        &self,
        from: Position,
        to: Position,
        events: u64,
        report: &mut Report,
    ) -> Result<(), Error> {
        let found = self
            .connection
            .prepare_cached(FOUND)
            .and_then(|mut select| {
                select.query_row([from.0 as i64, to.0 as i64], |row| row.get::<_, i64>(0))
            })
            .map_err(failure::of_rusqlite)
            .or_else(|error| noted(error, report))?;
        if found as u64 != events {
            report.note(Damage::at(from, "it, or one after it, is not found by its position"));
        }
        Ok(())
    }

    /// Checks as many events as one turn allows.
    fn scan(
        &mut self,
        scan: &mut Scan,
        to: Position,
        report: &mut Report,
        totals: &mut Totals,
    ) -> Result<(), Error> {
        let mut select = self
            .connection
            .prepare_cached(
                "SELECT position, stream, version, hash, header, payload, checksum FROM events
                 WHERE position BETWEEN ? AND ? ORDER BY position",
            )
            .map_err(failure::of_rusqlite)?;
        let mut rows =
            select.query(params![scan.next.0 as i64, to.0 as i64]).map_err(failure::of_rusqlite)?;
        let mut turn = Turn::begin();
        while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
            let columns = read::event_columns(row).map_err(failure::of_rusqlite)?;
            skip_missing(scan, columns.position, report);
            if columns.position < scan.next {
                return Err(Damage::of("another event stands in its place").into());
            }
            report.events += 1;
            totals.table.add(columns.stream, columns.version.0, columns.position.0);
            let checked = read::whole_event(row, &columns);
            if let Err(damage) = checked.and_then(|()| self.event(&columns, scan)) {
                match damage {
                    Error::Damaged(damage) => report.note(damage),
                    error => return Err(error),
                }
            }
            scan.next = columns.position.next();
            if turn.ends_after_event(&columns) {
                return Ok(());
            }
        }
        skip_missing(scan, to.next(), report);
        Ok(())
    }

    fn event(&mut self, row: &EventRow<'_>, scan: &mut Scan) -> Result<(), Error> {
        let at = |what: String| Damage::at(row.position, what);
        let header = Header::decode(row.header).map_err(|error| at(error.to_string()))?;
        let hash =
            EventHash::from_slice(row.hash).ok_or_else(|| at("its hash is not 32 bytes".into()))?;
        let connection = self.connection;
        let (previous, seen) = self.previous(row)?;
        let broken = |what: &str| {
            let damage = at(what.into());
            Err(match stream::named(connection, row.stream) {
                Ok(name) => damage.in_stream(&name, row.version).into(),
                Err(_) => damage.into(),
            })
        };
        if !seen.name.split('/').eq([header.tenant, header.category, header.stream_key])
            || header.version != row.version
        {
            return broken("its header names another place than its row");
        }
        let Some(previous) = previous else {
            return broken("the event before it in its stream is missing");
        };
        if event_hash(&previous, row.header, row.payload) != hash {
            return broken("its hash does not follow from its bytes and the event before it");
        }
        let time = (header.log_id, header.recorded_at);
        if scan.last.is_some_and(|(log_id, before)| log_id == time.0 && before > time.1) {
            return broken("it was recorded before the event at the position before");
        }
        scan.last = Some(time);
        (seen.version, seen.hash) = (row.version, hash);
        Ok(())
    }

    /// The stored hash of the event before this one in its stream, none if it is not there; and
    /// the place where the stream is remembered.
    fn previous(&mut self, row: &EventRow<'_>) -> Result<(Option<EventHash>, &mut Seen), Error> {
        let places = self.seen.len();
        let seen = self.seen[row.stream as usize % places].get_or_insert_default();
        if seen.number != row.stream {
            let named =
                stream::with_name(&mut self.names, row.stream, |[tenant, category, key]| {
                    seen.name.clear();
                    seen.name.extend([tenant, "/", category, "/", key]);
                    Ok(())
                });
            // Numbers begin at 1.
            seen.number = 0;
            named.map_err(|error| at_position(error, row.position))?;
            (seen.number, seen.version, seen.hash) = (row.stream, Version::ZERO, EventHash::NONE);
        }
        let previous = match row.version {
            version if version == seen.version.next() => Some(seen.hash),
            Version::FIRST => Some(EventHash::NONE),
            version => stored_hash(&mut self.hashes, row.stream, version.0 as i64 - 1)
                .map_err(|error| at_position(error, row.position))?,
        };
        Ok((previous, seen))
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

/// Notes every position that has no event.
fn skip_missing(scan: &mut Scan, found: Position, report: &mut Report) {
    while scan.next < found {
        report.note(Damage::at(scan.next, "it is missing"));
        scan.next = scan.next.next();
    }
}

/// Notes damage, and goes on without what it hid.
fn noted<T: Default>(error: Error, report: &mut Report) -> Result<T, Error> {
    match error {
        Error::Damaged(damage) => report.note(damage),
        error => return Err(error),
    }
    Ok(T::default())
}

pub(super) fn at_position(error: Error, position: Position) -> Error {
    match error {
        Error::Damaged(damage) => Damage::at(position, damage.what).into(),
        other => other,
    }
}
