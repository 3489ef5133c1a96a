//! `annals run approve` and `disapprove`: what someone says about what a stage is going to do.

use events::id::StageName;

use super::change::Run;
use crate::cli::body::Body;
use crate::cli::{Context, Done};

/// Agree to what a stage is going to do
///
/// What you agree to is told by its hash, as `annals run show` writes it: if anything else would be done by
/// now, it is refused.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Approve {
    #[command(flatten)]
    verdict: Verdict,
}

/// Do not agree to what a stage is going to do: the stage fails
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Disapprove {
    #[command(flatten)]
    verdict: Verdict,
}

/// About what, and in which words.
#[derive(Debug, clap::Args)]
struct Verdict {
    #[command(flatten)]
    run: Run,
    /// The stage that asks
    stage: StageName,
    /// The hash of what it would do
    #[arg(long)]
    hash: String,
    /// What you say about it
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

impl Approve {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.verdict.say("approve", "told that it may go on", context).await
    }
}

impl Disapprove {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.verdict.say("disapprove", "told that it may not go on", context).await
    }
}

impl Verdict {
    async fn say(self, verb: &str, done: &str, context: &Context) -> Done {
        let body = Body::default().with("stage", &self.stage);
        let body = body.with("hash", &self.hash).with("note", &self.note);
        self.run.say(verb, body, done, context).await
    }
}
