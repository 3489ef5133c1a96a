//! The composition root: puts the log, its keys and its writer together, or opens a log for reading.
//! Commands use what is made here and open nothing themselves.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::id::Tenant;
use events::store::keys::{KeyStore, Secret};
use events::store::sqlite::{Options, Sqlite, SqliteKeys, SqliteReader};
use events::store::writer::WriterTask;
use events::store::{self, EventStore, LogReader, Writer};
use rustix::fs::{Access, access};

use crate::clock::SystemClock;

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log itself.
    #[error(transparent)]
    Log(#[from] store::Error),
    /// The log has a history, and the keys it was written with are not there.
    #[error("the log has a history, but its keys are not at {}", .0.display())]
    KeysMissing(PathBuf),
    /// The keys are there and cannot be used.
    #[error("the keys at {path} cannot be used: {what}", path = path.display())]
    KeysUnusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        what: String,
    },
}

/// A log that is open for writing. While it is, no other process writes to it.
pub struct App {
    path: PathBuf,
    created: bool,
    reader: SqliteReader,
    keys: SqliteKeys,
    writer: Writer,
    task: WriterTask,
}

impl App {
    /// Opens the log at `path` with its keys; makes both if there is no log.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let created = is_new(path)?;
        let store = Box::pin(Sqlite::open(path, &Options::default())).await?;
        let reader = store.log_reader();
        let head = reader.head().await?;
        let path = store.path().to_owned();
        let keys = open_keys(&path, head.outcomes > 0)?;
        let store: Arc<dyn EventStore> = Arc::new(store);
        let (writer, task) = Writer::start(store, Arc::new(SystemClock), head);
        Ok(Self { path, created, reader, keys, writer, task })
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the log was made just now.
    #[must_use]
    pub fn created(&self) -> bool {
        self.created
    }

    /// The one who appends.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// The reading side of the log.
    #[must_use]
    pub fn reader(&self) -> &SqliteReader {
        &self.reader
    }

    /// The key that a tenant's requests are hashed with; made at its first use.
    pub fn hash_key(&self, tenant: &Tenant) -> Result<Secret, Error> {
        let unusable = |source| keys_error(&keys_path(&self.path), source);
        self.keys.tenant(tenant).map(|keys| keys.hash).map_err(unusable)
    }

    /// Waits until everything is settled; every other handle on the writer must be gone.
    pub async fn close(self) -> Result<(), store::Error> {
        drop(self.writer);
        self.task.finished().await
    }
}

/// Opens the log at `path` for reading; it is neither made nor changed.
pub fn reader(path: &Path) -> Result<SqliteReader, store::Error> {
    is_log_file(path)?;
    SqliteReader::open(path).map_err(|error| explain(path, error))
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

/// Where the keys of the log at `path` are.
#[must_use]
pub fn keys_path(path: &Path) -> PathBuf {
    beside(path, ".keys")
}

/// The file beside the log whose name ends in `ending`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
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
fn is_new(path: &Path) -> Result<bool, store::Error> {
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
fn open_keys(path: &Path, has_history: bool) -> Result<SqliteKeys, Error> {
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
fn keys_error(path: &Path, source: store::Error) -> Error {
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
