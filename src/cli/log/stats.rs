//! `annals log stats`: the log in a few numbers, without reading through it.

use std::path::Path;
use std::process::ExitCode;

use events::store::LogReader;
use events::store::postgres::PostgresReader;
use events::store::sqlite::holder;
use indicatif::{HumanBytes, HumanCount};

use crate::app::file;
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::{Context, Done};
use crate::place::Place;

/// Write the log in a few numbers
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Stats {}

impl Stats {
    pub(super) async fn run(self, context: &Context) -> Done {
        let stats = match context.store()? {
            Place::File(path) => Numbers::of_file(&path).await?,
            Place::Database(url) => Numbers::of_database(url).await?,
        };
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
    /// Of a file; a database keeps its journal to itself.
    journal_bytes: Option<u64>,
    writer: Option<String>,
}

impl Numbers {
    async fn of_file(path: &Path) -> Result<Self, Problem> {
        let reader = file::reader(path)?;
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let numbers = Self::of(path.display().to_string(), &reader, bytes(path)).await?;
        let journal_bytes = Some(bytes(&file::beside(path, "-wal")));
        Ok(Self { journal_bytes, writer: holder(path), ..numbers })
    }

    async fn of_database(url: String) -> Result<Self, Problem> {
        let reader = PostgresReader::open(&url).await?;
        let bytes = reader.bytes().await?;
        Self::of(Place::Database(url).to_string(), &reader, bytes).await
    }

    async fn of(store: String, reader: &dyn LogReader, bytes: u64) -> Result<Self, Problem> {
        let head = reader.head().await?;
        Ok(Self {
            store,
            log_id: reader.log_id().to_string(),
            position: head.position.0,
            // Positions have no gaps.
            events: head.position.0,
            outcomes: head.outcomes,
            last_recorded_at: (head.position.0 > 0).then(|| head.recorded_at.to_string()),
            bytes,
            journal_bytes: None,
            writer: None,
        })
    }

    fn text(&self) -> String {
        let bytes = HumanBytes(self.bytes);
        let mut rows = vec![
            ("log", self.store.clone()),
            ("log id", self.log_id.clone()),
            ("ends at position", self.position.to_string()),
            ("events", HumanCount(self.events).to_string()),
            ("outcomes", HumanCount(self.outcomes).to_string()),
            ("last event", self.last_recorded_at.clone().unwrap_or_else(|| "none yet".into())),
        ];
        match self.journal_bytes {
            Some(journal) => {
                let nobody = || "nobody".into();
                let writer =
                    self.writer.as_ref().map_or_else(nobody, |pid| format!("process {pid}"));
                rows.push(("size", format!("{bytes}, journal {}", HumanBytes(journal))));
                rows.push(("written by", writer));
            }
            None => rows.push(("size", bytes.to_string())),
        }
        let rows = rows.iter().map(|(name, value)| format!("{name:<17} {value}"));
        rows.collect::<Vec<_>>().join("\n")
    }
}
