//! The yardsticks: the function of the database called in a loop with rows made before the clock
//! starts, and the same rows inserted without any check.

use std::collections::BTreeMap;
use std::time::Instant;

use events::store::postgres::Postgres;
use sqlx::{Connection, Executor, PgConnection};

use super::STREAMS;
use crate::bench::log::append::SINGLES;
use crate::bench::log::rows::{Row, rows};
use crate::bench::log::{Measure, per_second};

/// How many events one call carries.
const BATCH: usize = 256;

const CALL: &str = "SELECT * FROM annals.append_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)";
const EVENTS: &str = "INSERT INTO annals.events SELECT * FROM unnest($1::bigint[], $2::bigint[],
    $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $1::bigint[])";
const OUTCOMES: &str = "INSERT INTO annals.outcomes SELECT 'main', c, $1, s, 1, p, v, 1, t, '', '', p
    FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS i(c, s, p, v, t)";
const NAMES: &str = "INSERT INTO annals.streams SELECT s, 'main', 'task', k
    FROM unnest($1::bigint[], $2::text[]) AS i(s, k)";
const HEADS: &str =
    "INSERT INTO annals.heads SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash";
const LOG: &str = "UPDATE annals.log SET position = $1, recorded_at = $2, outcomes = $1";

/// A log of its own in a database of its own.
pub(in crate::bench::log) struct Database {
    pub(in crate::bench::log) url: String,
}

impl Database {
    /// Makes one on this server.
    pub(in crate::bench::log) async fn new(server: &str) -> anyhow::Result<Self> {
        let name = format!("bench_{}", events::store::keys::random_id().simple());
        let mut connection = PgConnection::connect(server).await?;
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        let (before, _) = server.rsplit_once('/').unwrap_or((server, ""));
        let url = format!("{before}/{name}");
        drop(Postgres::open(&url).await?);
        Ok(Self { url })
    }

    /// Events a second of the function, 256 at a time.
    pub(in crate::bench::log) async fn function(&self, events: u64) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let log = log(&mut connection).await?;
        let rows = rows(events, STREAMS);
        let begun = Instant::now();
        for rows in rows.chunks(BATCH) {
            call(&mut connection, &log, rows).await?;
        }
        Ok(per_second(events, begun))
    }

    /// The median time of a call with one event, in microseconds.
    pub(super) async fn single(&self) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let log = log(&mut connection).await?;
        let mut times = Vec::new();
        for row in rows(SINGLES, STREAMS).chunks(1) {
            let begun = Instant::now();
            call(&mut connection, &log, row).await?;
            times.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        Ok(Measure::of("", "", times).median)
    }

    /// Events a second of plain inserts, 256 at a time.
    pub(super) async fn inserts(&self, events: u64) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let rows = rows(events, STREAMS);
        let begun = Instant::now();
        for rows in rows.chunks(BATCH) {
            insert(&mut connection, rows).await?;
        }
        Ok(per_second(events, begun))
    }
}

fn all<'a, T: 'a>(rows: &'a [Row], of: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// The id of the log.
async fn log(connection: &mut PgConnection) -> anyhow::Result<Vec<u8>> {
    Ok(sqlx::query_scalar("SELECT log_id FROM annals.log").fetch_one(connection).await?)
}

async fn call(connection: &mut PgConnection, log: &[u8], rows: &[Row]) -> anyhow::Result<()> {
    // The last event of a stream moves its head, so no stream may come twice in one raw batch
    // without its own base: the rows carry theirs.
    let n = || (1..=rows.len() as i32).collect::<Vec<_>>();
    let stamp = rows.last().map_or(0, |row| row.recorded_at);
    let answer = sqlx::query(CALL)
        .bind(log)
        .bind(stamp)
        .bind(all(rows, |_| "main"))
        .bind(all(rows, |_| "task"))
        .bind(all(rows, |row| row.key.as_str()))
        .bind(all(rows, |_| -1_i64))
        .bind(all(rows, |row| row.version - 1))
        .bind(all(rows, |row| row.before.0.as_slice()))
        .bind(all(rows, |row| row.version))
        .bind(all(rows, |row| row.hash.0.as_slice()))
        .bind(all(rows, |row| row.command.as_slice()))
        .bind(all(rows, |_| [7_u8; 32].as_slice().to_vec()))
        .bind(all(rows, |_| 1_i32))
        .bind(all(rows, |_| None::<i64>))
        .bind(all(rows, |_| 1_i16))
        .bind(all(rows, |_| 1_i32))
        .bind(all(rows, |_| ""))
        .bind(all(rows, |_| ""))
        .bind(all(rows, |row| row.position & 0x7FFF_FFFF))
        .bind(n())
        .bind(all(rows, |_| 1_i32))
        .bind(all(rows, |row| row.hash.0.as_slice()))
        .bind(all(rows, |row| row.header.as_slice()))
        .bind(all(rows, |row| row.payload.as_slice()))
        .bind(all(rows, |row| row.position & 0x7FFF_FFFF))
        .bind(Vec::<i32>::new())
        .bind(Vec::<Vec<u8>>::new())
        .bind(Vec::<String>::new())
        .bind(Vec::<Vec<u8>>::new())
        .fetch_all(connection)
        .await?;
    anyhow::ensure!(answer.len() == 1, "{} appends were refused", answer.len() - 1);
    Ok(())
}

async fn insert(connection: &mut PgConnection, rows: &[Row]) -> anyhow::Result<()> {
    let mut transaction = connection.begin().await?;
    sqlx::query(EVENTS)
        .bind(all(rows, |row| row.position))
        .bind(all(rows, |row| row.stream))
        .bind(all(rows, |row| row.version))
        .bind(all(rows, |row| row.hash.0.as_slice()))
        .bind(all(rows, |row| row.header.as_slice()))
        .bind(all(rows, |row| row.payload.as_slice()))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(OUTCOMES)
        .bind([7_u8; 32].as_slice())
        .bind(all(rows, |row| row.command.as_slice()))
        .bind(all(rows, |row| row.stream))
        .bind(all(rows, |row| row.position))
        .bind(all(rows, |row| row.version))
        .bind(all(rows, |row| row.recorded_at))
        .execute(&mut *transaction)
        .await?;
    let fresh: Vec<&Row> = rows.iter().filter(|row| row.version == 1).collect();
    sqlx::query(NAMES)
        .bind(fresh.iter().map(|row| row.stream).collect::<Vec<_>>())
        .bind(fresh.iter().map(|row| row.key.as_str()).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    let heads: BTreeMap<i64, &Row> = rows.iter().map(|row| (row.stream, row)).collect();
    sqlx::query(HEADS)
        .bind(heads.keys().copied().collect::<Vec<_>>())
        .bind(heads.values().map(|row| row.version).collect::<Vec<_>>())
        .bind(heads.values().map(|row| row.hash.0.as_slice()).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    let last = rows.last().map_or((0, 0), |row| (row.position, row.recorded_at));
    sqlx::query(LOG).bind(last.0).bind(last.1).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
