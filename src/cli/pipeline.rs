//! `annals pipeline`: look at definitions before anything runs. What needs a system that runs is not
//! here yet.

mod document;
mod graph;
mod validate;

use clap::Subcommand;

use super::{Context, Done};

#[derive(Debug, Subcommand)]
pub(super) enum PipelineCommand {
    Validate(validate::Validate),
    Graph(graph::Graph),
}

impl PipelineCommand {
    pub(super) fn run(&self, context: &Context) -> Done {
        match self {
            Self::Validate(command) => command.run(context),
            Self::Graph(command) => command.run(),
        }
    }
}
