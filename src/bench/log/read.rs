//! Reading and verifying a log of a million events. Streams are read from two layouts: written in
//! one go, as a busy actor does, and one event here and there, a page of the file each.

use std::path::Path;
use std::time::Instant;

use events::store::sqlite::SqliteReader;
use events::store::{Filter, LogReader, PAGE_EVENTS_MAX, Progress};
use events::stream::{Direction, Position, Version};

use super::corpus::{Corpus, Dice};
use super::{Better, Common, Measure, fill, per_second, remove, runtime};

/// How many events the log holds for reading.
const EVENTS: u64 = 1_000_000;
/// How many events each stream holds.
const STREAM_EVENTS: u64 = 100;
/// How many streams are read for a median.
const READS: usize = 500;

/// All figures about reading.
pub(super) fn all(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let (busy, scattered) = (folder.join("busy.log"), folder.join("scattered.log"));
    runtime()?.block_on(fill::fill(&busy, EVENTS, |n| n / STREAM_EVENTS))?;
    runtime()?.block_on(fill::fill(&scattered, EVENTS, |n| n % (EVENTS / STREAM_EVENTS)))?;
    let (mut read_all, mut verify) = (Vec::new(), Vec::new());
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    for run in 0..common.runs {
        read_all.push(runtime()?.block_on(everything(&scattered, EVENTS))?);
        verify.push(runtime()?.block_on(audit(&scattered))?);
        together.push(runtime()?.block_on(streams(&busy, u64::from(run)))?);
        apart.push(runtime()?.block_on(streams(&scattered, u64::from(run)))?);
    }
    remove(&busy);
    remove(&scattered);
    Ok(vec![
        Measure::of("log.read_all.sqlite", "events/s", read_all).must_be(Better::Higher, 800_000.0),
        Measure::of("log.read_stream.sqlite", "µs", together).must_be(Better::Lower, 150.0),
        Measure::of("log.read_stream.sqlite.scattered", "µs", apart),
        Measure::of("log.verify.sqlite", "events/s", verify).must_be(Better::Higher, 1_000_000.0),
    ])
}

/// Events a second of a reader that goes through the whole log.
pub(super) async fn everything(path: &Path, events: u64) -> anyhow::Result<f64> {
    let reader = SqliteReader::open(path)?;
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

/// The median time to read a stream that this reader has not read before.
async fn streams(path: &Path, seed: u64) -> anyhow::Result<f64> {
    let reader = SqliteReader::open(path)?;
    let (corpus, mut dice) = (Corpus::new(), Dice::new(seed + 77));
    let mut times = Vec::new();
    for _ in 0..READS {
        let stream = corpus.stream(dice.below(EVENTS / STREAM_EVENTS));
        let begun = Instant::now();
        let events = reader.read_stream(&stream, Version::FIRST, Direction::Forwards, 1000).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        anyhow::ensure!(events.len() as u64 == STREAM_EVENTS, "the stream is shorter");
    }
    Ok(Measure::of("", "", times).median)
}

async fn audit(path: &Path) -> anyhow::Result<f64> {
    let reader = SqliteReader::open(path)?;
    let begun = Instant::now();
    let report = reader.verify(Progress::default()).await?;
    anyhow::ensure!(report.is_whole() && report.events == EVENTS, "the log is damaged: {report:?}");
    Ok(per_second(report.events, begun))
}
