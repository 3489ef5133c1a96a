//! `annals pipeline deprecate`: nothing new begins by a definition.

use events::id::{PipelineId, StreamKey};

use crate::cli::body::Body;
use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Let nothing new begin by a pipeline, or by one of its editions
///
/// Runs that are under way go on. Defined anew, a pipeline can be started again.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Deprecate {
    /// What it is called
    name: PipelineId,
    /// Which edition [default: all there are]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    addressed: Addressed,
}

impl Deprecate {
    pub(super) async fn run(self, context: &Context) -> Done {
        let key = StreamKey::new(self.name.as_str()).expect("the name of a pipeline is a token");
        let body = Body::default().with_any("edition", self.edition);
        let body = body.with("reason", &self.reason);
        let (category, verb, done) = ("pipeline", "deprecate", "deprecated");
        self.addressed.say(Word { category, key, verb, body, done }, context).await
    }
}
