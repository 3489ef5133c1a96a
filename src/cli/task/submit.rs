//! `annals task submit`: work for an agent.

use std::process::ExitCode;

use events::id::{Capability, StreamKey, TaskId};
use events::store::keys::new_id;
use events::time::{Clock as _, Timestamp};
use serde_json::json;

use super::following::{Following, Happened};
use crate::cli::answers::event_line;
use crate::cli::body::Body;
use crate::cli::input::{Input, Labelled};
use crate::cli::output::Lines;
use crate::cli::problem::Problem;
use crate::cli::saying::tell_begun;
use crate::cli::signals::Signals;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};
use crate::clock::SystemClock;

/// Hand in a task
///
/// It goes to an agent that is capable of it, and what becomes of it is recorded. Without --id a new
/// id is made up and written; who may have to send the same again gives one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals task submit echo --input '{\"say\":\"hello\"}'
  annals task submit resize --needs gpu --priority 9 --label album=42 --input-file photo.json
  annals task submit report --not-before 2030-01-01T06:00:00Z --deadline 2030-01-01T08:00:00Z")]
pub(in crate::cli) struct Submit {
    /// What kind of work it is
    kind: String,
    #[command(flatten)]
    input: Input,
    /// The task's id, a uuid [default: a new one]
    #[arg(long, value_name = "UUID")]
    id: Option<TaskId>,
    /// What an agent must be capable of; may be given several times [default: the kind]
    #[arg(long, value_name = "CAPABILITY")]
    needs: Vec<Capability>,
    /// How soon, from 0 to 9
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=9))]
    priority: Option<u8>,
    /// How many tries it has
    #[arg(long, value_name = "TRIES")]
    tries: Option<u32>,
    /// When it must be over
    #[arg(long, value_name = "TIME")]
    deadline: Option<Timestamp>,
    /// When it may be handed out first
    #[arg(long, value_name = "TIME")]
    not_before: Option<Timestamp>,
    /// How long one attempt may take
    #[arg(long, value_name = "MILLISECONDS")]
    start_to_close_ms: Option<u64>,
    /// How long it may wait for an agent
    #[arg(long, value_name = "MILLISECONDS")]
    queue_ms: Option<u64>,
    #[command(flatten)]
    labels: Labelled,
    /// The task that it is a part of
    #[arg(long, value_name = "UUID")]
    parent: Option<TaskId>,
    /// Wait until it is over, and write the result; the exit code is 1 if there is none
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Submit {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = self.body().await?;
        let id = self.id.unwrap_or_else(|| TaskId(new_id(SystemClock.now())));
        let key = StreamKey::of_uuid(id.0);
        let remote = self.system.open().await?;
        let following = match self.wait {
            true => Some(Following::begin(&remote, id).await?),
            false => None,
        };
        let answered = remote.command(("task", &key, "submit"), &body, &self.identified).await?;
        let done = match following {
            Some(following) => waited(following, id, context).await?,
            None => tell_begun(&id, answered, ("submitted", "annals task show"), context).await?,
        };
        remote.close().await?;
        Ok(done)
    }

    async fn body(&self) -> Result<Body, Problem> {
        let times = Body::default().with_any("start_to_close_ms", self.start_to_close_ms);
        let times = times.with_any("queue_ms", self.queue_ms);
        Ok(Body::default()
            .with("kind", &self.kind)
            .with_any("input", self.input.read().await?)
            .with_any("needs", Some(&self.needs).filter(|needs| !needs.is_empty()))
            .with_any("priority", self.priority)
            .with_any("retry", self.tries.map(|tries| json!({ "tries_max": tries })))
            .with_any("deadline", self.deadline.map(|time| time.to_string()))
            .with_any("not_before", self.not_before.map(|time| time.to_string()))
            .with_any("timeouts", Some(times).filter(|times| !times.is_empty()))
            .with_any("labels", self.labels.said()?)
            .with_any("parent", self.parent.map(|task| json!({ "task": task }))))
    }
}

/// Tells what happens until it is over, and then what came out.
async fn waited(mut following: Following<'_>, id: TaskId, context: &Context) -> Done {
    let mut signals = Signals::listen()?;
    let mut events = following.known().await?;
    let end = loop {
        if !context.json {
            events.iter().for_each(|event| context.note(&event_line(event.json())));
        }
        if let Some(end) = events.into_iter().find(Happened::is_end) {
            break end;
        }
        events = tokio::select! {
            events = following.next() => events?,
            stop = signals.next() => {
                context.announce(&format!("it goes on without you: annals task watch {id}"));
                return Ok(stop.code());
            }
        };
    };
    let mut lines = Lines::new();
    let payload = &end.json()["payload"];
    match (context.json, end.is_success()) {
        (true, _) => lines.json(&json!({ "id": id, "end": end.kind(), "payload": payload })),
        (false, true) => lines.text(&payload["result"]["inline"].to_string()),
        (false, false) => {}
    }
    lines.flush().await?;
    Ok(if end.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
