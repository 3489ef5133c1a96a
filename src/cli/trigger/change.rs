//! `annals trigger pause`, `resume` and `remove`: a word to a trigger.

use events::id::{StreamKey, TriggerId};
use serde_json::json;

use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Let a trigger start nothing for a while
///
/// Facts that are recorded meanwhile start nothing, also later.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Reasoned,
}

/// Let a trigger start runs again
///
/// Facts that were recorded meanwhile start nothing.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    word: Reasoned,
}

/// Let a trigger start nothing any more
///
/// Set again, it begins anew.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    word: Reasoned,
}

/// Which trigger, and why.
#[derive(Debug, clap::Args)]
struct Reasoned {
    /// What it is called
    name: TriggerId,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    addressed: Addressed,
}

impl Pause {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("pause", "paused", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("resume", "at work", context).await
    }
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("remove", "removed", context).await
    }
}

impl Reasoned {
    async fn say(self, verb: &str, done: &str, context: &Context) -> Done {
        let key = StreamKey::new(self.name.as_str()).expect("the name of a trigger is a token");
        let body = json!({ "reason": self.reason });
        self.addressed.say(Word { category: "trigger", key, verb, body, done }, context).await
    }
}
