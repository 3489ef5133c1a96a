//! `annals reaction retry` and `skip`: a word about an event that a reaction could not deal with.

use std::process::ExitCode;

use events::id::StreamKey;
use events::subject::{Target, What};
use serde_json::{Value, json};

use crate::cli::answers::plain;
use crate::cli::output::Lines;
use crate::cli::system::System;
use crate::cli::{Context, Done};

/// Try a parked event again, and then those behind it, in their order
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals reaction retry report_to_parent 4711
  annals reaction retry report_to_parent --stream task-01a16e8e-…")]
pub(in crate::cli) struct Retry {
    /// Which reaction
    reaction: StreamKey,
    /// The event's position in the log
    #[arg(required_unless_present = "stream", conflicts_with = "stream")]
    event: Option<u64>,
    /// The stream that is held up, instead of the event that does
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    #[command(flatten)]
    system: System,
}

/// Give a parked event up; its stream goes on behind it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Skip {
    /// Which reaction
    reaction: StreamKey,
    /// The event's position in the log
    event: u64,
    /// Why, for those who ask later; it is recorded
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    system: System,
}

impl Retry {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = match (&self.event, &self.stream) {
            (Some(position), _) => json!({ "position": position }),
            (None, stream) => json!({ "stream": stream }),
        };
        say(&self.system, (self.reaction, "retry"), &body, context).await
    }
}

impl Skip {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = json!({ "position": self.event, "reason": self.reason });
        say(&self.system, (self.reaction, "skip"), &body, context).await
    }
}

async fn say(
    system: &System,
    (reaction, verb): (StreamKey, &str),
    body: &Value,
    context: &Context,
) -> Done {
    let (category, word) = ("reaction".parse(), verb.parse());
    let (category, word) = (category.expect("it is a word"), word.expect("it is a word"));
    let remote = system.open().await?;
    let what = What::Command(Target { category, id: reaction, word });
    let answer = remote.say(what, body).await?;
    remote.close().await?;
    let mut lines = Lines::new();
    let (position, stream) = (plain(&answer["position"]), plain(&answer["stream"]));
    match (context.json, context.quiet, verb) {
        (true, _, _) => lines.json(&answer),
        (false, true, _) => {}
        (false, false, "retry") => {
            lines.text(&format!(
                "the event at {position} is tried again, and then {stream} goes on"
            ));
        }
        (false, false, _) => {
            lines.text(&format!("the event at {position} is given up, and {stream} goes on"));
        }
    }
    lines.flush().await?;
    Ok(ExitCode::SUCCESS)
}
