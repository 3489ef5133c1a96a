//! One start: from nothing to the first answer, and to the first task that is done.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use events::store::sqlite::beside;
use tokio_stream::StreamExt as _;

use crate::bench::log::runtime;
use crate::bench::peer::Annals;
use crate::bench::work::client::{ask, connect, id};
use crate::bench::{Better, Measure};

/// What was measured of a start, in milliseconds and megabytes.
struct Start {
    answer: f64,
    work: f64,
    memory: f64,
}

/// Some starts on one log: those that find nothing but the log, and those that find what was kept.
pub(super) struct Starts {
    first: Vec<Start>,
    later: Vec<Start>,
}

impl Starts {
    /// Starts a system again and again.
    pub(super) fn measure(runs: u32, log: &Path) -> anyhow::Result<Self> {
        let mut starts = Self { first: Vec::new(), later: Vec::new() };
        for _ in 0..runs {
            forget(log);
            starts.first.push(Start::of(log)?);
            starts.later.push(Start::of(log)?);
        }
        Ok(starts)
    }

    /// The figures, none of which has to be reached.
    pub(super) fn measures(&self, name: &str) -> Vec<Measure> {
        let mut measures = Vec::new();
        for (when, starts) in [("first", &self.first), ("later", &self.later)] {
            let mut add = |what: &str, unit, figure: fn(&Start) -> f64| {
                let figures = starts.iter().map(figure).collect();
                measures.push(Measure::of(&format!("{name}.{when}{what}"), unit, figures));
            };
            add("", "ms", |start| start.answer);
            add(".work", "ms", |start| start.work);
            add(".memory", "MB", |start| start.memory);
        }
        measures
    }

    /// The same, where the first answer must come within so many milliseconds.
    pub(super) fn must_take(&self, name: &str, limit: f64) -> Vec<Measure> {
        let answers = [format!("{name}.first"), format!("{name}.later")];
        let must = |measure: Measure| match answers.contains(&measure.name) {
            true => measure.must_be(Better::Lower, limit),
            false => measure,
        };
        self.measures(name).into_iter().map(must).collect()
    }
}

impl Start {
    fn of(log: &Path) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let begun = Instant::now();
        let annals = Annals::goes_on(log)?;
        let (answer, work) = runtime.block_on(answers(&annals.url, begun))?;
        let memory = annals.memory()?;
        // It keeps what it knows for its next life.
        annals.end()?;
        let millis = |took: Duration| took.as_secs_f64() * 1e3;
        Ok(Self { answer: millis(answer), work: millis(work), memory })
    }
}

/// How long it took until a task was taken, and until it was done: nothing is handed out before the
/// whole history is known.
async fn answers(url: &str, begun: Instant) -> anyhow::Result<(Duration, Duration)> {
    let (client, task) = (connect(url).await?, id());
    let ends = format!("annals.main.event.task.{task}.completed");
    let mut ends = client.subscribe(ends).await?;
    let submit = format!("annals.main.command.task.{task}.submit");
    ask(&client, submit, r#"{"kind":"echo","input":7}"#.into()).await?;
    let answer = begun.elapsed();
    ends.next().await.context("the subscription ended")?;
    Ok((answer, begun.elapsed()))
}

/// Removes what was kept of an earlier life, but for the log.
fn forget(log: &Path) {
    for ending in [".snapshots", ".snapshots-wal", ".snapshots-shm", ".snapshots-journal"] {
        // A file that is not there is as good as removed.
        let _ = std::fs::remove_file(beside(log, ending));
    }
}
