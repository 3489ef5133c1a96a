//! `annals task`: hand in work, look at it, call it off. A client of a system that runs.

mod change;
mod following;
mod list;
mod show;
mod submit;
mod watch;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum TaskCommand {
    Submit(Box<submit::Submit>),
    Show(show::Show),
    List(list::List),
    Watch(watch::Watch),
    Cancel(change::Cancel),
    Withdraw(change::Withdraw),
    Note(change::Note),
}

impl TaskCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Submit(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Watch(command) => side_by_side(Box::pin(command.run(context))),
            Self::Cancel(command) => side_by_side(command.run(context)),
            Self::Withdraw(command) => side_by_side(command.run(context)),
            Self::Note(command) => side_by_side(command.run(context)),
        }
    }
}
