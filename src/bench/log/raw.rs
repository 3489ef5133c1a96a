//! The yardstick: the fastest loop over the same rows in the same tables, with the same indexes,
//! triggers and durability, through the C library on one connection. It looks nothing up, hashes
//! nothing and answers nobody; its rows are made before the clock starts.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use events::store::sqlite::{Options, Sqlite};
use rusqlite::{Connection, params};

use super::corpus::STREAMS;
use super::rows::{Row, rows};
use super::{Measure, per_second, remove, runtime};

/// Events a second at this batch size.
pub(super) fn append(path: &Path, batch: usize, events: u64) -> anyhow::Result<f64> {
    let connection = create(path)?;
    let rows = rows(events, STREAMS);
    let begun = Instant::now();
    for rows in rows.chunks(batch) {
        commit(&connection, rows)?;
    }
    let rate = per_second(events, begun);
    drop(connection);
    remove(path);
    Ok(rate)
}

/// The median time of a commit of one event, in microseconds.
pub(super) fn single(path: &Path, commits: u64) -> anyhow::Result<f64> {
    let connection = create(path)?;
    let rows = rows(commits, STREAMS);
    let mut times = Vec::with_capacity(rows.len());
    for row in rows.chunks(1) {
        let begun = Instant::now();
        commit(&connection, row)?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    drop(connection);
    remove(path);
    Ok(Measure::of("", "", times).median)
}

/// A log as the program makes it, open for the raw loop.
fn create(path: &Path) -> anyhow::Result<Connection> {
    remove(path);
    drop(runtime()?.block_on(Box::pin(Sqlite::open(path, &Options::default())))?);
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
         PRAGMA cache_size = -16384; PRAGMA mmap_size = 0; PRAGMA recursive_triggers = ON;",
    )?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(connection)
}

fn commit(connection: &Connection, rows: &[Row]) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut heads = BTreeMap::new();
    let mut event = connection.prepare_cached(
        "INSERT OR FAIL INTO events (position, stream, version, hash, header, payload, checksum)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut outcome = connection.prepare_cached(
        "INSERT INTO outcomes (tenant, command, request, stream, verdict, position, version, events,
         recorded_at, code, message, checksum) VALUES ('main', ?, ?, ?, 1, ?, ?, 1, ?, '', '', ?)",
    )?;
    for row in rows {
        let sum = 0x7FFF_FFFF - row.position;
        event.execute(params![
            row.position,
            row.stream,
            row.version,
            row.hash.0.as_slice(),
            row.header,
            row.payload,
            sum
        ])?;
        outcome.execute(params![
            row.command.as_slice(),
            [7_u8; 32].as_slice(),
            row.stream,
            row.position,
            row.version,
            row.recorded_at,
            sum
        ])?;
        if row.version == 1 {
            name(connection, row)?;
        }
        heads.insert(row.stream, row);
    }
    let mut update = connection
        .prepare_cached("UPDATE heads SET version = ?, hash = ?, checksum = ? WHERE stream = ?")?;
    for (stream, row) in heads {
        update.execute(params![row.version, row.hash.0.as_slice(), row.position, stream])?;
    }
    if let Some(last) = rows.last() {
        connection
            .prepare_cached(
                "UPDATE log SET position = ?, recorded_at = ?, outcomes = ?, checksum = ?
                 WHERE one = 1",
            )?
            .execute(params![last.position, last.recorded_at, last.position, last.position])?;
    }
    connection.prepare_cached("COMMIT")?.execute([]).map(drop)
}

/// A stream that appears for the first time.
fn name(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO streams (stream, tenant, category, key, checksum) VALUES (?, 'main', 'task', ?, ?)",
        )?
        .execute(params![row.stream, row.key, row.position])?;
    connection
        .prepare_cached("INSERT INTO heads (stream, version, hash, checksum) VALUES (?, 0, ?, 0)")?
        .execute(params![row.stream, row.hash.0.as_slice()])
        .map(drop)
}
