//! `annals pipeline example`: a definition to begin with.

use std::process::ExitCode;

use crate::cli::{Done, output};

/// Six stages that agents do which are built in: it runs as it is.
pub(in crate::cli) const SIX_STAGES: &str = include_str!("../../../examples/six-stages.yaml");

/// Write a definition to begin with: six stages, done by agents that are built in
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  annals pipeline example > six-stages.yaml
  annals pipeline define six-stages six-stages.yaml
  annals run start six-stages --wait")]
pub(in crate::cli) struct Example {}

impl Example {
    pub(super) fn run(&self) -> Done {
        output::write_whole(SIX_STAGES.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
