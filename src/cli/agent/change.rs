//! `annals agent pause`, `drain`, `resume` and `retire`: a word to an agent.

use events::id::{AgentId, StreamKey};

use crate::cli::body::Body;
use crate::cli::saying::{Word, say};
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};

/// Give an agent nothing new for a while
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    word: Reasoned,
}

/// Let an agent finish what it has, and give it nothing new
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Drain {
    #[command(flatten)]
    word: Reasoned,
}

/// Give an agent work again
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resume {
    /// The agent's id
    id: AgentId,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

/// Let an agent go, for good
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Retire {
    #[command(flatten)]
    word: Reasoned,
}

/// Which agent, and why.
#[derive(Debug, clap::Args)]
struct Reasoned {
    /// The agent's id
    id: AgentId,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Pause {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("pause", "paused", context).await
    }
}

impl Drain {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("drain", "told to come to an end", context).await
    }
}

impl Resume {
    pub(super) async fn run(self, context: &Context) -> Done {
        let word = (Body::default(), &self.identified);
        said(&self.system, (&self.id, "resume"), word, "resumed", context).await
    }
}

impl Retire {
    pub(super) async fn run(self, context: &Context) -> Done {
        self.word.say("retire", "retired", context).await
    }
}

impl Reasoned {
    async fn say(self, verb: &str, done: &str, context: &Context) -> Done {
        let body = Body::default().with("reason", &self.reason);
        said(&self.system, (&self.id, verb), (body, &self.identified), done, context).await
    }
}

/// Says it to the agent, and tells what became of it.
pub(super) async fn said(
    system: &System,
    (id, verb): (&AgentId, &str),
    (body, identified): (Body, &Identified),
    done: &str,
    context: &Context,
) -> Done {
    let key = StreamKey::new(id.as_str()).expect("an agent's id is a token");
    let word = Word { category: "agent", key, verb, body, done };
    say((system, identified), word, context).await
}
