//! `annals run`: start pipelines, look at what becomes of them, and have a say in it. A client of a
//! system that runs.

mod change;
mod fork;
mod list;
mod show;
mod start;
mod tree;
mod verdict;
pub(super) mod watch;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum RunCommand {
    Start(Box<start::Start>),
    Show(show::Show),
    List(list::List),
    Watch(watch::Watch),
    Pause(change::Pause),
    Resume(change::Resume),
    Cancel(change::Cancel),
    Approve(verdict::Approve),
    Disapprove(verdict::Disapprove),
    Signal(change::Signal),
    Retry(change::Retry),
    Fork(Box<fork::Fork>),
}

impl RunCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Start(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Watch(command) => side_by_side(Box::pin(command.run(context))),
            Self::Pause(command) => side_by_side(command.run(context)),
            Self::Resume(command) => side_by_side(command.run(context)),
            Self::Cancel(command) => side_by_side(command.run(context)),
            Self::Approve(command) => side_by_side(command.run(context)),
            Self::Disapprove(command) => side_by_side(command.run(context)),
            Self::Signal(command) => side_by_side(command.run(context)),
            Self::Retry(command) => side_by_side(command.run(context)),
            Self::Fork(command) => side_by_side(Box::pin(command.run(context))),
        }
    }
}
