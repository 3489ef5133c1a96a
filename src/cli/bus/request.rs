//! `annals bus request`: one question, one answer.

use std::process::ExitCode;
use std::time::Duration;

use events::bus::{Bus as _, Name};

use super::shown::Shown;
use super::{Connect, Content, refused};
use crate::cli::output::Lines;
use crate::cli::{Context, Done};

/// Ask, and wait for one answer
///
/// The payload of the answer is written as it came; --json has its headers too. Where nobody listens
/// it fails at once, and so it does where the server does not allow the question.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals bus request '$SRV.PING'
  annals bus request annals.main.query.tasks '{}' --patience-ms 500")]
pub(in crate::cli) struct Request {
    /// Where it goes, without wildcards
    subject: Name,
    #[command(flatten)]
    content: Content,
    /// How long to wait for an answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5000,
          value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    patience_ms: u64,
    #[command(flatten)]
    connect: Connect,
}

impl Request {
    pub(super) async fn run(self, context: &Context) -> Done {
        let message = self.content.message(&self.subject).await?;
        let bus = self.connect.open().await?;
        let mut happens = bus.events();
        let answer = tokio::select! {
            answer = bus.request(message, Duration::from_millis(self.patience_ms)) => answer?,
            problem = refused(&mut happens, |_| {}) => return Err(problem),
        };
        bus.drain().await?;
        let mut lines = Lines::new();
        match context.json {
            true => lines.json(&Shown::of(&answer)),
            false => lines.bytes(&answer.payload),
        }
        lines.flush().await?;
        Ok(ExitCode::SUCCESS)
    }
}
