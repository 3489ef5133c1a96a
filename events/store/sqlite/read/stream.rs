//! Reading one stream: its number, its head, and part of its history.

use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::chain::EventHash;
use crate::recorded::Stored;
use crate::store::history::History;
use crate::store::sqlite::turn::Turn;
use crate::store::sqlite::{columns, failure, rows};
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

/// Finds the name of a stream by its number.
pub(in crate::store::sqlite) const NAME: &str =
    "SELECT tenant, category, key, checksum FROM streams WHERE stream = ?";

/// The name of a stream by its number.
pub(in crate::store::sqlite) fn named(
    connection: &Connection,
    number: i64,
) -> Result<StreamId, Error> {
    let mut select = connection.prepare_cached(NAME).map_err(failure::of_rusqlite)?;
    with_name(&mut select, number, |[tenant, category, key]| {
        let damaged = |error: crate::id::InvalidId| Damage::of(format!("a stream's name: {error}"));
        Ok(StreamId::new(
            tenant.parse().map_err(damaged)?,
            category.parse().map_err(damaged)?,
            key.parse().map_err(damaged)?,
        ))
    })
}

/// Shows the parts of a stream's name, which were compared with its checksum.
pub(in crate::store::sqlite) fn with_name<T>(
    select: &mut Statement<'_>,
    number: i64,
    show: impl FnOnce([&str; 3]) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut found = select.query([number]).map_err(failure::of_rusqlite)?;
    let row = found.next().map_err(failure::of_rusqlite)?;
    let row = row.ok_or_else(|| Damage::of(format!("stream number {number} has no name")))?;
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
    let columns =
        || Ok::<_, rusqlite::Error>(([text(0)?, text(1)?, text(2)?], row.get::<_, i64>(3)?));
    let (name, sum) = columns().map_err(failure::of_rusqlite)?;
    rows::whole("a stream's name", sum, rows::name_sum(number, name))?;
    show(name)
}

/// Where a stream ends, and its first events.
pub(in crate::store::sqlite) fn beginning(
    connection: &Connection,
    stream: &StreamId,
    limit: usize,
) -> Result<(StreamHead, Vec<Stored>), Error> {
    read_from(connection, stream, Version(1), Direction::Forwards, limit)
}

/// Reads part of a stream in either direction.
pub(in crate::store::sqlite) fn read(
    connection: &Connection,
    stream: &StreamId,
    from: Version,
    direction: Direction,
    limit: usize,
) -> Result<Vec<Stored>, Error> {
    read_from(connection, stream, from, direction, limit).map(|(_, events)| events)
}

fn read_from(
    connection: &Connection,
    stream: &StreamId,
    from: Version,
    direction: Direction,
    limit: usize,
) -> Result<(StreamHead, Vec<Stored>), Error> {
    let transaction = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let Some(found) = find(connection, stream)? else { return Ok(<_>::default()) };
    let Some(mut history) = History::begin(stream, found.head, from, direction, limit) else {
        return Ok((found.head, Vec::new()));
    };
    let mut more = read_on(connection, &mut history, found.number)?;
    transaction.finish().map_err(failure::of_rusqlite)?;
    // Up to this head nothing changes any more: the rest needs no view that is held.
    while more {
        more = read_on(connection, &mut history, found.number)?;
    }
    Ok((found.head, history.finish()?))
}

/// Reads as much as one turn allows; says whether there may be more.
fn read_on(connection: &Connection, history: &mut History<'_>, number: i64) -> Result<bool, Error> {
    let mut select = connection
        .prepare_cached(
            "SELECT position, stream, version, hash, header, payload, checksum FROM events
             WHERE stream = ? AND version BETWEEN ? AND ? ORDER BY version",
        )
        .map_err(failure::of_rusqlite)?;
    let (first, last) = history.rows();
    let mut rows = select
        .query(params![number, first.0 as i64, last.0 as i64])
        .map_err(failure::of_rusqlite)?;
    let mut turn = Turn::begin();
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let row = columns::event(row)?;
        history.add(&row)?;
        if turn.ends_after_event(&row) {
            return Ok(true);
        }
    }
    Ok(false)
}
