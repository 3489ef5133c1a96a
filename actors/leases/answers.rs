//! What the watch tells.

use events::id::{AgentId, Tenant};
use events::task::Loss;

use super::{Pair, Tick};

/// A lease that has run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Whose task and agent they are.
    pub tenant: Tenant,
    /// Who had it.
    pub agent: AgentId,
    /// What.
    pub pair: Pair,
    /// How it was lost.
    pub why: Loss,
}

/// What a heartbeat leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// What the process must stop working on: it does not have it.
    pub drop: Vec<Pair>,
    /// Whether the agent was silent before, or is heard for the first time in this life of the
    /// watch, and so may be silent on record.
    pub is_back: bool,
    /// The slots of all its processes, if they have changed.
    pub slots: Option<u32>,
}

/// Something about an agent has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose agent it is.
    pub tenant: Tenant,
    /// Which one.
    pub agent: AgentId,
    /// What has changed.
    pub what: What,
}

/// What has changed about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The slots of its living processes; nothing, if none says any more that it lives.
    Slots(Option<u32>),
    /// It gives no sign of life.
    Silent {
        /// How long ago the last one was.
        for_ms: u64,
        /// When that was, as the watch counts: it leaves out what it stood still.
        since: Tick,
    },
}
