//! One system at a time decides on a log in a database. That is a courtesy among those who start: what
//! keeps a system that lost its log from appending is the epoch, which every append names.

use sqlx::PgConnection;

use super::connect::Place;
use super::failure;
use crate::store::Error;

/// What the lock is known by in the database.
const LOCK: i64 = 0x616e_6e61_6c73_0001;

/// The sign that a system decides on this log; gone with its connection.
pub struct Alone {
    _connection: PgConnection,
}

impl Alone {
    /// Takes the sign; refused while another system has it.
    pub async fn take(url: &str) -> Result<Self, Error> {
        let place = Place::of(url)?;
        let mut connection = place.writer().await?;
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut connection)
            .await
            .map_err(failure::of)?;
        if taken {
            return Ok(Self { _connection: connection });
        }
        Err(Error::Served(place.name()))
    }
}
