//! `annals completions`: what a shell needs to complete commands.

use std::process::ExitCode;

use super::{Done, output};

/// Write the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  annals completions bash > ~/.local/share/bash-completion/completions/annals")]
pub(super) struct Completions {
    /// Which shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, mut command: clap::Command) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "annals", &mut script);
        output::write_whole(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
