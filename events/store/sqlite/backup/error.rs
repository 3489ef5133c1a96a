//! Why a copy of a log is not made. Whatever it is, nothing is left of the copy.

use std::path::PathBuf;

use crate::store::{Damage, Error};

/// Why a copy of a log is not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CopyError {
    /// Something stands where the copy would, or beside it where SQLite would take it for a part of
    /// the copy.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The disk of the copy is full.
    #[error("the disk is full: {} was not made", .0.display())]
    Full(PathBuf),
    /// The copy could not be written, synced or put in its place.
    #[error("{path} was not made: {what}", path = path.display())]
    Failed {
        /// The copy.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// The copy is not what was once written to the log.
    #[error("the copy is not whole: {0}")]
    Damaged(Damage),
    /// The log has a history, and its keys are not there.
    #[error("the log has a history, but its keys are not at {}", .0.display())]
    KeysMissing(PathBuf),
    /// The keys are there and cannot be copied.
    #[error("the keys at {path} cannot be used: {what}", path = path.display())]
    KeysUnusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// The log cannot be read, or another process makes the same copy.
    #[error(transparent)]
    Log(#[from] Error),
}
