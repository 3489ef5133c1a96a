//! An agent: who gets work, and whether it may get more. Unknown → registered → retired, with
//! pauses and silences in between. Which task it gets is not decided here.

mod rejection;
mod spoken;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use events::agent::{AgentEvent, Offer};
use events::agent::{Drained, Paused, Resumed, Retired, Returned, WentSilent};
use events::id::Capability;
use events::time::Timestamp;
pub use rejection::AgentRejection;
use serde::{Deserialize, Serialize};
pub use terms::{CONTACT_BYTES_MAX, Change, SLOTS_MAX, TOOLS_MAX};

use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::{Decider, Moment};

/// An agent, by the phase it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Agent {
    /// Nobody has registered it.
    #[default]
    Unknown,
    /// It is registered.
    Living(Box<Living>),
    /// It is gone, and does not come back under this id.
    Retired,
}

/// An agent that is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Living {
    offer: Offer,
    mode: Mode,
    silent_since: Option<Timestamp>,
}

/// What it was told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// To work.
    Active,
    /// To take nothing new for a while.
    Paused,
    /// To take nothing new, and to come to an end with what it has.
    Draining,
}

/// What may be asked of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentCommand {
    /// Be an agent with this to offer.
    Register(Offer),
    /// Offer something else.
    Change(Change),
    /// Take nothing new for a while.
    Pause {
        /// Why.
        reason: String,
    },
    /// Finish what you have, and take nothing new.
    Drain {
        /// Why.
        reason: String,
    },
    /// Take work again.
    Resume,
    /// Be an agent no longer.
    Retire {
        /// Why.
        reason: String,
    },
    /// Said by the watch over heartbeats: nothing was heard of it.
    GoSilent {
        /// When it was heard last.
        since: Timestamp,
    },
    /// Said by the watch over heartbeats: it is heard again.
    Return,
}

type Decision = Result<Vec<AgentEvent>, AgentRejection>;

impl Decider for Agent {
    type Command = AgentCommand;
    type Event = AgentEvent;
    type Rejection = AgentRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0xd437_93fc_16b7_559d;

    fn begins(command: &AgentCommand) -> bool {
        matches!(command, AgentCommand::Register(_))
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Retired)
    }

    fn decide(&self, command: AgentCommand, _moment: &Moment) -> Decision {
        use AgentCommand::{Change, Drain, GoSilent, Pause, Register, Resume, Retire, Return};
        match (self, command) {
            (Self::Unknown, Register(offer)) => terms::register(offer),
            (Self::Unknown, _) => Err(AgentRejection::NotFound),

            (Self::Living(living), Register(offer)) => terms::register_again(&living.offer, offer),
            (Self::Living(living), Change(change)) => terms::change(&living.offer, change),
            (Self::Living(living), Pause { reason }) => living.pause(reason),
            (Self::Living(living), Drain { reason }) => living.drain(reason),
            (Self::Living(living), Resume) => Ok(living.resume()),
            (Self::Living(_), Retire { reason }) => retire(reason),
            (Self::Living(living), GoSilent { since }) => Ok(living.go_silent(since)),
            (Self::Living(living), Return) => Ok(living.come_back()),

            // The watch does not know yet that there is nothing left to watch.
            (Self::Retired, Retire { .. } | GoSilent { .. } | Return) => Ok(vec![]),
            (Self::Retired, Register(_) | Change(_) | Pause { .. } | Drain { .. } | Resume) => {
                Err(AgentRejection::AlreadyRetired)
            }
        }
    }

    fn evolve(self, event: &AgentEvent) -> Self {
        match event {
            AgentEvent::Registered(offer) => Self::Living(Box::new(Living::new(offer.clone()))),
            AgentEvent::OfferChanged(offer) => {
                self.living(|living| Living { offer: offer.clone(), ..living })
            }
            AgentEvent::Paused(_) => self.living(|living| living.told(Mode::Paused)),
            AgentEvent::Drained(_) => self.living(|living| living.told(Mode::Draining)),
            AgentEvent::Resumed(_) => self.living(|living| living.told(Mode::Active)),
            AgentEvent::Retired(_) => Self::Retired,
            AgentEvent::WentSilent(WentSilent { since }) => {
                self.living(|living| Living { silent_since: Some(*since), ..living })
            }
            AgentEvent::Returned(_) => {
                self.living(|living| Living { silent_since: None, ..living })
            }
        }
    }
}

impl Agent {
    /// Whether it may get work: it is registered, at work, and gives signs of life.
    #[must_use]
    pub fn takes_work(&self) -> bool {
        self.as_living().is_some_and(|l| l.mode == Mode::Active && l.silent_since.is_none())
    }

    /// How many tasks it holds at once.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.as_living().map_or(0, |living| living.offer.slots)
    }

    /// Whether it is capable of all that a task needs.
    #[must_use]
    pub fn is_capable_of(&self, needs: &BTreeSet<Capability>) -> bool {
        self.as_living().is_some_and(|living| needs.is_subset(&living.offer.capabilities))
    }

    /// What it offers, if it is registered.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        self.as_living().map(|living| &living.offer)
    }

    /// What it was told to do, if it is registered.
    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        self.as_living().map(|living| living.mode)
    }

    /// When it was heard last, if it is silent.
    #[must_use]
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.as_living().and_then(|living| living.silent_since)
    }

    fn as_living(&self) -> Option<&Living> {
        match self {
            Self::Living(living) => Some(living),
            Self::Unknown | Self::Retired => None,
        }
    }

    fn living(self, moved_on: impl FnOnce(Living) -> Living) -> Self {
        match self {
            Self::Living(living) => Self::Living(Box::new(moved_on(*living))),
            Self::Unknown => Self::Unknown,
            Self::Retired => Self::Retired,
        }
    }
}

impl Living {
    fn new(offer: Offer) -> Self {
        Self { offer, mode: Mode::Active, silent_since: None }
    }

    fn told(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// An agent that drains is on its way out: to pause it would only forget that.
    fn pause(&self, reason: String) -> Decision {
        match self.mode {
            Mode::Active => {
                text("a reason", &reason, TEXT_BYTES_MAX)?;
                Ok(vec![AgentEvent::Paused(Paused { reason })])
            }
            Mode::Paused | Mode::Draining => Ok(vec![]),
        }
    }

    fn drain(&self, reason: String) -> Decision {
        match self.mode {
            Mode::Active | Mode::Paused => {
                text("a reason", &reason, TEXT_BYTES_MAX)?;
                Ok(vec![AgentEvent::Drained(Drained { reason })])
            }
            Mode::Draining => Ok(vec![]),
        }
    }

    fn resume(&self) -> Vec<AgentEvent> {
        match self.mode {
            Mode::Active => vec![],
            Mode::Paused | Mode::Draining => vec![AgentEvent::Resumed(Resumed {})],
        }
    }

    fn go_silent(&self, since: Timestamp) -> Vec<AgentEvent> {
        match self.silent_since {
            None => vec![AgentEvent::WentSilent(WentSilent { since })],
            Some(_) => vec![],
        }
    }

    fn come_back(&self) -> Vec<AgentEvent> {
        match self.silent_since {
            None => vec![],
            Some(_) => vec![AgentEvent::Returned(Returned {})],
        }
    }
}

fn retire(reason: String) -> Decision {
    text("a reason", &reason, TEXT_BYTES_MAX)?;
    Ok(vec![AgentEvent::Retired(Retired { reason })])
}
