//! The connection that appends. When it breaks, a new one is made and the call is sent again: a
//! command has one outcome however often it comes, so that what was recorded before the break
//! comes back as known.

#![expect(
    clippy::disallowed_methods,
    reason = "how long a server was silent is not part of any event"
)]

use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgRow};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::columns::Query;
use super::connect::Place;
use super::failure;
use crate::store::Error;

/// How long a broken call is tried again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long apart.
const BETWEEN: Duration = Duration::from_millis(50);
/// How long a call may take before the server is given up.
const SILENCE: Duration = Duration::from_secs(65);

/// The one connection that appends.
pub(super) struct Writing {
    place: Place,
    connection: Mutex<Option<PgConnection>>,
}

impl Writing {
    pub(super) fn new(place: Place, connection: PgConnection) -> Self {
        Self { place, connection: Mutex::new(Some(connection)) }
    }

    /// Calls a function of the database, which commits by itself.
    pub(super) async fn call<'q>(
        &self,
        query: impl Fn() -> Query<'q>,
    ) -> Result<Vec<PgRow>, Error> {
        let mut slot = self.connection.lock().await;
        let begun = Instant::now();
        let mut sent = false;
        loop {
            let error = match self.open(&mut slot).await {
                Ok(connection) => {
                    sent = true;
                    match timeout(SILENCE, query().fetch_all(connection)).await {
                        Ok(Ok(rows)) => return Ok(rows),
                        Ok(Err(error)) if !failure::is_broken(&error) => {
                            return Err(failure::of(error));
                        }
                        Ok(Err(error)) => error.to_string(),
                        Err(_) => "the server is silent".into(),
                    }
                }
                Err(Error::Unavailable(message)) => message,
                Err(error) => return Err(error),
            };
            // Dropped without a farewell: nobody may be there to hear it.
            *slot = None;
            if begun.elapsed() > PATIENCE {
                return Err(if sent { Error::Unknown(error) } else { Error::Unavailable(error) });
            }
            sleep(BETWEEN).await;
        }
    }

    async fn open<'c>(
        &self,
        slot: &'c mut Option<PgConnection>,
    ) -> Result<&'c mut PgConnection, Error> {
        if slot.is_none() {
            *slot = Some(self.place.writer().await?);
        }
        Ok(slot.as_mut().expect("the connection was just made"))
    }

    /// Says farewell to the server.
    pub(super) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // Everything is committed; a server that is gone needs no farewell.
            let _ = sqlx::Connection::close(connection).await;
        }
    }
}
