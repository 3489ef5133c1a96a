//! The rows of the database as what they stand for, each compared with its checksum.

use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::chain::EventHash;
use crate::id::InvalidId;
use crate::planted::{Bug, planted};
use crate::recorded::Stored;
use crate::store::admit::Known;
use crate::store::postgres::columns::placed;
use crate::store::postgres::failure;
use crate::store::rows::{EventRow, OutcomeRow, whole};
use crate::store::{Damage, Error, StreamHead};
use crate::stream::{Position, StreamId, Version};

/// An event, borrowed from a row of (position, version, hash, header, payload, checksum).
pub(in crate::store::postgres) fn event_row(row: &PgRow) -> Result<EventRow<'_>, Error> {
    let (event, sum) = columns(row).map_err(failure::of)?;
    let position = event.position;
    let computed = placed(EventRow { position: Position::ZERO, ..event }.sum(), position.0 as i64);
    if sum != computed && !planted(Bug::ChainNotChecked) {
        return Err(Damage::at(position, "its row does not match its checksum").into());
    }
    Ok(event)
}

/// The number of a stream is not under the checksum: the header names the stream itself.
fn columns(row: &PgRow) -> Result<(EventRow<'_>, i64), sqlx::Error> {
    let event = EventRow {
        position: Position(row.try_get::<i64, _>(0)? as u64),
        stream: 0,
        version: Version(row.try_get::<i64, _>(1)? as u64),
        hash: row.try_get(2)?,
        header: row.try_get(3)?,
        payload: row.try_get(4)?,
    };
    Ok((event, row.try_get(5)?))
}

/// An event that owns its bytes.
pub(super) fn stored(row: &EventRow<'_>) -> Result<Stored, Error> {
    let hash = EventHash::from_slice(row.hash)
        .ok_or_else(|| Damage::at(row.position, "its hash is not 32 bytes"))?;
    Stored::new(row.position, hash, row.header, row.payload)
        .map_err(|error| Damage::at(row.position, error.to_string()).into())
}

/// The head of a stream, from the columns (version, hash) at `at`.
pub(super) fn stream_head(row: &PgRow, at: usize) -> Result<StreamHead, Error> {
    let version: Option<i64> = row.try_get(at).map_err(failure::of)?;
    let version = version.ok_or_else(|| Damage::of("a stream has no head"))?;
    let hash = EventHash::from_slice(row.try_get(at + 1).map_err(failure::of)?)
        .ok_or_else(|| Damage::of("the head of a stream is damaged"))?;
    Ok(StreamHead { version: Version(version as u64), hash })
}

/// The outcome of a command, from the columns (request, tenant, category, key, verdict, position,
/// version, events, recorded_at, code, message, checksum) at `at`.
pub(in crate::store::postgres) fn outcome_row(
    tenant: &str,
    command: &[u8],
    row: &PgRow,
    at: usize,
) -> Result<Known, Error> {
    let read = || -> Result<(OutcomeRow<'_>, [Option<&str>; 3], i64), sqlx::Error> {
        let outcome = OutcomeRow {
            tenant: tenant.into(),
            command: command.into(),
            request: row.try_get::<&[u8], _>(at)?.into(),
            stream: 0,
            verdict: row.try_get::<i16, _>(at + 4)?.into(),
            position: row.try_get(at + 5)?,
            version: row.try_get(at + 6)?,
            events: row.try_get::<i32, _>(at + 7)?.into(),
            recorded_at: row.try_get(at + 8)?,
            code: row.try_get::<&str, _>(at + 9)?.into(),
            message: row.try_get::<&str, _>(at + 10)?.into(),
        };
        let name = [row.try_get(at + 1)?, row.try_get(at + 2)?, row.try_get(at + 3)?];
        Ok((outcome, name, row.try_get(at + 11)?))
    };
    let (outcome, name, sum) = read().map_err(failure::of)?;
    let placeless = OutcomeRow { position: 0, ..outcome.clone() };
    whole("an outcome", sum, placed(placeless.sum(), outcome.position))?;
    let damaged = || Damage::of("an outcome is damaged");
    let stream = stream_id(name)?;
    let request = outcome.request().ok_or_else(damaged)?;
    Ok(Known { outcome: outcome.outcome(stream).ok_or_else(damaged)?, request })
}

fn stream_id(name: [Option<&str>; 3]) -> Result<StreamId, Error> {
    let [Some(tenant), Some(category), Some(key)] = name else {
        return Err(Damage::of("an outcome belongs to no stream").into());
    };
    let damaged = |error: InvalidId| Damage::of(format!("a stream's name: {error}"));
    Ok(StreamId::new(
        tenant.parse().map_err(damaged)?,
        category.parse().map_err(damaged)?,
        key.parse().map_err(damaged)?,
    ))
}
