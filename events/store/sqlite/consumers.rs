//! What is kept of consumers, in the transaction of a batch and read again.

use rusqlite::{CachedStatement, Connection, Params, Row, params};

use super::read::kept;
use super::{failure, rows};
use crate::id::Consumer;
use crate::store::{Damage, Error, Parked, ParkedState, Save, Standing};
use crate::stream::Position;
use crate::time::Timestamp;

const CURSOR: &str = "SELECT consumer, position, partition, epoch, parked, checksum FROM cursors
    WHERE consumer = ?";
const CURSORS: &str = "SELECT consumer, position, partition, epoch, parked, checksum FROM cursors
    ORDER BY consumer";
const PARKED: &str = "SELECT position, state, tries, why, since, checksum FROM parked
    WHERE consumer = ? ORDER BY position";
const MOVE: &str = "INSERT INTO cursors (consumer, position, partition, epoch, parked, checksum)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (consumer) DO UPDATE SET position = excluded.position,
    partition = excluded.partition, epoch = excluded.epoch, parked = excluded.parked,
    checksum = excluded.checksum";
const PARK: &str = "INSERT INTO parked (consumer, position, state, tries, why, since, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?)";
const SETTLE: &str = "DELETE FROM parked WHERE consumer = ? AND position = ?";

/// Where a consumer stands, and how many events are parked for it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    pub(super) position: Position,
    parked: i64,
}

/// Enters what a save says; the consumer stood at `before`.
pub(super) fn keep(connection: &Connection, save: &Save, before: Cursor) -> Result<(), Error> {
    let consumer = save.consumer.as_str();
    let named = save.settled.iter().chain(save.parked.iter().map(|parked| &parked.position));
    let mut parked = before.parked;
    for position in named {
        parked -= run(connection, SETTLE, params![consumer, position.0 as i64])?;
    }
    for event in &save.parked {
        let (position, state) = (event.position.0 as i64, i64::from(event.state.number()));
        let (tries, why, since) = (i64::from(event.tries), event.why.as_str(), event.since.0);
        let sum = rows::parked_sum(consumer, [position, state, tries, since], why);
        let values = params![consumer, position, state, tries, why, since, sum];
        parked += run(connection, PARK, values)?;
    }
    let (position, partition) = (save.position.0 as i64, i64::from(save.owner.partition));
    let epoch = save.owner.epoch as i64;
    let sum = rows::cursor_sum(consumer, [position, partition, epoch, parked]);
    run(connection, MOVE, params![consumer, position, partition, epoch, parked, sum]).map(drop)
}

fn run(connection: &Connection, text: &'static str, values: impl Params) -> Result<i64, Error> {
    let ran = connection.prepare_cached(text).and_then(|mut statement| statement.execute(values));
    ran.map(|rows| rows as i64).map_err(failure::of_rusqlite)
}

/// What is kept of a consumer.
pub(super) fn standing(
    connection: &Connection,
    consumer: &Consumer,
) -> Result<Option<Standing>, Error> {
    let view = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let found = find(&view, consumer)?.map(|cursor| whole(&view, consumer, cursor)).transpose()?;
    view.finish().map_err(failure::of_rusqlite)?;
    Ok(found)
}

/// What is kept of all of them.
pub(super) fn all(connection: &Connection) -> Result<Vec<(Consumer, Standing)>, Error> {
    let view = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let mut found = Vec::new();
    for (consumer, cursor) in cursors(&view)? {
        let standing = whole(&view, &consumer, cursor)?;
        found.push((consumer, standing));
    }
    view.finish().map_err(failure::of_rusqlite)?;
    Ok(found)
}

fn cursors(connection: &Connection) -> Result<Vec<(Consumer, Cursor)>, Error> {
    let mut select = connection.prepare_cached(CURSORS).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([]).map_err(failure::of_rusqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        found.push(cursor(row)?);
    }
    Ok(found)
}

/// Where a consumer stands, if anything is kept of it.
pub(super) fn find(connection: &Connection, consumer: &Consumer) -> Result<Option<Cursor>, Error> {
    let mut select = connection.prepare_cached(CURSOR).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([consumer.as_str()]).map_err(failure::of_rusqlite)?;
    let row = rows.next().map_err(failure::of_rusqlite)?;
    row.map(|row| cursor(row).map(|(_, cursor)| cursor)).transpose()
}

fn cursor(row: &Row<'_>) -> Result<(Consumer, Cursor), Error> {
    let columns = || -> rusqlite::Result<(String, [i64; 4], i64)> {
        Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?], row.get(5)?))
    };
    let (name, numbers, sum) = columns().map_err(failure::of_rusqlite)?;
    rows::whole("a cursor", sum, rows::cursor_sum(&name, numbers))?;
    let [position, _, _, parked] = numbers;
    let consumer = Consumer::new(&name).map_err(|error| Damage::of(error.to_string()))?;
    Ok((consumer, Cursor { position: Position(position as u64), parked }))
}

fn whole(connection: &Connection, consumer: &Consumer, cursor: Cursor) -> Result<Standing, Error> {
    let mut select = connection.prepare_cached(PARKED).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([consumer.as_str()]).map_err(failure::of_rusqlite)?;
    let mut parked = Vec::new();
    let mut events = kept::select_at(connection)?;
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        parked.push(one_parked(row, consumer.as_str(), &mut events)?);
    }
    if parked.len() as i64 != cursor.parked {
        let (found, said) = (parked.len(), cursor.parked);
        let what = format!("{found} events are parked for {consumer}, its cursor says {said}");
        return Err(Damage::of(what).into());
    }
    Ok(Standing { position: cursor.position, parked })
}

/// A parked event; the event itself says of which stream it is.
fn one_parked(
    row: &Row<'_>,
    consumer: &str,
    events: &mut CachedStatement<'_>,
) -> Result<Parked, Error> {
    let columns = || -> rusqlite::Result<_> {
        let numbers: [i64; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?];
        Ok((numbers, row.get::<_, String>(3)?, row.get(5)?))
    };
    let (numbers, why, sum) = columns().map_err(failure::of_rusqlite)?;
    rows::whole("a parked event", sum, rows::parked_sum(consumer, numbers, &why))?;
    let [place, state, tries, since] = numbers;
    let position = Position(place as u64);
    let state = u8::try_from(state).ok().and_then(ParkedState::of);
    let state = state.ok_or_else(|| Damage::at(position, "it is parked in no known way"))?;
    let (event, _) = kept::one_at(events, position)?;
    let stream = event.stream().map_err(|error| Damage::at(position, error.to_string()))?;
    Ok(Parked { position, stream, state, tries: tries as u32, why, since: Timestamp(since) })
}
