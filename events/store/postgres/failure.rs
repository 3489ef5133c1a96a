//! PostgreSQL's error codes → what they mean for a log.

use crate::store::{Damage, Error};

/// What an error of a read, or of anything else that can be asked again, means.
pub(super) fn of(error: sqlx::Error) -> Error {
    let message = error.to_string();
    match code(&error).as_deref() {
        Some(code) => meaning(code, message),
        None => match error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::RowNotFound => Error::Damaged(Damage::of(message)),
            _ => Error::Unavailable(message),
        },
    }
}

/// Whether the connection is of no more use.
pub(super) fn is_broken(error: &sqlx::Error) -> bool {
    match code(error) {
        Some(code) => code.starts_with("57P") || code.starts_with("08"),
        None => true,
    }
}

/// The SQLSTATE, if the server answered.
pub(super) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned())
}

fn meaning(code: &str, message: String) -> Error {
    match (code, &code[..2.min(code.len())]) {
        // disk_full
        ("53100", _) => Error::Full,
        // A program without the right to do so, or a server that is not the main one.
        (_, "42") | ("25006", _) => Error::Unsafe(message),
        // A row that contradicts another, or a page that does not read.
        (_, "23" | "XX" | "22" | "21" | "P0") => Error::Damaged(Damage::of(message)),
        _ => Error::Unavailable(message),
    }
}
