//! `annals task cancel`, `withdraw` and `note`: a word to a task.

use std::process::ExitCode;

use events::id::{StreamKey, TaskId};
use serde_json::{Value, json};

use crate::cli::output::Lines;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};

/// Call a task off, whoever has it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Cancel {
    #[command(flatten)]
    task: Addressed,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Take a task back, if nobody has it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Withdraw {
    #[command(flatten)]
    task: Addressed,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Make a note about a task
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Note {
    #[command(flatten)]
    task: Addressed,
    /// What is to be remembered
    #[arg(long, short)]
    text: String,
}

/// Which task, and where.
#[derive(Debug, clap::Args)]
struct Addressed {
    /// The task's id
    id: TaskId,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.task.say("cancel", json!({ "reason": self.reason }), "cancelled", context).await
    }
}

impl Withdraw {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.task.say("withdraw", json!({ "reason": self.reason }), "withdrawn", context).await
    }
}

impl Note {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.task.say("note", json!({ "text": self.text }), "noted", context).await
    }
}

impl Addressed {
    async fn say(self, verb: &str, body: Value, done: &str, context: &Context) -> Done {
        let key = StreamKey::of_uuid(self.id.0);
        let remote = self.system.open().await?;
        let answered = remote.command(("task", &key, verb), &body, &self.identified).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match (context.json, context.quiet, answered.happened) {
            (true, _, _) => lines.json(&answered.whole),
            (false, true, _) => {}
            (false, false, true) => lines.text(&format!("{done}, at {}", answered.position)),
            (false, false, false) => lines.text(&format!("it was {done} before")),
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
