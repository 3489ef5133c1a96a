//! Start-up is recovery: what SQLite is about to read comes from the disk, and not from a cache that
//! may hold what the disk lacks. The end of the log is then checked by `verify/tail.rs`.
//!
//! When a sync fails, Linux marks the pages clean and keeps them. The process ends at the first such
//! error; but to the next one the cache shows a journal that is whole, and the disk has holes in it.
//! Whoever trusts the cache then appends behind a hole, and at the next loss of power all that was
//! acknowledged since is behind the journal's end. So, before SQLite looks at the files:
//!
//! 1. The journal is synced. A process that was killed leaves pages that were never synced at all;
//!    a command found in them must not be answered as recorded before they are on the disk.
//! 2. Its pages are dropped from the cache (`posix_fadvise`, `DONTNEED`). That drops clean pages
//!    only, which is what a failed sync leaves, and after step 1 there are no others.
//!
//! From there on SQLite recovers the journal from the disk, and ends it at the first frame that is
//! not whole. Behind that one nothing was acknowledged.
//!
//! This is as good as reading past the cache (`O_DIRECT`), which SQLite cannot do, with these
//! limits. A page that another process is copying out at that very moment stays; a program of ours
//! that opens the log does the same two steps first, so only a foreign one can have put it there. On
//! file systems without a disk (tmpfs) nothing is dropped, and nothing else could be read. And a
//! foreign program that opened the log between the failed sync and this start, and is still running,
//! has told SQLite's index of the journal (`-shm`) of frames that are not on the disk: the end of
//! the log then does not hold together, and the log does not open until that program has gone. A
//! reader from before the failed sync is harmless: a frame enters that index after its sync.
//!
//! The file of the log needs it less: its pages were synced before the journal that they came from
//! was given up, and otherwise the journal still has all of them. The keys do not need it: before a
//! page of theirs is written it is saved in a journal that was synced, and what fails is put back
//! from there, by writing all of it again.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a log is a file")]

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::lock;
use crate::store::{Damage, Error};

/// Before the log at `path` is opened for writing. After a clean end there is nothing to do.
pub(super) fn before_writing(path: &Path) -> Result<(), Error> {
    let journal = lock::beside(path, "-wal");
    if is_empty(&journal)? {
        return Ok(());
    }
    if is_empty(path)? {
        // SQLite would take the journal for a left-over and delete it.
        return Err(Damage::of("its file is empty or gone, and its journal is not").into());
    }
    read_from_disk(&journal)?;
    let log = read_from_disk(path)?;
    // Never closed: with any descriptor of this file, all locks go that SQLite has on it for
    // another reader in this process.
    std::mem::forget(log);
    Ok(())
}

/// Before the log at `path` is opened for reading, beside a writer or without one.
pub(super) fn before_reading(path: &Path) -> Result<(), Error> {
    let journal = lock::beside(path, "-wal");
    if !is_empty(&journal)? {
        // SQLite has no locks on its journal, so this may be closed.
        read_from_disk(&journal)?;
    }
    Ok(())
}

/// Sees to it that the next who reads this file gets what the disk has.
pub(super) fn read_from_disk(path: &Path) -> Result<Option<File>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        // Another reader was the last one, and has just closed it in good order.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unavailable(path, &error)),
    };
    file.sync_data().and_then(|()| drop_cached(&file)).map_err(|error| {
        Error::Failed(format!("cannot read {} from the disk again: {error}", path.display()))
    })?;
    Ok(Some(file))
}

#[cfg(target_os = "linux")]
fn drop_cached(file: &File) -> std::io::Result<()> {
    Ok(rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?)
}

/// Elsewhere the cache does not outlive what could not be written, or cannot be told to.
#[cfg(not(target_os = "linux"))]
fn drop_cached(_: &File) -> std::io::Result<()> {
    Ok(())
}

fn is_empty(path: &Path) -> Result<bool, Error> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len() == 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(unavailable(path, &error)),
    }
}

fn unavailable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("cannot look at {}: {error}", path.display()))
}
