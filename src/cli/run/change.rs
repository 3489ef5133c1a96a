//! `annals run pause`, `resume`, `cancel`, `signal` and `retry`: a word to a run.

use events::id::{RunId, SignalName, StageName, StreamKey};

use crate::cli::body::Body;
use crate::cli::input::Input;
use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Which run, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// The run's id
    id: RunId,
    #[command(flatten)]
    addressed: Addressed,
}

/// Which run, and why.
#[derive(Debug, clap::Args)]
struct Reasoned {
    #[command(flatten)]
    run: Run,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Let nothing new begin in a run; what is under way goes on
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Reasoned,
}

/// Let a run that was paused go on
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    word: Reasoned,
}

/// Bring a run to its end: what is under way is called off, and what was done is undone
///
/// What stages have done is undone in reverse order, where the definition says how.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Cancel {
    #[command(flatten)]
    word: Reasoned,
    /// Leave what was done as it is
    #[arg(long)]
    keep: bool,
}

/// Tell a run that something has happened
///
/// A stage that waits for it goes on. If none does yet, the first that comes to wait for it has it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Signal {
    #[command(flatten)]
    run: Run,
    /// What it is called
    name: SignalName,
    #[command(flatten)]
    payload: Input,
}

/// Let a run that has ended go on: what did not succeed is done again
///
/// Stages that were completed are kept, and so are the items of a stage that were completed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Retry {
    #[command(flatten)]
    word: Reasoned,
    /// Do this stage anew, and everything behind it, whatever became of them
    #[arg(long, value_name = "STAGE")]
    from: Option<StageName>,
}

impl Run {
    pub(super) async fn say(self, verb: &str, body: Body, done: &str, context: &Context) -> Done {
        let key = StreamKey::of_uuid(self.id.0);
        self.addressed.say(Word { category: "run", key, verb, body, done }, context).await
    }
}

impl Reasoned {
    async fn say(self, verb: &str, body: Body, done: &str, context: &Context) -> Done {
        self.run.say(verb, body.with("reason", &self.reason), done, context).await
    }
}

impl Pause {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("pause", Body::default(), "paused", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("resume", Body::default(), "resumed", context).await
    }
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with("undo", !self.keep);
        self.word.say("cancel", body, "told to come to its end", context).await
    }
}

impl Signal {
    pub(super) async fn run(self, context: &Context) -> Done {
        let payload = self.payload.read().await?;
        let body = Body::default().with("name", &self.name).with_any("payload", payload);
        self.run.say("signal", body, "told", context).await
    }
}

impl Retry {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with_any("from", self.from.as_ref());
        self.word.say("retry", body, "at it again", context).await
    }
}
