//! `annals log stats`: the log in a few numbers, without reading through it.

use std::path::Path;
use std::process::ExitCode;

use events::store::sqlite::holder;
use events::store::{LogHead, LogReader};
use indicatif::{HumanBytes, HumanCount};

use crate::app;
use crate::cli::output::Lines;
use crate::cli::{Context, Done};

/// Write the log in a few numbers
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Stats {}

impl Stats {
    pub(super) async fn run(self, context: &Context) -> Done {
        let path = context.store()?;
        let reader = app::reader(&path)?;
        let stats = Numbers::of(&path, reader.log_id().to_string(), reader.head().await?);
        let mut lines = Lines::new();
        if context.json {
            lines.json(&stats);
        } else {
            lines.text(&stats.text());
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(serde::Serialize)]
struct Numbers {
    store: String,
    log_id: String,
    position: u64,
    events: u64,
    outcomes: u64,
    last_recorded_at: Option<String>,
    bytes: u64,
    journal_bytes: u64,
    writer: Option<String>,
}

impl Numbers {
    fn of(path: &Path, log_id: String, head: LogHead) -> Self {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        Self {
            store: path.display().to_string(),
            log_id,
            position: head.position.0,
            // Positions have no gaps.
            events: head.position.0,
            outcomes: head.outcomes,
            last_recorded_at: (head.position.0 > 0).then(|| head.recorded_at.to_string()),
            bytes: bytes(path),
            journal_bytes: bytes(&app::beside(path, "-wal")),
            writer: holder(path),
        }
    }

    fn text(&self) -> String {
        let size =
            format!("{}, journal {}", HumanBytes(self.bytes), HumanBytes(self.journal_bytes));
        let rows = [
            ("log", self.store.clone()),
            ("log id", self.log_id.clone()),
            ("ends at position", self.position.to_string()),
            ("events", HumanCount(self.events).to_string()),
            ("outcomes", HumanCount(self.outcomes).to_string()),
            ("last event", self.last_recorded_at.clone().unwrap_or_else(|| "none yet".into())),
            ("size", size),
            (
                "written by",
                self.writer
                    .as_ref()
                    .map_or_else(|| "nobody".into(), |pid| format!("process {pid}")),
            ),
        ];
        rows.map(|(name, value)| format!("{name:<17} {value}")).join("\n")
    }
}
