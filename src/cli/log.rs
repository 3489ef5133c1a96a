//! `annals log`: everything an operator does with the log itself.

mod append;
mod attended;
mod backup;
mod copy;
mod copying;
mod export;
mod follow;
mod import;
mod keys;
mod moved;
mod read;
mod restore;
mod stats;
mod verify;
mod wanted;

pub(super) use append::LINE_BYTES_MAX;

use clap::Subcommand;

use super::threads::{block_on, side_by_side};
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    Append(append::Append),
    Read(read::Read),
    Follow(follow::Follow),
    Verify(verify::Verify),
    Stats(stats::Stats),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Export(export::Export),
    Import(import::Import),
    Copy(copy::Copy),
}

impl LogCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Append(command) => block_on(command.run(context)),
            Self::Read(command) => block_on(command.run(context)),
            Self::Follow(command) => block_on(command.run(context)),
            Self::Verify(command) => block_on(command.run(context)),
            Self::Stats(command) => block_on(command.run(context)),
            Self::Backup(command) => block_on(command.run(context)),
            Self::Restore(command) => block_on(command.run(context)),
            Self::Export(command) => side_by_side(command.run(context)),
            Self::Import(command) => side_by_side(command.run(context)),
            Self::Copy(command) => side_by_side(command.run(context)),
        }
    }
}
