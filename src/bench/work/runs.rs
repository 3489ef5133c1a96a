//! Runs: started, their stages done by workers in another process than the system, and on record.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::Client;
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

use super::client::{all, ask, connect, id, share};
use super::tasks;
use crate::bench::log::{per_second, runtime};
use crate::bench::peer::Annals;
use crate::bench::{Better, Common, Measure};

/// How many runs of six stages there are, of as many events as were asked for.
const SHARE: u64 = 100;
/// How many starts are under way at once.
const STARTING: u64 = 256;
/// How many items the stage has that goes through a list.
const ITEMS: u64 = 10_000;
/// How many of them are under way at once.
const ITEMS_AT_ONCE: u64 = 1_000;
/// How many stages the chain has.
const CHAIN: u64 = 1_000;

/// Measures runs.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let mut measures = Vec::new();
    if common.wants("runs.six") {
        measures.push(six(common)?);
    }
    if common.wants("runs.six.1") {
        measures.extend(alone(common)?);
    }
    if common.wants("runs.fanout") {
        measures.push(fan_out(common)?);
    }
    if common.wants("runs.chain") {
        measures.push(chain(common)?);
    }
    Ok(measures)
}

/// Stages one behind the other, each of which is given what the one before has brought.
fn stages(count: u64) -> Value {
    let stage = |n: u64| match n {
        0 => json!({ "name": "s0", "task": "bench", "input": "${ input }" }),
        _ => json!({
            "name": format!("s{n}"), "task": "bench", "after": [format!("s{}", n - 1)],
            "input": format!("${{ stages.s{}.output }}", n - 1),
        }),
    };
    json!({ "stages": (0..count).map(stage).collect::<Vec<_>>() })
}

/// One stage that goes through a list.
fn many() -> Value {
    let many = json!({
        "name": "many", "task": "bench", "foreach": "${ input }", "at_once": ITEMS_AT_ONCE,
        "input": { "item": "${ item }", "say": "something of a size that is usual for an input, about a hundred" },
    });
    json!({ "stages": [many] })
}

async fn define(client: &Client, name: &str, definition: Value) -> anyhow::Result<()> {
    let subject = format!("annals.main.command.pipeline.{name}.define");
    ask(client, subject, json!({ "definition": definition }).to_string()).await
}

fn start(pipeline: &str, input: &Value) -> (String, String) {
    let body = json!({ "pipeline": pipeline, "input": input }).to_string();
    (format!("annals.main.command.run.{}.start", id()), body)
}

fn said() -> Value {
    json!({ "say": "something of a size that is usual for an input, about a hundred and twenty bytes long in all" })
}

fn six(common: &Common) -> anyhow::Result<Measure> {
    let annals = Annals::start(common)?;
    let count = (common.events / SHARE).max(1);
    let mut rates = Vec::new();
    for _ in 0..common.runs {
        rates.push(runtime()?.block_on(six_done(&annals.url, count))?);
    }
    Ok(Measure::of("runs.six", "1/s", rates).must_be(Better::Higher, 1_200.0))
}

/// So many runs a second, from the first start to the last end on record.
async fn six_done(url: &str, count: u64) -> anyhow::Result<f64> {
    let worker = tasks::worker(url).await?;
    let client = connect(url).await?;
    define(&client, "six", stages(6)).await?;
    let mut ends = client.subscribe("annals.main.event.run.*.finished").await?;
    client.flush().await?;
    let begun = Instant::now();
    let starting = all(&client, count, STARTING, |_| start("six", &said()));
    let ending = async {
        for _ in 0..count {
            completed(ends.next().await)?;
        }
        anyhow::Ok(())
    };
    let (started, ended) = tokio::join!(starting, ending);
    started?;
    ended?;
    let rate = per_second(count, begun);
    worker.abort();
    Ok(rate)
}

/// A run has ended as it should.
fn completed(message: Option<async_nats::Message>) -> anyhow::Result<()> {
    let message = message.context("the subscription ended")?;
    let said: Value = serde_json::from_slice(&message.payload)?;
    anyhow::ensure!(said["how"] == "completed", "a run did not end well: {said}");
    Ok(())
}

/// The time from a start to the end on record, one run at a time.
fn alone(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let annals = Annals::start(common)?;
    let count = (common.events / 1_000).max(1);
    let (mut middle, mut late) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        let took = runtime()?.block_on(one_by_one(&annals.url, count))?;
        middle.push(share(&took, 0.5));
        late.push(share(&took, 0.99));
    }
    let middle = Measure::of("runs.six.1", "ms", middle).must_be(Better::Lower, 8.0);
    Ok(vec![middle, Measure::of("runs.six.1.p99", "ms", late)])
}

async fn one_by_one(url: &str, count: u64) -> anyhow::Result<Vec<Duration>> {
    let worker = tasks::worker(url).await?;
    let client = connect(url).await?;
    define(&client, "six", stages(6)).await?;
    let mut ends = client.subscribe("annals.main.event.run.*.finished").await?;
    client.flush().await?;
    let mut took = Vec::new();
    for _ in 0..count {
        let (subject, body) = start("six", &said());
        let begun = Instant::now();
        ask(&client, subject, body).await?;
        completed(ends.next().await)?;
        took.push(begun.elapsed());
    }
    worker.abort();
    took.sort_unstable();
    Ok(took)
}

/// Tasks of one run a second, beside tasks that are nobody's.
fn fan_out(common: &Common) -> anyhow::Result<Measure> {
    let annals = Annals::start(common)?;
    let (mut rates, mut others) = (Vec::new(), Vec::new());
    for _ in 0..common.runs {
        others.push(runtime()?.block_on(tasks::done(&annals.url, ITEMS))?);
        let items: Vec<u64> = (0..ITEMS).collect();
        let took = runtime()?.block_on(one(&annals.url, "many", many(), json!(items)))?;
        rates.push(ITEMS as f64 / took.as_secs_f64());
    }
    let rate = Measure::of("runs.fanout", "1/s", rates).against(others);
    Ok(rate.ratio_must_be(Better::Higher, 0.5))
}

/// How long a run takes whose stages come one behind the other.
fn chain(common: &Common) -> anyhow::Result<Measure> {
    let annals = Annals::start(common)?;
    let mut took = Vec::new();
    for _ in 0..common.runs {
        let run = one(&annals.url, "chain", stages(CHAIN), said());
        took.push(runtime()?.block_on(run)?.as_secs_f64());
    }
    Ok(Measure::of("runs.chain", "s", took))
}

/// How long one run takes.
async fn one(url: &str, name: &str, definition: Value, input: Value) -> anyhow::Result<Duration> {
    let worker = tasks::worker(url).await?;
    let client = connect(url).await?;
    define(&client, name, definition).await?;
    let mut ends = client.subscribe("annals.main.event.run.*.finished").await?;
    client.flush().await?;
    let (subject, body) = start(name, &input);
    let begun = Instant::now();
    ask(&client, subject, body).await?;
    completed(ends.next().await)?;
    let took = begun.elapsed();
    worker.abort();
    Ok(took)
}
