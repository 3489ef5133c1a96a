//! Reading one stream: versions without gaps, each event chained to the one before, up to the head
//! that the log remembers. A short read is an error, never a shorter history.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::event_row;
use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::planted::{Bug, planted};
use crate::recorded::Stored;
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::{failure, rows};
use crate::store::{Damage, Error, StreamHead};
use crate::stream::{Direction, StreamId, Version};

/// A stream that exists.
pub(in crate::store::sqlite) struct Found {
    pub(in crate::store::sqlite) number: i64,
    pub(in crate::store::sqlite) head: StreamHead,
}

/// Finds a stream and its head.
pub(in crate::store::sqlite) fn find(
    connection: &Connection,
    stream: &StreamId,
) -> Result<Option<Found>, Error> {
    let mut select = connection
        .prepare_cached(
            "SELECT s.stream, s.checksum, h.version, h.hash, h.checksum FROM streams s
             LEFT JOIN heads h ON h.stream = s.stream WHERE s.tenant = ? AND s.category = ? AND s.key = ?",
        )
        .map_err(failure::of_rusqlite)?;
    let read = |row: &Row<'_>| {
        let head: Option<i64> = row.get(2)?;
        let head = head.map(|version| {
            Ok::<_, rusqlite::Error>((version, row.get::<_, Vec<u8>>(3)?, row.get::<_, i64>(4)?))
        });
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, head.transpose()?))
    };
    let name = params![stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str()];
    let found = select.query_row(name, read).optional().map_err(failure::of_rusqlite)?;
    let Some((number, sum, head)) = found else { return Ok(None) };
    rows::whole("a stream's name", sum, rows::stream_sum(number, stream))?;
    let (version, hash, sum) =
        head.ok_or_else(|| Damage::of(format!("the stream {stream} has no head")))?;
    let version = Version(version as u64);
    rows::whole("the head of a stream", sum, rows::head_sum(number, version, &hash))?;
    let hash = EventHash::from_slice(&hash)
        .ok_or_else(|| Damage::of("the head of a stream is damaged"))?;
    Ok(Some(Found { number, head: StreamHead { version, hash } }))
}

/// The name of a stream by its number.
pub(in crate::store::sqlite) fn named(
    connection: &Connection,
    number: i64,
) -> Result<StreamId, Error> {
    let select = "SELECT tenant, category, key, checksum FROM streams WHERE stream = ?";
    let read = |row: &Row<'_>| {
        let text = |column| row.get::<_, String>(column);
        Ok((text(0)?, text(1)?, text(2)?, row.get::<_, i64>(3)?))
    };
    let found = connection
        .prepare_cached(select)
        .and_then(|mut select| select.query_row([number], read).optional())
        .map_err(failure::of_rusqlite)?;
    let (tenant, category, key, sum) =
        found.ok_or_else(|| Damage::of(format!("stream number {number} has no name")))?;
    let damaged = |error: crate::id::InvalidId| Damage::of(format!("a stream's name: {error}"));
    let stream = StreamId::new(
        tenant.parse().map_err(damaged)?,
        category.parse().map_err(damaged)?,
        key.parse().map_err(damaged)?,
    );
    rows::whole("a stream's name", sum, rows::stream_sum(number, &stream))?;
    Ok(stream)
}

/// Reads part of a stream in either direction.
pub(super) fn read(
    connection: &Connection,
    stream: &StreamId,
    from: Version,
    direction: Direction,
    limit: usize,
) -> Result<Vec<Stored>, Error> {
    let transaction = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let Some(found) = find(connection, stream)? else { return Ok(Vec::new()) };
    let (low, high) = range(from, direction, limit as u64, found.head.version);
    let mut events = match low <= high {
        true => ascending(connection, stream, &found, low, high)?,
        false => Vec::new(),
    };
    transaction.finish().map_err(failure::of_rusqlite)?;
    if direction == Direction::Backwards {
        events.reverse();
    }
    Ok(events)
}

/// The first and the last version to read; empty if the first is after the last.
fn range(from: Version, direction: Direction, limit: u64, head: Version) -> (Version, Version) {
    match direction {
        Direction::Forwards => {
            let low = from.max(Version::FIRST);
            (low, Version(head.0.min(low.0.saturating_add(limit).saturating_sub(1))))
        }
        Direction::Backwards => {
            let high = from.min(head);
            (Version(high.0.saturating_sub(limit).saturating_add(1).max(1)), high)
        }
    }
}

fn ascending(
    connection: &Connection,
    stream: &StreamId,
    found: &Found,
    low: Version,
    high: Version,
) -> Result<Vec<Stored>, Error> {
    let mut select = connection
        .prepare_cached(
            "SELECT position, stream, version, hash, header, payload, checksum FROM events
             WHERE stream = ? AND version BETWEEN ? AND ? ORDER BY version",
        )
        .map_err(failure::of_rusqlite)?;
    // The event before the first one is read for its hash alone.
    let start = Version(low.0 - 1).max(Version::FIRST);
    let mut rows = select
        .query(params![found.number, start.0 as i64, high.0 as i64])
        .map_err(failure::of_rusqlite)?;
    let mut events: Vec<Stored> = Vec::with_capacity((high.0 - start.0 + 1) as usize);
    let (mut expected, mut previous) = (start, EventHash::NONE);
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let row = event_row(row)?;
        if row.version != expected {
            return Err(missing(stream, expected));
        }
        // Of an event before `low` only the hash is used; what it follows was not read.
        let linked = start == Version::FIRST || expected != start;
        let event = check(stream, &row, linked.then_some(&previous))?;
        previous = event.hash();
        expected = expected.next();
        events.push(event);
    }
    if expected != high.next() {
        return Err(missing(stream, expected));
    }
    if high == found.head.version && previous != found.head.hash {
        return Err(Damage::of("the stream's head names another event")
            .in_stream(stream, high)
            .into());
    }
    events.drain(..(low.0 - start.0) as usize);
    Ok(events)
}

/// The event must say that it belongs here, and follow the one before.
fn check(
    stream: &StreamId,
    row: &EventRow<'_>,
    previous: Option<&EventHash>,
) -> Result<Stored, Error> {
    let broken = |what: &str| Damage::at(row.position, what).in_stream(stream, row.version);
    let header = Header::decode(row.header).map_err(|error| broken(&error.to_string()))?;
    let hash = EventHash::from_slice(row.hash).ok_or_else(|| broken("its hash is not 32 bytes"))?;
    let named = (header.tenant, header.category, header.stream_key);
    let wanted = (stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str());
    if named != wanted || header.version != row.version {
        return Err(broken("its header names another place").into());
    }
    let follows = |previous| event_hash(previous, row.header, row.payload) == hash;
    if !previous.is_none_or(follows) && !planted(Bug::ChainNotChecked) {
        return Err(broken("its hash does not follow from the event before it").into());
    }
    Ok(Stored::of_read(row.position, hash, &header, row.header, row.payload))
}

fn missing(stream: &StreamId, version: Version) -> Error {
    Damage::of("it is missing").in_stream(stream, version).into()
}
