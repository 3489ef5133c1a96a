//! `annals agent`: who works, and whether they may get more. A client of a system that runs.

mod change;
mod list;
mod register;
mod show;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum AgentCommand {
    Register(register::Register),
    Show(show::Show),
    List(list::List),
    Pause(change::Pause),
    Drain(change::Drain),
    Resume(change::Resume),
    Retire(change::Retire),
}

impl AgentCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Register(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Pause(command) => side_by_side(command.run(context)),
            Self::Drain(command) => side_by_side(command.run(context)),
            Self::Resume(command) => side_by_side(command.run(context)),
            Self::Retire(command) => side_by_side(command.run(context)),
        }
    }
}
