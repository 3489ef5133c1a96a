//! SQLite's error codes → what they mean for a log.

use std::path::Path;

use crate::store::{Damage, Error};

const ERROR: i32 = 1;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const SCHEMA: i32 = 17;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;
/// The shared-memory file beside the log could not grow.
const IO_SHARED_MEMORY_SIZE: i32 = 10 | (19 << 8);

/// What is said of it: a failure, unless [`or_full`] finds that the disk is full.
const INDEX_STUCK: &str = "the index of the journal cannot grow";
/// On a disk with less room than this, what cannot grow has no room.
const ROOM_BYTES_MIN: u64 = 1024 * 1024;

/// What an extended result code means.
fn meaning(code: i32, message: String) -> Error {
    match (code, code & 0xff) {
        (IO_SHARED_MEMORY_SIZE, _) => Error::Failed(INDEX_STUCK.into()),
        (_, FULL) => Error::Full,
        (_, BUSY | LOCKED) => Error::Unavailable(message),
        // A row that contradicts another, or a schema without a table: not what was written.
        (_, CORRUPT | CONSTRAINT | NOT_A_DATABASE | SCHEMA | ERROR) => {
            Error::Damaged(Damage::of(message))
        }
        _ => Error::Failed(message),
    }
}

/// What an error of the writing driver means.
pub(super) fn of_sqlx(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse().ok());
    match code {
        Some(code) => meaning(code, error.to_string()),
        None => Error::Failed(error.to_string()),
    }
}

/// What an error of the reading driver means.
pub(super) fn of_rusqlite(error: rusqlite::Error) -> Error {
    match &error {
        rusqlite::Error::SqliteFailure(code, _) => meaning(code.extended_code, error.to_string()),
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::QueryReturnedNoRows => Error::Damaged(Damage::of(error.to_string())),
        _ => Error::Failed(error.to_string()),
    }
}

/// What an error means that came up where the log at `path` is used. SQLite says of the index of its
/// journal only that it did not grow; why not, the disk tells.
pub(super) fn or_full(error: Error, path: &Path) -> Error {
    match error {
        Error::Failed(what) if what == INDEX_STUCK && !has_room(path) => Error::Full,
        error => error,
    }
}

/// Whether there is room on the disk of a file; a disk that does not tell is not taken for full.
fn has_room(path: &Path) -> bool {
    let room = |found: rustix::fs::StatVfs| found.f_bavail.saturating_mul(found.f_frsize);
    rustix::fs::statvfs(path).map_or(true, |found| room(found) >= ROOM_BYTES_MIN)
}

/// Whether the file was simply not there.
pub(super) fn cannot_open(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
}

/// Whether something had to be written first, and could not be by who only reads.
pub(super) fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly)
}
