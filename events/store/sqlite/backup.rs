//! A copy of a log with its keys, made while another process appends: page by page, by SQLite's own
//! backup, from one view of the log, and compared whole before it may be put in its place.
//!
//! Left to itself, SQLite's backup begins anew whenever another process has written between two of
//! its steps; beside a busy writer it never ends. Inside a read transaction it sees one view of the
//! log throughout. As long as that is held the writer's journal cannot begin anew, so nothing is done
//! meanwhile but copying: syncing and comparing come after.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a copy is a file")]

mod draft;
mod error;
mod keys;
mod pages;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

pub use draft::Draft;
pub use error::CopyError;

use super::{SqliteReader, failure, read};
use crate::chain::EventHash;
use crate::id::LogId;
use crate::planted::{Bug, planted};
use crate::store::{Error, Filter, LogHead, LogReader, Progress};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The identity of the log.
    pub log_id: LogId,
    /// Where it ends.
    pub head: LogHead,
    /// The hash of its last event; none if it has none.
    pub last_hash: Option<EventHash>,
    /// How many streams it has.
    pub streams: u64,
    /// How large the log is.
    pub bytes: u64,
    /// Whether keys came with it: a log without a history may have none.
    pub keys: bool,
}

impl SqliteReader {
    /// Copies this log, as it stands now, and the keys at `keys` into a draft; counts pages.
    pub async fn copy_to(
        &self,
        draft: &Arc<Draft>,
        keys: &Path,
        progress: Progress,
    ) -> Result<(), CopyError> {
        let (log, keys, draft) = (self.path().to_owned(), keys.to_owned(), Arc::clone(draft));
        let copy = move |reader: &Connection| Ok(copy(reader, &log, &keys, &draft, &progress));
        self.read(copy).await?
    }
}

impl Draft {
    /// Compares everything in the copy with everything else; counts events.
    pub async fn verify(&self, progress: Progress) -> Result<Copied, CopyError> {
        let not_whole = |error| match error {
            Error::Damaged(damage) => CopyError::Damaged(damage),
            error => self.not_made(error),
        };
        let reader = SqliteReader::open(&self.log()).map_err(not_whole)?;
        let report = reader.verify(progress).await.map_err(not_whole)?;
        if let Some(first) = report.damages.into_iter().next() {
            return Err(CopyError::Damaged(first));
        }
        let head = reader.head().await.map_err(not_whole)?;
        let last = reader.read_all(head.position, &Filter::default(), 1).await;
        let last_hash = last.map_err(not_whole)?.events.first().map(|event| event.hash());
        let bytes = std::fs::metadata(self.log()).map_err(|error| self.failed(&error))?.len();
        let (log_id, streams, keys) = (reader.log_id(), report.streams, self.keys().exists());
        Ok(Copied { log_id, head, last_hash, streams, bytes, keys })
    }
}

fn copy(
    reader: &Connection,
    log: &Path,
    keys: &Path,
    draft: &Draft,
    progress: &Progress,
) -> Result<(), CopyError> {
    let copy = as_readable_as(log, &draft.log()).map_err(|error| draft.failed(&error))?;
    let view = reader.unchecked_transaction().map_err(failure::of_rusqlite)?;
    // The view begins with the first read, and not before.
    let (_, head) = read::head(&view)?;
    if head.outcomes > 0 && !keys.exists() {
        return Err(CopyError::KeysMissing(keys.into()));
    }
    if planted(Bug::BackupCopiesTheFile) {
        std::fs::copy(log, draft.log()).map_err(|error| draft.failed(&error))?;
    } else {
        pages::copy(&view, &draft.log(), progress).map_err(|error| draft.not_made(error))?;
    }
    view.finish().map_err(failure::of_rusqlite)?;
    draft.is_on_the_disk(&copy, &draft.log())?;
    // After the log: a key is made before the first event that is sealed with it is recorded.
    if keys.exists() { keys::copy(keys, draft) } else { Ok(()) }
}

/// Makes the file of the copy. Whoever may not read the log may not read the copy; its owner may
/// write to it, even if the log that it is copied from was closed to writing.
fn as_readable_as(log: &Path, copy: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).open(copy)?;
    let mut permissions = std::fs::metadata(log)?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        permissions.set_mode(permissions.mode() & 0o777 | 0o600);
    }
    file.set_permissions(permissions)?;
    Ok(file)
}
