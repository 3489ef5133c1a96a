//! What the log knows about a batch, read inside its transaction: commands, streams, heads, epochs.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::failure;
use super::many::Many;
use super::rows::{self, OutcomeRow};
use crate::chain::EventHash;
use crate::planted::{Bug, planted};
use crate::store::admit::{Known, View};
use crate::store::recent::Recent;
use crate::store::{Batch, Damage, Error, LogHead, Prepared, StreamHead};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

static KNOWN: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH wanted (tenant, command) AS (VALUES ",
        2,
        ") SELECT o.tenant, o.command, o.request, o.stream, o.verdict, o.position, o.version, o.events,
                  o.recorded_at, o.code, o.message, o.checksum
           FROM wanted CROSS JOIN outcomes o ON o.tenant = wanted.tenant AND o.command = wanted.command",
    )
});

static STREAMS: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH wanted (tenant, category, key) AS (VALUES ",
        3,
        ") SELECT s.tenant, s.category, s.key, s.stream FROM wanted CROSS JOIN streams s
           ON s.tenant = wanted.tenant AND s.category = wanted.category AND s.key = wanted.key",
    )
});

static HEADS: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH wanted (stream) AS (VALUES ",
        1,
        ") SELECT h.stream, h.version, h.hash, h.checksum FROM wanted CROSS JOIN heads h ON h.stream = wanted.stream",
    )
});

static EPOCHS: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "WITH wanted (partition) AS (VALUES ",
        1,
        ") SELECT e.partition, e.epoch, e.checksum FROM wanted CROSS JOIN epochs e ON e.partition = wanted.partition",
    )
});

/// The streams of a batch, and their numbers as far as they have one.
pub(super) type Numbers = HashMap<StreamId, i64>;

/// Reads the end of the log.
pub(super) async fn head(connection: &mut SqliteConnection) -> Result<LogHead, Error> {
    let row = sqlx::query("SELECT log_id, position, recorded_at, outcomes, checksum FROM log")
        .fetch_one(connection)
        .await
        .map_err(failure::of_sqlx)?;
    let id: &[u8] = row.get(0);
    let head = LogHead {
        position: Position(row.get::<i64, _>(1) as u64),
        recorded_at: Timestamp(row.get(2)),
        outcomes: row.get::<i64, _>(3) as u64,
    };
    let log_id = uuid::Uuid::from_slice(id)
        .map(crate::id::LogId)
        .map_err(|_| Damage::of("the log's id is damaged"))?;
    whole("the head of the log", row.get(4), rows::log_sum(log_id, &head))?;
    Ok(head)
}

/// Gathers everything the rule of the append asks about a batch.
pub(super) async fn view(
    connection: &mut SqliteConnection,
    numbered: &mut Recent<i64>,
    batch: &Batch,
    log: LogHead,
) -> Result<(View, Numbers), Error> {
    let numbers = numbers(connection, numbered, &batch.appends).await?;
    let names: HashMap<i64, &StreamId> =
        numbers.iter().map(|(stream, number)| (*number, stream)).collect();
    let view = View {
        known: known(connection, &batch.appends).await?,
        heads: heads(connection, &names).await?,
        epochs: epochs(connection, &batch.appends).await?,
        log,
    };
    Ok((view, numbers))
}

async fn numbers(
    connection: &mut SqliteConnection,
    numbered: &mut Recent<i64>,
    appends: &[Prepared],
) -> Result<Numbers, Error> {
    let mut numbers = Numbers::new();
    let mut unknown: HashSet<&StreamId> = HashSet::new();
    for stream in appends.iter().map(|append| &append.stream) {
        match numbered.get(stream) {
            Some(number) => drop(numbers.insert(stream.clone(), number)),
            None => drop(unknown.insert(stream)),
        }
    }
    let unknown: Vec<&StreamId> = unknown.into_iter().collect();
    let found = STREAMS.fetch(connection, &unknown, |query, stream| {
        query
            .bind(stream.tenant.as_str().to_owned())
            .bind(stream.category.as_str().to_owned())
            .bind(stream.key.as_str().to_owned())
    });
    for row in found.await? {
        let (stream, number) = (stream_of(&row)?, row.get(3));
        numbered.put(&stream, number);
        numbers.insert(stream, number);
    }
    Ok(numbers)
}

fn stream_of(row: &SqliteRow) -> Result<StreamId, Error> {
    let damaged = |error: crate::id::InvalidId| Damage::of(format!("a stream's name: {error}"));
    Ok(StreamId::new(
        row.get::<&str, _>(0).parse().map_err(damaged)?,
        row.get::<&str, _>(1).parse().map_err(damaged)?,
        row.get::<&str, _>(2).parse().map_err(damaged)?,
    ))
}

async fn heads(
    connection: &mut SqliteConnection,
    names: &HashMap<i64, &StreamId>,
) -> Result<HashMap<StreamId, StreamHead>, Error> {
    let wanted: Vec<i64> = names.keys().copied().collect();
    let found = HEADS.fetch(connection, &wanted, |query, number| query.bind(*number)).await?;
    let mut heads = HashMap::with_capacity(found.len());
    for row in found {
        let (number, version, hash): (i64, i64, &[u8]) = (row.get(0), row.get(1), row.get(2));
        let version = Version(version as u64);
        whole("the head of a stream", row.get(3), rows::head_sum(number, version, hash))?;
        let hash = EventHash::from_slice(hash)
            .ok_or_else(|| Damage::of("the head of a stream is damaged"))?;
        heads.insert(names[&number].clone(), StreamHead { version, hash });
    }
    if heads.len() != wanted.len() {
        return Err(Damage::of("a stream has no head").into());
    }
    Ok(heads)
}

async fn known(
    connection: &mut SqliteConnection,
    appends: &[Prepared],
) -> Result<HashMap<(crate::id::Tenant, crate::id::CommandId), Known>, Error> {
    let mut known = HashMap::new();
    if planted(Bug::OutcomeNotLookedUp) {
        return Ok(known);
    }
    let found = KNOWN.fetch(connection, appends, |query, append| {
        query
            .bind(append.stream.tenant.as_str().to_owned())
            .bind(append.command.to_bytes().to_vec())
    });
    for row in found.await? {
        let row = outcome_row(&row)?;
        let damaged = || Damage::of("an outcome is damaged");
        let stream = stream_named(connection, row.stream).await?;
        let tenant = stream.tenant.clone();
        let outcome = row.outcome(stream).ok_or_else(damaged)?;
        let request = row.request().ok_or_else(damaged)?;
        known.insert((tenant, row.command().ok_or_else(damaged)?), Known { outcome, request });
    }
    Ok(known)
}

fn outcome_row(row: &SqliteRow) -> Result<OutcomeRow, Error> {
    let outcome = OutcomeRow {
        tenant: row.get(0),
        command: row.get(1),
        request: row.get(2),
        stream: row.get(3),
        verdict: row.get(4),
        position: row.get(5),
        version: row.get(6),
        events: row.get(7),
        recorded_at: row.get(8),
        code: row.get(9),
        message: row.get(10),
    };
    whole("an outcome", row.get(11), outcome.sum())?;
    Ok(outcome)
}

async fn stream_named(connection: &mut SqliteConnection, number: i64) -> Result<StreamId, Error> {
    let row = sqlx::query("SELECT tenant, category, key FROM streams WHERE stream = ?")
        .bind(number)
        .fetch_optional(connection)
        .await
        .map_err(failure::of_sqlx)?;
    stream_of(&row.ok_or_else(|| Damage::of("an outcome names a stream that is not there"))?)
}

async fn epochs(
    connection: &mut SqliteConnection,
    appends: &[Prepared],
) -> Result<HashMap<u16, u64>, Error> {
    let owned = appends.iter().filter(|append| append.epoch.is_some());
    let wanted: HashSet<u16> = owned.map(|append| append.stream.partition()).collect();
    let wanted: Vec<u16> = wanted.into_iter().collect();
    let found =
        EPOCHS.fetch(connection, &wanted, |query, partition| query.bind(*partition)).await?;
    found
        .into_iter()
        .map(|row| {
            let (partition, epoch): (i64, i64) = (row.get(0), row.get(1));
            whole("an epoch", row.get(2), rows::epoch_sum(partition, epoch))?;
            Ok((partition as u16, epoch as u64))
        })
        .collect()
}

/// Compares a row's checksum with what the row says.
pub(super) fn whole(what: &str, stored: i64, computed: i64) -> Result<(), Error> {
    if stored == computed {
        Ok(())
    } else {
        Err(Damage::of(format!("{what} does not match its checksum")).into())
    }
}
