//! The log in a PostgreSQL database, for more than one machine: many processes append and read, one
//! function call commits a batch, and the lock on the log's head is held for that call alone.

mod alone;
mod append;
mod arriving;
mod columns;
mod connect;
mod consumers;
mod failure;
mod keys;
mod listen;
mod read;
mod schema;
mod verify;
mod writing;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Row;
use tokio::sync::watch;

pub use alone::Alone;
pub use connect::POSTGRES_OLDEST;
pub use keys::PostgresKeys;
pub use listen::Listening;
pub use read::PostgresReader;
pub use schema::{KNOWN_SCHEMA, SchemaState, schema_state};

use crate::store::{Arrival, Arrived, Batch, Damage, Epochs, Error, EventStore, LogReader, Reply};
use crate::stream::{PARTITIONS, Position};
use connect::Place;
use writing::Writing;

/// A log in a database, open for writing.
pub struct Postgres {
    created: bool,
    reader: PostgresReader,
    writing: Writing,
    listening: Listening,
}

impl Postgres {
    /// Opens the log in the database at `url` for writing; creates it, and brings its schema up to
    /// date, if this user may.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let place = Place::of(url)?;
        let created = schema::migrate(&place, &schema::LOG).await?;
        let connection = place.writer().await?;
        let reader = PostgresReader::at(place.clone()).await?;
        let listening = Listening::start(&place);
        Ok(Self { created, reader, writing: Writing::new(place, connection), listening })
    }

    /// Whether the log was made just now.
    #[must_use]
    pub fn created(&self) -> bool {
        self.created
    }

    /// A reader of the same log, to be shared.
    #[must_use]
    pub fn log_reader(&self) -> PostgresReader {
        self.reader.clone()
    }
}

impl Postgres {
    /// The epochs that a call gives; 0 of those that it does not name.
    async fn all_epochs(&self, call: &'static str) -> Result<Epochs, Error> {
        let mut epochs = Epochs::new([0; PARTITIONS as usize]);
        for row in self.writing.call(|| sqlx::query(call)).await? {
            let read = || Ok((row.try_get::<i32, _>(0)?, row.try_get::<i64, _>(1)?));
            let (partition, epoch) = read().map_err(failure::of)?;
            let known = epochs.get_mut(partition as usize);
            *known.ok_or_else(|| Damage::of(format!("there is no partition {partition}")))? =
                epoch as u64;
        }
        Ok(epochs)
    }
}

#[async_trait]
impl EventStore for Postgres {
    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.reader.clone())
    }

    fn heads_are_far(&self) -> bool {
        true
    }

    async fn append(&self, batch: Arc<Batch>) -> Result<Reply, Error> {
        let identity = self.reader.identity();
        let log_id = identity.log_id();
        let rows = self.writing.call(|| columns::Columns::of(&batch).bind(log_id)).await?;
        append::reply(&batch, &rows, identity)
    }

    async fn import(&self, arrival: Arc<Arrival>) -> Result<Arrived, Error> {
        arriving::import(&self.writing, &self.reader, &arrival).await
    }

    async fn claim(&self, partition: u16) -> Result<u64, Error> {
        let claim = "SELECT annals.claim_partition($1)";
        let rows = self.writing.call(|| sqlx::query(claim).bind(i32::from(partition))).await?;
        let row = rows.first().ok_or_else(|| Damage::of("the database gave no epoch"))?;
        Ok(row.try_get::<i64, _>(0).map_err(failure::of)? as u64)
    }

    async fn claim_all(&self) -> Result<Epochs, Error> {
        self.all_epochs("SELECT partition, epoch FROM annals.claim_all()").await
    }

    async fn epochs(&self) -> Result<Epochs, Error> {
        self.all_epochs("SELECT partition, epoch FROM annals.epochs").await
    }

    fn arrivals(&self) -> Option<watch::Receiver<Position>> {
        Some(self.listening.arrivals())
    }

    async fn close(&self) -> Result<(), Error> {
        self.writing.close().await;
        self.reader.close().await;
        Ok(())
    }
}
