//! The audit of a log in a database: every event against its hash, its chain and its row; streams,
//! heads, outcomes and blobs against each other; and what protects them. Each table is walked in
//! short reads, so that nobody is held up.

mod events;
mod parts;
mod protection;

use std::sync::atomic::{AtomicU64, Ordering};

use super::PostgresReader;
use crate::store::{Damage, Error, LogHead, LogReader, Progress, Report};
use crate::stream::Position;

/// How many positions one reader takes at a time.
const CHUNK: u64 = 8192;

/// Sums over whole tables, to be compared with the head of the log.
#[derive(Debug, Default)]
pub(super) struct Totals {
    versions: u64,
    outcome_events: u64,
    outcomes: u64,
}

/// Audits the log as it stands when the audit begins.
pub(super) async fn verify(reader: &PostgresReader, progress: &Progress) -> Result<Report, Error> {
    let head = reader.head().await?;
    let next = AtomicU64::new(0);
    let (mut report, mut totals) = (Report::default(), Totals::default());
    protection::check(reader.pool(), &mut report).await?;
    let beside = parts::check(reader.pool(), &mut report, &mut totals);
    let (beside, one, other) = tokio::join!(
        beside,
        chunks(reader, &next, head, progress),
        chunks(reader, &next, head, progress)
    );
    beside?;
    report.merge(one?);
    report.merge(other?);
    // What moves while the log is written to is compared only when it was quiet.
    if reader.head().await? == head {
        compare(&totals, head, &mut report);
    }
    Ok(report)
}

async fn chunks(
    reader: &PostgresReader,
    next: &AtomicU64,
    head: LogHead,
    progress: &Progress,
) -> Result<Report, Error> {
    let mut report = Report::default();
    loop {
        let from = next.fetch_add(CHUNK, Ordering::Relaxed) + 1;
        if from > head.position.0 {
            return Ok(report);
        }
        let to = Position((from + CHUNK - 1).min(head.position.0));
        events::check(reader.pool(), Position(from), to, &mut report).await?;
        progress.add(to.0 + 1 - from);
    }
}

fn compare(totals: &Totals, head: LogHead, report: &mut Report) {
    let counts = [
        (totals.versions, head.position.0, "events by the heads of the streams"),
        (totals.outcome_events, head.position.0, "events by the outcomes of commands"),
        (totals.outcomes, head.outcomes, "outcomes"),
    ];
    for (counted, expected, what) in counts {
        if counted != expected {
            report
                .note(Damage::of(format!("{counted} {what}, the head of the log says {expected}")));
        }
    }
}
