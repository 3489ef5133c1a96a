//! `annals schedule set`: a pipeline, started at its times from now on.

use events::id::{PipelineId, ScheduleId, StreamKey};
use events::time::Timestamp;

use crate::cli::body::Body;
use crate::cli::input::Input;
use crate::cli::problem::Problem;
use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Start a pipeline at its times, or at other times than before
///
/// Each time starts one run, whatever happens to the system meanwhile. A schedule that is set anew
/// stays paused if it was, and knows the run that is under way.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals schedule set nightly report --cron '30 2 * * *' --zone Europe/Berlin
  annals schedule set pulse check --every-ms 60000 --overlap queue
  annals schedule set party invite --at 2030-01-01T00:00:00Z --input '{\"guests\": 12}'")]
pub(in crate::cli) struct Set {
    /// What it is called
    name: ScheduleId,
    /// The pipeline
    pipeline: PipelineId,
    #[command(flatten)]
    times: Times,
    /// Whose clock a pattern means: a name such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    zone: Option<String>,
    /// What becomes of a time that comes while a run is under way [default: skip]
    #[arg(long, value_parser = ["skip", "queue", "replace"])]
    overlap: Option<String>,
    /// Which of the times that were missed are made up for [default: last]
    #[arg(long, value_parser = ["none", "last", "all"])]
    catch_up: Option<String>,
    /// How late it may be and not count as missed [default: 60000]
    #[arg(long, value_name = "MILLISECONDS")]
    late_ms: Option<u64>,
    /// By how much it may be late on purpose, so that not all start at once [default: 0]
    #[arg(long, value_name = "MILLISECONDS")]
    jitter_ms: Option<u64>,
    /// Which edition of the pipeline [default: the newest when a run starts]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    addressed: Addressed,
}

/// At which times.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Times {
    /// A pattern: minute, hour, day of the month, month, day of the week
    #[arg(long, value_name = "PATTERN")]
    cron: Option<String>,
    /// Again and again, after so long
    #[arg(long, value_name = "MILLISECONDS")]
    every_ms: Option<u64>,
    /// Once
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = self.body().await?;
        let key = StreamKey::new(self.name.as_str()).expect("the name of a schedule is a token");
        let (category, verb, done) = ("schedule", "set", "set");
        self.addressed.say(Word { category, key, verb, body, done }, context).await
    }

    async fn body(&self) -> Result<Body, Problem> {
        Ok(Body::default()
            .with_any("cron", self.times.cron.as_ref())
            .with_any("every_ms", self.times.every_ms)
            .with_any("at", self.times.at.map(|time| time.to_string()))
            .with_any("zone", self.zone.as_ref())
            .with_any("overlap", self.overlap.as_ref())
            .with_any("catch_up", self.catch_up.as_ref())
            .with_any("late_ms", self.late_ms)
            .with_any("jitter_ms", self.jitter_ms)
            .with("pipeline", &self.pipeline)
            .with_any("edition", self.edition)
            .with_any("input", self.input.read().await?))
    }
}
