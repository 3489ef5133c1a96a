//! `annals task cancel`, `withdraw` and `note`: a word to a task.

use events::id::{StreamKey, TaskId};

use crate::cli::body::Body;
use crate::cli::saying::{Addressed, Word};
use crate::cli::{Context, Done};

/// Call a task off, whoever has it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Cancel {
    #[command(flatten)]
    task: Task,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Take a task back, if nobody has it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Withdraw {
    #[command(flatten)]
    task: Task,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Make a note about a task
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Note {
    #[command(flatten)]
    task: Task,
    /// What is to be remembered
    #[arg(long, short)]
    text: String,
}

/// Which task, and where.
#[derive(Debug, clap::Args)]
struct Task {
    /// The task's id
    id: TaskId,
    #[command(flatten)]
    addressed: Addressed,
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with("reason", &self.reason);
        self.task.say("cancel", body, "cancelled", context).await
    }
}

impl Withdraw {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with("reason", &self.reason);
        self.task.say("withdraw", body, "withdrawn", context).await
    }
}

impl Note {
    pub(super) async fn run(self, context: &Context) -> Done {
        let body = Body::default().with("text", &self.text);
        self.task.say("note", body, "noted", context).await
    }
}

impl Task {
    async fn say(self, verb: &str, body: Body, done: &str, context: &Context) -> Done {
        let key = StreamKey::of_uuid(self.id.0);
        let word = Word { category: "task", key, verb, body, done };
        self.addressed.say(word, context).await
    }
}
