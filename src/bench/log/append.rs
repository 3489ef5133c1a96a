//! Appending: 256 at once, and one alone, each beside the raw loop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use events::store::Writer;
use events::time::Clock;

use super::corpus::{Corpus, Dice, STREAMS};
use super::{Better, Common, Measure, open, per_second, raw, remove, runtime};
use crate::clock::SystemClock;

/// How many append at once.
const APPENDERS: u64 = 256;
/// How many single commits are timed.
pub(super) const SINGLES: u64 = 2000;
/// What the raw loop's batch must reach of the best batch size.
const RAW_FAIRNESS: f64 = 0.85;

/// 256 concurrent appenders; the raw loop at three batch sizes in the same run.
pub(super) fn many(common: &Common, folder: &Path) -> anyhow::Result<Vec<Measure>> {
    let (mut ours, mut batches) = (Vec::new(), Vec::new());
    let mut raws = [64, 256, 1000].map(|batch| (batch, Vec::new()));
    for _ in 0..common.runs {
        for (batch, rates) in &mut raws {
            rates.push(raw::append(&folder.join("raw.log"), *batch, common.events)?);
        }
        let (rate, batch) = concurrent(&folder.join("ours.log"), common.events)?;
        ours.push(rate);
        batches.push(batch);
    }
    let medians = raws.clone().map(|(batch, rates)| (batch, Measure::of("", "", rates).median));
    let best = medians.iter().map(|(_, median)| *median).fold(0.0, f64::max);
    let [(_, at_64), (_, at_256), (_, at_1000)] = raws;
    let fair = Measure::of("log.append.sqlite.raw.256", "events/s", at_256.clone())
        .against(vec![best])
        .ratio_must_be(Better::Higher, RAW_FAIRNESS);
    Ok(vec![
        Measure::of("log.append.sqlite.256", "events/s", ours)
            .against(at_256)
            .ratio_must_be(Better::Higher, 0.6),
        Measure::of("log.append.sqlite.256.batch", "events", batches)
            .must_be(Better::Higher, 100.0),
        Measure::of("log.append.sqlite.raw.64", "events/s", at_64),
        fair,
        Measure::of("log.append.sqlite.raw.1000", "events/s", at_1000),
    ])
}

/// One appender, one event a commit; the raw loop alternates with it.
pub(super) fn single(common: &Common, folder: &Path) -> anyhow::Result<Measure> {
    let (mut ours, mut raws) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        raws.push(raw::single(&folder.join("raw.log"), SINGLES)?);
        ours.push(alone(&folder.join("ours.log"))?);
    }
    Ok(Measure::of("log.append.sqlite.1", "µs", ours)
        .against(raws)
        .ratio_must_be(Better::Lower, 1.5))
}

/// The rate, and the mean number of appends a transaction.
fn concurrent(path: &Path, events: u64) -> anyhow::Result<(f64, f64)> {
    let measured = runtime()?.block_on(async {
        let (store, writer, task) = open(path).await?;
        let begun = Instant::now();
        side_by_side(&writer, events, STREAMS).await?;
        let rate = per_second(events, begun);
        let batches = store.batches().max(1);
        drop(writer);
        task.finished().await?;
        anyhow::Ok((rate, events as f64 / batches as f64))
    });
    remove(path);
    measured
}

/// Appends that many events by 256 appenders on random ones of so many streams.
pub(super) async fn side_by_side(writer: &Writer, events: u64, streams: u64) -> anyhow::Result<()> {
    let left = Arc::new(AtomicU64::new(events));
    let appenders: Vec<_> = (0..APPENDERS)
        .map(|n| {
            #[expect(clippy::disallowed_methods, reason = "each is waited for below")]
            tokio::spawn(append_until_done(writer.clone(), Arc::clone(&left), streams, n))
        })
        .collect();
    for appender in appenders {
        appender.await??;
    }
    Ok(())
}

async fn append_until_done(
    writer: Writer,
    left: Arc<AtomicU64>,
    streams: u64,
    n: u64,
) -> anyhow::Result<()> {
    let (corpus, mut dice) = (Corpus::new(), Dice::new(n + 1));
    let take = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let command = Corpus::command(SystemClock.now().millis(), &mut dice);
        let stream = corpus.stream(dice.below(streams));
        writer.append(corpus.append(stream, command)).await?;
    }
    Ok(())
}

/// The median time of one append, alone.
fn alone(path: &Path) -> anyhow::Result<f64> {
    let measured = runtime()?.block_on(async {
        let (store, writer, task) = open(path).await?;
        #[expect(clippy::disallowed_methods, reason = "it is waited for at once")]
        let times = tokio::spawn(append_one_by_one(writer, STREAMS)).await??;
        task.finished().await?;
        drop(store);
        anyhow::Ok(Measure::of("", "", times).median)
    });
    remove(path);
    measured
}

/// The time of each append, in microseconds.
pub(super) async fn append_one_by_one(writer: Writer, streams: u64) -> anyhow::Result<Vec<f64>> {
    let (corpus, mut dice) = (Corpus::new(), Dice::new(1));
    let mut times = Vec::new();
    for _ in 0..SINGLES {
        let command = Corpus::command(SystemClock.now().millis(), &mut dice);
        let append = corpus.append(corpus.stream(dice.below(streams)), command);
        let begun = Instant::now();
        writer.append(append).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}
