//! The composition root: puts the log, its keys and its writer together, or opens a log for reading.
//! Commands use what is made here and open nothing themselves.

pub mod asking;
pub mod background;
pub mod carrier;
pub mod dispatch;
pub mod file;
pub mod mending;
pub mod node;
pub mod own_record;
pub mod read;
pub mod refusal;
pub mod signals;
pub mod tenant_keys;
pub mod who;

use std::path::PathBuf;
use std::sync::Arc;

use events::id::Tenant;
use events::store::keys::{KeyStore, Secret};
use events::store::postgres::{Alone, Postgres, PostgresKeys, PostgresReader};
use events::store::sqlite::{Options, Sqlite};
use events::store::writer::WriterTask;
use events::store::{self, Epochs, EventStore, LogHead, LogReader, Owner, Writer};
use events::stream::StreamId;

use crate::clock::SystemClock;
use crate::place::Place;

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

/// A log that is open for writing. While one in a file is, no other process writes to it.
pub struct App {
    place: Place,
    created: bool,
    reader: Arc<dyn LogReader>,
    keys: Arc<dyn KeyStore>,
    writer: Writer,
    task: WriterTask,
    /// The partitions, as this process has claimed them.
    epochs: Option<Epochs>,
    /// The sign for others that a system runs here.
    _alone: Option<Alone>,
}

/// A log and its keys, before anyone writes.
struct Parts {
    place: Place,
    created: bool,
    store: Arc<dyn EventStore>,
    head: LogHead,
    keys: Arc<dyn KeyStore>,
}

impl App {
    /// Opens the log at `place` with its keys; makes both if there is no log.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        let parts = parts(place).await?;
        Ok(Self::of(parts, None, None))
    }

    /// The same for a system that decides about everything in it: whoever did so before cannot append
    /// any more. Where many processes may append, it is refused while another system runs, unless this
    /// one takes over.
    pub async fn open_to_serve(place: &Place, takes_over: bool) -> Result<Self, Error> {
        let parts = parts(place).await?;
        let alone = match place {
            Place::Database(url) if !takes_over => Some(Alone::take(url).await?),
            Place::Database(_) | Place::File(_) => None,
        };
        let epochs = parts.store.claim_all().await?;
        Ok(Self::of(parts, Some(epochs), alone))
    }

    fn of(parts: Parts, epochs: Option<Epochs>, alone: Option<Alone>) -> Self {
        let Parts { place, created, store, head, keys } = parts;
        let reader = store.reader();
        let (writer, task) = Writer::start(store, Arc::new(SystemClock), head);
        Self { place, created, reader, keys, writer, task, epochs, _alone: alone }
    }

    /// Where the log is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
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
    pub fn reader(&self) -> &dyn LogReader {
        &*self.reader
    }

    /// The same, to be shared.
    #[must_use]
    pub fn shared_reader(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.reader)
    }

    /// The keys of the log.
    #[must_use]
    pub fn keys(&self) -> Arc<dyn KeyStore> {
        Arc::clone(&self.keys)
    }

    /// The key that a tenant's requests are hashed with; made at its first use.
    pub async fn hash_key(&self, tenant: &Tenant) -> Result<Secret, Error> {
        match (self.keys.tenant(tenant).await, self.place.file()) {
            (Ok(keys), _) => Ok(keys.hash),
            (Err(error), Some(path)) => Err(file::keys_error(&file::keys_path(path), error)),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// The partitions, as this process has claimed them, if it has.
    #[must_use]
    pub fn epochs(&self) -> Option<Epochs> {
        self.epochs.clone()
    }

    /// The claim under which something of this stream is kept.
    #[must_use]
    pub fn owner(&self, stream: &StreamId) -> Owner {
        let partition = stream.partition();
        let epoch = self.epochs.as_ref().map_or(0, |epochs| epochs[usize::from(partition)]);
        Owner { partition, epoch }
    }

    /// Waits until nothing more can be recorded, and says why.
    pub async fn failed(&self) -> store::Error {
        self.writer.failed().await
    }

    /// Waits until everything is settled; every other handle on the writer must be gone.
    pub async fn close(self) -> Result<(), store::Error> {
        drop((self.writer, self.reader));
        self.task.finished().await
    }
}

async fn parts(place: &Place) -> Result<Parts, Error> {
    match place {
        Place::File(path) => Box::pin(in_file(path)).await,
        Place::Database(url) => Box::pin(in_database(url)).await,
    }
}

async fn in_file(path: &std::path::Path) -> Result<Parts, Error> {
    let created = file::is_new(path)?;
    let store = Sqlite::open(path, &Options::default()).await?;
    let head = store.log_reader().head().await?;
    let keys = file::open_keys(store.path(), head.outcomes > 0)?;
    let place = Place::File(store.path().to_owned());
    Ok(Parts { place, created, store: Arc::new(store), head, keys: Arc::new(keys) })
}

async fn in_database(url: &str) -> Result<Parts, Error> {
    let store = Postgres::open(url).await?;
    let head = store.log_reader().head().await?;
    let keys = PostgresKeys::open(url).await?;
    let (place, created) = (Place::Database(url.into()), store.created());
    Ok(Parts { place, created, store: Arc::new(store), head, keys: Arc::new(keys) })
}

/// Opens the log at `place` to take another one in; makes it if there is none. Its keys are left
/// alone: they come from elsewhere, or not at all.
pub async fn store(place: &Place) -> Result<Arc<dyn EventStore>, store::Error> {
    Ok(match place {
        Place::File(path) => {
            file::is_new(path)?;
            Arc::new(Box::pin(Sqlite::open(path, &Options::default())).await?)
        }
        Place::Database(url) => Arc::new(Postgres::open(url).await?),
    })
}

/// Opens the keys of the log at `place`; they are not made.
pub async fn keys(place: &Place) -> Result<Arc<dyn KeyStore>, Error> {
    Ok(match place {
        Place::File(path) => Arc::new(file::open_keys(&file::as_named_by_log(path), true)?),
        Place::Database(url) => {
            if !PostgresReader::open(url).await?.has_keys().await? {
                return Err(Error::KeysMissing(place.to_string().into()));
            }
            Arc::new(PostgresKeys::open(url).await?)
        }
    })
}

/// Opens the keys of a log that is at `place` or will be; makes a store for them if there is none.
pub async fn new_keys(place: &Place) -> Result<Arc<dyn KeyStore>, Error> {
    Ok(match place {
        Place::File(path) => Arc::new(file::open_keys(&file::as_named_by_log(path), false)?),
        Place::Database(url) => {
            // The log brings the role that may read them.
            Postgres::open(url).await?.close().await?;
            Arc::new(PostgresKeys::open(url).await?)
        }
    })
}

/// Opens the log at `place` for reading; it is neither made nor changed.
pub async fn reader(place: &Place) -> Result<Arc<dyn LogReader>, store::Error> {
    Ok(match place {
        Place::File(path) => Arc::new(file::reader(path)?),
        Place::Database(url) => Arc::new(PostgresReader::open(url).await?),
    })
}
