//! Commands: one request each, of about 400 bytes.

use std::time::Instant;

use uuid::Uuid;

use super::client::{all, connect, id, share};
use crate::bench::bus::clients::requests;
use crate::bench::log::{per_second, runtime};
use crate::bench::peer::{Annals, NatsServer};
use crate::bench::{Better, Common, Measure};

/// How many tasks get commands.
const STREAMS: u64 = 10_000;
/// What is said in each command, to make it 400 bytes long.
const FILLED: usize = 370;
/// How many requests are under way at once.
const FLYING: u64 = 256;
/// How many commands one run sends, of as many events as were asked for.
const SHARE: u64 = 2;

/// Measures commands.
pub(super) fn run(common: &Common) -> anyhow::Result<Vec<Measure>> {
    let mut measures = Vec::new();
    if common.wants("commands.embedded") {
        let (annals, nats) = (Annals::start(common)?, NatsServer::start()?);
        measures.extend(on("commands.embedded", &annals, &nats, common)?);
    }
    if common.wants("commands.nats") {
        let nats = NatsServer::start()?;
        let annals = Annals::start_on(&nats, common)?;
        measures.extend(on("commands.nats", &annals, &nats, common)?);
    }
    Ok(measures)
}

/// Commands to one system, and beside them questions that are only sent back, over a server of NATS.
fn on(
    name: &str,
    annals: &Annals,
    nats: &NatsServer,
    common: &Common,
) -> anyhow::Result<Vec<Measure>> {
    let count = common.events / SHARE;
    let warm = runtime()?.block_on(warm(&annals.url))?;
    let (mut rates, mut echoes, mut cold) = (Vec::new(), Vec::new(), Vec::new());
    let (mut middle, mut late) = (Vec::new(), Vec::new());
    for run in 0..common.runs {
        echoes.push(requests(&nats.url, count, FLYING as usize)?);
        rates.push(runtime()?.block_on(notes(&annals.url, &warm, count, FLYING, run))?.0);
        cold.push(runtime()?.block_on(submissions(&annals.url, count))?);
        let (_, took) = runtime()?.block_on(notes(&annals.url, &warm, count / 100, 1, run))?;
        middle.push(share(&took, 0.5));
        late.push(share(&took, 0.99));
    }
    let rate = Measure::of(&format!("{name}.256"), "1/s", rates).against(echoes.clone());
    let cold = Measure::of(&format!("{name}.256.cold"), "1/s", cold).against(echoes);
    let alone = Measure::of(&format!("{name}.1"), "ms", middle);
    Ok(vec![
        rate.ratio_must_be(Better::Higher, 0.25),
        cold,
        alone.must_be(Better::Lower, 0.5),
        Measure::of(&format!("{name}.1.p99"), "ms", late),
    ])
}

/// Tasks that nobody does, to say something about.
async fn warm(url: &str) -> anyhow::Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = (0..STREAMS).map(|_| id()).collect();
    let (client, tasks) = (connect(url).await?, ids.clone());
    let submit = move |n: u64| (subject(tasks[n as usize], "submit"), r#"{"kind":"never"}"#.into());
    all(&client, STREAMS, FLYING, submit).await?;
    Ok(ids)
}

fn subject(task: Uuid, verb: &str) -> String {
    format!("annals.main.command.task.{task}.{verb}")
}

async fn notes(
    url: &str,
    tasks: &[Uuid],
    count: u64,
    flying: u64,
    run: u32,
) -> anyhow::Result<(f64, Vec<std::time::Duration>)> {
    let (client, tasks) = (connect(url).await?, tasks.to_vec());
    let filled = "x".repeat(FILLED);
    let note = move |n: u64| {
        let task = tasks[(n % tasks.len() as u64) as usize];
        (subject(task, "note"), format!(r#"{{"text":"{run:>4} {flying:>4} {n:>8} {filled}"}}"#))
    };
    let begun = Instant::now();
    let took = all(&client, count, flying, note).await?;
    Ok((per_second(count, begun), took))
}

async fn submissions(url: &str, count: u64) -> anyhow::Result<f64> {
    let client = connect(url).await?;
    let filled = "x".repeat(FILLED);
    let submit =
        move |_| (subject(id(), "submit"), format!(r#"{{"kind":"never","input":"{filled}"}}"#));
    let begun = Instant::now();
    all(&client, count, FLYING, submit).await?;
    Ok(per_second(count, begun))
}
