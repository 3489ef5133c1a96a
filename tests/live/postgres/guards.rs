//! What the database itself refuses, and servers that are refused.

use events::store::Error;
use events::store::conformance::given::append;
use events::store::postgres::{Postgres, PostgresKeys, PostgresReader};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::database::Database;
use super::server::Server;
use super::work::Log;

/// Changes to what happened.
const CHANGES: [&str; 5] = [
    "UPDATE annals.events SET payload = ''",
    "DELETE FROM annals.events",
    "TRUNCATE annals.events",
    "UPDATE annals.outcomes SET verdict = 2",
    "DELETE FROM annals.streams",
];

async fn with_an_event() -> Database {
    let database = Database::new().await;
    Log::open(&database.url).await.writer.append(append("a", 1)).await.expect("appended");
    database
}

async fn refuses(connection: &mut PgConnection, change: &'static str) {
    let error = connection.execute(change).await.expect_err(change);
    let code =
        error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
    assert_eq!(code.as_deref(), Some("42501"), "{change}: {error}");
}

#[tokio::test]
async fn the_role_of_the_program_may_change_nothing() {
    let database = with_an_event().await;
    let mut connection = database.connect().await;
    connection.execute("SET ROLE annals_app").await.expect("the role is there");
    for change in CHANGES {
        refuses(&mut connection, change).await;
    }
    let inserts = "INSERT INTO annals.events SELECT 2, stream, 2, hash, header, payload, 0 FROM annals.events";
    refuses(&mut connection, inserts).await;
    refuses(&mut connection, "UPDATE annals.log SET position = 0").await;
}

#[tokio::test]
async fn not_even_the_owner_changes_what_happened_by_a_slip() {
    let database = with_an_event().await;
    let mut connection = database.connect().await;
    for change in CHANGES {
        refuses(&mut connection, change).await;
    }
}

#[tokio::test]
async fn the_program_runs_as_the_role_whoever_it_connects_as() {
    let database = with_an_event().await;
    let reader = PostgresReader::open(&database.url).await.expect("opens");
    let (_, may_change) = reader.server().await.expect("the server answers");
    assert!(!may_change, "the program may change events");
}

#[tokio::test]
async fn a_user_with_the_role_and_nothing_else_appends_and_reads() {
    let database = with_an_event().await;
    let name = format!("app_{}", events::store::keys::random_id().simple());
    let mut owner = database.connect().await;
    let make = format!("CREATE ROLE {name} LOGIN; GRANT annals_app TO {name}");
    owner.execute(AssertSqlSafe(make)).await.expect("a user");
    PostgresKeys::open(&database.url).await.expect("the owner makes the tables of the keys");
    let url = database.url.replace("annals@", &format!("{name}@"));
    let log = Log::open(&url).await;
    log.writer.append(append("a", 2)).await.expect("appended");
    assert_eq!(log.commands().await.len(), 2);
    PostgresKeys::open(&url).await.expect("the keys open");
}

#[tokio::test]
async fn a_user_who_may_not_make_a_log_is_told_so() {
    let database = Database::new().await;
    let name = format!("guest_{}", events::store::keys::random_id().simple());
    let mut owner = database.connect().await;
    owner.execute(AssertSqlSafe(format!("CREATE ROLE {name} LOGIN"))).await.expect("a user");
    let url = database.url.replace("annals@", &format!("{name}@"));
    let error = Postgres::open(&url).await.map(drop).expect_err("refused");
    assert!(matches!(&error, Error::Unsafe(what) if what.contains("may not make one")), "{error}");
}

#[tokio::test]
async fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    for (setting, name) in [("fsync=off", "fsync"), ("full_page_writes=off", "full_page_writes")] {
        let server = Server::start(&[setting]);
        let error = Postgres::open(&server.url).await.map(drop).expect_err("refused");
        assert!(matches!(&error, Error::Unsafe(what) if what.contains(name)), "{error}");
    }
}

#[tokio::test]
async fn a_database_that_commits_without_waiting_is_overruled() {
    let server = Server::start(&["synchronous_commit=off", "wal_writer_delay=10s"]);
    for n in 1..6 {
        let log = Log::open(&server.url).await;
        log.writer.append(append("a", n)).await.expect("appended");
        server.kill();
        server.again();
        let there = Log::open(&server.url).await.commands().await.len();
        assert_eq!(there as u128, n, "an acknowledged event was lost with the server");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let database = with_an_event().await;
    let mut owner = database.connect().await;
    let newer = "INSERT INTO annals._sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (99, 'from the future', true, '', 0)";
    owner.execute(newer).await.expect("a row");
    for error in [
        Postgres::open(&database.url).await.map(drop).expect_err("refused"),
        PostgresReader::open(&database.url).await.map(drop).expect_err("refused"),
    ] {
        assert!(matches!(error, Error::NewerSchema { found: 99, .. }), "{error}");
    }
}
