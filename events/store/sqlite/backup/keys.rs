//! The keys of a log, copied after it.

#![expect(clippy::disallowed_types, reason = "a copy is a file")]

use std::fs::File;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::pages::open;
use super::{CopyError, Draft, pages};
use crate::store::sqlite::{failure, keys};
use crate::store::{Damage, Error, Progress};

/// Copies the keys, and sees that the copy is a whole database.
pub(super) fn copy(path: &Path, draft: &Draft) -> Result<(), CopyError> {
    let to = draft.keys();
    let unusable = |what: String| CopyError::KeysUnusable { path: path.into(), what };
    keys::keep_private(&to).map_err(|error| draft.failed(&error))?;
    let from = begun(path).map_err(|error| unusable(error.to_string()))?;
    pages::copy(&from, &to, &Progress::default()).map_err(|error| match error {
        Error::Full | Error::Failed(_) => draft.not_made(error),
        error => unusable(error.to_string()),
    })?;
    drop(from);
    let copy = File::open(&to).map_err(|error| draft.failed(&error))?;
    draft.is_on_the_disk(&copy, &to)?;
    check(&to).map_err(|error| unusable(error.to_string()))
}

/// Begins to read the keys. It takes one lock for one moment, as their writer does.
fn begun(path: &Path) -> rusqlite::Result<Connection> {
    let begin = |how| {
        let keys = open(path, how)?;
        keys.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        Ok(keys)
    };
    match begin(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        // A kill in the middle of a write left a journal; only who may write can roll it back.
        Err(error) if failure::is_read_only(&error) => begin(OpenFlags::SQLITE_OPEN_READ_WRITE),
        begun => begun,
    }
}

fn check(path: &Path) -> Result<(), Error> {
    let integrity =
        |keys: Connection| keys.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    let found: String = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(integrity)
        .map_err(failure::of_rusqlite)?;
    if found == "ok" { Ok(()) } else { Err(Damage::of(found).into()) }
}
