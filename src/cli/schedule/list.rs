//! `annals schedule list`: schedules by name.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::times;
use crate::cli::answers::{list, plain, say_where_from, table};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// List schedules, with their next times
///
/// The answer is folded from the log when it is asked for. Those that were removed are not in it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// At most so many
    #[arg(long, value_name = "SCHEDULES", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..=1000))]
    limit: u64,
    #[command(flatten)]
    system: System,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Done {
        let asked = json!({ "limit": self.limit });
        let which = ("schedule_list", "schedules");
        let answer = list((&self.system, context), which, &asked, shown).await?;
        say_where_from(&answer, "schedules", context);
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(schedules: &[Value], lines: &mut Lines) {
    let head = ["ID", "PHASE", "PIPELINE", "TIMES", "NEXT", "LAST", "ENDED", "MISSED"];
    let cells = |schedule: &Value| {
        let field = |name: &str| plain(&schedule[name]);
        let last = |name: &str| plain(&schedule["last"][name]);
        let (times, next) = (times(schedule), field("next"));
        let [id, phase, pipeline] = ["id", "phase", "pipeline"].map(field);
        vec![id, phase, pipeline, times, next, last("nominal"), last("end"), field("missed")]
    };
    let rows: Vec<_> = schedules.iter().map(cells).collect();
    table(&head, &rows, lines);
}
