//! `annals trigger list`: triggers by name.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::answers::{columns, list, say_where_from};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List triggers
///
/// The answer is folded from the log when it is asked for. Those that were removed are not in it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// At most so many
    #[arg(long, value_name = "TRIGGERS", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    #[command(flatten)]
    system: System,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let asked = json!({ "limit": self.limit });
        let names = ["id", "phase", "type", "source", "when", "pipeline", "changed_at"];
        let show = |rows: &[Value], lines: &mut Lines| columns(&names, rows, lines);
        let which = ("trigger_list", "triggers");
        let answer = list((&self.system, context), which, &asked, show).await?;
        say_where_from(&answer, "triggers", context);
        Ok(ExitCode::SUCCESS)
    }
}
