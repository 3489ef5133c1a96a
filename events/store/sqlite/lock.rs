//! One process writes. The operating system releases the lock when the process ends, however it
//! ends; the pid in the file is only for the message.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a log is a file")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::store::Error;

/// How often, and how long apart, the file is looked at until its holder has written its name.
const LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

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
        let name = format!("{}\n", std::process::id());
        open.set_len(0).and_then(|()| open.write_all(name.as_bytes())).map_err(
            |error| match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full,
                _ => Error::Failed(format!("cannot write {}: {error}", file.display())),
            },
        )?;
        Ok(Self(open))
    }
}

/// The process that writes to the log at `path` just now, if any.
pub fn holder(path: &Path) -> Option<String> {
    let mut open = OpenOptions::new().read(true).write(true).open(lock_file(path)).ok()?;
    matches!(open.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| pid(&mut open))
}

fn lock_file(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// The file beside `path` whose name goes on with `ending`.
#[must_use]
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Who holds the lock. It writes its name right after it took it: until then the file still names
/// one that is gone, or nobody.
fn pid(file: &mut File) -> String {
    let mut named = None;
    for _ in 0..LOOKS {
        named = read_pid(file).or(named);
        match &named {
            Some(pid) if is_running(*pid) => break,
            _ => std::thread::sleep(BETWEEN_LOOKS),
        }
    }
    named.map_or_else(|| "unknown".into(), |pid| pid.to_string())
}

/// The number in the file, once it stands there whole.
fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.take(20).read_to_string(&mut text)).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}

/// Whether there is such a process; where the system does not say, it is taken for granted.
fn is_running(pid: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(pid.to_string()).exists()
}

/// The path with its folder resolved, so that two names of one log share one lock.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let failed = |error| Error::Unavailable(format!("cannot use {}: {error}", path.display()));
    if let Ok(existing) = path.canonicalize() {
        return Ok(existing);
    }
    let name = path.file_name().ok_or_else(|| Error::Missing(path.into()))?;
    let folder = folder_of(path);
    make_folder(folder)?;
    Ok(folder.canonicalize().map_err(failed)?.join(name))
}

/// The folder that something is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// Makes a folder, and what is missing above it. Before anything is put into a folder its own name is
/// synced, also if an earlier start made it and was killed; the name of the last one is synced with
/// the log's.
fn make_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder_of(folder);
    make_folder(parent)?;
    match sync_folder(folder_of(parent)) {
        // Who may not read a folder did not make what is in it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
        synced => synced.map_err(|error| cannot_sync(folder_of(parent), &error))?,
    }
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(Error::Unavailable(format!("cannot make {}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// Makes the log's place in its folder, and the folder's in its own, survive a power loss.
pub(super) fn sync_folders(path: &Path) -> Result<(), Error> {
    for folder in path.ancestors().skip(1).take(2) {
        sync_folder(folder).map_err(|error| cannot_sync(folder, &error))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn cannot_sync(folder: &Path, error: &std::io::Error) -> Error {
    Error::Failed(format!("cannot sync {}: {error}", folder.display()))
}
