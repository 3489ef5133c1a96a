//! What a log is moved by: outcomes without events and blobs, each found by its place in the log, and
//! where events came from.

use rusqlite::{Connection, Row};

use super::parts::visit;
use crate::store::sqlite::read::{self, kept};
use crate::store::sqlite::{consumers, failure};
use crate::store::{Damage, Error};
use crate::stream::Position;

/// Outcomes by their places, each with whether that is what its row says.
const OUTCOMES: &str = "SELECT i.position, i.tenant, i.command, EXISTS (SELECT 1 FROM outcomes o
        WHERE o.tenant = i.tenant AND o.command = i.command AND o.position = i.position AND o.events = 0)
    FROM outcomes i INDEXED BY outcomes_without_events
    WHERE i.events = 0 AND (i.position, i.tenant, i.command) > (?, ?, ?)
    ORDER BY i.position, i.tenant, i.command";
/// Blobs by their places, each with whether that is what its row says.
const BLOBS: &str = "SELECT i.position, i.tenant, i.hash, EXISTS (SELECT 1 FROM blobs b
        WHERE b.rowid = i.rowid AND b.tenant = i.tenant AND b.hash = i.hash AND b.position = i.position)
    FROM blobs i INDEXED BY blobs_by_position
    WHERE (i.position, i.tenant, i.hash) > (?, ?, ?)
    ORDER BY i.position, i.tenant, i.hash";

/// Outcomes without events that are found by their places are there, once.
pub(super) fn outcomes(connection: &Connection) -> Result<(), Error> {
    walk(connection, "outcomes", OUTCOMES)
}

/// Blobs that are found by their places are there, once.
pub(super) fn blobs(connection: &Connection) -> Result<(), Error> {
    walk(connection, "blobs", BLOBS)
}

fn walk(connection: &Connection, what: &str, text: &'static str) -> Result<(), Error> {
    let mut select = connection.prepare(text).map_err(failure::of_rusqlite)?;
    let wrong = |how: &str| Error::from(Damage::of(format!("{what} by their places {how}")));
    let (mut last, mut more) = ((i64::MIN, String::new(), Vec::new()), true);
    while more {
        let (position, tenant, name) = last.clone();
        let mut rows = select.query((position, tenant, name)).map_err(failure::of_rusqlite)?;
        more = visit(&mut rows, |row| {
            let (next, is_there) = entry(row).map_err(failure::of_rusqlite)?;
            if next <= last {
                return Err(wrong("do not stand in order"));
            }
            if !is_there {
                return Err(wrong("are not all there"));
            }
            last = next;
            Ok(0)
        })?;
    }
    // Asked last: what was recorded meanwhile is before it, too.
    let (_, head) = read::head(connection)?;
    match last.0 > head.position.0 as i64 {
        true => Err(wrong("are behind the end of the log")),
        false => Ok(()),
    }
}

type Entry = (i64, String, Vec<u8>);

fn entry(row: &Row<'_>) -> rusqlite::Result<(Entry, bool)> {
    Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
}

/// What is kept of consumers: no place of theirs is behind the end of the log.
pub(super) fn consumers(connection: &Connection) -> Result<(), Error> {
    pages(connection, "PRAGMA integrity_check('cursors')", "the cursors")?;
    pages(connection, "PRAGMA integrity_check('parked')", "the parked events")?;
    let all = consumers::all(connection)?;
    let lost = "SELECT count(*) FROM parked p
        WHERE NOT EXISTS (SELECT 1 FROM cursors c WHERE c.consumer = p.consumer)";
    let lost: i64 =
        connection.query_row(lost, [], |row| row.get(0)).map_err(failure::of_rusqlite)?;
    if lost > 0 {
        return Err(Damage::of(format!("{lost} events are parked for no consumer")).into());
    }
    // Asked last: what was recorded meanwhile is before it, too.
    let (_, head) = read::head(connection)?;
    match all.iter().find(|(_, standing)| standing.position > head.position) {
        Some((consumer, _)) => {
            let what = format!("the consumer {consumer} stands behind the end of the log");
            Err(Damage::of(what).into())
        }
        None => Ok(()),
    }
}

/// Asks SQLite whether the pages of a table are whole.
fn pages(connection: &Connection, check: &'static str, what: &str) -> Result<(), Error> {
    let found: String =
        connection.query_row(check, [], |row| row.get(0)).map_err(failure::of_rusqlite)?;
    match found == "ok" {
        true => Ok(()),
        false => Err(Damage::of(format!("{what}: {found}")).into()),
    }
}

/// Where events came from: ranges of the log, each with its checksum.
pub(super) fn imports(connection: &Connection) -> Result<(), Error> {
    pages(connection, "PRAGMA integrity_check('imports')", "the imports")?;
    let ranges = kept::imports(connection)?;
    let (_, head) = read::head(connection)?;
    for range in ranges {
        let is_range = Position::FIRST <= range.first && range.first <= range.last;
        if !is_range || range.last > head.position || range.source_first < Position::FIRST {
            let what = format!("the import at {} is none", range.first);
            return Err(Damage::of(what).into());
        }
    }
    Ok(())
}
