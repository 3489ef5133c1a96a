//! What a log keeps of those who read it and act on what they read: how far they came, and the events
//! that they could not deal with. It is saved as a passenger of appends, under an epoch, and the place
//! of a consumer never goes back: whoever lost it to another process cannot undo what that one did.

use crate::id::Consumer;
use crate::planted::{Bug, planted};
use crate::store::{Error, Owner};
use crate::stream::{PARTITIONS, Position, StreamId};
use crate::time::Timestamp;

/// The epochs of all partitions.
pub type Epochs = Box<[u64; PARTITIONS as usize]>;

/// The most events that one save parks or settles.
pub const SAVE_PARKED_MAX: usize = 4096;
/// The longest reason for which an event is parked.
pub const WHY_BYTES_MAX: usize = 1024;

/// What is to be kept of a consumer from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    /// Whose it is.
    pub consumer: Consumer,
    /// Who owns the consumer, as far as the caller knows.
    pub owner: Owner,
    /// Up to where everything is dealt with, or parked.
    pub position: Position,
    /// Events that are not parked any more.
    pub settled: Vec<Position>,
    /// Events that could not be dealt with; one that is parked already is kept as it is now.
    pub parked: Vec<Parked>,
}

/// An event that a consumer could not deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Where it stands in the log.
    pub position: Position,
    /// The stream that it is part of. The log knows it, and looks at its own.
    pub stream: StreamId,
    /// What becomes of it.
    pub state: ParkedState,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// What becomes of a parked event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkedState {
    /// It holds up the later events of its stream.
    Blocking,
    /// It waits behind another one of its stream.
    Behind,
    /// Someone decided to go on without it.
    Skipped,
}

/// What is kept of a consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Up to where everything is dealt with, or parked.
    pub position: Position,
    /// The events it could not deal with, by position.
    pub parked: Vec<Parked>,
}

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is kept.
    Now,
    /// The consumer stands further on already; nothing of it is kept.
    Behind(Position),
    /// It names a place that the log, which ends here, does not have; nothing of it is kept.
    Beyond(Position),
    /// The consumer has another owner; nothing of it is kept.
    Stale {
        /// The epoch of the store.
        current: u64,
    },
}

impl Save {
    /// Refuses what no store should ever be asked to keep.
    pub fn check(&self) -> Result<(), Error> {
        let over = |what, actual, limit| {
            if actual > limit { Err(Error::TooLarge { what, actual, limit }) } else { Ok(()) }
        };
        over("parked events in one save", self.parked.len() + self.settled.len(), SAVE_PARKED_MAX)?;
        let longest = self.parked.iter().map(|parked| parked.why.len()).max();
        over("bytes in a reason", longest.unwrap_or_default(), WHY_BYTES_MAX)
    }

    /// Whether a log that ends at `head` has every place that it names.
    fn is_within(&self, head: Position) -> bool {
        let is_there = |parked: &Parked| (Position::FIRST..=head).contains(&parked.position);
        self.position <= head && self.parked.iter().all(is_there)
    }

    /// The rule of the save, one for all stores: `stands` is where the consumer is, `epoch` that of its
    /// partition, `head` where the log ends behind the appends of the same transaction.
    #[must_use]
    pub fn judge(&self, stands: Position, epoch: u64, head: Position) -> Saved {
        if self.owner.epoch != epoch && !planted(Bug::EpochNotChecked) {
            return Saved::Stale { current: epoch };
        }
        if self.position < stands && !planted(Bug::CursorGoesBack) {
            return Saved::Behind(stands);
        }
        if self.is_within(head) { Saved::Now } else { Saved::Beyond(head) }
    }
}

impl ParkedState {
    /// The number it is stored as.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Blocking => 1,
            Self::Behind => 2,
            Self::Skipped => 3,
        }
    }

    /// The state that is stored as this number.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        [Self::Blocking, Self::Behind, Self::Skipped].into_iter().find(|s| s.number() == number)
    }
}
