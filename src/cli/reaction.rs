//! `annals reaction`: what follows from events, and the events that it could not deal with. A client of
//! a system that runs.

mod list;
mod mend;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum ReactionCommand {
    List(list::List),
    Retry(mend::Retry),
    Skip(mend::Skip),
}

impl ReactionCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::List(command) => side_by_side(command.run(context)),
            Self::Retry(command) => side_by_side(command.run(context)),
            Self::Skip(command) => side_by_side(command.run(context)),
        }
    }
}
