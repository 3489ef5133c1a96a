//! `annals run start`: a pipeline, begun.

use events::id::{PipelineId, RunId, StreamKey};
use events::store::keys::new_id;
use events::time::{Clock as _, Timestamp};

use super::watch::Watching;
use crate::cli::body::Body;
use crate::cli::input::{Input, Labelled};
use crate::cli::saying::tell_begun;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};
use crate::clock::SystemClock;

/// Start a run of a pipeline
///
/// It keeps to the edition it begins with, whatever is defined later. Without --id a new id is made up and
/// written; who may have to send the same again gives one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals run start nightly --input '{\"path\":\"/data/today\"}'
  annals run start nightly --edition 3 --at 2030-01-01T06:00:00Z
  annals run start nightly --wait")]
pub(in crate::cli) struct Start {
    /// The pipeline
    pipeline: PipelineId,
    /// Which edition of it [default: the newest]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    #[command(flatten)]
    input: Input,
    /// When its first stages begin [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    labels: Labelled,
    #[command(flatten)]
    new: New,
}

/// A run that is to begin.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// The run's id, a uuid [default: a new one]
    #[arg(long, value_name = "UUID")]
    id: Option<RunId>,
    /// Show what happens until it is over, and write the result; the exit code is 1 if there is none
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Start {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default()
            .with("pipeline", &self.pipeline)
            .with_any("edition", self.edition)
            .with_any("input", self.input.read().await?)
            .with_any("begins_at", self.at.map(|time| time.to_string()))
            .with_any("labels", self.labels.said()?);
        self.new.begin("start", &body, context).await
    }
}

impl New {
    /// Has it begin, and tells of it.
    pub(super) async fn begin(&self, verb: &str, body: &Body, context: &Context) -> Done {
        let id = self.id.unwrap_or_else(|| RunId(new_id(SystemClock.now())));
        let key = StreamKey::of_uuid(id.0);
        let remote = self.system.open().await?;
        let watching = match self.wait {
            true => Some(Watching::begin(&remote, id).await?),
            false => None,
        };
        let answered = remote.command(("run", &key, verb), body, &self.identified).await?;
        let done = match watching {
            Some(watching) => watching.until_over(context).await?,
            None => tell_begun(&id, answered, ("started", "annals run watch"), context).await?,
        };
        remote.close().await?;
        Ok(done)
    }
}
