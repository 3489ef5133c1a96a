//! A log in a file: what a database cannot tell about it, and the keys beside it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use events::store;
pub(crate) use events::store::sqlite::beside;
use events::store::sqlite::{SqliteKeys, SqliteReader};
use rustix::fs::{Access, access};

use super::Error;

/// Opens the log at `path` for reading; it is neither made nor changed.
pub fn reader(path: &Path) -> Result<SqliteReader, store::Error> {
    is_log_file(path)?;
    SqliteReader::open(path).map_err(|error| explain(path, error))
}

/// Opens a backup for reading, also on a disk that is closed to writing.
pub fn backup_reader(path: &Path) -> Result<SqliteReader, store::Error> {
    match reader(path) {
        Err(store::Error::Unavailable(_)) if is_at_rest(path) => SqliteReader::at_rest(path),
        opened => opened,
    }
}

/// Whether nobody can be writing to the log at `path`: there is no journal, and none can be made.
fn is_at_rest(path: &Path) -> bool {
    let journal = std::fs::metadata(beside(path, "-wal")).map_or(0, |found| found.len());
    journal == 0 && access(folder_of(path), Access::WRITE_OK).is_err()
}

/// Reading a log needs files beside it; where they are missing and cannot be made, nothing broke.
fn explain(path: &Path, error: store::Error) -> store::Error {
    match error {
        store::Error::Failed(what) if access(folder_of(path), Access::WRITE_OK).is_err() => {
            let what = format!("cannot read {}: {what}, and its folder is closed", path.display());
            store::Error::Unavailable(what)
        }
        error => error,
    }
}

/// The folder that the log at `path` is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// The path as the log itself names it: its keys and its lock stand beside that.
pub(super) fn as_named_by_log(path: &Path) -> PathBuf {
    let in_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.into())
}

/// Where the keys of the log at `path` are.
#[must_use]
pub fn keys_path(path: &Path) -> PathBuf {
    beside(path, ".keys")
}

/// Tells apart what a database cannot: nothing there, a folder, a file that may not be read.
pub(crate) fn is_log_file(path: &Path) -> Result<(), store::Error> {
    let not_a_log = |what: &str| store::Error::NotALog { path: path.into(), what: what.into() };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(not_a_log("it is a folder")),
        Ok(found) if !found.is_file() => Err(not_a_log("it is not a file")),
        Ok(found) if found.len() == 0 => Err(store::Error::Missing(path.into())),
        // Asked without opening: closing a second descriptor would drop SQLite's locks on the file.
        Ok(_) => {
            access(path, Access::READ_OK).map_err(|error| unusable("read", path, &error.into()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(store::Error::Missing(path.into()))
        }
        Err(error) => Err(unusable("read", path, &error)),
    }
}

fn unusable(what: &str, path: &Path, error: &std::io::Error) -> store::Error {
    store::Error::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}

/// Whether there is no log yet; one that is there must be open to writing.
pub(super) fn is_new(path: &Path) -> Result<bool, store::Error> {
    match is_log_file(path) {
        Ok(()) => access(path, Access::WRITE_OK)
            .map(|()| false)
            .map_err(|error| unusable("write to", path, &error.into())),
        Err(store::Error::Missing(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// A log with a history never gets new keys by accident: with them, every fact that is sent again
/// would look like another one under the same id.
pub(super) fn open_keys(path: &Path, has_history: bool) -> Result<SqliteKeys, Error> {
    let keys = keys_path(path);
    if has_history && !keys.exists() {
        return Err(Error::KeysMissing(keys));
    }
    open_keys_at(&keys)
}

/// Opens the keys at `path`.
pub(crate) fn open_keys_at(path: &Path) -> Result<SqliteKeys, Error> {
    if let Err(error) = access(path, Access::READ_OK | Access::WRITE_OK)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(Error::KeysUnusable { path: path.into(), what: error.to_string() });
    }
    SqliteKeys::open(path).map_err(|source| keys_error(path, source))
}

/// What is wrong with the disk is wrong with the log as well; the rest is about the keys.
pub(super) fn keys_error(path: &Path, source: store::Error) -> Error {
    match source {
        error @ (store::Error::Full | store::Error::Failed(_) | store::Error::Unsafe(_)) => {
            Error::Log(error)
        }
        store::Error::Damaged(damage) => {
            Error::KeysUnusable { path: path.into(), what: damage.to_string() }
        }
        source => Error::KeysUnusable { path: path.into(), what: source.to_string() },
    }
}
