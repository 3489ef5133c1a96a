//! A log that an older program made is brought up to date with everything that is in it.

use events::store::conformance::given::append;
use events::store::postgres::{KNOWN_SCHEMA, Postgres, PostgresReader, schema_state};
use events::store::{Error, EventStore};
use sqlx::Executor as _;

use super::database::Database;
use super::work::Log;

/// Takes back what the second migration did.
const BACK: &str = "DROP FUNCTION annals.append_and_save; DROP FUNCTION annals.claim_all;
    DROP TABLE annals.cursors; DROP TABLE annals.parked;
    DELETE FROM annals._sqlx_migrations WHERE version > 1";

#[tokio::test]
async fn a_log_with_a_history_comes_up_to_date_and_stays_whole() {
    let database = Database::new().await;
    let log = Log::open(&database.url).await;
    let commands = [1, 2, 3].map(|n| append("a", n));
    let ids = commands.iter().map(|append| append.command).collect();
    for command in commands {
        log.writer.append(command).await.expect("appended");
    }
    drop(log);
    database.connect().await.execute(BACK).await.expect("it is older now");
    assert_eq!(schema_state(&database.url).await.expect("read").found, 1);
    let refused = PostgresReader::open(&database.url).await.map(drop).expect_err("refused");
    assert!(matches!(refused, Error::OlderSchema { found: 1, .. }), "{refused}");

    let store = Postgres::open(&database.url).await.expect("opens");
    assert_eq!(schema_state(&database.url).await.expect("read").found, KNOWN_SCHEMA);
    assert_eq!(store.reader().consumers().await.expect("read"), []);
    drop(store);
    Log::open(&database.url).await.holds(&ids, 1).await;
}

#[tokio::test]
async fn a_user_who_may_not_bring_a_log_up_to_date_is_told_so() {
    let database = Database::new().await;
    drop(Log::open(&database.url).await);
    let mut owner = database.connect().await;
    owner.execute(BACK).await.expect("it is older now");
    let name = format!("app_{}", events::store::keys::random_id().simple());
    let make = format!("CREATE ROLE {name} LOGIN; GRANT annals_app TO {name}");
    owner.execute(sqlx::AssertSqlSafe(make)).await.expect("a user");
    let url = database.url.replace("annals@", &format!("{name}@"));
    let error = Postgres::open(&url).await.map(drop).expect_err("refused");
    assert!(matches!(error, Error::OlderSchema { found: 1, .. }), "{error}");
}
