//! What may be asked of a task.

use std::borrow::Cow;
use std::collections::BTreeSet;

use events::content::Content;
use events::id::{AgentId, Capability};
use events::labels::Labels;
use events::task::{Amendment, Class, Failure, Loss, Parent, Percent, Priority, Retry, Timeouts};
use events::time::Timestamp;

use super::Timer;

/// What may be asked of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskCommand {
    /// Do this work.
    Submit(Box<Order>),
    /// The same, and hand it to this agent at once: said by those who know that it has room.
    SubmitTo(Box<Order>, Seat),
    /// Do it in another way; what is missing stays as it was.
    Amend(Amendment),
    /// Hand it to an agent.
    Assign {
        /// Who shall work on it.
        agent: AgentId,
        /// Which hand-over this is: one more than the newest.
        attempt: u32,
        /// How long the agent has it without a sign of life.
        lease_ms: u64,
    },
    /// The worker begins.
    Start {
        /// Which hand-over this is.
        attempt: u32,
    },
    /// The worker is on its way.
    Progress {
        /// Which hand-over this is.
        attempt: u32,
        /// How much is done.
        percent: Percent,
        /// What it does now.
        note: Option<String>,
    },
    /// Something to be remembered about it.
    Note {
        /// What.
        text: String,
    },
    /// Here is the result.
    Complete {
        /// The hand-over that led to it.
        attempt: u32,
        /// What came out.
        result: Content,
    },
    /// There is no result.
    Fail {
        /// The hand-over that failed.
        attempt: u32,
        /// What kind of failure it is.
        class: Class,
        /// What went wrong.
        error: Failure,
    },
    /// Said by those who watch over leases: the agent has it no longer.
    LoseLease {
        /// The hand-over that is lost.
        attempt: u32,
        /// How.
        why: Loss,
    },
    /// Call it off, whoever has it.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Take it back, if nobody has it.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// Said by a timer that was set for this: the time has come.
    TimeOut(Timer),
}

/// Who gets a task with its submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Who shall work on it.
    pub agent: AgentId,
    /// How long the agent has it without a sign of life.
    pub lease_ms: u64,
}

/// What is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What kind of work it is.
    pub kind: String,
    /// What to work on.
    pub input: Content,
    /// What an agent must be capable of; if nothing is said, of the kind of work.
    pub needs: BTreeSet<Capability>,
    /// How soon, compared with others.
    pub priority: Priority,
    /// How often it is tried.
    pub retry: Retry,
    /// How long its parts may take.
    pub timeouts: Timeouts,
    /// When it must be over.
    pub deadline: Option<Timestamp>,
    /// When it may be handed out first.
    pub not_before: Option<Timestamp>,
    /// Words to find it by.
    pub labels: Labels,
    /// What it is a part of.
    pub parent: Option<Parent>,
}

impl Order {
    /// What an agent must be capable of to get it: of the kind of work, where nothing else is said.
    /// Nothing, if it says nothing and no agent can do the kind.
    #[must_use]
    pub fn needed(&self) -> Option<Cow<'_, BTreeSet<Capability>>> {
        if self.needs.is_empty() {
            return Some(Cow::Owned([Capability::new(&self.kind).ok()?].into()));
        }
        Some(Cow::Borrowed(&self.needs))
    }

    /// An order of which no more is said than this.
    #[must_use]
    pub fn new(kind: &str, input: Content) -> Self {
        Self {
            kind: kind.into(),
            input,
            needs: BTreeSet::new(),
            priority: Priority::default(),
            retry: Retry::default(),
            timeouts: Timeouts::default(),
            deadline: None,
            not_before: None,
            labels: Labels::new(),
            parent: None,
        }
    }
}
