//! The audit of a log file: every event against its hash, its chain and its row; the index against
//! the table; streams, heads, outcomes and blobs against their checksums and each other; the schema
//! against this program's. Streams are checked side by side, in chunks of positions.

mod chunk;
mod parts;
mod places;
pub(super) mod tail;
mod totals;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rusqlite::Connection;

use super::{connect, failure, read, schema};
use crate::store::{Damage, Error, LogHead, Progress, Report};
use crate::stream::Position;
use totals::Totals;

/// How many positions one worker takes at a time.
const CHUNK: u64 = 16_384;

/// How much of the log each worker keeps, in KiB with a minus sign, as SQLite wants it: what one turn
/// reads is read again, row by row, before the next.
const CACHE_KIB: i64 = -24_576;

/// Audits the log at `path`, which `connection` reads, as it stands when the audit begins.
pub(super) fn verify(
    connection: &Connection,
    path: &Path,
    progress: &Progress,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let head = match read::head(connection) {
        Ok((_, head)) => head,
        Err(Error::Damaged(damage)) => {
            report.note(damage);
            farthest(connection)?
        }
        Err(error) => return Err(error),
    };
    compare_schema(connection, &mut report)?;
    let next = AtomicU64::new(0);
    // A log of one chunk is not worth a second thread.
    let chunks = usize::try_from(head.position.0 / CHUNK + 1).unwrap_or(usize::MAX);
    let workers = thread::available_parallelism().map_or(1, usize::from).clamp(1, 8).min(chunks);
    let audit = |connection: &Connection, worker| audit(connection, worker, &next, head, progress);
    let found: Vec<Result<(Report, Totals), Error>> = thread::scope(|scope| {
        let audit = &audit;
        let beside = |worker| scope.spawn(move || audit(&connect::reader(path)?, worker));
        let threads: Vec<_> = (1..workers).map(beside).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(panicked()))
        };
        let first = audit(connection, 0);
        std::iter::once(first).chain(threads.into_iter().map(join)).collect()
    });
    let mut totals = Totals::default();
    for part in found {
        let (part, counted) = part?;
        report.merge(part);
        totals.add(&counted);
    }
    let after = read::head(connection).map(|(_, head)| head);
    totals.compare(head, after.ok(), &mut report);
    Ok(report)
}

fn panicked() -> Error {
    Error::Failed("a part of the audit panicked".into())
}

/// The first worker checks everything beside the events, then helps with them.
fn audit(
    connection: &Connection,
    worker: usize,
    next: &AtomicU64,
    head: LogHead,
    progress: &Progress,
) -> Result<(Report, Totals), Error> {
    connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(failure::of_rusqlite)?;
    let (mut report, mut totals) = (Report::default(), Totals::default());
    if worker == 0 {
        parts::check(connection, head, &mut report, &mut totals)?;
    }
    let mut chunks = chunk::Chunks::new(connection, head.position.0)?;
    loop {
        let from = next.fetch_add(CHUNK, Ordering::Relaxed) + 1;
        if from > head.position.0 {
            break;
        }
        let to = Position((from + CHUNK - 1).min(head.position.0));
        chunks.check(Position(from), to, &mut report, &mut totals)?;
        progress.add(to.0 + 1 - from);
    }
    Ok((report, totals))
}

/// Where the events end, if the head cannot tell.
fn farthest(connection: &Connection) -> Result<LogHead, Error> {
    let last = connection
        .query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get::<_, i64>(0));
    match last.map_err(failure::of_rusqlite) {
        Ok(last) => Ok(LogHead { position: Position(last as u64), ..LogHead::default() }),
        Err(Error::Damaged(_)) => Ok(LogHead::default()),
        Err(error) => Err(error),
    }
}

fn compare_schema(connection: &Connection, report: &mut Report) -> Result<(), Error> {
    let expected = schema::expected_texts();
    match schema::texts(connection).map_err(failure::of_rusqlite) {
        Ok(found) if found == *expected => {}
        Ok(_) => report.note(Damage::of("the schema, or what protects it, is not this program's")),
        Err(Error::Damaged(damage)) => report.note(damage),
        Err(error) => return Err(error),
    }
    Ok(())
}
