//! `annals pipeline`: look at definitions before anything runs, and define them in a system that runs.

mod define;
mod deprecate;
pub(super) mod document;
pub(super) mod example;
mod graph;
mod list;
mod show;
mod validate;

use clap::Subcommand;

use super::threads::side_by_side;
use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum PipelineCommand {
    Validate(validate::Validate),
    Graph(graph::Graph),
    Example(example::Example),
    Define(define::Define),
    Show(show::Show),
    List(list::List),
    Deprecate(deprecate::Deprecate),
}

impl PipelineCommand {
    pub(super) fn run(self, context: &Context) -> Done {
        match self {
            Self::Validate(command) => command.run(context),
            Self::Graph(command) => command.run(),
            Self::Example(command) => command.run(),
            Self::Define(command) => side_by_side(Box::pin(command.run(context))),
            Self::Show(command) => side_by_side(command.run(context)),
            Self::List(command) => side_by_side(command.run(context)),
            Self::Deprecate(command) => side_by_side(command.run(context)),
        }
    }
}
