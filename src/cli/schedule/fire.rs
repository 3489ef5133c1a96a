//! `annals schedule fire`: a run, without waiting for its time.

use std::process::ExitCode;

use events::id::{ScheduleId, StreamKey};
use serde_json::json;

use crate::cli::answers::plain;
use crate::cli::output::Lines;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};

/// Start a run of a schedule now; its times stay as they are
///
/// While a run is under way this does what the schedule does with a time that comes then: it is refused,
/// waits for its end, or takes its place.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Fire {
    /// What it is called
    name: ScheduleId,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Fire {
    pub(super) async fn run(self, context: &Context) -> Done {
        let name = &self.name;
        let key = StreamKey::new(name.as_str()).expect("the name of a schedule is a token");
        let remote = self.system.open().await?;
        let address = ("schedule", &key, "fire");
        let answered = remote.command(address, &json!({}), &self.identified).await?;
        // It was told already, whatever becomes of this question.
        let answer = remote.query("schedule", &json!({ "id": name })).await.unwrap_or_default();
        remote.close().await?;
        let last = &answer["schedule"]["last"];
        let mut lines = Lines::new();
        match context.json {
            true => {
                let mut whole = answered.whole;
                whole["last"] = last.clone();
                lines.json(&whole);
            }
            false => {
                lines.text(&format!("{name} was told, at {}", answered.position));
                let run = plain(&last["run"]);
                context.note(&format!("see its newest run with: annals run watch {run}"));
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
