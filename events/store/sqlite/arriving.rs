//! What comes from another log, entered in one transaction.

use rusqlite::{CachedStatement, OptionalExtension, Row, params};

use super::append::Connection;
use super::books::SqliteBooks;
use super::failure;
use super::read::{self, kept};
use super::rows::{self, EventRow, OutcomeRow};
use crate::chain::EventHash;
use crate::id::{CommandId, LogId, Tenant};
use crate::store::admit::Books as _;
use crate::store::moving::arrive::{Books, Refused, Stop, Taken, arrive};
use crate::store::moving::{Imported, Kept, KeptBlob, Moved};
use crate::store::{Arrival, Arrived, Error, LogHead, Outcome, StreamHead};
use crate::stream::{Position, StreamId, Version};

const HASH: &str = "SELECT hash FROM events WHERE stream = ? AND version = ?";
const BECOMES: &str = "UPDATE log SET log_id = ?";
const CAME: &str =
    "SELECT coalesce(max(source_first + last - first), 0) FROM imports WHERE source = ?";
const GROW: &str = "UPDATE imports SET last = ?, checksum = ? WHERE first = ? AND source = ?";
const GROWING: &str = "SELECT first, source_first FROM imports
    WHERE last = ? AND source = ? AND adopted = ? AND source_first + last - first = ?";
const INSERT_IMPORT: &str =
    "INSERT INTO imports (first, last, source, source_first, adopted, checksum)
    VALUES (?, ?, ?, ?, ?, ?)";

impl Connection {
    /// Takes a part in, all of it or nothing.
    pub(super) fn import(&mut self, arrival: &Arrival) -> Result<Arrived, Error> {
        let mut stopped = None;
        let entered = self.transaction(|this| {
            this.enter(arrival).map_err(|stop| match stop {
                Stop::Failed(error) => error,
                refused => {
                    stopped = Some(refused);
                    // Rolls back what was entered of it.
                    Error::Stopped
                }
            })
        });
        if let Some(refused) = stopped {
            return Stop::answer(Err(refused));
        }
        let (taken, log_id) = entered?;
        self.identity().becomes(log_id);
        self.settle()?;
        Ok(Arrived::Entered(taken))
    }

    fn enter(&mut self, arrival: &Arrival) -> Result<(Taken, LogId), Stop> {
        let (log_id, before) = read::head(self.sqlite())?;
        let origin = &arrival.origin;
        let becomes = if origin.copy { origin.source } else { log_id };
        if becomes != log_id && before != LogHead::default() {
            return Err(Refused::Moved.into());
        }
        let came = came(self.sqlite(), origin.source).map_err(failure::of_rusqlite)?;
        let mut books = ImportBooks::open(self.books(before)?)?;
        let (taken, ranges) = arrive(&mut books, arrival, becomes, came)?;
        let after = books.finish()?;
        for range in ranges.all() {
            remember(self.sqlite(), range).map_err(failure::of_rusqlite)?;
        }
        if becomes != log_id {
            let source = becomes.0.as_bytes().as_slice();
            self.sqlite().execute(BECOMES, [source]).map_err(failure::of_rusqlite)?;
        }
        if (becomes, after) != (log_id, before) {
            self.move_head(becomes, after)?;
        }
        Ok((taken, becomes))
    }
}

/// The last position of another log that has come.
fn came(sqlite: &rusqlite::Connection, source: LogId) -> rusqlite::Result<Position> {
    let source = source.0.as_bytes().as_slice();
    sqlite.query_row(CAME, [source], |row| Ok(Position(row.get::<_, i64>(0)? as u64)))
}

/// Remembers where events came from: a range grows, or a new one begins.
fn remember(sqlite: &rusqlite::Connection, more: &Imported) -> rusqlite::Result<()> {
    let place = |position: Position| position.0 as i64;
    let source = more.source.0.as_bytes().as_slice();
    let before = [more.first, more.source_first].map(|first| place(first) - 1);
    let growing: Option<(i64, i64)> = sqlite
        .query_row(GROWING, params![before[0], source, more.adopted, before[1]], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((first, source_first)) = growing {
        let [first, source_first] = [first, source_first].map(|place| Position(place as u64));
        let sum = rows::import_sum(&Imported { first, source_first, ..*more });
        return sqlite
            .execute(GROW, params![place(more.last), sum, place(first), source])
            .map(drop);
    }
    let sum = rows::import_sum(more);
    let (first, last, source_first) =
        (place(more.first), place(more.last), place(more.source_first));
    sqlite
        .execute(INSERT_IMPORT, params![first, last, source, source_first, more.adopted, sum])
        .map(drop)
}

/// The books, open for one part.
struct ImportBooks<'c> {
    books: SqliteBooks<'c>,
    kept: CachedStatement<'c>,
    hash: CachedStatement<'c>,
}

impl<'c> ImportBooks<'c> {
    fn open(books: SqliteBooks<'c>) -> Result<Self, Error> {
        let sqlite = books.connection();
        let hash = sqlite.prepare_cached(HASH).map_err(failure::of_rusqlite)?;
        let kept = kept::select_kept(sqlite)?;
        Ok(Self { books, kept, hash })
    }

    /// Moves every head to where its stream ends; says where the log ends.
    fn finish(mut self) -> Result<LogHead, Error> {
        self.books.heads().write()?;
        Ok(self.books.log())
    }
}

impl Books for ImportBooks<'_> {
    fn log(&self) -> LogHead {
        self.books.log()
    }

    fn kept(&mut self, tenant: &Tenant, command: CommandId) -> Result<Option<Kept>, Error> {
        kept::kept(self.books.connection(), &mut self.kept, tenant, command)
    }

    fn hash(&mut self, stream: &StreamId, version: Version) -> Result<Option<EventHash>, Error> {
        let Some(number) = self.books.number(stream)? else { return Ok(None) };
        let read = |row: &Row<'_>| Ok(EventHash(row.get(0)?));
        let found = self.hash.query_row(params![number, version.0 as i64], read).optional();
        found.map_err(failure::of_rusqlite)
    }

    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error> {
        self.books.head(stream)
    }

    fn blob(&mut self, blob: &KeptBlob, position: Position) -> Result<bool, Error> {
        self.books.keep_blob(blob.tenant.as_str(), &blob.media_type, position, &blob.bytes)
    }

    fn enter(&mut self, moved: &Moved, outcome: &Outcome, log: LogHead) -> Result<(), Error> {
        let stream = &outcome.stream;
        let number = match self.books.number(stream)? {
            Some(number) => number,
            None => self.books.name(stream)?,
        };
        let span = outcome.recorded.zip(moved.events.last());
        if let Some((span, last)) = span {
            let head = StreamHead { version: span.last_version(), hash: last.hash() };
            self.books.heads().go_to(number, head);
        }
        let command = moved.kept.command.to_bytes();
        let row = OutcomeRow::new(&command, &moved.kept.request, number, outcome);
        self.books.enter_outcome(&row)?;
        self.books.goes_to(log);
        let Some((span, _)) = span else { return Ok(()) };
        for (event, n) in moved.events.iter().zip(0..) {
            self.books.enter_event(&EventRow {
                position: span.position.plus(n),
                stream: number,
                version: span.version.plus(n),
                hash: &event.hash().0,
                header: event.header_bytes(),
                payload: event.payload(),
            })?;
        }
        Ok(())
    }
}
