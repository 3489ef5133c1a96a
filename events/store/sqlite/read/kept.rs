//! What is kept of commands, blobs and imports: everything that moves with a log beside its events.

use rusqlite::{CachedStatement, Connection, Row, params};

use super::{stored, stream};
use crate::chain::{EventHash, blob_hash};
use crate::id::{CommandId, LogId, Tenant};
use crate::recorded::Stored;
use crate::store::sqlite::turn::{ROWS_MAX, Turn};
use crate::store::sqlite::{columns, failure, rows};
use crate::store::{Behind, Damage, Error, Imported, Kept, KeptBlob};
use crate::stream::Position;

const KEPT: &str = "SELECT tenant, command, request, stream, verdict, position, version, events,
    recorded_at, code, message, checksum FROM outcomes WHERE tenant = ? AND command = ?";
const AT: &str = "SELECT position, stream, version, hash, header, payload, checksum FROM events
    WHERE position = ?";
const WITHOUT_EVENTS: &str =
    "SELECT tenant, command, request, stream, verdict, position, version, events,
    recorded_at, code, message, checksum FROM outcomes INDEXED BY outcomes_without_events
    WHERE events = 0 AND (position, tenant, command) > (?, ?, ?) AND position <= ?
    ORDER BY position, tenant, command LIMIT ?";
const BLOBS: &str =
    "SELECT tenant, hash, media_type, position, bytes, checksum FROM blobs INDEXED BY blobs_by_position
    WHERE (position, tenant, hash) > (?, ?, ?) AND position <= ?
    ORDER BY position, tenant, hash LIMIT ?";
const IMPORTS: &str = "SELECT first, last, source, source_first, adopted, checksum FROM imports ORDER BY first, source";

/// Finds what is kept of a command; `select` is what [`select_kept`] gave.
pub(in crate::store::sqlite) fn kept(
    connection: &Connection,
    select: &mut CachedStatement<'_>,
    tenant: &Tenant,
    command: CommandId,
) -> Result<Option<Kept>, Error> {
    let bytes = command.to_bytes();
    let mut rows =
        select.query(params![tenant.as_str(), bytes.as_slice()]).map_err(failure::of_rusqlite)?;
    let Some(row) = rows.next().map_err(failure::of_rusqlite)? else { return Ok(None) };
    read_kept(connection, row).map(Some)
}

/// The statement that finds what is kept of a command.
pub(in crate::store::sqlite) fn select_kept(
    connection: &Connection,
) -> Result<CachedStatement<'_>, Error> {
    connection.prepare_cached(KEPT).map_err(failure::of_rusqlite)
}

fn read_kept(connection: &Connection, row: &Row<'_>) -> Result<Kept, Error> {
    let row = columns::outcome(row)?;
    let damaged = || Damage::of("an outcome is damaged");
    let stream = stream::named(connection, row.stream)?;
    Ok(Kept {
        command: CommandId::from_bytes(&row.command).ok_or_else(damaged)?,
        request: row.request().ok_or_else(damaged)?,
        outcome: row.outcome(stream).ok_or_else(damaged)?,
    })
}

/// What is kept of many commands.
pub(super) fn all_kept(
    connection: &Connection,
    commands: &[(Tenant, CommandId)],
) -> Result<Vec<Option<Kept>>, Error> {
    let mut select = select_kept(connection)?;
    let find = |(tenant, command): &(Tenant, _)| kept(connection, &mut select, tenant, *command);
    commands.iter().map(find).collect()
}

/// The events at these positions, as many of the first ones as one turn allows.
pub(super) fn at(connection: &Connection, positions: &[Position]) -> Result<Vec<Stored>, Error> {
    let view = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let mut select = select_at(&view)?;
    let (mut found, mut turn) = (Vec::with_capacity(positions.len().min(ROWS_MAX)), Turn::begin());
    for position in positions {
        let (event, bytes) = one_at(&mut select, *position)?;
        found.push(event);
        if turn.ends_after(bytes) {
            break;
        }
    }
    drop(select);
    view.finish().map_err(failure::of_rusqlite)?;
    Ok(found)
}

/// The statement that finds an event by its position.
pub(in crate::store::sqlite) fn select_at(
    connection: &Connection,
) -> Result<CachedStatement<'_>, Error> {
    connection.prepare_cached(AT).map_err(failure::of_rusqlite)
}

/// The event at a position, and how many bytes it has; `select` is what [`select_at`] gave.
pub(in crate::store::sqlite) fn one_at(
    select: &mut CachedStatement<'_>,
    position: Position,
) -> Result<(Stored, usize), Error> {
    let mut rows = select.query([place(position)]).map_err(failure::of_rusqlite)?;
    let row = rows.next().map_err(failure::of_rusqlite)?;
    let row = columns::event(row.ok_or_else(|| Damage::at(position, "it is missing"))?)?;
    Ok((stored(&row)?, row.header.len() + row.payload.len()))
}

/// Outcomes without events, as many as one turn allows.
pub(super) fn without_events(
    connection: &Connection,
    behind: &Behind<CommandId>,
    last: Position,
    limit: usize,
) -> Result<Vec<Kept>, Error> {
    let (tenant, command) = name(behind, |command| command.to_bytes().to_vec());
    let mut select = connection.prepare_cached(WITHOUT_EVENTS).map_err(failure::of_rusqlite)?;
    let values = params![place(behind.position), tenant, command, place(last), limit as i64];
    let mut rows = select.query(values).map_err(failure::of_rusqlite)?;
    let (mut found, mut turn) = (Vec::new(), Turn::begin());
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        found.push(read_kept(connection, row)?);
        if turn.ends_after(0) {
            break;
        }
    }
    Ok(found)
}

/// Blobs, as many as one turn allows.
pub(super) fn blobs(
    connection: &Connection,
    behind: &Behind<EventHash>,
    last: Position,
    limit: usize,
) -> Result<Vec<KeptBlob>, Error> {
    let (tenant, hash) = name(behind, |hash| hash.0.to_vec());
    let mut select = connection.prepare_cached(BLOBS).map_err(failure::of_rusqlite)?;
    let values = params![place(behind.position), tenant, hash, place(last), limit as i64];
    let mut rows = select.query(values).map_err(failure::of_rusqlite)?;
    let (mut found, mut turn) = (Vec::new(), Turn::begin());
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let (blob, sum) = blob(row)?;
        let (hash, tenant) = (blob.hash, blob.tenant.as_str());
        let said = rows::blob_sum(tenant, &hash, &blob.media_type, place(blob.position));
        rows::whole("a blob", sum, said)?;
        if blob_hash(&blob.bytes) != hash {
            return Err(Damage::of(format!("the blob {hash} does not match its hash")).into());
        }
        let bytes = blob.bytes.len();
        found.push(blob);
        if turn.ends_after(bytes) {
            break;
        }
    }
    Ok(found)
}

fn blob(row: &Row<'_>) -> Result<(KeptBlob, i64), Error> {
    let columns = || -> rusqlite::Result<_> {
        let names: (String, [u8; 32], String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((names, row.get::<_, i64>(3)?, row.get(4)?, row.get(5)?))
    };
    let ((tenant, hash, media_type), position, bytes, sum) =
        columns().map_err(failure::of_rusqlite)?;
    let tenant = tenant.parse().map_err(|error| Damage::of(format!("a blob's tenant: {error}")))?;
    let position = Position(position as u64);
    Ok((KeptBlob { tenant, hash: EventHash(hash), media_type, position, bytes }, sum))
}

/// Which events came from other logs.
pub(in crate::store::sqlite) fn imports(connection: &Connection) -> Result<Vec<Imported>, Error> {
    let mut select = connection.prepare_cached(IMPORTS).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([]).map_err(failure::of_rusqlite)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let (range, sum) = import(row).map_err(failure::of_rusqlite)?;
        rows::whole("an import", sum, rows::import_sum(&range))?;
        found.push(range);
    }
    Ok(found)
}

fn import(row: &Row<'_>) -> rusqlite::Result<(Imported, i64)> {
    let position = |column| Ok::<_, rusqlite::Error>(Position(row.get::<_, i64>(column)? as u64));
    let range = Imported {
        first: position(0)?,
        last: position(1)?,
        source: LogId(uuid::Uuid::from_bytes(row.get(2)?)),
        source_first: position(3)?,
        adopted: row.get(4)?,
    };
    Ok((range, row.get(5)?))
}

/// The columns that a list goes on behind; nothing is before them.
fn name<K>(behind: &Behind<K>, bytes: impl Fn(&K) -> Vec<u8>) -> (&str, Vec<u8>) {
    match &behind.last {
        Some((tenant, key)) => (tenant.as_str(), bytes(key)),
        None => ("", Vec::new()),
    }
}

/// A position as SQLite keeps it; one that it cannot count to is behind everything.
fn place(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
