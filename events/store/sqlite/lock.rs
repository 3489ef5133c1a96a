//! One process writes. The operating system releases the lock when the process ends, however it
//! ends; the pid in the file is only for the message.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a log is a file")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::store::Error;

/// Held as long as the process writes to the log.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock beside the log at `path`, or names the process that has it.
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let file = lock_file(path);
        let failed = |error| Error::Unavailable(format!("cannot lock {}: {error}", file.display()));
        let mut open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .map_err(failed)?;
        match open.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: path.into(), pid: pid(&mut open) });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        open.set_len(0).and_then(|()| writeln!(open, "{}", std::process::id())).map_err(failed)?;
        Ok(Self(open))
    }
}

/// The process that writes to the log at `path` just now, if any.
pub fn holder(path: &Path) -> Option<String> {
    let mut open = OpenOptions::new().read(true).write(true).open(lock_file(path)).ok()?;
    matches!(open.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| pid(&mut open))
}

fn lock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn pid(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut text));
    match (read, text.trim()) {
        (Ok(_), pid) if !pid.is_empty() => pid.into(),
        _ => "unknown".into(),
    }
}

/// The path with its folder resolved, so that two names of one log share one lock.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let failed = |error| Error::Unavailable(format!("cannot use {}: {error}", path.display()));
    if let Ok(existing) = path.canonicalize() {
        return Ok(existing);
    }
    let name = path.file_name().ok_or_else(|| Error::Missing(path.into()))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    Ok(folder.canonicalize().map_err(failed)?.join(name))
}

/// Makes the log's place in its folder, and the folder's in its own, survive a power loss.
pub(super) fn sync_folders(path: &Path) -> Result<(), Error> {
    for folder in path.ancestors().skip(1).take(2) {
        let synced = File::open(folder).and_then(|open| open.sync_all());
        synced
            .map_err(|error| Error::Failed(format!("cannot sync {}: {error}", folder.display())))?;
    }
    Ok(())
}
