//! A trigger: it says which facts start which pipeline, and with what. Whether it did is on record with
//! the run; here is only what it is told to do.

mod rejection;
mod spoken;
mod terms;
#[cfg(test)]
mod tests;

pub use events::trigger::TriggerEvent;
use events::trigger::{Paused, Removed, Resumed, Set};
pub use rejection::TriggerRejection;
use serde::{Deserialize, Serialize};
pub use terms::Terms;

use crate::bounds::{TEXT_BYTES_MAX, text};
use crate::decider::{Decider, Moment};

/// A trigger, by the phase it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Trigger {
    /// Nobody has set it.
    #[default]
    Unknown,
    /// It is set.
    Living(Box<Living>),
    /// It is gone, until it is set again.
    Removed,
}

/// A trigger that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Living {
    terms: Terms,
    is_paused: bool,
}

/// What may be asked of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerCommand {
    /// Start runs on these terms.
    Set(Terms),
    /// Start nothing for a while.
    Pause {
        /// Why.
        reason: String,
    },
    /// Start runs again.
    Resume {
        /// Why.
        reason: String,
    },
    /// Start nothing any more.
    Remove {
        /// Why.
        reason: String,
    },
}

type Decision = Result<Vec<TriggerEvent>, TriggerRejection>;

impl Decider for Trigger {
    type Command = TriggerCommand;
    type Event = TriggerEvent;
    type Rejection = TriggerRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 0x542a_b746_fc4d_abf8;

    fn decide(&self, command: TriggerCommand, moment: &Moment) -> Decision {
        use TriggerCommand::{Pause, Remove, Resume, Set};
        match (self, command) {
            (Self::Living(living), Set(terms)) if living.terms == terms => Ok(vec![]),
            (_, Set(terms)) => {
                terms.check()?;
                Ok(vec![TriggerEvent::Set(terms.recorded(moment.now))])
            }
            (Self::Unknown, Pause { .. } | Resume { .. } | Remove { .. }) => {
                Err(TriggerRejection::NotFound)
            }
            (Self::Living(living), Pause { reason }) => living.pause(reason),
            (Self::Living(living), Resume { reason }) => living.resume(reason),
            (Self::Living(_), Remove { reason }) => {
                text("a reason", &reason, TEXT_BYTES_MAX)?;
                Ok(vec![TriggerEvent::Removed(Removed { reason })])
            }
            (Self::Removed, Remove { .. }) => Ok(vec![]),
            (Self::Removed, Pause { .. } | Resume { .. }) => Err(TriggerRejection::Removed),
        }
    }

    fn evolve(self, event: &TriggerEvent) -> Self {
        match event {
            TriggerEvent::Set(set) => Self::Living(Box::new(self.set(set))),
            TriggerEvent::Paused(_) => self.living(|living| Living { is_paused: true, ..living }),
            TriggerEvent::Resumed(_) => self.living(|living| Living { is_paused: false, ..living }),
            TriggerEvent::Removed(_) => Self::Removed,
        }
    }
}

impl Trigger {
    /// What it starts, if it is set and not paused.
    #[must_use]
    pub fn at_work(&self) -> Option<&Terms> {
        match self {
            Self::Living(living) if !living.is_paused => Some(&living.terms),
            Self::Unknown | Self::Living(_) | Self::Removed => None,
        }
    }

    /// Set anew while it is paused, it stays so.
    fn set(self, set: &Set) -> Living {
        let is_paused = matches!(&self, Self::Living(living) if living.is_paused);
        Living { terms: Terms::of(set), is_paused }
    }

    fn living(self, moved_on: impl FnOnce(Living) -> Living) -> Self {
        match self {
            Self::Living(living) => Self::Living(Box::new(moved_on(*living))),
            Self::Unknown => Self::Unknown,
            Self::Removed => Self::Removed,
        }
    }
}

impl Living {
    fn pause(&self, reason: String) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let paused = TriggerEvent::Paused(Paused { reason });
        Ok(if self.is_paused { vec![] } else { vec![paused] })
    }

    fn resume(&self, reason: String) -> Decision {
        text("a reason", &reason, TEXT_BYTES_MAX)?;
        let resumed = TriggerEvent::Resumed(Resumed { reason });
        Ok(if self.is_paused { vec![resumed] } else { vec![] })
    }
}
