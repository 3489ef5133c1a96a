//! The events of a range of positions. Each is chained to the stored hash of the one before it in
//! its stream; since that one is checked too, wherever it stands, the order of checking is free.

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::id::LogId;
use crate::store::postgres::{failure, read};
use crate::store::{Damage, Error, Report};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

const EVENTS: &str =
    "SELECT e.position, e.version, e.hash, e.header, e.payload, e.checksum, p.hash,
    s.tenant, s.category, s.key
    FROM annals.events e
    LEFT JOIN annals.events p ON p.stream = e.stream AND p.version = e.version - 1
    LEFT JOIN annals.streams s ON s.stream = e.stream
    WHERE e.position BETWEEN $1 AND $2 ORDER BY e.position";
const BEFORE: &str = "SELECT header FROM annals.events WHERE position = $1";

/// When the event before was recorded, and in which log.
type Time = Option<(LogId, Timestamp)>;

/// Checks all events from `from` to `to`.
pub(super) async fn check(
    pool: &PgPool,
    from: Position,
    to: Position,
    report: &mut Report,
) -> Result<(), Error> {
    let mut time = time_before(pool, from).await?;
    let select = sqlx::query(EVENTS).bind(from.0 as i64).bind(to.0 as i64);
    let mut next = from;
    for row in &select.fetch_all(pool).await.map_err(failure::of)? {
        let position = Position(row.try_get::<i64, _>(0).map_err(failure::of)? as u64);
        skip_missing(&mut next, position, report);
        report.events += 1;
        match event(row, &mut time) {
            Err(Error::Damaged(damage)) => report.note(damage),
            other => other?,
        }
        next = position.next();
    }
    skip_missing(&mut next, to.next(), report);
    Ok(())
}

async fn time_before(pool: &PgPool, from: Position) -> Result<Time, Error> {
    let select = sqlx::query(BEFORE).bind(from.0 as i64 - 1);
    let Some(row) = select.fetch_optional(pool).await.map_err(failure::of)? else {
        return Ok(None);
    };
    let header: &[u8] = row.try_get(0).map_err(failure::of)?;
    Ok(Header::decode(header).ok().map(|header| (header.log_id, header.recorded_at)))
}

fn event(row: &PgRow, time: &mut Time) -> Result<(), Error> {
    let event = read::event_row(row)?;
    let at = |what: &str| Err(Damage::at(event.position, what).into());
    let header = match Header::decode(event.header) {
        Ok(header) => header,
        Err(error) => return at(&error.to_string()),
    };
    let name = |column| row.try_get::<Option<&str>, _>(column).map_err(failure::of);
    let named = [name(7)?, name(8)?, name(9)?];
    if named != [Some(header.tenant), Some(header.category), Some(header.stream_key)]
        || header.version != event.version
    {
        return at("its header names another place than its row");
    }
    let previous = match event.version {
        Version::FIRST => Some(EventHash::NONE),
        _ => {
            row.try_get::<Option<&[u8]>, _>(6).map_err(failure::of)?.and_then(EventHash::from_slice)
        }
    };
    let Some(previous) = previous else {
        return at("the event before it in its stream is missing");
    };
    if event_hash(&previous, event.header, event.payload).0 != event.hash {
        return at("its hash does not follow from its bytes and the event before it");
    }
    let now = (header.log_id, header.recorded_at);
    if time.is_some_and(|(log_id, before)| log_id == now.0 && before > now.1) {
        return at("it was recorded before the event at the position before");
    }
    *time = Some(now);
    Ok(())
}

/// Notes every position that has no event.
fn skip_missing(next: &mut Position, found: Position, report: &mut Report) {
    while *next < found {
        report.note(Damage::at(*next, "it is missing"));
        *next = next.next();
    }
}
