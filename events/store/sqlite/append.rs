//! One batch, one transaction: gather, decide, insert, commit. Whatever fails, nothing half stays.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::{Executor, SqliteConnection};

use super::gather::{self, Numbers};
use super::many::Many;
use super::rows::{self, EventRow, OutcomeRow};
use super::{checkpoint, failure};
use crate::chain::blob_hash;
use crate::id::LogId;
use crate::planted::{Bug, planted};
use crate::store::batch::PreparedEvent;
use crate::store::recent::Recent;
use crate::store::{
    Admitted, Batch, Error, LogHead, NewBlob, Outcome, Prepared, Reply, StreamHead,
};
use crate::stream::{Position, StreamId, Version};

static INSERT_EVENTS: LazyLock<Many> = LazyLock::new(|| {
    Many::new(
        "INSERT INTO events (position, stream, version, hash, header, payload, checksum) VALUES ",
        7,
        "",
    )
});
static INSERT_OUTCOMES: LazyLock<Many> = LazyLock::new(|| {
    let before = "INSERT INTO outcomes (tenant, command, request, stream, verdict, position, version, events,
                  recorded_at, code, message, checksum) VALUES ";
    Many::new(before, 12, "")
});
static INSERT_STREAMS: LazyLock<Many> = LazyLock::new(|| {
    Many::new("INSERT INTO streams (stream, tenant, category, key, checksum) VALUES ", 5, "")
});
static MOVE_HEADS: LazyLock<Many> = LazyLock::new(|| {
    let after =
        " ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash,
                  checksum = excluded.checksum";
    Many::new("INSERT INTO heads (stream, version, hash, checksum) VALUES ", 4, after)
});
static INSERT_BLOBS: LazyLock<Many> = LazyLock::new(|| {
    let after = " ON CONFLICT (tenant, hash) DO NOTHING";
    Many::new("INSERT INTO blobs (tenant, hash, media_type, bytes, checksum) VALUES ", 5, after)
});

/// The writing connection with what it remembers between batches.
pub(super) struct Connection {
    pub(super) sqlite: SqliteConnection,
    numbers: Recent<i64>,
    log_id: Option<LogId>,
    /// Only the planted bug looks at this: a position that a rollback does not take back.
    counter: Option<Position>,
}

/// Rows to be inserted.
#[derive(Default)]
struct Rows<'a> {
    events: Vec<(Position, i64, Version, &'a PreparedEvent)>,
    outcomes: Vec<OutcomeRow>,
    streams: Vec<(i64, &'a StreamId)>,
    heads: HashMap<i64, StreamHead>,
    blobs: Vec<(&'a str, &'a NewBlob)>,
}

impl Connection {
    pub(super) fn new(sqlite: SqliteConnection) -> Self {
        Self { sqlite, numbers: Recent::default(), log_id: None, counter: None }
    }

    /// Commits what is valid of a batch.
    pub(super) async fn append(&mut self, batch: &Batch) -> Result<Reply, Error> {
        self.transaction(async |this| {
            let head = gather::head(&mut this.sqlite).await?;
            if batch.stamp < head.recorded_at {
                return Ok(Reply::Early(head.recorded_at));
            }
            this.admit(batch, head).await.map(Reply::Done)
        })
        .await
    }

    /// Takes a partition over.
    pub(super) async fn claim(&mut self, partition: u16) -> Result<u64, Error> {
        self.transaction(async |this| {
            let current: Option<i64> =
                sqlx::query_scalar("SELECT epoch FROM epochs WHERE partition = ?")
                    .bind(partition)
                    .fetch_optional(&mut this.sqlite)
                    .await
                    .map_err(failure::of_sqlx)?;
            let epoch = current.unwrap_or(0) + 1;
            sqlx::query(
                "INSERT OR REPLACE INTO epochs (partition, epoch, checksum) VALUES (?, ?, ?)",
            )
            .bind(partition)
            .bind(epoch)
            .bind(rows::epoch_sum(partition.into(), epoch))
            .execute(&mut this.sqlite)
            .await
            .map_err(failure::of_sqlx)?;
            Ok(epoch as u64)
        })
        .await
    }

    /// Moves the journal into the file when it has grown enough.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        checkpoint::when_due(&mut self.sqlite).await
    }

    /// Moves the journal into the file now.
    pub(super) async fn checkpoint(&mut self, mode: checkpoint::Mode) -> Result<(), Error> {
        checkpoint::run(&mut self.sqlite, mode).await
    }

    async fn transaction<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run("BEGIN IMMEDIATE").await?;
        let done = match work(self).await {
            Ok(done) => self.run("COMMIT").await.map(|()| done),
            Err(error) => Err(error),
        };
        if done.is_err() {
            // SQLite may have rolled back by itself already; then there is nothing to do.
            let _ = self.run("ROLLBACK").await;
            self.numbers = Recent::default();
        }
        done
    }

    async fn run(&mut self, text: &'static str) -> Result<(), Error> {
        self.sqlite.execute(text).await.map(drop).map_err(failure::of_sqlx)
    }

    async fn admit(&mut self, batch: &Batch, mut head: LogHead) -> Result<Vec<Admitted>, Error> {
        if planted(Bug::PositionSurvivesRollback) {
            head.position = head.position.max(self.counter.unwrap_or_default());
        }
        let (mut view, mut numbers) =
            gather::view(&mut self.sqlite, &mut self.numbers, batch, head).await?;
        let admitted = view.admit(&batch.appends, batch.stamp);
        self.counter = Some(view.log.position);
        let mut rows = Rows::default();
        for (append, admitted) in batch.appends.iter().zip(&admitted) {
            if let Admitted::Recorded(outcome) = admitted {
                let number = self.number(&append.stream, &mut numbers, &mut rows).await?;
                rows.add(append, outcome, number);
            }
        }
        if !rows.outcomes.is_empty() {
            self.insert(&rows).await?;
            self.move_head(view.log).await?;
        }
        Ok(admitted)
    }

    /// The number of a stream, which is made when it first appears.
    async fn number<'a>(
        &mut self,
        stream: &'a StreamId,
        numbers: &mut Numbers,
        rows: &mut Rows<'a>,
    ) -> Result<i64, Error> {
        if let Some(number) = numbers.get(stream) {
            return Ok(*number);
        }
        let last = match rows.streams.last() {
            Some((number, _)) => *number,
            None => sqlx::query_scalar("SELECT coalesce(max(stream), 0) FROM streams")
                .fetch_one(&mut self.sqlite)
                .await
                .map_err(failure::of_sqlx)?,
        };
        let number = last + 1;
        numbers.insert(stream.clone(), number);
        rows.streams.push((number, stream));
        rows.heads.insert(number, StreamHead::default());
        Ok(number)
    }

    async fn insert(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        let sqlite = &mut self.sqlite;
        INSERT_STREAMS
            .execute(sqlite, &rows.streams, |query, (number, stream)| {
                query
                    .bind(*number)
                    .bind(stream.tenant.as_str().to_owned())
                    .bind(stream.category.as_str().to_owned())
                    .bind(stream.key.as_str().to_owned())
                    .bind(rows::stream_sum(*number, stream))
            })
            .await?;
        INSERT_EVENTS
            .execute(sqlite, &rows.events, bind_event)
            .await?;
        let mut heads: Vec<_> = rows.heads.iter().collect();
        heads.sort_unstable_by_key(|(number, _)| **number);
        MOVE_HEADS
            .execute(sqlite, &heads, |query, (number, head)| {
                let sum = rows::head_sum(**number, head.version, &head.hash.0);
                query
                    .bind(**number)
                    .bind(head.version.0 as i64)
                    .bind(head.hash.0.to_vec())
                    .bind(sum)
            })
            .await?;
        INSERT_OUTCOMES.execute(sqlite, &rows.outcomes, bind_outcome).await?;
        INSERT_BLOBS
            .execute(sqlite, &rows.blobs, |query, (tenant, blob)| {
                let hash = blob_hash(&blob.bytes);
                let sum = rows::blob_sum(tenant, &hash, &blob.media_type);
                query
                    .bind((*tenant).to_owned())
                    .bind(hash.0.to_vec())
                    .bind(blob.media_type.clone())
                    .bind(blob.bytes.clone())
                    .bind(sum)
            })
            .await
    }

    async fn move_head(&mut self, head: LogHead) -> Result<(), Error> {
        let log_id = match self.log_id {
            Some(log_id) => log_id,
            None => *self.log_id.insert(log_id(&mut self.sqlite).await?),
        };
        sqlx::query("UPDATE log SET position = ?, recorded_at = ?, outcomes = ?, checksum = ?")
            .bind(head.position.0 as i64)
            .bind(head.recorded_at.0)
            .bind(head.outcomes as i64)
            .bind(rows::log_sum(log_id, &head))
            .execute(&mut self.sqlite)
            .await
            .map(drop)
            .map_err(failure::of_sqlx)
    }
}

impl<'a> Rows<'a> {
    fn add(&mut self, append: &'a Prepared, outcome: &Outcome, number: i64) {
        self.outcomes.push(OutcomeRow::new(append.command, append.request, number, outcome));
        self.blobs.extend(append.blobs.iter().map(|blob| (append.stream.tenant.as_str(), blob)));
        let Some(span) = outcome.recorded else { return };
        for (event, n) in append.events.iter().zip(0..) {
            self.events.push((span.position.plus(n), number, span.version.plus(n), event));
        }
        self.heads.insert(number, append.head_after());
    }
}

fn bind_event(
    query: super::many::Query,
    event: &(Position, i64, Version, &PreparedEvent),
) -> super::many::Query {
    let (position, stream, version, event) = *event;
    let row = EventRow {
        position,
        stream,
        version,
        hash: &event.hash.0,
        header: &event.header,
        payload: &event.payload,
    };
    query
        .bind(position.0 as i64)
        .bind(stream)
        .bind(version.0 as i64)
        .bind(event.hash.0.to_vec())
        .bind(event.header.clone())
        .bind(event.payload.clone())
        .bind(row.sum())
}

fn bind_outcome(query: super::many::Query, row: &OutcomeRow) -> super::many::Query {
    query
        .bind(row.tenant.clone())
        .bind(row.command.clone())
        .bind(row.request.clone())
        .bind(row.stream)
        .bind(row.verdict)
        .bind(row.position)
        .bind(row.version)
        .bind(row.events)
        .bind(row.recorded_at)
        .bind(row.code.clone())
        .bind(row.message.clone())
        .bind(row.sum())
}

async fn log_id(connection: &mut SqliteConnection) -> Result<LogId, Error> {
    let bytes: Vec<u8> = sqlx::query_scalar("SELECT log_id FROM log")
        .fetch_one(connection)
        .await
        .map_err(failure::of_sqlx)?;
    let id = uuid::Uuid::from_slice(&bytes);
    id.map(LogId).map_err(|_| crate::store::Damage::of("the log's id is damaged").into())
}
