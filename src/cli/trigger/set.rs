//! `annals trigger set`: each fact that fits starts a pipeline from now on.

use events::id::{PipelineId, Source, StreamKey, TriggerId};

use crate::cli::body::Body;
use crate::cli::input::Input;
use crate::cli::problem::Problem;
use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Start a pipeline for each fact that fits, once, from now on
///
/// What the run is given may hold expressions about the fact: ${ fact.id }, .source, .type, .subject,
/// .time and .data. If nothing is said, it is given all that stands in the fact's data.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals trigger set paid thank --type order.paid
  annals trigger set large check --type order.paid --source shop \\
      --when '${ fact.data.total > 100 }' --input '{\"order\": \"${ fact.id }\"}'")]
pub(in crate::cli) struct Set {
    /// What it is called
    name: TriggerId,
    /// The pipeline
    pipeline: PipelineId,
    /// The type that a fact must have
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// Who must say it [default: anyone]
    #[arg(long)]
    source: Option<Source>,
    /// What must hold of the fact: an expression
    #[arg(long, value_name = "EXPRESSION")]
    when: Option<String>,
    /// Which edition of the pipeline [default: the newest when a run starts]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    addressed: Addressed,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = self.body().await?;
        let key = StreamKey::new(self.name.as_str()).expect("the name of a trigger is a token");
        let (category, verb, done) = ("trigger", "set", "set");
        self.addressed.say(Word { category, key, verb, body, done }, context).await
    }

    async fn body(&self) -> Result<Body, Problem> {
        let on = Body::default().with("type", &self.kind).with_any("source", self.source.as_ref());
        Ok(Body::default()
            .with("on", on)
            .with_any("when", self.when.as_ref())
            .with("pipeline", &self.pipeline)
            .with_any("edition", self.edition)
            .with_any("input", self.input.read().await?))
    }
}
