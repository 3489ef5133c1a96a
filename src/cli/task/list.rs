//! `annals task list`: tasks, the newest first.

use std::process::ExitCode;

use events::id::AgentId;
use serde_json::Value;

use crate::cli::answers::{columns, list, say_where_from};
use crate::cli::body::Body;
use crate::cli::input::Having;
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List tasks, the newest first
///
/// The answer is folded from the log when it is asked for, and looks at the newest 10000 tasks.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// Those in this phase
    #[arg(long, value_parser =
          ["waiting", "running", "completed", "failed", "timed_out", "cancelled", "withdrawn"])]
    phase: Option<String>,
    /// Those of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Those that this agent has
    #[arg(long)]
    agent: Option<AgentId>,
    #[command(flatten)]
    having: Having,
    /// At most so many
    #[arg(long, value_name = "TASKS", default_value_t = 20,
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
            .with_any("kind", self.kind.as_ref())
            .with_any("agent", self.agent.as_ref())
            .with_any("labels", self.having.said()?);
        let names = ["id", "kind", "phase", "agent", "attempts", "since"];
        let show = |tasks: &[Value], lines: &mut Lines| columns(&names, tasks, lines);
        let answer = list((&self.system, context), ("task_list", "tasks"), &asked, show).await?;
        say_where_from(&answer, "tasks", context);
        Ok(ExitCode::SUCCESS)
    }
}
