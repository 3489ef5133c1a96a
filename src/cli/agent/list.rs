//! `annals agent list`: agents by id.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::answers::{columns, list, say_where_from};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List agents
///
/// The answer is folded from the log when it is asked for.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// At most so many
    #[arg(long, value_name = "AGENTS", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    #[command(flatten)]
    system: System,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let asked = json!({ "limit": self.limit });
        let names = ["id", "phase", "kind", "slots", "capabilities"];
        let show = |agents: &[Value], lines: &mut Lines| columns(&names, agents, lines);
        let answer = list((&self.system, context), ("agent_list", "agents"), &asked, show).await?;
        say_where_from(&answer, "agents", context);
        Ok(ExitCode::SUCCESS)
    }
}
