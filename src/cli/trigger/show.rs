//! `annals trigger show`: a trigger, and what happened to it.

use std::process::ExitCode;

use events::id::TriggerId;
use serde_json::json;

use crate::cli::answers::{facts, history, rows_of};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show a trigger, and what happened to it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// What it is called
    name: TriggerId,
    #[command(flatten)]
    system: System,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let answer = remote.query("trigger", &json!({ "id": self.name })).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(&answer),
            false => {
                facts(&answer["trigger"], &mut lines);
                facts(&json!({ "input": answer["input"] }), &mut lines);
                history(rows_of(&answer, "history"), &mut lines);
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
