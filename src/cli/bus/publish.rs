//! `annals bus pub`: one message, to whoever listens.

use std::process::ExitCode;

use events::bus::{Bus as _, Name};

use super::{Connect, Content};
use crate::cli::{Context, Done};

/// Send a message to whoever listens
///
/// It is done when the server has it. Whether anyone listens it does not say: ask with `annals bus
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
        let bytes = message.bytes();
        bus.publish(events::bus::Message { reply: self.reply, ..message }).await?;
        bus.flush().await?;
        bus.drain().await?;
        context.note(&format!("sent {bytes} bytes to {}", self.subject));
        Ok(ExitCode::SUCCESS)
    }
}
