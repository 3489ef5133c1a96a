//! The yardstick: the fastest loop over the same rows in the same tables, with the same indexes,
//! triggers and durability, through the C library on one connection. It looks nothing up, hashes
//! nothing and answers nobody; its rows are made before the clock starts.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use events::chain::{EventHash, event_hash};
use events::header::{Codec, Header};
use events::id::{CommandId, EventId, LogId};
use events::store::sqlite::{Options, Sqlite};
use events::stream::Version;
use events::time::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::corpus::{Corpus, Dice, STREAMS};
use super::{Measure, per_second, remove, runtime};

/// A row of each table that one append writes.
struct Row {
    position: i64,
    stream: i64,
    /// The name of the stream.
    key: String,
    version: i64,
    hash: EventHash,
    header: Vec<u8>,
    payload: Vec<u8>,
    command: [u8; CommandId::BYTES],
    recorded_at: i64,
}

/// Events a second at this batch size.
pub(super) fn append(path: &Path, batch: usize, events: u64) -> anyhow::Result<f64> {
    let connection = create(path)?;
    let rows = rows(events);
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
    let rows = rows(commits);
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

fn rows(events: u64) -> Vec<Row> {
    let (corpus, mut dice) = (Corpus::new(), Dice::new(1));
    let mut heads = BTreeMap::new();
    let log_id = LogId(Uuid::from_u128(1));
    let start = 1_780_000_000_000_u64;
    (0..events)
        .map(|n| {
            let number = dice.below(STREAMS);
            let command = Corpus::command(start + n / 64, &mut dice);
            let append = corpus.append(corpus.stream(number), command);
            // Streams are numbered as they appear, like in the log itself.
            let appeared = heads.len() as i64 + 1;
            let (stream, version, before) =
                heads.get(&number).copied().unwrap_or((appeared, 0_u64, EventHash::NONE));
            let recorded_at = Timestamp((start + n / 64) as i64 * 1000);
            let header = Header {
                event_id: EventId(command.id),
                log_id,
                tenant: append.stream.tenant.as_str(),
                category: append.stream.category.as_str(),
                stream_key: append.stream.key.as_str(),
                version: Version(version + 1),
                wire_type: "task.imagined",
                schema: 1,
                recorded_at,
                effective_at: None,
                principal: "bench",
                on_behalf_of: None,
                command_id: command,
                correlation: None,
                causation: None,
                traceparent: None,
                codec: Codec::Json,
            };
            let header = header.encode();
            let payload = append.decision.events()[0].payload.clone();
            let hash = event_hash(&before, &header, &payload);
            heads.insert(number, (stream, version + 1, hash));
            Row {
                position: n as i64 + 1,
                stream,
                key: append.stream.key.to_string(),
                version: version as i64 + 1,
                hash,
                header,
                payload,
                command: command.to_bytes(),
                recorded_at: recorded_at.0,
            }
        })
        .collect()
}

fn commit(connection: &Connection, rows: &[Row]) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut heads = BTreeMap::new();
    let mut event = connection.prepare_cached(
        "INSERT INTO events (position, stream, version, hash, header, payload, checksum)
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
                "UPDATE log SET position = ?, recorded_at = ?, outcomes = ?, checksum = ?",
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
