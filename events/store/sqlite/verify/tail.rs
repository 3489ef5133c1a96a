//! The end of the log, audited whenever it is opened for writing: nothing is appended to an end that
//! does not hold together. Bounded, so that a long log opens as fast as a short one.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::chunk::{Chunks, at_position};
use super::parts;
use super::totals::Totals;
use crate::header::Header;
use crate::id::CommandId;
use crate::store::sqlite::{failure, read};
use crate::store::{Damage, Error, Outcome, Progress, Report};
use crate::stream::Position;

/// How many events are audited; all, if there are fewer.
const EVENTS_MAX: usize = 1000;
/// How many bytes of events are audited; the last event is, whatever its size.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Audits the last events with their streams and commands, and says what is wrong first.
pub(in crate::store::sqlite) fn verify(connection: &Connection) -> Result<(), Error> {
    let transaction = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let (_, head) = read::head(connection)?;
    let from = begin(connection, head.position)?;
    let mut report = Report::default();
    let mut chunks = Chunks::new(connection, EVENTS_MAX as u64)?;
    chunks.check(from, head.position, &Progress::default())?;
    chunks.found(&mut report, &mut Totals::default());
    if let Some(first) = report.damages.into_iter().next() {
        return Err(first.into());
    }
    for (stream, last) in commands(connection, from)? {
        parts::one_stream(connection, stream).map_err(|error| at_position(error, last))?;
    }
    transaction.finish().map_err(failure::of_rusqlite)
}

/// Where the last events begin. They must end where the head says, neither before nor behind.
fn begin(connection: &Connection, head: Position) -> Result<Position, Error> {
    let mut select = connection
        .prepare(
            "SELECT position, length(header) + length(payload) FROM events
             ORDER BY position DESC LIMIT ?",
        )
        .map_err(failure::of_rusqlite)?;
    let mut rows = select.query([EVENTS_MAX as i64]).map_err(failure::of_rusqlite)?;
    let (mut first, mut events, mut bytes) = (head.next(), 0, 0);
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let event = || Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (position, length) = event().map_err(failure::of_rusqlite)?;
        let position = Position(position as u64);
        if position > head {
            return Err(Damage::at(position, "it stands behind the end of the log").into());
        }
        if position.next() != first {
            return Err(Damage::at(position.next(), "it is missing").into());
        }
        bytes += length as usize;
        if events > 0 && bytes > BYTES_MAX {
            return Ok(first);
        }
        (first, events) = (position, events + 1);
    }
    if events < EVENTS_MAX && first != Position::FIRST {
        return Err(Damage::at(Position::FIRST, "it is missing").into());
    }
    Ok(first)
}

/// Every event is named by the outcome of its command. Returns the streams, each with its last event.
fn commands(connection: &Connection, from: Position) -> Result<BTreeMap<i64, Position>, Error> {
    let mut select = connection
        .prepare(
            "SELECT position, stream, header FROM events WHERE position >= ? ORDER BY position",
        )
        .map_err(failure::of_rusqlite)?;
    let mut rows = select.query([from.0 as i64]).map_err(failure::of_rusqlite)?;
    let mut streams = BTreeMap::new();
    let mut last: Option<(CommandId, Outcome)> = None;
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let (position, stream, header) = event(row).map_err(failure::of_rusqlite)?;
        let damaged = |error: &dyn std::fmt::Display| Damage::at(position, error.to_string());
        let header = Header::decode(header).map_err(|error| damaged(&error))?;
        // The events of a command stand side by side.
        let known = last.take().filter(|(command, known)| {
            *command == header.command_id && known.stream.tenant.as_str() == header.tenant
        });
        let outcome = match known {
            Some((_, known)) => known,
            None => {
                let tenant = header.tenant.parse().map_err(|error| damaged(&error))?;
                read::outcome(connection, &tenant, header.command_id)
                    .map_err(|error| at_position(error, position))?
                    .ok_or_else(|| damaged(&"the outcome of its command is missing"))?
            }
        };
        if !names(&outcome, position, &header) {
            return Err(damaged(&"the outcome of its command names other events").into());
        }
        last = Some((header.command_id, outcome));
        streams.insert(stream, position);
    }
    Ok(streams)
}

fn event<'r>(row: &'r Row<'_>) -> rusqlite::Result<(Position, i64, &'r [u8])> {
    let header = row.get_ref(2)?.as_blob()?;
    Ok((Position(row.get::<_, i64>(0)? as u64), row.get(1)?, header))
}

/// Whether the outcome says that its command led to this event.
fn names(outcome: &Outcome, position: Position, header: &Header<'_>) -> bool {
    let stream = (outcome.stream.category.as_str(), outcome.stream.key.as_str());
    outcome.recorded.is_some_and(|span| {
        let nth = position.0.checked_sub(span.position.0);
        nth.is_some_and(|nth| nth < span.events.into() && span.version.plus(nth) == header.version)
    }) && stream == (header.category, header.stream_key)
}
