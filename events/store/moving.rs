//! Moving a log from one store to another. What travels are whole commands, each an outcome with the
//! events it led to, so that no store ever holds half of one; bytes, versions and hashes stay as they
//! are, also of types that this program does not know.
//!
//! - [`parts`] reads a log, in pieces that are the same for every store
//! - [`check`] proves a piece by itself and what came before it; [`meet`] by what the target has
//! - [`taking`] gives one piece after the other to a store; [`arrive`] is the rule by which it is
//!   entered, one for all stores; [`origin`] remembers where it came from
//! - [`standing`] is where consumers stand, and what they pass over; [`news`] tells them
//! - [`mod@file`] is a log as a file; [`compare`] tells whether two logs are the same

pub mod arrive;
pub mod check;
pub mod compare;
pub mod file;
pub mod meet;
pub mod news;
pub mod origin;
pub mod parts;
pub mod standing;
pub mod taking;

use crate::chain::EventHash;
use crate::id::{CommandId, LogId, Tenant};
use crate::recorded::Stored;
use crate::store::{Outcome, RequestHash};
use crate::stream::Position;

/// The most commands and events of a part, beyond its last command.
pub const PART_ITEMS_MAX: usize = 1024;
/// The most bytes of a part, beyond its last command or blob.
pub const PART_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An outcome with everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The command.
    pub command: CommandId,
    /// What it had asked.
    pub request: RequestHash,
    /// What became of it.
    pub outcome: Outcome,
}

/// A blob with everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBlob {
    /// Whose it is.
    pub tenant: Tenant,
    /// The hash of its bytes.
    pub hash: EventHash,
    /// Its media type.
    pub media_type: String,
    /// The place of the command that it was recorded with first.
    pub position: Position,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A command that moves: its outcome, and the events it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What is kept of it.
    pub kept: Kept,
    /// Its events, at their positions in the log that they come from.
    pub events: Vec<Stored>,
}

/// Whole commands of a log, in its order, with the blobs that were recorded with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// By position, tenant and hash.
    pub blobs: Vec<KeptBlob>,
    /// By position; those without events stand behind the event at theirs, by tenant and id.
    pub commands: Vec<Moved>,
}

/// Events that came from another log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// The position of the first.
    pub first: Position,
    /// The position of the last.
    pub last: Position,
    /// The log they came from.
    pub source: LogId,
    /// The position of the first in that log; the others follow it.
    pub source_first: Position,
    /// Whether what follows from them is this log's to do: its reactions, effects and timers treat
    /// them like its own. Otherwise they pass them over.
    pub adopted: bool,
}

impl Imported {
    /// The position of the last in the log they came from.
    #[must_use]
    pub fn source_last(&self) -> Position {
        self.source_first.plus(self.last.0 - self.first.0)
    }

    /// Whether this position is among them.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        (self.first..=self.last).contains(&position)
    }
}

/// Where a list goes on: at a position, behind the one that is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind<K> {
    /// The position.
    pub position: Position,
    /// Behind which of those at this position; before all of them, if none is named.
    pub last: Option<(Tenant, K)>,
}

impl<K> Behind<K> {
    /// Before everything at this position.
    #[must_use]
    pub fn none_at(position: Position) -> Self {
        Self { position, last: None }
    }
}

impl Moved {
    /// The place it stands at in the log it comes from.
    #[must_use]
    pub fn position(&self) -> Position {
        self.kept.outcome.position()
    }

    /// How much of a part it takes: items, and bytes.
    fn weight(&self) -> (usize, usize) {
        let bytes = |event: &Stored| event.header_bytes().len() + event.payload().len();
        (1 + self.events.len(), self.events.iter().map(bytes).sum())
    }
}
