//! `annals run show`: one run, its stages, and what happened to it.

use std::process::ExitCode;

use events::id::RunId;
use serde_json::json;

use super::tree;
use crate::cli::answers::{history, rows_of};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show a run: its stages, what waits for approval, and what happened
///
/// Of what happened the newest is shown, without single items of stages that go through a list; all of it
/// is in the log.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// The run's id
    id: RunId,
    /// Show the stages alone
    #[arg(long)]
    stages: bool,
    #[command(flatten)]
    system: System,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let answer = remote.query("run", &json!({ "id": self.id })).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(&answer),
            false => {
                tree::lines(&answer, usize::MAX).iter().for_each(|line| lines.text(line));
                if !self.stages {
                    history(rows_of(&answer, "history"), &mut lines);
                }
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
