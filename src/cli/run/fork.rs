//! `annals run fork`: a new run that goes on from another one.

use events::id::{RunId, StageName};

use super::start::New;
use crate::cli::body::Body;
use crate::cli::input::{Input, Labelled};
use crate::cli::{Context, Done};

/// Start a run that goes on from one that is over
///
/// It takes over the definition and what the other stages have brought. The named stage and everything
/// behind it is done anew, by the new run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  annals run fork 019c1c38-a400-8703-9634-0e2734576e39 --from transform --input '{\"limit\":10}'")]
pub(in crate::cli) struct Fork {
    /// The run that is over
    of: RunId,
    /// The stage to begin with
    #[arg(long, value_name = "STAGE")]
    from: StageName,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    labels: Labelled,
    #[command(flatten)]
    new: New,
}

impl Fork {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with("run", self.of).with("from", &self.from);
        let body = body.with_any("input", self.input.read().await?);
        let body = body.with_any("labels", self.labels.said()?);
        self.new.begin("fork", &body, context).await
    }
}
