//! Why a log does not do what it was asked. Each variant is a thing someone can act on.

use std::fmt;
use std::path::PathBuf;

use crate::id::CommandId;
use crate::store::Expected;
use crate::stream::{Position, StreamId, Version};

/// Why a log does not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Someone else was faster.
    #[error("the stream {stream} is at version {actual}, not where it was expected ({expected:?})")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Where it was expected.
        expected: Expected,
        /// Where it is.
        actual: Version,
    },
    /// The writer no longer owns the partition.
    #[error("partition {partition} was taken over: its epoch is {current}, not {given}")]
    StaleEpoch {
        /// The partition.
        partition: u16,
        /// The epoch of the append.
        given: u64,
        /// The epoch of the store.
        current: u64,
    },
    /// The command's id was used for something else.
    #[error("the command id {0} was used before, for another request")]
    CommandReused(CommandId),
    /// There is more of something than a log keeps.
    #[error("too large: {actual} {what}, the limit is {limit}")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How much there is.
        actual: usize,
        /// How much there may be.
        limit: usize,
    },
    /// An accepted decision without events.
    #[error("an accepted decision carries at least one event")]
    Empty,
    /// Appends that are not one group.
    #[error(
        "a group is about one stream, and each append of it begins where the one before it ends"
    )]
    Scattered,
    /// The writer's queue is full.
    #[error("the log is busy: its queue is full")]
    Busy,
    /// The disk is full; nothing was recorded, reading goes on.
    #[error("the disk is full: nothing was recorded")]
    Full,
    /// A program holds the log open for reading, and the journal may not grow any more; nothing was
    /// recorded, reading goes on.
    #[error(
        "a program holds the log open for reading, and the journal has {pages} pages by now: nothing was recorded"
    )]
    JournalFull {
        /// How many pages the journal has.
        pages: i64,
    },
    /// The connection broke while it was being recorded: only asking again tells.
    #[error("it may or may not have been recorded: {0}")]
    Unknown(String),
    /// A write or sync failed: nothing more is acknowledged by this process.
    #[error("the log stopped: {0}")]
    Failed(String),
    /// The writer was shut down.
    #[error("the log is shutting down")]
    Stopped,
    /// What is stored is not what was written.
    #[error("the log is damaged: {0}")]
    Damaged(Damage),
    /// Another process writes to the log.
    #[error("the log {path} is being written by process {pid}", path = path.display())]
    Locked {
        /// The store's file.
        path: PathBuf,
        /// The other process.
        pid: String,
    },
    /// Another system decides on the log.
    #[error("another system runs on the log at {0}")]
    Served(String),
    /// There is no log.
    #[error("there is no log at {}", .0.display())]
    Missing(PathBuf),
    /// There is something, but not a log.
    #[error("{path} is not a log: {what}", path = path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// A newer program wrote the store.
    #[error("the log at {path} has schema {found}, this program knows up to {known}", path = path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema that was found.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// An older program wrote the store, and a reader may not change it.
    #[error("the log at {path} has schema {found}, this program needs {known}", path = path.display())]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// The schema that was found.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The store is not as safe as it must be.
    #[error("the store cannot be trusted: {0}")]
    Unsafe(String),
    /// The store cannot be reached just now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}

impl Error {
    /// Whether the process must stop acknowledging: law of the first IO error.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Whether it passes by itself: the same append may be sent again, as often as it takes.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.is_full() || matches!(self, Self::Unknown(_) | Self::Unavailable(_))
    }

    /// Whether there was no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full | Self::JournalFull { .. })
    }
}

/// Something stored that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The event's place in the log, if one event is meant.
    pub position: Option<Position>,
    /// The event's stream and version, as far as they are known.
    pub event: Option<(StreamId, Version)>,
    /// What is wrong.
    pub what: String,
}

impl Damage {
    /// Damage that is not about one event.
    pub fn of(what: impl Into<String>) -> Self {
        Self { position: None, event: None, what: what.into() }
    }

    /// Damage of the event at a position.
    pub fn at(position: Position, what: impl Into<String>) -> Self {
        Self { position: Some(position), event: None, what: what.into() }
    }

    /// The same damage, with the stream's name.
    #[must_use]
    pub fn in_stream(mut self, stream: &StreamId, version: Version) -> Self {
        self.event = Some((stream.clone(), version));
        self
    }
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "event at position {position}")?;
            match &self.event {
                Some((stream, version)) => write!(f, " ({stream}, version {version}): ")?,
                None => f.write_str(": ")?,
            }
        } else if let Some((stream, version)) = &self.event {
            write!(f, "{stream}, version {version}: ")?;
        }
        f.write_str(&self.what)
    }
}
