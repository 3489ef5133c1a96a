//! What became of a command: recorded in the same commit as its events, and given again for ever.

use crate::store::StreamHead;
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The stream it was about.
    pub stream: StreamId,
    /// What `decide` said.
    pub verdict: Verdict,
    /// Where the log ended before it was recorded.
    pub after: Position,
    /// The events it led to, if any; they stand right behind that.
    pub recorded: Option<Span>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// What `decide` said of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Accepted,
    /// There was nothing to do.
    Nothing,
    /// No.
    Rejected {
        /// The stable code.
        code: String,
        /// The reason in words.
        message: String,
    },
}

/// Consecutive events of one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The position of the first.
    pub position: Position,
    /// The version of the first.
    pub version: Version,
    /// How many there are, at least one.
    pub events: u32,
}

impl Outcome {
    /// The place it stands at in the log: that of its first event, or where the log ended.
    #[must_use]
    pub fn position(&self) -> Position {
        self.recorded.map_or(self.after, |span| span.position)
    }
}

impl Span {
    /// The position of the last event.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.position.plus(u64::from(self.events) - 1)
    }

    /// The version of the last event.
    #[must_use]
    pub fn last_version(&self) -> Version {
        self.version.plus(u64::from(self.events) - 1)
    }
}

/// What a caller of the writer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of the command.
    pub outcome: Outcome,
    /// Whether it was recorded before this call.
    pub known: bool,
    /// Where its stream stands behind it; of a command that was known before, only the log can tell.
    pub head: Option<StreamHead>,
}
