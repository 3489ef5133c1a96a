//! `annals schedule show`: a schedule, its next time, and what became of the last ones.

use std::process::ExitCode;

use events::id::ScheduleId;
use serde_json::{Value, json};

use super::times;
use crate::cli::answers::{facts, history, plain, rows_of};
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Show a schedule: its next time, the run that it started last, and what happened to it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Show {
    /// What it is called
    name: ScheduleId,
    #[command(flatten)]
    system: System,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Done {
        let remote = self.system.open().await?;
        let answer = remote.query("schedule", &json!({ "id": self.name })).await?;
        remote.close().await?;
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(&answer),
            false => {
                facts(&for_people(&answer["schedule"]), &mut lines);
                history(rows_of(&answer, "history"), &mut lines);
            }
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The times in one line, and the last run in one.
fn for_people(schedule: &Value) -> Value {
    let Some(mut fields) = schedule.as_object().cloned() else { return Value::Null };
    for name in ["cron", "every_ms", "at", "zone"] {
        fields.remove(name);
    }
    fields.insert("times".into(), times(schedule).into());
    if let Some(last) = fields.get_mut("last") {
        let field = |name: &str| plain(&last[name]);
        let (run, nominal) = (field("run"), field("nominal"));
        *last = format!("{nominal}  {}  {}  run {run}", field("how"), field("end")).into();
    }
    fields.into()
}
