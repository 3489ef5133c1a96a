//! Waiting for another process to commit something to a log.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use events::store;
use events::store::postgres::{Listening, PostgresReader};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::app::file;

/// How long nothing is looked at when the file system tells nothing.
const SAFETY_POLL: Duration = Duration::from_secs(1);
/// How soon after a change the log is looked at.
const FIRST_LOOK: Duration = Duration::from_millis(2);

/// Where news of commits comes from.
pub(super) enum Watch {
    /// The folder of the file changes.
    Files(Files),
    /// The database tells.
    Database(Listening),
}

impl Watch {
    /// Watches the log's folder from now on; without the system's help it only looks once a second.
    pub(super) fn files(path: &Path) -> Self {
        Self::Files(Files::begin(path))
    }

    /// Listens to the database from now on.
    pub(super) fn database(reader: &PostgresReader) -> Self {
        Self::Database(reader.listen())
    }

    /// Waits until it is worth looking again; `moved` says whether the last look found anything.
    pub(super) async fn wait(&mut self, moved: bool) -> Result<(), store::Error> {
        match self {
            Self::Files(files) => files.wait(moved).await,
            Self::Database(listening) => {
                // A notice is only a hint: one that is lost costs a second.
                let _ = tokio::time::timeout(SAFETY_POLL, listening.news()).await;
                Ok(())
            }
        }
    }
}

/// Watches the folder of a log.
pub(super) struct Files {
    path: PathBuf,
    file: Option<(u64, u64)>,
    changed: Arc<Notify>,
    pause: Duration,
    _watcher: Option<RecommendedWatcher>,
}

impl Files {
    /// Watches from now on; without the system's help it only looks once a second.
    fn begin(path: &Path) -> Self {
        let changed = Arc::new(Notify::new());
        let watcher = watcher(path, &changed);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "the folder cannot be watched: looking once a second instead");
        }
        let file = identity(path);
        let path = path.to_owned();
        Self { path, file, changed, pause: SAFETY_POLL, _watcher: watcher.ok() }
    }

    /// Waits until it is worth looking again; `moved` says whether the last look found anything.
    ///
    /// The file changes before a commit is visible: its sync is still to come. So a change that
    /// shows nothing yet is looked for again, less and less often.
    async fn wait(&mut self, moved: bool) -> Result<(), store::Error> {
        if moved {
            self.pause = FIRST_LOOK;
        }
        tokio::select! {
            () = self.changed.notified() => {
                // One commit changes the file many times; they are looked at together.
                tokio::time::sleep(FIRST_LOOK).await;
                self.pause = FIRST_LOOK;
            }
            () = tokio::time::sleep(self.pause) => {
                self.pause = (self.pause * 2).min(SAFETY_POLL);
                self.still_there()?;
            }
        }
        Ok(())
    }

    /// Whoever follows a file that was moved away would wait for ever.
    fn still_there(&self) -> Result<(), store::Error> {
        file::is_log_file(&self.path)?;
        if identity(&self.path) == self.file {
            return Ok(());
        }
        Err(store::Error::Unavailable(format!("{} is another file now", self.path.display())))
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

fn watcher(path: &Path, changed: &Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(&path).to_owned();
    let names = [path.clone(), file::beside(&path, "-wal")];
    let names = names.map(|path| path.file_name().map(OsStr::to_owned).unwrap_or_default());
    let changed = Arc::clone(changed);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // What the watcher itself cannot tell is a reason to look, too.
        if event.map_or(true, |event| is_change(&event, &names)) {
            changed.notify_one();
        }
    })?;
    watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Our own reading opens files; only what changes them counts.
fn is_change(event: &Event, names: &[OsString]) -> bool {
    let changes =
        matches!(event.kind, EventKind::Modify(_) | EventKind::Create(_) | EventKind::Remove(_));
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|name| names.iter().any(|known| known == name))
    };
    (changes && event.paths.iter().any(named)) || event.need_rescan()
}
