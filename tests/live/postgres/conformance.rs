//! The promises that every store keeps.

use std::sync::Arc;

use async_trait::async_trait;
use events::store::EventStore;
use events::store::conformance::world::Fixture;
use events::store::postgres::Postgres;
use tokio::sync::OnceCell;

use super::database::Database;

/// A database that is made at the first opening.
#[derive(Default)]
struct InPostgres(OnceCell<Database>);

#[async_trait]
impl Fixture for InPostgres {
    async fn open(&self) -> Arc<dyn EventStore> {
        let database = self.0.get_or_init(Database::new).await;
        Arc::new(Postgres::open(&database.url).await.expect("the log opens"))
    }
}

events::conformance!(InPostgres::default());
