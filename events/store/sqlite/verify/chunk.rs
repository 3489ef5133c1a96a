//! The events of a range of positions. Each is chained to the stored hash of the one before it in
//! its stream; since that one is checked too, wherever it stands, the order of checking is free.

use rusqlite::{Connection, OptionalExtension, params};

use super::parts::Totals;
use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::id::LogId;
use crate::store::sqlite::read::stream;
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::{failure, read};
use crate::store::{Damage, Error, Report};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// How many streams are remembered: each has one place, and pushes out who was there before.
const SEEN_MAX: usize = 32 * 1024;
/// How many events of a chunk may be unreadable before the rest of it is given up.
const UNREADABLE_MAX: usize = 64;

/// Checks chunk after chunk on one connection.
pub(super) struct Chunks<'c> {
    connection: &'c Connection,
    seen: Vec<Option<Seen>>,
}

/// A stream whose last checked event is known.
struct Seen {
    number: i64,
    name: StreamId,
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
    pub(super) fn new(connection: &'c Connection, events: u64) -> Self {
        let places = usize::try_from(events).unwrap_or(SEEN_MAX).clamp(1, SEEN_MAX);
        Self { connection, seen: (0..places).map(|_| None).collect() }
    }

    /// Checks all events from `from` to `to`.
    pub(super) fn check(
        &mut self,
        from: Position,
        to: Position,
        report: &mut Report,
        totals: &mut Totals,
    ) -> Result<(), Error> {
        let mut scan = Scan { next: from, last: self.time_before(from) };
        for _ in 0..UNREADABLE_MAX {
            match self.scan(&mut scan, to, report, totals) {
                Ok(()) => return Ok(()),
                Err(Error::Damaged(damage)) => {
                    report
                        .note(Damage::at(scan.next, format!("it cannot be read: {}", damage.what)));
                    scan.next = scan.next.next();
                }
                Err(error) => return Err(error),
            }
        }
        report.note(Damage::at(scan.next, format!("it and others up to {to} cannot be read")));
        Ok(())
    }

    fn time_before(&self, from: Position) -> Option<(LogId, Timestamp)> {
        let select = "SELECT header FROM events WHERE position = ?";
        let header: Vec<u8> =
            self.connection.query_row(select, [from.0 as i64 - 1], |row| row.get(0)).ok()?;
        Header::decode(&header).ok().map(|header| (header.log_id, header.recorded_at))
    }

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
        }
        skip_missing(scan, to.next(), report);
        Ok(())
    }

    fn event(&mut self, row: &EventRow<'_>, scan: &mut Scan) -> Result<(), Error> {
        let at = |what: String| Damage::at(row.position, what);
        let header = Header::decode(row.header).map_err(|error| at(error.to_string()))?;
        let hash =
            EventHash::from_slice(row.hash).ok_or_else(|| at("its hash is not 32 bytes".into()))?;
        let (previous, seen) = self.previous(row)?;
        let broken = |what: &str| Err(at(what.into()).in_stream(&seen.name, row.version).into());
        let name = (seen.name.tenant.as_str(), seen.name.category.as_str(), seen.name.key.as_str());
        if (header.tenant, header.category, header.stream_key) != name
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
        let connection = self.connection;
        let places = self.seen.len();
        let place = &mut self.seen[row.stream as usize % places];
        if place.as_ref().is_none_or(|seen| seen.number != row.stream) {
            let name = stream::named(connection, row.stream);
            let name = name.map_err(|error| at_position(error, row.position))?;
            let (version, hash) = (Version::ZERO, EventHash::NONE);
            *place = Some(Seen { number: row.stream, name, version, hash });
        }
        let seen = place.as_mut().expect("the stream was just remembered");
        let previous = match row.version {
            version if version == seen.version.next() => Some(seen.hash),
            Version::FIRST => Some(EventHash::NONE),
            version => stored_hash(connection, row.stream, version.0 as i64 - 1)
                .map_err(|error| at_position(error, row.position))?,
        };
        Ok((previous, seen))
    }
}

fn stored_hash(
    connection: &Connection,
    stream: i64,
    version: i64,
) -> Result<Option<EventHash>, Error> {
    let select = "SELECT hash FROM events WHERE stream = ? AND version = ?";
    let hash: Option<Vec<u8>> = connection
        .prepare_cached(select)
        .and_then(|mut s| s.query_row(params![stream, version], |row| row.get(0)).optional())
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

fn at_position(error: Error, position: Position) -> Error {
    match error {
        Error::Damaged(damage) => Damage::at(position, damage.what).into(),
        other => other,
    }
}
