//! A database of its own for a test, on the server that `tests/run` has started.

use sqlx::{Connection, Executor, PgConnection};

/// The variable that names the server.
pub(crate) const SERVER: &str = "ANNALS_TEST_POSTGRES";

/// A database that nobody else uses.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// Its URL.
    pub(crate) url: String,
}

impl Database {
    /// Makes an empty one.
    pub(crate) async fn new() -> Self {
        let server = server();
        let name = format!("annals_{}", events::store::keys::random_id().simple());
        let mut connection = PgConnection::connect(&server).await.expect("the server answers");
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        connection.execute(create).await.expect("a database is made");
        connection.close().await.expect("the server says farewell");
        let (before, _) = server.rsplit_once('/').expect("a URL has a path");
        Self { url: format!("{before}/{name}") }
    }

    /// A connection with every right.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the server answers")
    }

    /// How many other connections there are.
    pub(crate) async fn others(&self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let mut connection = self.connect().await;
        sqlx::query_scalar(count).fetch_one(&mut connection).await.expect("the server knows")
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests are told where their server is")]
fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run tests/run, or name a server of your own")
    })
}
