//! `annals pipeline define`: a definition that runs go by from now on.

use std::path::PathBuf;
use std::process::ExitCode;

use events::id::{PipelineId, StreamKey};
use serde_json::{Value, json};

use super::document::right;
use crate::cli::body::Body;
use crate::cli::output::Lines;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};

/// Define a pipeline, or define it anew
///
/// Every definition is an edition of its own, counted from 1, and never changes. Runs that are under way
/// keep the one they began with. What is defined already in the same words is left as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals pipeline define nightly nightly.yaml
  annals pipeline validate nightly.yaml    (says all that is wrong, and defines nothing)")]
pub(in crate::cli) struct Define {
    /// What it is called
    name: PipelineId,
    /// The definition, in YAML or JSON; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Define {
    pub(super) async fn run(self, context: &Context) -> Done {
        let definition = right(&self.file)?;
        let body = Body::default().with("definition", definition.canonical());
        let key = StreamKey::new(self.name.as_str()).expect("the name of a pipeline is a token");
        let remote = self.system.open().await?;
        let address = ("pipeline", &key, "define");
        let answered = remote.command(address, &body, &self.identified).await?;
        // It is defined already, whatever becomes of this question.
        let answer =
            remote.query("pipeline", &json!({ "id": self.name })).await.unwrap_or_default();
        remote.close().await?;
        let edition = &answer["pipeline"]["edition"];
        let mut lines = Lines::new();
        match (context.json, answered.happened) {
            (true, _) => {
                let mut whole: Value = answered.whole;
                whole["edition"] = edition.clone();
                lines.json(&whole);
            }
            (false, true) => lines.text(&format!("{} is defined, edition {edition}", self.name)),
            (false, false) => {
                lines.text(&format!("{} was so before, edition {edition}", self.name));
            }
        }
        lines.flush().await?;
        context.note(&format!("start it with: annals run start {}", self.name));
        Ok(ExitCode::SUCCESS)
    }
}
