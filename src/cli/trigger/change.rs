//! `annals trigger pause`, `resume` and `remove`: a word to a trigger.

use events::id::TriggerId;

use crate::cli::saying::Named;
use crate::cli::{Context, Done};

/// Let a trigger start nothing for a while
///
/// Facts that are recorded meanwhile start nothing, also later.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Named<TriggerId>,
}

/// Let a trigger start runs again
///
/// Facts that were recorded meanwhile start nothing.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    word: Named<TriggerId>,
}

/// Let a trigger start nothing any more
///
/// Set again, it begins anew.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    word: Named<TriggerId>,
}

impl Pause {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("trigger", "pause"), "paused", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("trigger", "resume"), "at work", context).await
    }
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("trigger", "remove"), "removed", context).await
    }
}
