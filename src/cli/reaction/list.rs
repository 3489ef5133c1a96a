//! `annals reaction list`: how far reactions came, and what is parked.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::answers::{list, plain, rows_of, table};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List reactions: how far each came, and the events it could not deal with
///
/// An event that cannot be dealt with holds up its own stream and nothing else, until it is tried again
/// with success, or given up. Of parked events only those of the tenant are shown.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// At most so many parked events of each
    #[arg(long, value_name = "EVENTS", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    #[command(flatten)]
    system: System,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let asked = json!({ "limit": self.limit });
        let question = ("reaction_list", "reactions");
        let answer = list((&self.system, context), question, &asked, show).await?;
        let left_out = rows_of(&answer, "reactions").iter();
        let left_out: u64 = left_out.filter_map(|reaction| reaction["left_out"].as_u64()).sum();
        if left_out > 0 {
            context.note(&format!("{left_out} more events are parked"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(reactions: &[Value], lines: &mut Lines) {
    let row = |reaction: &Value| {
        let parked = rows_of(reaction, "parked").len();
        let [name, position, behind] =
            ["reaction", "position", "behind"].map(|name| plain(&reaction[name]));
        vec![name, position, behind, parked.to_string()]
    };
    let rows: Vec<_> = reactions.iter().map(row).collect();
    table(&["REACTION", "POSITION", "BEHIND", "PARKED"], &rows, lines);
    for reaction in reactions {
        let columns = ["position", "state", "type", "stream", "tries", "since", "why"];
        let row = |event: &Value| {
            let name = plain(&reaction["reaction"]);
            [name].into_iter().chain(columns.map(|name| plain(&event[name]))).collect()
        };
        let rows: Vec<_> = rows_of(reaction, "parked").iter().map(row).collect();
        if !rows.is_empty() {
            let head = ["REACTION", "EVENT", "STATE", "TYPE", "STREAM", "TRIES", "SINCE", "WHY"];
            lines.text("");
            table(&head, &rows, lines);
        }
    }
}
