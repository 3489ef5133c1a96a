//! `annals task show`: one task, and everything that happened to it.

use std::process::ExitCode;

use events::id::TaskId;
use serde_json::json;

use crate::cli::answers::{facts, history};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show a task, and everything that happened to it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// The task's id
    id: TaskId,
    #[command(flatten)]
    system: System,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let answer = remote.query("task", &json!({ "id": self.id })).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(&answer),
            false => {
                facts(&answer["task"], &mut lines);
                history(answer["history"].as_array().map_or(&[][..], Vec::as_slice), &mut lines);
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
