//! `annals agent register`: someone who works.

use events::id::{AgentId, Capability};

use super::change::said;
use crate::cli::body::Body;
use crate::cli::system::{Identified, System};
use crate::cli::{Context, Done};

/// Register an agent
///
/// A worker does this itself when it starts; with the same words again it is nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  annals agent register resizer-1 --kind resizer --capability resize --slots 4")]
pub(in crate::cli) struct Register {
    /// The agent's id
    id: AgentId,
    /// What kind of agent it is [default: its id]
    #[arg(long)]
    kind: Option<String>,
    /// What it is capable of; may be given several times
    #[arg(long, value_name = "CAPABILITY", required = true)]
    capability: Vec<Capability>,
    /// How many tasks it holds at once
    #[arg(long, default_value_t = 1)]
    slots: u32,
    /// What it works with; may be given several times
    #[arg(long)]
    tool: Vec<String>,
    /// Whom it belongs to
    #[arg(long)]
    owner: Option<String>,
    #[command(flatten)]
    identified: Identified,
    #[command(flatten)]
    system: System,
}

impl Register {
    pub(super) async fn run(self, context: &Context) -> Done {
        let word = (self.body(), &self.identified);
        said(&self.system, (&self.id, "register"), word, "registered", context).await
    }

    fn body(&self) -> Body {
        let kind = self.kind.clone().unwrap_or_else(|| self.id.to_string());
        Body::default()
            .with("kind", kind)
            .with("capabilities", &self.capability)
            .with("slots", self.slots)
            .with("tools", &self.tool)
            .with_any("owner", self.owner.as_ref())
    }
}
