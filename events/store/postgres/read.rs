//! Reading: a few connections that can do nothing else. Rows are immutable and positions dense in
//! commit order, so that a page needs no transaction: what is at or before a head that was read
//! first is there. Every row that leaves here was compared with its checksum.

pub(super) mod kept;
mod rows;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

pub(super) use rows::{event_row, outcome_row};

use super::connect::{Place, READERS};
use super::{Listening, consumers, failure, verify};
use crate::chain::{EventHash, blob_hash};
use crate::id::{CommandId, Consumer, LogId, Tenant};
use crate::recorded::Stored;
use crate::store::history::History;
use crate::store::identity::Identity;
use crate::store::{
    Behind, Damage, Error, Filter, Imported, Kept, KeptBlob, LogHead, LogReader, Outcome,
    PAGE_EVENTS_MAX, Page, Progress, Report, Standing, StreamHead,
};
use crate::stream::{Direction, Position, StreamId, Version};
use crate::time::Timestamp;

/// The most bytes one page should collect.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// What an event is taken to weigh before one was seen.
const EVENT_BYTES: usize = 1024;

const HEAD: &str = "SELECT position, recorded_at, outcomes, log_id FROM annals.log";
const HEADS: &str = "SELECT i.n, h.version, h.hash
    FROM unnest($1, $2, $3) WITH ORDINALITY AS i(tenant, category, key, n)
    JOIN annals.streams s ON s.tenant = i.tenant AND s.category = i.category AND s.key = i.key
    JOIN annals.heads h ON h.stream = s.stream";
const FIND: &str = "SELECT s.stream, h.version, h.hash FROM annals.streams s
    LEFT JOIN annals.heads h ON h.stream = s.stream WHERE s.tenant = $1 AND s.category = $2 AND s.key = $3";
const STREAM: &str = "SELECT position, version, hash, header, payload, checksum FROM annals.events
    WHERE stream = $1 AND version BETWEEN $2 AND $3 ORDER BY version";
const PAGE: &str = "SELECT position, version, hash, header, payload, checksum FROM annals.events
    WHERE position >= $1 AND position <= $2 ORDER BY position";
const OUTCOME: &str =
    "SELECT o.request, s.tenant, s.category, s.key, o.verdict, o.position, o.version,
    o.events, o.recorded_at, o.code, o.message, o.checksum
    FROM annals.outcomes o LEFT JOIN annals.streams s ON s.stream = o.stream
    WHERE o.tenant = $1 AND o.command = $2";
const BLOB: &str = "SELECT bytes FROM annals.blobs WHERE tenant = $1 AND hash = $2";

const BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'annals' AND c.relkind = 'r'";
const SERVER: &str = "SELECT current_setting('server_version'),
    has_table_privilege('annals.events', 'UPDATE, DELETE, TRUNCATE')";

/// A log in a database, open for reading; clones share its connections.
#[derive(Debug, Clone)]
pub struct PostgresReader {
    place: Arc<Place>,
    identity: Identity,
    pool: PgPool,
    /// What an event weighed in the last page: how many fit into the next.
    weight: Arc<AtomicUsize>,
}

impl PostgresReader {
    /// Opens the log in the database at `url`, which must be there with this program's schema.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let place = Place::of(url)?;
        super::schema::check(&place).await?;
        Self::at(place).await
    }

    pub(super) async fn at(place: Place) -> Result<Self, Error> {
        let pool = place.readers(READERS);
        let (log_id, _) = head(&pool).await?;
        let weight = Arc::new(AtomicUsize::new(EVENT_BYTES));
        Ok(Self { place: Arc::new(place), identity: Identity::of(log_id), pool, weight })
    }

    /// Where the log is, without the password.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.name()
    }

    /// Listens for what is committed from now on.
    #[must_use]
    pub fn listen(&self) -> Listening {
        Listening::start(&self.place)
    }

    /// How many bytes the log takes on the server's disk.
    pub async fn bytes(&self) -> Result<u64, Error> {
        let sum: i64 =
            sqlx::query_scalar(BYTES).fetch_one(&self.pool).await.map_err(failure::of)?;
        Ok(sum as u64)
    }

    /// The server's version, and whether this user may change what was recorded.
    pub async fn server(&self) -> Result<(String, bool), Error> {
        let row = sqlx::query(SERVER).fetch_one(&self.pool).await.map_err(failure::of)?;
        let read = || Ok((row.try_get(0)?, row.try_get(1)?));
        read().map_err(failure::of)
    }

    /// Whether the keys of the log are there.
    pub async fn has_keys(&self) -> Result<bool, Error> {
        let there = "SELECT to_regclass('annals_keys.tenants') IS NOT NULL";
        sqlx::query_scalar(there).fetch_one(&self.pool).await.map_err(failure::of)
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// How many rows make a page of the right weight.
    fn fitting(&self, limit: usize) -> usize {
        let weight = self.weight.load(Ordering::Relaxed).max(1);
        limit.min(PAGE_EVENTS_MAX).min(PAGE_BYTES / weight).max(1)
    }

    fn weigh(&self, bytes: usize, events: usize) {
        if let Some(weight) = bytes.checked_div(events) {
            self.weight.store(weight, Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl LogReader for PostgresReader {
    fn log_id(&self) -> LogId {
        self.identity.log_id()
    }

    async fn head(&self) -> Result<LogHead, Error> {
        let (log_id, head) = head(&self.pool).await?;
        self.identity.becomes(log_id);
        Ok(head)
    }

    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        let part = |of: fn(&StreamId) -> &str| streams.iter().map(of).collect::<Vec<_>>();
        let rows = sqlx::query(HEADS)
            .bind(part(|stream| stream.tenant.as_str()))
            .bind(part(|stream| stream.category.as_str()))
            .bind(part(|stream| stream.key.as_str()))
            .fetch_all(&self.pool)
            .await
            .map_err(failure::of)?;
        let mut heads = vec![StreamHead::default(); streams.len()];
        for row in &rows {
            let n: i64 = row.try_get(0).map_err(failure::of)?;
            heads[n as usize - 1] = rows::stream_head(row, 1)?;
        }
        Ok(heads)
    }

    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error> {
        let command = command.to_bytes();
        let select = sqlx::query(OUTCOME).bind(tenant.as_str()).bind(command.as_slice());
        let row = select.fetch_optional(&self.pool).await.map_err(failure::of)?;
        row.map(|row| Ok(outcome_row(tenant.as_str(), &command, &row, 0)?.outcome)).transpose()
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let find = sqlx::query(FIND)
            .bind(stream.tenant.as_str())
            .bind(stream.category.as_str())
            .bind(stream.key.as_str());
        let found = find.fetch_optional(&self.pool).await.map_err(failure::of)?;
        let Some(found) = found else { return Ok(Vec::new()) };
        let number: i64 = found.try_get(0).map_err(failure::of)?;
        let head = rows::stream_head(&found, 1)?;
        let Some(mut history) = History::begin(stream, head, from, direction, limit) else {
            return Ok(Vec::new());
        };
        let (first, last) = history.rows();
        let select = sqlx::query(STREAM).bind(number).bind(first.0 as i64).bind(last.0 as i64);
        for row in &select.fetch_all(&self.pool).await.map_err(failure::of)? {
            history.add(&event_row(row)?)?;
        }
        history.finish()
    }

    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error> {
        let from = from.max(Position::FIRST);
        let head = self.head().await?;
        let last = from.plus(self.fitting(limit) as u64 - 1).min(head.position);
        if last < from {
            return Ok(Page { events: Vec::new(), next: from, end: true });
        }
        let select = sqlx::query(PAGE).bind(from.0 as i64).bind(last.0 as i64);
        let rows = select.fetch_all(&self.pool).await.map_err(failure::of)?;
        let mut page = Page { events: Vec::with_capacity(rows.len()), next: from, end: false };
        self.fill(&mut page, &rows, filter)?;
        if page.next != last.next() {
            return Err(Damage::at(page.next, "it is missing").into());
        }
        page.end = last == head.position;
        Ok(page)
    }

    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error> {
        let select = sqlx::query(BLOB).bind(tenant.as_str()).bind(hash.0.as_slice());
        let row = select.fetch_optional(&self.pool).await.map_err(failure::of)?;
        let Some(row) = row else { return Ok(None) };
        let bytes: Vec<u8> = row.try_get(0).map_err(failure::of)?;
        if blob_hash(&bytes) != *hash {
            return Err(Damage::of(format!("the blob {hash} does not match its hash")).into());
        }
        Ok(Some(bytes))
    }

    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        let fit = self.fitting(positions.len()).min(positions.len());
        let (stored, bytes) = kept::at(&self.pool, &positions[..fit]).await?;
        self.weigh(bytes, stored.len());
        Ok(stored)
    }

    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
        let found = consumers::standings(&self.pool, Some(consumer)).await?;
        Ok(found.into_iter().next().map(|(_, standing)| standing))
    }

    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error> {
        consumers::standings(&self.pool, None).await
    }

    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error> {
        kept::kept(&self.pool, commands).await
    }

    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error> {
        kept::without_events(&self.pool, behind, last, limit).await
    }

    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error> {
        kept::blobs(&self.pool, behind, last, limit).await
    }

    async fn imports(&self) -> Result<Vec<Imported>, Error> {
        kept::imports(&self.pool).await
    }

    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        verify::verify(self, &progress).await
    }
}

impl PostgresReader {
    /// Takes over what passes, and sees to it that no position is left out.
    fn fill(&self, page: &mut Page, rows: &[PgRow], filter: &Filter) -> Result<(), Error> {
        let mut bytes = 0;
        for row in rows {
            let row = event_row(row)?;
            if row.position != page.next {
                return Err(Damage::at(page.next, "it is missing").into());
            }
            page.next = page.next.next();
            bytes += row.header.len() + row.payload.len();
            let stored = rows::stored(&row)?;
            if filter.is_open() || filter.passes(&stored.header()) {
                page.events.push(stored);
            }
        }
        self.weigh(bytes, rows.len());
        Ok(())
    }
}

async fn head(pool: &PgPool) -> Result<(LogId, LogHead), Error> {
    let row = sqlx::query(HEAD).fetch_one(pool).await.map_err(failure::of)?;
    let read = || {
        let head = LogHead {
            position: Position(row.try_get::<i64, _>(0)? as u64),
            recorded_at: Timestamp(row.try_get(1)?),
            outcomes: row.try_get::<i64, _>(2)? as u64,
        };
        Ok((row.try_get::<&[u8], _>(3)?, head))
    };
    let (id, head) = read().map_err(failure::of)?;
    Ok((log_id(id)?, head))
}

/// The identity of a log, as it is stored.
pub(super) fn log_id(bytes: &[u8]) -> Result<LogId, Error> {
    let id = uuid::Uuid::from_slice(bytes).map_err(|_| Damage::of("the log's id is damaged"))?;
    Ok(LogId(id))
}
