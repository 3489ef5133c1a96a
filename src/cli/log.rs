//! `annals log`: everything an operator does with the log itself.

mod append;
mod follow;
mod read;
mod stats;
mod verify;
mod wanted;

pub(super) use append::LINE_BYTES_MAX;

use clap::Subcommand;

use super::{Context, Done, block_on};

#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    Append(append::Append),
    Read(read::Read),
    Follow(follow::Follow),
    Verify(verify::Verify),
    Stats(stats::Stats),
}

impl LogCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Append(command) => block_on(command.run(context)),
            Self::Read(command) => block_on(command.run(context)),
            Self::Follow(command) => block_on(command.run(context)),
            Self::Verify(command) => block_on(command.run(context)),
            Self::Stats(command) => block_on(command.run(context)),
        }
    }
}
