//! `annals schedule pause`, `resume` and `remove`: a word to a schedule.

use events::id::ScheduleId;

use crate::cli::saying::Named;
use crate::cli::{Context, Done};

/// Let a schedule start nothing for a while
///
/// Runs that are under way go on, and what waits for them begins when it is resumed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Named<ScheduleId>,
}

/// Let a schedule start runs again
///
/// Times that came meanwhile count as missed, and are made up for as it was agreed.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    word: Named<ScheduleId>,
}

/// Let a schedule start nothing any more
///
/// A run that is under way goes on. Set again, it begins anew.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Remove {
    #[command(flatten)]
    word: Named<ScheduleId>,
}

impl Pause {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("schedule", "pause"), "paused", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("schedule", "resume"), "at work", context).await
    }
}

impl Remove {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say(("schedule", "remove"), "removed", context).await
    }
}
