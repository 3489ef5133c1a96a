//! A file that is there whole or not at all: written beside its place, synced, and then given its
//! name, never over anything. For its owner's eyes alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use events::store;
use events::store::sqlite::backup::CopyError;

use crate::app::file::{beside, folder_of};

/// A file that is being written; when it is dropped without a name, it goes.
pub struct NewFile {
    place: PathBuf,
    part: PathBuf,
    file: File,
    named: bool,
}

impl NewFile {
    /// Begins to write it. What a killed process left of it is written over.
    pub fn create(place: &Path) -> Result<Self, CopyError> {
        if is_there(place) {
            return Err(CopyError::Exists(place.into()));
        }
        let part = beside(place, ".part");
        let failed = |error: &std::io::Error| not_made(place, error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&part).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("another process writes {}", part.display());
                return Err(store::Error::Unavailable(what).into());
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        file.set_len(0).map_err(|error| failed(&error))?;
        Ok(Self { place: place.into(), part, file, named: false })
    }

    /// Syncs it and gives it its name.
    pub fn place(mut self) -> Result<(), CopyError> {
        let failed = |error: &std::io::Error| not_made(&self.place, error);
        self.file.sync_all().map_err(|error| failed(&error))?;
        match std::fs::hard_link(&self.part, &self.place) {
            Ok(()) => {}
            // Not every file system lets a file have two names.
            Err(_) if !is_there(&self.place) => {
                std::fs::rename(&self.part, &self.place).map_err(|error| failed(&error))?;
            }
            Err(_) => return Err(CopyError::Exists(self.place.clone())),
        }
        self.named = true;
        let _ = std::fs::remove_file(&self.part);
        let folder = File::open(folder_of(&self.place)).and_then(|folder| folder.sync_all());
        folder.map_err(|error| failed(&error))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.named {
            // What cannot be removed is written over by the next one.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// What an error while it is written means.
pub fn not_made(place: &Path, error: &std::io::Error) -> CopyError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => CopyError::Full(place.into()),
        _ => CopyError::Failed { path: place.into(), what: error.to_string() },
    }
}

fn is_there(path: &Path) -> bool {
    !matches!(std::fs::symlink_metadata(path), Err(error) if error.kind() == ErrorKind::NotFound)
}
