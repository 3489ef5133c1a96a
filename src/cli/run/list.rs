//! `annals run list`: runs, the newest first.

use std::process::ExitCode;

use events::id::PipelineId;
use serde_json::Value;

use crate::cli::answers::{columns, list, say_where_from};
use crate::cli::body::Body;
use crate::cli::input::Having;
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List runs, the newest first
///
/// The answer is folded from the log when it is asked for, and looks at the newest 10000 runs.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// Those in this phase
    #[arg(long, value_parser = ["not_started", "delayed", "running", "paused", "ending", "completed",
          "failed", "cancelled", "timed_out"])]
    phase: Option<String>,
    /// Those of this pipeline
    #[arg(long)]
    pipeline: Option<PipelineId>,
    #[command(flatten)]
    having: Having,
    /// At most so many
    #[arg(long, value_name = "RUNS", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    #[command(flatten)]
    system: System,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let asked = Body::default()
            .with("limit", self.limit)
            .with_any("phase", self.phase.as_ref())
            .with_any("pipeline", self.pipeline.as_ref())
            .with_any("labels", self.having.said()?);
        let names = ["id", "pipeline", "edition", "phase", "stages", "since"];
        let show = |runs: &[Value], lines: &mut Lines| columns(&names, runs, lines);
        let answer = list((&self.system, context), ("run_list", "runs"), &asked, show).await?;
        say_where_from(&answer, "runs", context);
        Ok(ExitCode::SUCCESS)
    }
}
