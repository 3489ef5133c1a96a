//! `annals schedule pause`, `resume` and `remove`: a word to a schedule.

use events::id::{ScheduleId, StreamKey};
use serde_json::json;

use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Let a schedule start nothing for a while
///
/// Runs that are under way go on, and what waits for them begins when it is resumed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Reasoned,
}

/// Let a schedule start runs again
///
/// Times that came meanwhile count as missed, and are made up for as it was agreed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    word: Reasoned,
}

/// Let a schedule start nothing any more
///
/// A run that is under way goes on. Set again, it begins anew.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    word: Reasoned,
}

/// Which schedule, and why.
#[derive(Debug, clap::Args)]
struct Reasoned {
    /// What it is called
    name: ScheduleId,
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
        let key = StreamKey::new(self.name.as_str()).expect("the name of a schedule is a token");
        let body = json!({ "reason": self.reason });
        self.addressed.say(Word { category: "schedule", key, verb, body, done }, context).await
    }
}
