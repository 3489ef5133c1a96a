//! `annals schedule`: pipelines that are started at their times. A client of a system that runs.

mod change;
mod fire;
mod list;
mod set;
mod show;

use clap::Subcommand;
use serde_json::Value;

use super::answers::plain;
use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    Set(Box<set::Set>),
    Show(show::Show),
    List(list::List),
    Pause(change::Pause),
    Resume(change::Resume),
    Remove(change::Remove),
    Fire(fire::Fire),
}

impl ScheduleCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Set(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Pause(command) => side_by_side(command.run(context)),
            Self::Resume(command) => side_by_side(command.run(context)),
            Self::Remove(command) => side_by_side(command.run(context)),
            Self::Fire(command) => side_by_side(command.run(context)),
        }
    }
}

/// The times of a schedule, for people.
fn times(schedule: &Value) -> String {
    let field = |name: &str| plain(&schedule[name]);
    let is_there = |name: &&str| !schedule[*name].is_null();
    match ["cron", "every_ms", "at"].into_iter().find(is_there) {
        Some("cron") => format!("{} {}", field("cron"), field("zone")),
        Some("every_ms") => format!("every {} ms", field("every_ms")),
        _ => format!("once, at {}", field("at")),
    }
}
