//! `annals log verify`: the audit of the whole log, and its report.

use std::process::ExitCode;
use std::time::Instant;

use events::store::{Damage, Error, LogReader, Progress, Report};
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::app;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::show::visible;
use crate::cli::{Context, Done, progress};

/// Compare everything in the log with everything else
///
/// Every event with its hash and the one before it in its stream, every index, head, outcome and
/// blob. Exit code 1 means that something is not as it was written; the first broken event is named.
/// A chain cannot see that the end of the log was cut off together with its head row.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals log verify
  annals log verify --json | jq .damages")]
pub(in crate::cli) struct Verify {}

impl Verify {
    pub(super) async fn run(self, context: &Context) -> Done {
        let begun = Instant::now();
        let report = match app::reader(&context.store()?).await {
            Ok(reader) => audit(&*reader, context).await?,
            Err(Error::Damaged(damage)) => broken_at_once(damage),
            Err(error) => return Err(error.into()),
        };
        let seconds = begun.elapsed().as_secs_f64();
        let mut lines = Lines::new();
        if context.json {
            lines.json(&object(&report, seconds));
        } else if !report.is_whole() {
            report.damages.iter().for_each(|damage| lines.text(&visible(&damage.to_string())));
            unnamed(&report).into_iter().for_each(|line| lines.text(&line));
        } else if !context.quiet {
            lines.text(&format!("{}: all as it was written", counts(&report, seconds)));
        }
        lines.flush().await?;
        match report.damages.into_iter().next() {
            // With --json the report on standard output says it all.
            Some(_) if context.json => Ok(ExitCode::FAILURE),
            Some(first) => Err(Problem::from(first)),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

/// Runs the audit while the bar moves.
async fn audit(reader: &dyn LogReader, context: &Context) -> Result<Report, Problem> {
    let total = reader.head().await?.position.0;
    let bar = progress::bar(context.watched(), Some(total), "events");
    let progress = Progress::default();
    Ok(progress::watch(bar, &progress, reader.verify(progress.clone())).await?)
}

/// The log is too damaged to look further.
fn broken_at_once(damage: Damage) -> Report {
    let mut report = Report::default();
    report.note(damage);
    report
}

fn counts(report: &Report, seconds: f64) -> String {
    format!(
        "{} events in {} streams, {} outcomes and {} blobs in {seconds:.1} s, {} events/s",
        HumanCount(report.events),
        HumanCount(report.streams),
        HumanCount(report.outcomes),
        HumanCount(report.blobs),
        HumanCount(speed(report, seconds)),
    )
}

fn speed(report: &Report, seconds: f64) -> u64 {
    (report.events as f64 / seconds.max(1e-6)) as u64
}

fn unnamed(report: &Report) -> Option<String> {
    let more = report.damaged.saturating_sub(report.damages.len() as u64);
    (more > 0).then(|| format!("and {more} more"))
}

fn object(report: &Report, seconds: f64) -> Value {
    let damages: Vec<Value> = report.damages.iter().map(damage).collect();
    json!({
        "whole": report.is_whole(),
        "events": report.events,
        "streams": report.streams,
        "outcomes": report.outcomes,
        "blobs": report.blobs,
        "seconds": seconds,
        "events_per_second": speed(report, seconds),
        "damaged": report.damaged,
        "damages": damages,
    })
}

fn damage(damage: &Damage) -> Value {
    json!({
        "position": damage.position.map(|position| position.0),
        "stream": damage.event.as_ref().map(|(stream, _)| stream.to_string()),
        "version": damage.event.as_ref().map(|(_, version)| version.0),
        "what": damage.what,
    })
}
