//! `annals agent list`: agents by id.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::answers::{plain, table};
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
        let remote = self.system.open().await?;
        let answer = remote.query("agent_list", &json!({ "limit": self.limit })).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        let agents = answer["agents"].as_array().map_or(&[][..], Vec::as_slice);
        match context.json {
            true => agents.iter().for_each(|agent| lines.json(agent)),
            false => {
                let columns = ["id", "phase", "kind", "slots", "capabilities"];
                let row = |agent: &serde_json::Value| {
                    columns.iter().map(|name| plain(&agent[name])).collect()
                };
                let rows: Vec<_> = agents.iter().map(row).collect();
                table(&["ID", "PHASE", "KIND", "SLOTS", "CAPABILITIES"], &rows, &mut lines);
                let position = plain(&answer["position"]);
                context.note(&format!("folded from the log, up to position {position}"));
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
