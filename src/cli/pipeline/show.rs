//! `annals pipeline show`: a pipeline and its editions.

use std::process::ExitCode;

use actors::pipeline::Definition;
use actors::pipeline::graph::{As, draw};
use events::content::Json;
use events::id::PipelineId;
use serde_json::{Value, json};

use crate::cli::answers::{columns, facts, rows_of};
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::show::visible;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show a pipeline: its editions, and the graph of one of them
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// What it is called
    name: PipelineId,
    /// Which edition [default: the newest]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    /// Write the definition, as JSON, and nothing else
    #[arg(long)]
    definition: bool,
    #[command(flatten)]
    system: System,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let asked = match self.edition {
            Some(edition) => json!({ "id": self.name, "edition": edition }),
            None => json!({ "id": self.name }),
        };
        let answer = remote.query("pipeline", &asked).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match (context.json, self.definition) {
            (_, true) => lines.json(&answer["definition"]),
            (true, false) => lines.json(&answer),
            (false, false) => shown(&answer, &mut lines)?,
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(answer: &Value, lines: &mut Lines) -> Result<(), Problem> {
    facts(&answer["pipeline"], lines);
    lines.text("");
    let names = ["edition", "deprecated", "hash", "defined_at", "principal"];
    columns(&names, rows_of(answer, "editions"), lines);
    let text = answer["definition"].to_string();
    // One of a newer program may have something that this one cannot draw.
    if let Some(definition) = Json::parse(&text).ok().and_then(|it| Definition::read(&it).ok()) {
        lines.text("");
        draw(definition.document(), As::Text).lines().for_each(|line| lines.text(&visible(line)));
    }
    Ok(())
}
