//! The audit of a log file: every event against its hash, its chain and its row; the index against
//! the table; streams, heads, outcomes and blobs against their checksums and each other; the schema
//! against this program's. Streams are checked side by side, in chunks of positions.

mod by_name;
mod chunk;
mod look;
mod parts;
mod places;
mod scan;
pub(super) mod tail;
mod totals;
mod work;

use std::path::Path;
use std::thread;

use rusqlite::Connection;

use super::{connect, failure, read, schema};
use crate::store::{Damage, Error, LogHead, Progress, Report};
use crate::stream::Position;
use totals::Totals;
use work::Work;

/// How many workers there are at most.
const WORKERS_MAX: usize = 8;

/// How much of the log each worker keeps, in KiB with a minus sign, as SQLite wants it: what one turn
/// reads is read again, row by row, before the next.
const CACHE_KIB: i64 = -2_048;

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
    let workers = thread::available_parallelism().map_or(1, usize::from).clamp(1, WORKERS_MAX);
    let workers = workers.min(work::workers(head.position));
    let work = Work::new(head.position, workers);
    let audit = |connection: &Connection, worker| audit(connection, worker, &work, head, progress);
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
    work: &Work,
    head: LogHead,
    progress: &Progress,
) -> Result<(Report, Totals), Error> {
    connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(failure::of_rusqlite)?;
    let (mut report, mut totals) = (Report::default(), Totals::default());
    if worker == 0 {
        parts::check(connection, head, &mut report, &mut totals)?;
    }
    let mut chunks = chunk::Chunks::new(connection, head.position.0)?;
    while let Some((from, to)) = work.take(worker) {
        chunks.check(from, to, progress)?;
    }
    chunks.found(&mut report, &mut totals);
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
