//! Reading: a few connections, each lent to one read at a time, each read short. Every row that
//! leaves here was compared with its checksum, and a stream's rows with their chain as well.

pub(super) mod kept;
pub(super) mod stream;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use super::rows::{self, EventRow};
use super::turn::{self, Turn};
use super::{columns, connect, consumers, failure, recover, schema, verify};
use crate::chain::{EventHash, blob_hash};
use crate::header::Header;
use crate::id::{CommandId, Consumer, LogId, Tenant};
use crate::recorded::Stored;
use crate::store::identity::Identity;
use crate::store::{
    Behind, Damage, Error, Filter, Imported, Kept, KeptBlob, LogHead, LogReader, Outcome, Page,
    Progress, Report, Standing, StreamHead,
};
use crate::stream::{Direction, Position, StreamId, Version};
use crate::time::Timestamp;

/// How many reads go on at once.
const CONNECTIONS: usize = 4;

/// A log in a file, open for reading; clones share its connections.
#[derive(Debug, Clone)]
pub struct SqliteReader {
    path: Arc<PathBuf>,
    identity: Identity,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl SqliteReader {
    /// Opens the log at `path`, which must exist and have this program's schema.
    pub fn open(path: &Path) -> Result<Self, Error> {
        recover::before_reading(path)?;
        Self::beside_writer(path).map_err(|error| failure::or_full(error, path))
    }

    /// The same, for whoever has recovered the log already.
    pub(super) fn beside_writer(path: &Path) -> Result<Self, Error> {
        connect::check_version()?;
        Self::on(path, connect::reader(path)?)
    }

    /// Opens a log that nobody writes to, where nothing can be made beside it; for one read at a time.
    pub fn at_rest(path: &Path) -> Result<Self, Error> {
        connect::check_version()?;
        Self::on(path, connect::at_rest(path)?)
    }

    fn on(path: &Path, connection: Connection) -> Result<Self, Error> {
        schema::check(path, &connection)?;
        schema::check_begun(path, &connection)?;
        let (log_id, _) = head(&connection)?;
        Ok(Self {
            path: Arc::new(path.into()),
            identity: Identity::of(log_id),
            idle: Arc::new(Mutex::new(vec![connection])),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("the permits are never closed");
        let this = self.clone();
        let read = move || {
            let _permit = permit;
            this.lend(work)
        };
        if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            // In place: two thread wake-ups would cost more than most reads.
            return tokio::task::block_in_place(read);
        }
        let done = tokio::task::spawn_blocking(read).await;
        done.unwrap_or_else(|panic| Err(Error::Failed(format!("a read panicked: {panic}"))))
    }

    /// Lends a connection to `work`; one that saw damage is not used again.
    pub(super) fn lend<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = || self.idle.lock().expect("no one panics while holding the connections");
        let lent = idle().pop();
        let connection = lent.map_or_else(|| connect::reader(&self.path), Ok)?;
        let done = work(&connection).map_err(|error| failure::or_full(error, &self.path))?;
        idle().push(connection);
        Ok(done)
    }
}

#[async_trait]
impl LogReader for SqliteReader {
    fn log_id(&self) -> LogId {
        self.identity.log_id()
    }

    async fn head(&self) -> Result<LogHead, Error> {
        let (log_id, head) = self.read(head).await?;
        self.identity.becomes(log_id);
        Ok(head)
    }

    async fn stream_heads(&self, streams: &[StreamId]) -> Result<Vec<StreamHead>, Error> {
        let streams = streams.to_vec();
        self.read(move |connection| {
            let find = |stream| {
                stream::find(connection, stream)
                    .map(|found| found.map_or_else(StreamHead::default, |f| f.head))
            };
            streams.iter().map(find).collect()
        })
        .await
    }

    async fn outcome(&self, tenant: &Tenant, command: CommandId) -> Result<Option<Outcome>, Error> {
        let tenant = tenant.clone();
        self.read(move |connection| outcome(connection, &tenant, command)).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let stream = stream.clone();
        self.read(move |connection| stream::read(connection, &stream, from, direction, limit)).await
    }

    async fn beginning(
        &self,
        stream: &StreamId,
        limit: usize,
    ) -> Result<(StreamHead, Vec<Stored>), Error> {
        let stream = stream.clone();
        self.read(move |connection| stream::beginning(connection, &stream, limit)).await
    }

    async fn read_all(&self, from: Position, filter: &Filter, limit: usize) -> Result<Page, Error> {
        let filter = filter.clone();
        self.read(move |connection| page(connection, from.max(Position::FIRST), &filter, limit))
            .await
    }

    async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        let positions = positions.to_vec();
        self.read(move |connection| kept::at(connection, &positions)).await
    }

    async fn standing(&self, consumer: &Consumer) -> Result<Option<Standing>, Error> {
        let consumer = consumer.clone();
        self.read(move |connection| consumers::standing(connection, &consumer)).await
    }

    async fn consumers(&self) -> Result<Vec<(Consumer, Standing)>, Error> {
        self.read(consumers::all).await
    }

    async fn blob(&self, tenant: &Tenant, hash: &EventHash) -> Result<Option<Vec<u8>>, Error> {
        let (tenant, hash) = (tenant.clone(), *hash);
        self.read(move |connection| blob(connection, &tenant, &hash)).await
    }

    async fn kept(&self, commands: &[(Tenant, CommandId)]) -> Result<Vec<Option<Kept>>, Error> {
        let commands = commands.to_vec();
        self.read(move |connection| kept::all_kept(connection, &commands)).await
    }

    async fn kept_without_events(
        &self,
        behind: &Behind<CommandId>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<Kept>, Error> {
        let behind = behind.clone();
        self.read(move |connection| kept::without_events(connection, &behind, last, limit)).await
    }

    async fn kept_blobs(
        &self,
        behind: &Behind<EventHash>,
        last: Position,
        limit: usize,
    ) -> Result<Vec<KeptBlob>, Error> {
        let behind = behind.clone();
        self.read(move |connection| kept::blobs(connection, &behind, last, limit)).await
    }

    async fn imports(&self) -> Result<Vec<Imported>, Error> {
        self.read(kept::imports).await
    }

    async fn verify(&self, progress: Progress) -> Result<Report, Error> {
        let path = Arc::clone(&self.path);
        // Not on a connection that has some of the log in its cache.
        let verify = move |_: &_| verify::verify(&connect::reader(&path)?, &path, &progress);
        self.read(verify).await
    }
}

/// Reads the end of the log.
pub(super) fn head(connection: &Connection) -> Result<(LogId, LogHead), Error> {
    let select = "SELECT log_id, position, recorded_at, outcomes, checksum FROM log";
    let read = |row: &Row<'_>| {
        let head = LogHead {
            position: Position(row.get::<_, i64>(1)? as u64),
            recorded_at: Timestamp(row.get(2)?),
            outcomes: row.get::<_, i64>(3)? as u64,
        };
        Ok((row.get::<_, Vec<u8>>(0)?, head, row.get::<_, i64>(4)?))
    };
    let (id, head, sum) = connection
        .prepare_cached(select)
        .and_then(|mut select| select.query_row([], read))
        .map_err(failure::of_rusqlite)?;
    let id = uuid::Uuid::from_slice(&id)
        .map(LogId)
        .map_err(|_| Damage::of("the log's id is damaged"))?;
    rows::whole("the head of the log", sum, rows::log_sum(id, &head))?;
    Ok((id, head))
}

/// An event that owns its bytes.
pub(super) fn stored(row: &EventRow<'_>) -> Result<Stored, Error> {
    let hash = EventHash::from_slice(row.hash)
        .ok_or_else(|| Damage::at(row.position, "its hash is not 32 bytes"))?;
    Stored::new(row.position, hash, row.header, row.payload)
        .map_err(|error| Damage::at(row.position, error.to_string()).into())
}

/// Reads a part of the log.
pub(super) fn page(
    connection: &Connection,
    from: Position,
    filter: &Filter,
    limit: usize,
) -> Result<Page, Error> {
    let transaction = connection.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let (_, head) = head(connection)?;
    let mut select = connection
        .prepare_cached(
            "SELECT position, stream, version, hash, header, payload, checksum FROM events
             WHERE position >= ? ORDER BY position LIMIT ?",
        )
        .map_err(failure::of_rusqlite)?;
    // Never longer than a turn, so that a filter that nothing passes still makes short reads.
    let scan = if filter.is_open() { limit.min(turn::ROWS_MAX) } else { turn::ROWS_MAX };
    let mut rows =
        select.query(params![from.0 as i64, scan as i64]).map_err(failure::of_rusqlite)?;
    let mut page =
        Page { next: from, events: Vec::with_capacity(limit.min(scan).min(1024)), end: false };
    let (mut turn, mut ends) = (Turn::begin(), false);
    while page.events.len() < limit && !ends {
        let Some(row) = rows.next().map_err(failure::of_rusqlite)? else { break };
        let row = columns::event(row)?;
        if row.position != page.next {
            return Err(Damage::at(page.next, "it is missing").into());
        }
        page.next = page.next.next();
        ends = turn.ends_after_event(&row);
        if filter.is_open() || passes(filter, &row)? {
            page.events.push(stored(&row)?);
        }
    }
    page.end = page.next > head.position;
    if !page.end
        && rows.next().map_err(failure::of_rusqlite)?.is_none()
        && page.next.0 - from.0 < scan as u64
    {
        return Err(Damage::at(page.next, "it is missing").into());
    }
    drop(rows);
    transaction.finish().map_err(failure::of_rusqlite)?;
    Ok(page)
}

fn passes(filter: &Filter, row: &EventRow<'_>) -> Result<bool, Error> {
    let header =
        Header::decode(row.header).map_err(|error| Damage::at(row.position, error.to_string()))?;
    Ok(filter.passes(&header))
}

/// What became of a command.
pub(super) fn outcome(
    connection: &Connection,
    tenant: &Tenant,
    command: CommandId,
) -> Result<Option<Outcome>, Error> {
    let mut select = connection
        .prepare_cached(
            "SELECT tenant, command, request, stream, verdict, position, version, events, recorded_at, code, message,
             checksum FROM outcomes WHERE tenant = ? AND command = ?",
        )
        .map_err(failure::of_rusqlite)?;
    let mut rows = select
        .query(params![tenant.as_str(), command.to_bytes().as_slice()])
        .map_err(failure::of_rusqlite)?;
    let Some(row) = rows.next().map_err(failure::of_rusqlite)? else { return Ok(None) };
    let row = columns::outcome(row)?;
    let stream = stream::named(connection, row.stream)?;
    let outcome = row.outcome(stream).ok_or_else(|| Damage::of("an outcome is damaged"))?;
    Ok(Some(outcome))
}

/// The bytes of a blob.
pub(super) fn blob(
    connection: &Connection,
    tenant: &Tenant,
    hash: &EventHash,
) -> Result<Option<Vec<u8>>, Error> {
    let select = "SELECT bytes FROM blobs WHERE tenant = ? AND hash = ?";
    let found: Option<Vec<u8>> = connection
        .query_row(select, params![tenant.as_str(), hash.0.as_slice()], |row| row.get(0))
        .optional()
        .map_err(failure::of_rusqlite)?;
    if found.as_ref().is_some_and(|bytes| blob_hash(bytes) != *hash) {
        return Err(Damage::of(format!("the blob {hash} does not match its hash")).into());
    }
    Ok(found)
}
