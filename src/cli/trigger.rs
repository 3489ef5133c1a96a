//! `annals trigger`: pipelines that are started by facts. A client of a system that runs.

mod change;
mod list;
mod set;
mod show;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum TriggerCommand {
    Set(Box<set::Set>),
    Show(show::Show),
    List(list::List),
    Pause(change::Pause),
    Resume(change::Resume),
    Remove(change::Remove),
}

impl TriggerCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Set(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Pause(command) => side_by_side(command.run(context)),
            Self::Resume(command) => side_by_side(command.run(context)),
            Self::Remove(command) => side_by_side(command.run(context)),
        }
    }
}
