//! What is kept of commands, blobs and imports: everything that moves with a log beside its events.

use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::rows::{event_row, stored};
use super::{log_id, outcome_row};
use crate::chain::{EventHash, blob_hash};
use crate::id::{CommandId, Tenant};
use crate::recorded::Stored;
use crate::store::postgres::failure;
use crate::store::{Behind, Damage, Error, Imported, Kept, KeptBlob};
use crate::stream::Position;

const KEPT: &str =
    "SELECT i.n, o.request, s.tenant, s.category, s.key, o.verdict, o.position, o.version,
    o.events, o.recorded_at, o.code, o.message, o.checksum
    FROM unnest($1, $2) WITH ORDINALITY AS i(tenant, command, n)
    JOIN annals.outcomes o ON o.tenant = i.tenant AND o.command = i.command
    LEFT JOIN annals.streams s ON s.stream = o.stream";
const AT: &str = "SELECT e.position, e.version, e.hash, e.header, e.payload, e.checksum
    FROM unnest($1) WITH ORDINALITY AS i(position, n)
    LEFT JOIN annals.events e ON e.position = i.position ORDER BY i.n";
const WITHOUT_EVENTS: &str = "SELECT o.tenant, o.command, o.request, s.tenant, s.category, s.key,
    o.verdict, o.position, o.version, o.events, o.recorded_at, o.code, o.message, o.checksum
    FROM annals.outcomes o LEFT JOIN annals.streams s ON s.stream = o.stream
    WHERE o.events = 0 AND (o.position, o.tenant, o.command) > ($1, $2, $3) AND o.position <= $4
    ORDER BY o.position, o.tenant, o.command LIMIT $5";
const BLOBS: &str = "SELECT tenant, hash, media_type, position, bytes FROM annals.blobs
    WHERE (position, tenant, hash) > ($1, $2, $3) AND position <= $4
    ORDER BY position, tenant, hash LIMIT $5";
const IMPORTS: &str =
    "SELECT first, last, source, source_first, adopted FROM annals.imports ORDER BY first, source";

/// What is kept of many commands.
pub(super) async fn kept(
    pool: &PgPool,
    commands: &[(Tenant, CommandId)],
) -> Result<Vec<Option<Kept>>, Error> {
    let ids: Vec<Vec<u8>> = commands.iter().map(|(_, id)| id.to_bytes().to_vec()).collect();
    let tenants: Vec<&str> = commands.iter().map(|(tenant, _)| tenant.as_str()).collect();
    let select = sqlx::query(KEPT).bind(tenants).bind(&ids);
    let mut found = vec![None; commands.len()];
    for row in &select.fetch_all(pool).await.map_err(failure::of)? {
        let n = row.try_get::<i64, _>(0).map_err(failure::of)? as usize - 1;
        let (tenant, command) = &commands[n];
        let known = outcome_row(tenant.as_str(), &ids[n], row, 1)?;
        let (request, outcome) = (known.request, known.outcome);
        found[n] = Some(Kept { command: *command, request, outcome });
    }
    Ok(found)
}

/// The events at these positions, in this order, and how many bytes they have.
pub(in crate::store::postgres) async fn at(
    pool: &PgPool,
    positions: &[Position],
) -> Result<(Vec<Stored>, usize), Error> {
    let places: Vec<i64> = positions.iter().map(|position| place(*position)).collect();
    let rows = sqlx::query(AT).bind(places).fetch_all(pool).await.map_err(failure::of)?;
    let (mut found, mut bytes) = (Vec::with_capacity(rows.len()), 0);
    for (row, position) in rows.iter().zip(positions) {
        if row.try_get::<Option<i64>, _>(0).map_err(failure::of)?.is_none() {
            return Err(Damage::at(*position, "it is missing").into());
        }
        let row = event_row(row)?;
        bytes += row.header.len() + row.payload.len();
        found.push(stored(&row)?);
    }
    Ok((found, bytes))
}

/// Outcomes without events.
pub(super) async fn without_events(
    pool: &PgPool,
    behind: &Behind<CommandId>,
    last: Position,
    limit: usize,
) -> Result<Vec<Kept>, Error> {
    let (tenant, command) = name(behind, |command| command.to_bytes().to_vec());
    let select = sqlx::query(WITHOUT_EVENTS)
        .bind(place(behind.position))
        .bind(tenant)
        .bind(command)
        .bind(place(last))
        .bind(limit as i64);
    select.fetch_all(pool).await.map_err(failure::of)?.iter().map(read_kept).collect()
}

fn read_kept(row: &PgRow) -> Result<Kept, Error> {
    let key = || Ok((row.try_get::<&str, _>(0)?, row.try_get::<&[u8], _>(1)?));
    let (tenant, bytes) = key().map_err(failure::of)?;
    let known = outcome_row(tenant, bytes, row, 2)?;
    let command =
        CommandId::from_bytes(bytes).ok_or_else(|| Damage::of("an outcome is damaged"))?;
    Ok(Kept { command, request: known.request, outcome: known.outcome })
}

/// Blobs.
pub(super) async fn blobs(
    pool: &PgPool,
    behind: &Behind<EventHash>,
    last: Position,
    limit: usize,
) -> Result<Vec<KeptBlob>, Error> {
    let (tenant, hash) = name(behind, |hash| hash.0.to_vec());
    let select = sqlx::query(BLOBS)
        .bind(place(behind.position))
        .bind(tenant)
        .bind(hash)
        .bind(place(last))
        .bind(limit as i64);
    select.fetch_all(pool).await.map_err(failure::of)?.iter().map(blob).collect()
}

fn blob(row: &PgRow) -> Result<KeptBlob, Error> {
    let columns = || {
        let names: (&str, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        Ok((names, row.try_get(2)?, row.try_get::<i64, _>(3)?, row.try_get::<Vec<u8>, _>(4)?))
    };
    let ((tenant, hash), media_type, position, bytes) = columns().map_err(failure::of)?;
    let tenant = tenant.parse().map_err(|error| Damage::of(format!("a blob's tenant: {error}")))?;
    let hash = EventHash::from_slice(hash).unwrap_or_default();
    if blob_hash(&bytes) != hash {
        return Err(Damage::of(format!("the blob {hash} does not match its hash")).into());
    }
    Ok(KeptBlob { tenant, hash, media_type, position: Position(position as u64), bytes })
}

/// Which events came from other logs.
pub(in crate::store::postgres) async fn imports(pool: &PgPool) -> Result<Vec<Imported>, Error> {
    sqlx::query(IMPORTS).fetch_all(pool).await.map_err(failure::of)?.iter().map(import).collect()
}

fn import(row: &PgRow) -> Result<Imported, Error> {
    let position = |column| -> Result<Position, sqlx::Error> {
        Ok(Position(row.try_get::<i64, _>(column)? as u64))
    };
    let columns = || {
        let source: &[u8] = row.try_get(2)?;
        Ok((position(0)?, position(1)?, source, position(3)?, row.try_get(4)?))
    };
    let (first, last, source, source_first, adopted) = columns().map_err(failure::of)?;
    Ok(Imported { first, last, source: log_id(source)?, source_first, adopted })
}

/// The columns that a list goes on behind; nothing is before them.
fn name<K>(behind: &Behind<K>, bytes: impl Fn(&K) -> Vec<u8>) -> (&str, Vec<u8>) {
    match &behind.last {
        Some((tenant, key)) => (tenant.as_str(), bytes(key)),
        None => ("", Vec::new()),
    }
}

/// A position as the database keeps it; one that it cannot count to is behind everything.
fn place(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
