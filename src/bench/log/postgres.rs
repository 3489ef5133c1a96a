//! The log in PostgreSQL: our appends beside a raw loop that calls the same function, and beside
//! plain inserts of the same rows without any check.

pub(super) mod raw;

use std::sync::Arc;
use std::time::Instant;

use events::store::postgres::{Postgres, PostgresReader};
use events::store::{EventStore, Filter, LogReader, PAGE_EVENTS_MAX, Writer};
use events::stream::Position;

use super::append::{append_one_by_one, side_by_side};
use super::{Better, Common, Measure, per_second, runtime};
use crate::bench::peer;
use crate::clock::SystemClock;
use raw::Database;

/// How many streams the events are spread over.
const STREAMS: u64 = 10_000;

/// All figures about PostgreSQL.
pub(super) fn all(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let server = peer::Postgres::start()?;
    let (mut many, mut function, mut inserts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut one, mut alone, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..common.runs {
        runtime()?.block_on(async {
            let database = Database::new(&server.url).await?;
            function.push(database.function(common.events).await?);
            let database = Database::new(&server.url).await?;
            inserts.push(database.inserts(common.events).await?);
            let database = Database::new(&server.url).await?;
            many.push(concurrent(&database.url, common.events).await?);
            read.push(everything(&database.url, common.events).await?);
            let database = Database::new(&server.url).await?;
            alone.push(database.single().await?);
            let database = Database::new(&server.url).await?;
            one.push(single(&database.url).await?);
            anyhow::Ok(())
        })?;
    }
    Ok(vec![
        Measure::of("log.append.postgres.256", "events/s", many)
            .against(function)
            .ratio_must_be(Better::Higher, 0.6),
        Measure::of("log.append.postgres.raw.inserts", "events/s", inserts),
        Measure::of("log.append.postgres.1", "µs", one)
            .against(alone)
            .ratio_must_be(Better::Lower, 1.3),
        Measure::of("log.read_all.postgres", "events/s", read).must_be(Better::Higher, 300_000.0),
    ])
}

/// Opens a log with its writer.
async fn open(url: &str) -> anyhow::Result<(Writer, events::store::writer::WriterTask)> {
    let store = Arc::new(Postgres::open(url).await?);
    let head = store.reader().head().await?;
    Ok(Writer::start(store, Arc::new(SystemClock), head))
}

/// Events a second of 256 concurrent appenders.
async fn concurrent(url: &str, events: u64) -> anyhow::Result<f64> {
    let (writer, task) = open(url).await?;
    let begun = Instant::now();
    side_by_side(&writer, events, STREAMS).await?;
    let rate = per_second(events, begun);
    drop(writer);
    task.finished().await?;
    Ok(rate)
}

/// The median time of one append, alone, in microseconds.
async fn single(url: &str) -> anyhow::Result<f64> {
    let (writer, task) = open(url).await?;
    #[expect(clippy::disallowed_methods, reason = "it is waited for at once")]
    let times = tokio::spawn(append_one_by_one(writer, STREAMS)).await??;
    task.finished().await?;
    Ok(Measure::of("", "", times).median)
}

/// Events a second of a reader that goes through the whole log.
async fn everything(url: &str, events: u64) -> anyhow::Result<f64> {
    let reader = PostgresReader::open(url).await?;
    let begun = Instant::now();
    let (mut from, mut count) = (Position::FIRST, 0);
    loop {
        let page = reader.read_all(from, &Filter::default(), PAGE_EVENTS_MAX).await?;
        count += page.events.len() as u64;
        from = page.next;
        if page.end {
            anyhow::ensure!(count == events, "read {count} events of {events}");
            return Ok(per_second(count, begun));
        }
    }
}
