//! What the writer hands a store, and what it gets back. Events arrive with headers and hashes
//! made; a store only checks, places and keeps them.

use crate::chain::EventHash;
use crate::id::CommandId;
use crate::store::{
    Damage, Error, Expected, NewBlob, Outcome, Owner, RequestHash, Save, Saved, Verdict,
};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// Appends that share one transaction.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The `recorded_at` of every event in it.
    pub stamp: Timestamp,
    /// The appends, in order.
    pub appends: Vec<Prepared>,
    /// What is to be kept of consumers; they come behind the appends, each consumer once.
    pub saves: Vec<Save>,
}

/// One append, ready to be stored if the stream still stands at `base`.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The stream.
    pub stream: StreamId,
    /// Where the caller expects it.
    pub expected: Expected,
    /// Whether it was decided on what the append before it leaves, so that it is worth nothing on
    /// another head.
    pub follows: bool,
    /// The head its events are chained to.
    pub base: StreamHead,
    /// The command.
    pub command: CommandId,
    /// What the command asked.
    pub request: RequestHash,
    /// Who owns the partition, when someone does.
    pub owner: Option<Owner>,
    /// What was decided.
    pub verdict: Verdict,
    /// The events, consecutive.
    pub events: Vec<PreparedEvent>,
    /// Bytes they refer to.
    pub blobs: Vec<NewBlob>,
}

/// An event with its bytes and hash made.
#[derive(Debug, Clone)]
pub struct PreparedEvent {
    /// The header.
    pub header: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
    /// The hash, chained to the event before it.
    pub hash: EventHash,
}

impl Prepared {
    /// Whether the append it was decided on is not what the stream ends with.
    #[must_use]
    pub fn is_left_behind(&self, actual: StreamHead) -> bool {
        self.follows && self.base != actual
    }

    /// Where the stream stands once this is recorded.
    #[must_use]
    pub fn head_after(&self) -> StreamHead {
        self.events.last().map_or(self.base, |last| StreamHead {
            version: self.base.version.plus(self.events.len() as u64),
            hash: last.hash,
        })
    }
}

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamHead {
    /// The version of its last event, or 0.
    pub version: Version,
    /// The hash of its last event, or zeros.
    pub hash: EventHash,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogHead {
    /// The position of the last event, or 0.
    pub position: Position,
    /// When it was recorded; the floor of every later stamp.
    pub recorded_at: Timestamp,
    /// How many outcomes there are.
    pub outcomes: u64,
}

/// What a store says of a batch.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The batch was committed.
    Done {
        /// One answer for each append, in order.
        admitted: Vec<Admitted>,
        /// One for each save, in order.
        saved: Vec<Result<Saved, Error>>,
    },
    /// The stamp is before the head's time: nothing was done, stamp again from here.
    Early(Timestamp),
}

/// What became of one append of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// Recorded now.
    Recorded(Outcome),
    /// Recorded before: the first outcome stands.
    Known(Outcome),
    /// Not recorded.
    Refused(Refusal),
    /// What the log holds about this command or stream is damaged; others are not concerned.
    Damaged(Damage),
}

/// Why an append was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The command id belongs to another request.
    CommandReused,
    /// The partition has another owner.
    StaleEpoch {
        /// The epoch of the store.
        current: u64,
    },
    /// The stream is not where the caller expects it.
    Conflict {
        /// Where it is.
        actual: StreamHead,
    },
    /// The caller's expectation holds, but it was prepared for an older head.
    Rebase {
        /// Where the stream is.
        actual: StreamHead,
    },
}
