//! Everything beside the events: streams and their heads, outcomes, blobs.

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::Totals;
use crate::chain::{EventHash, blob_hash};
use crate::store::postgres::{failure, read};
use crate::store::{Damage, Error, Report};

/// How many rows one short read walks.
const STEP: i64 = 8192;
/// How many blobs: they may be large.
const BLOBS: i64 = 8;

const STREAMS: &str =
    "SELECT s.stream, s.tenant || '/' || s.category || '-' || s.key, h.version, h.hash, e.hash,
    EXISTS (SELECT 1 FROM annals.events n WHERE n.stream = s.stream AND n.version = h.version + 1)
    FROM annals.streams s LEFT JOIN annals.heads h ON h.stream = s.stream
    LEFT JOIN annals.events e ON e.stream = s.stream AND e.version = h.version
    WHERE s.stream > $1 ORDER BY s.stream LIMIT $2";
const LOST: &str = "SELECT count(*) FROM annals.heads h
    WHERE NOT EXISTS (SELECT 1 FROM annals.streams s WHERE s.stream = h.stream)";
const OUTCOMES: &str =
    "SELECT o.tenant, o.command, o.request, s.tenant, s.category, s.key, o.verdict,
    o.position, o.version, o.events, o.recorded_at, o.code, o.message, o.checksum
    FROM annals.outcomes o LEFT JOIN annals.streams s ON s.stream = o.stream
    WHERE (o.tenant, o.command) > ($1, $2) ORDER BY o.tenant, o.command LIMIT $3";
const BYTES: &str = "SELECT tenant, hash, bytes FROM annals.blobs WHERE (tenant, hash) > ($1, $2)
    ORDER BY tenant, hash LIMIT $3";

/// How many are wrong: outcomes without events, blobs and consumers that stand behind the end of the
/// log, imports that are no ranges of it, and parked events that are none of it or of no consumer.
const PLACES: &str = "SELECT
    (SELECT count(*) FROM annals.outcomes WHERE events = 0 AND position > log.position),
    (SELECT count(*) FROM annals.blobs WHERE position > log.position OR position < 0),
    (SELECT count(*) FROM annals.imports
     WHERE first < 1 OR last < first OR last > log.position OR source_first < 1),
    (SELECT count(*) FROM annals.cursors WHERE position > log.position OR position < 0),
    (SELECT count(*) FROM annals.parked p WHERE p.position > log.position OR p.position < 1
     OR NOT EXISTS (SELECT 1 FROM annals.cursors c WHERE c.consumer = p.consumer))
    FROM annals.log";

/// Walks every table but the events.
pub(super) async fn check(
    pool: &PgPool,
    report: &mut Report,
    totals: &mut Totals,
) -> Result<(), Error> {
    streams(pool, report, totals).await?;
    outcomes(pool, report, totals).await?;
    blobs(pool, report).await?;
    places(pool, report).await
}

/// Everything that stands at a place of the log stands in it.
async fn places(pool: &PgPool, report: &mut Report) -> Result<(), Error> {
    let row = sqlx::query(PLACES).fetch_one(pool).await.map_err(failure::of)?;
    for (column, what) in
        ["outcomes", "blobs", "imports", "cursors", "parked events"].into_iter().enumerate()
    {
        let wrong: i64 = row.try_get(column).map_err(failure::of)?;
        if wrong > 0 {
            report.note(Damage::of(format!("{wrong} {what} do not stand in the log")));
        }
    }
    Ok(())
}

/// Every stream has a head, and the head names its last event.
async fn streams(pool: &PgPool, report: &mut Report, totals: &mut Totals) -> Result<(), Error> {
    let mut last = i64::MIN;
    loop {
        let rows = sqlx::query(STREAMS).bind(last).bind(STEP).fetch_all(pool).await;
        let rows = rows.map_err(failure::of)?;
        for row in &rows {
            report.streams += 1;
            last = row.try_get(0).map_err(failure::of)?;
            if let Some(what) = stream(row, totals).map_err(failure::of)? {
                report.note(Damage::of(what));
            }
        }
        if rows.len() < STEP as usize {
            break;
        }
    }
    let lost: i64 = sqlx::query_scalar(LOST).fetch_one(pool).await.map_err(failure::of)?;
    if lost > 0 {
        report.note(Damage::of(format!("{lost} heads belong to no stream")));
    }
    Ok(())
}

/// What is wrong with a stream.
fn stream(row: &PgRow, totals: &mut Totals) -> Result<Option<String>, sqlx::Error> {
    let name: &str = row.try_get(1)?;
    let (version, hash): (Option<i64>, Option<&[u8]>) = (row.try_get(2)?, row.try_get(3)?);
    let (Some(version), Some(hash)) = (version, hash) else {
        return Ok(Some(format!("{name} has no head")));
    };
    totals.versions += version as u64;
    let event: Option<&[u8]> = row.try_get(4)?;
    // A stream whose only commands were refused has a head at version 0 and no events.
    let names_last = if version == 0 { hash == EventHash::NONE.0 } else { event == Some(hash) };
    let goes_on: bool = row.try_get(5)?;
    Ok((!names_last || goes_on).then(|| format!("the head of {name} is not its last event")))
}

/// Every outcome matches its checksum.
async fn outcomes(pool: &PgPool, report: &mut Report, totals: &mut Totals) -> Result<(), Error> {
    let mut last = (String::new(), Vec::new());
    loop {
        let select = sqlx::query(OUTCOMES).bind(&last.0).bind(&last.1).bind(STEP);
        let rows = select.fetch_all(pool).await.map_err(failure::of)?;
        for row in &rows {
            report.outcomes += 1;
            totals.outcomes += 1;
            totals.outcome_events += row.try_get::<i32, _>(9).map_err(failure::of)? as u64;
            let key = || Ok((row.try_get(0)?, row.try_get(1)?));
            last = key().map_err(failure::of)?;
            match read::outcome_row(&last.0, &last.1, row, 2) {
                Err(Error::Damaged(damage)) => report.note(damage),
                other => drop(other?),
            }
        }
        if rows.len() < STEP as usize {
            return Ok(());
        }
    }
}

/// Every blob matches its hash.
async fn blobs(pool: &PgPool, report: &mut Report) -> Result<(), Error> {
    let mut last = (String::new(), Vec::new());
    loop {
        let select = sqlx::query(BYTES).bind(&last.0).bind(&last.1).bind(BLOBS);
        let rows = select.fetch_all(pool).await.map_err(failure::of)?;
        for row in &rows {
            report.blobs += 1;
            let key = || Ok((row.try_get(0)?, row.try_get(1)?));
            last = key().map_err(failure::of)?;
            let bytes: &[u8] = row.try_get(2).map_err(failure::of)?;
            if blob_hash(bytes).0 != last.1.as_slice() {
                let hash = EventHash::from_slice(&last.1).unwrap_or_default();
                let what = format!("the blob {hash} of {} does not match its hash", last.0);
                report.note(Damage::of(what));
            }
        }
        if rows.len() < BLOBS as usize {
            return Ok(());
        }
    }
}
