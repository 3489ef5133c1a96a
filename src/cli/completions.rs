//! `annals completions`: what a shell needs to complete commands.

use std::io::Write as _;
use std::process::ExitCode;

use super::Done;
use super::problem::Problem;

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
        let mut out = std::io::stdout().lock();
        match out.write_all(&script).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Problem::OutputFailed(error))
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}
