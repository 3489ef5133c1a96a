//! Tasks: submitted, placed, done by workers in another process than the system, and on record.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::Client;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;

use super::client::{all, ask, connect, id, share};
use crate::bench::log::{per_second, runtime};
use crate::bench::peer::{Annals, dramatiq};
use crate::bench::{Better, Common, Measure};

/// How many tasks one run does, of as many events as were asked for.
const SHARE: u64 = 2;
/// How many tasks it is that are done with Dramatiq.
const DRAMATIQ_TASKS: u64 = 5_000;
/// How many submissions are under way at once.
const SUBMITTING: u64 = 1024;
/// How long after the last task memory is looked at.
const REST: Duration = Duration::from_secs(10);
/// How many tasks the worker holds at once.
const SLOTS: u32 = 1000;

/// Measures tasks.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let mut measures = Vec::new();
    if common.wants("tasks.batch") || common.wants("tasks.cpu") || common.wants("tasks.memory") {
        measures.extend(batch(common)?);
    }
    for flying in [1, 16] {
        if common.wants(&format!("tasks.{flying}")) {
            measures.extend(alone(common, flying)?);
        }
    }
    Ok(measures)
}

fn batch(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let annals = Annals::start(common)?;
    let count = common.events / SHARE;
    let (mut rates, mut cpu, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..common.runs {
        others.push(dramatiq(DRAMATIQ_TASKS)?);
        let before = annals.cpu()? + own_cpu()?;
        rates.push(runtime()?.block_on(done(&annals.url, count))?);
        cpu.push((annals.cpu()? + own_cpu()? - before) / count as f64 * 1000.0);
    }
    let rate = Measure::of("tasks.batch", "1/s", rates).against(others);
    let rate = rate.ratio_must_be(Better::Higher, 6.0);
    let cpu = Measure::of("tasks.cpu", "s/1000", cpu).must_be(Better::Lower, 0.16);
    // What is kept for a while after much was done does not count as its memory.
    std::thread::sleep(REST);
    let memory = Measure::of("tasks.memory", "MB", vec![annals.memory()?]);
    let memory = memory.must_be(Better::Lower, 60.0);
    Ok(vec![rate, cpu, memory])
}

/// So many tasks a second, from the first submission to the last result on record.
pub(super) async fn done(url: &str, count: u64) -> anyhow::Result<f64> {
    let worker = worker(url).await?;
    let client = connect(url).await?;
    let mut ends = client.subscribe("annals.main.event.task.*.completed").await?;
    client.flush().await?;
    let submit = |_| (format!("annals.main.command.task.{}.submit", id()), order());
    let begun = Instant::now();
    let submitting = all(&client, count, SUBMITTING, submit);
    let ending = async {
        for _ in 0..count {
            ends.next().await.context("the subscription ended")?;
        }
        anyhow::Ok(())
    };
    let (submitted, ended) = tokio::join!(submitting, ending);
    submitted?;
    ended?;
    let rate = per_second(count, begun);
    worker.abort();
    Ok(rate)
}

fn order() -> String {
    r#"{"kind":"bench","input":{"say":"something of a size that is usual for an input, about a hundred and twenty bytes long in all"}}"#.into()
}

/// The time from a submission to its result on record, so many under way at once.
fn alone(common: &Common, flying: u64) -> anyhow::Result<Vec<Measure>> {
    let annals = Annals::start(common)?;
    let count = common.events / 100 * flying.min(8);
    let (mut middle, mut late, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..common.runs {
        let begun = Instant::now();
        let took = runtime()?.block_on(one_by_one(&annals.url, count, flying))?;
        rates.push(per_second(count, begun));
        middle.push(share(&took, 0.5));
        late.push(share(&took, 0.99));
    }
    let (half, most) = if flying == 1 { (1.2, 3.0) } else { (3.0, f64::INFINITY) };
    let name = format!("tasks.{flying}");
    let late = Measure::of(&format!("{name}.p99"), "ms", late);
    let late = if most.is_finite() { late.must_be(Better::Lower, most) } else { late };
    let middle = Measure::of(&name, "ms", middle).must_be(Better::Lower, half);
    Ok(vec![middle, late, Measure::of(&format!("{name}.rate"), "1/s", rates)])
}

async fn one_by_one(url: &str, count: u64, flying: u64) -> anyhow::Result<Vec<Duration>> {
    let worker = worker(url).await?;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..flying {
        let client = connect(url).await?;
        clients.spawn(async move {
            let mut took = Vec::new();
            for _ in 0..count / flying {
                let task = id();
                let ends = format!("annals.main.event.task.{task}.completed");
                let mut ends = client.subscribe(ends).await?;
                let begun = Instant::now();
                ask(&client, format!("annals.main.command.task.{task}.submit"), order()).await?;
                ends.next().await.context("the subscription ended")?;
                took.push(begun.elapsed());
                ends.unsubscribe().await?;
            }
            anyhow::Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(done) = clients.join_next().await {
        took.extend(done??);
    }
    worker.abort();
    took.sort_unstable();
    Ok(took)
}

/// A worker that brings the result right away.
pub(super) async fn worker(url: &str) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let client: Client = connect(url).await?;
    let offer = format!(r#"{{"kind":"bench","capabilities":["bench"],"slots":{SLOTS}}}"#);
    let mut work = client.queue_subscribe("annals.main.work.bench", "bench".into()).await?;
    client.flush().await?;
    ask(&client, "annals.main.command.agent.bench.register".into(), offer).await?;
    #[expect(clippy::disallowed_methods, reason = "it is stopped by who asked for it")]
    Ok(tokio::spawn(async move {
        while let Some(message) = work.next().await {
            let asked: Value = serde_json::from_slice(&message.payload)?;
            let reply = message.reply.context("work is asked for")?;
            let result = format!(r#"{{"result":{}}}"#, asked["input"]);
            client.publish(reply, result.into()).await?;
        }
        Ok(())
    }))
}

/// The processor time of this process, in seconds.
fn own_cpu() -> anyhow::Result<f64> {
    crate::bench::peer::cpu(std::process::id())
}
