//! `annals bus pub`: one message, to whoever listens.

use std::process::ExitCode;

use events::bus::{self, Bus as _, Message, Name};

use super::{Connect, Content, refusal};
use crate::cli::problem::Problem;
use crate::cli::{Context, Done};

/// Send a message to whoever listens
///
/// It is done when the server has it, and fails if the server does not allow it. Whether anyone listens it does not say: ask with `annals bus
/// request` if an answer matters.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals bus pub annals.main.fact.shop '{\"id\":\"1\",\"type\":\"order.placed\"}'
  annals bus pub alarms.fire - < alarm.json")]
pub(in crate::cli) struct Pub {
    /// Where it goes, without wildcards
    subject: Name,
    #[command(flatten)]
    content: Content,
    /// Where answers go
    #[arg(long, value_name = "SUBJECT")]
    reply: Option<Name>,
    #[command(flatten)]
    connect: Connect,
}

impl Pub {
    pub(super) async fn run(self, context: &Context) -> Done {
        let message = self.content.message(&self.subject).await?;
        let bus = self.connect.open().await?;
        let (bytes, mut happens) = (message.bytes(), bus.events());
        bus.publish(Message { reply: self.reply, ..message }).await?;
        bus.flush().await?;
        bus.drain().await?;
        // What the server complains about comes before the end of the connection.
        while let Ok(event) = happens.try_recv() {
            match refusal(&event) {
                Some(Problem::Bus(bus::Error::Closed)) | None => {}
                Some(problem) => return Err(problem),
            }
        }
        context.note(&format!("sent {bytes} bytes to {}", self.subject));
        Ok(ExitCode::SUCCESS)
    }
}
