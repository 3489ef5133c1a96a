//! Where a copy is made: in a folder of its own beside its place, `….part`, until it is put there at
//! one stroke. Whatever happens before, nothing stands in that place; what a killed process left in
//! the folder is removed by the next one.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a copy is a file")]

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::CopyError;
use crate::store::Error;
use crate::store::sqlite::lock::{self, Lock, beside};
use crate::store::sqlite::recover;

/// The copy in its folder, and all that SQLite puts beside it.
const LOG: &str = "log";
const KEYS: &str = "keys";
const MADE: [&str; 6] = [LOG, "log-wal", "log-shm", "log-journal", KEYS, "keys-journal"];
/// Held by who makes a copy there.
const LOCK: &str = "log.lock";

/// What SQLite would take for a part of a log, or of keys.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A copy that is being made. When it is dropped its folder goes; what was put in place stays.
#[derive(Debug)]
pub struct Draft {
    place: PathBuf,
    keys_place: PathBuf,
    folder: PathBuf,
    discarded: Once,
    /// Of the folder, and of the log that is to be, if someone may be about to write to it.
    _locks: (Lock, Option<Lock>),
}

impl Draft {
    /// Begins a backup: a log at `log` with its keys at `keys`, in a folder that is there.
    pub fn of_backup(log: &Path, keys: &Path) -> Result<Self, CopyError> {
        let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty());
        match std::fs::metadata(folder.unwrap_or_else(|| Path::new("."))) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(failed(log, &ErrorKind::NotADirectory.into())),
            Err(error) => return Err(failed(log, &error)),
        }
        Self::begin(lock::absolute(log)?, lock::absolute(keys)?, None)
    }

    /// Begins a log that is to be written to: nobody else may be about to.
    pub fn of_store(log: &Path, keys: &Path) -> Result<Self, CopyError> {
        let place = lock::absolute(log)?;
        let lock = Lock::take(&place).map_err(|error| not_made(&place, error))?;
        Self::begin(place, lock::absolute(keys)?, Some(lock))
    }

    fn begin(place: PathBuf, keys_place: PathBuf, store: Option<Lock>) -> Result<Self, CopyError> {
        let folder = beside(&place, ".part");
        let mut private = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
        match private.create(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(failed(&place, &error));
            }
            _ => {}
        }
        let lock = lock_folder(&folder, &place)?;
        let discarded = Once::new();
        let draft = Self { place, keys_place, folder, discarded, _locks: (lock, store) };
        draft.clear();
        draft.is_free()?;
        Ok(draft)
    }

    /// Where the copy of the log is made.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(LOG)
    }

    /// Where the copy of the keys is made.
    pub(super) fn keys(&self) -> PathBuf {
        self.folder.join(KEYS)
    }

    /// Syncs a file of the copy, and sees to it that what is compared then comes from the disk.
    pub(super) fn is_on_the_disk(&self, file: &File, path: &Path) -> Result<(), CopyError> {
        file.sync_all().map_err(|error| self.failed(&error))?;
        recover::read_from_disk(path).map(drop).map_err(|error| self.not_made(error))
    }

    /// Puts the copy in its place, never over anything: first the keys, then the log, so that where
    /// a log stands it is whole and has its keys. If that fails nothing is put there.
    pub fn place(&self) -> Result<(), CopyError> {
        self.is_free()?;
        let files = [(self.keys(), &self.keys_place), (self.log(), &self.place)];
        let mut placed = Vec::new();
        let put = files.iter().filter(|(from, _)| from.exists()).try_for_each(|(from, to)| {
            self.put(from, to)?;
            placed.push(to);
            lock::sync_folders(to).map_err(|error| self.not_made(error))
        });
        if put.is_err() {
            placed.iter().rev().for_each(|place| remove(place));
        }
        put
    }

    /// Removes what was made of it. Once only: then the folder may be another one's.
    pub fn discard(&self) {
        self.discarded.call_once(|| {
            self.clear();
            remove(&self.folder.join(LOCK));
            // Whatever else is in the folder is not ours.
            let _ = std::fs::remove_dir(&self.folder);
        });
    }

    /// Nothing may stand in the place, and no journal of another log beside it: SQLite would take
    /// that for the journal of this one.
    fn is_free(&self) -> Result<(), CopyError> {
        let parts = |file: &PathBuf| PARTS.map(|part| beside(file, part));
        let mut all = parts(&self.place).into_iter().chain(parts(&self.keys_place));
        all.find(|part| is_there(part)).map_or(Ok(()), |part| Err(CopyError::Exists(part)))
    }

    /// Gives a file its name, unless something has it.
    fn put(&self, from: &Path, to: &Path) -> Result<(), CopyError> {
        match std::fs::hard_link(from, to) {
            Ok(()) => Ok(()),
            // Not every file system lets a file have two names.
            Err(_) if !is_there(to) => {
                std::fs::rename(from, to).map_err(|error| self.failed(&error))
            }
            Err(_) => Err(CopyError::Exists(to.into())),
        }
    }

    /// Removes what was made, also by a process that was killed. Keys that were put in place without
    /// their log go as well: they are known by being the very file that is in the folder.
    fn clear(&self) {
        let half = is_same(&self.keys(), &self.keys_place)
            && is_there(&self.log())
            && !is_same(&self.log(), &self.place);
        if half {
            remove(&self.keys_place);
        }
        MADE.iter().for_each(|name| remove(&self.folder.join(name)));
    }

    /// What an error while the copy is written means.
    pub(super) fn not_made(&self, error: Error) -> CopyError {
        not_made(&self.place, error)
    }

    /// The same, of an error of the system.
    pub(super) fn failed(&self, error: &std::io::Error) -> CopyError {
        failed(&self.place, error)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.discard();
    }
}

/// Sees to it that no other process makes a copy in this folder.
fn lock_folder(folder: &Path, place: &Path) -> Result<Lock, CopyError> {
    Lock::take(&folder.join(LOG)).map_err(|error| {
        match error {
            Error::Locked { pid, .. } => return Error::Locked { path: place.into(), pid }.into(),
            // It was taken, and could not be written to.
            Error::Full | Error::Failed(_) => remove(&folder.join(LOCK)),
            _ => {}
        }
        // If it is empty; else it is someone else's.
        let _ = std::fs::remove_dir(folder);
        not_made(place, error)
    })
}

fn not_made(place: &Path, error: Error) -> CopyError {
    match error {
        Error::Full => CopyError::Full(place.into()),
        Error::Failed(what) => CopyError::Failed { path: place.into(), what },
        error => error.into(),
    }
}

fn failed(place: &Path, error: &std::io::Error) -> CopyError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => CopyError::Full(place.into()),
        _ => CopyError::Failed { path: place.into(), what: error.to_string() },
    }
}

/// What cannot be removed is found by the next one who makes a copy here.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

fn is_there(path: &Path) -> bool {
    !matches!(std::fs::symlink_metadata(path), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Whether two names are names of one file.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = |path| std::fs::symlink_metadata(path).map(|found| (found.dev(), found.ino())).ok();
    file(one).is_some_and(|one| file(other) == Some(one))
}

/// Elsewhere nothing tells, so nothing is removed.
#[cfg(not(unix))]
fn is_same(_: &Path, _: &Path) -> bool {
    false
}
