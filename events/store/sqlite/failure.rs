//! SQLite's error codes → what they mean for a log.

use crate::store::{Damage, Error};

const ERROR: i32 = 1;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const SCHEMA: i32 = 17;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;
/// The shared-memory file beside the log could not grow: the disk is full, nothing was written.
const IO_SHARED_MEMORY_SIZE: i32 = 10 | (19 << 8);

/// What an extended result code means.
fn meaning(code: i32, message: String) -> Error {
    match (code, code & 0xff) {
        (IO_SHARED_MEMORY_SIZE, _) | (_, FULL) => Error::Full,
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

/// Whether the file was simply not there.
pub(super) fn cannot_open(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)
}

/// Whether something had to be written first, and could not be by who only reads.
pub(super) fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly)
}
