//! Connections, and the proof that each is as safe as it must be: every setting is read back,
//! because drivers and builds differ silently.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};

use super::{Options, SQLITE_OLDEST, failure};
use crate::store::Error;

/// How long a connection waits for another one.
const BUSY: Duration = Duration::from_secs(5);
/// Pages the writing connection keeps, in KiB.
const WRITER_CACHE_KIB: i32 = 16 * 1024;
/// Prepared statements the writing connection keeps: every size of every statement.
const STATEMENTS: usize = 128;

/// What must hold on every connection; the writer adds its own.
const ALWAYS: [(&str, i64); 5] = [
    ("trusted_schema", 0),
    ("mmap_size", 0),
    ("cell_size_check", 1),
    ("recursive_triggers", 1),
    ("busy_timeout", 5000),
];
/// What must hold on the writing connection: 2 is FULL.
const WRITER: [(&str, i64); 3] = [("synchronous", 2), ("wal_autocheckpoint", 0), ("query_only", 0)];
/// What must hold on a reading connection.
const READER: [(&str, i64); 1] = [("query_only", 1)];

/// Refuses a SQLite that can lose committed writes.
pub(super) fn check_version() -> Result<(), Error> {
    if rusqlite::version_number() < SQLITE_OLDEST {
        return Err(Error::Unsafe(format!("SQLite {} is older than 3.51.3", rusqlite::version())));
    }
    Ok(())
}

/// Opens the one connection that writes.
pub(super) async fn writer(path: &Path, options: &Options) -> Result<SqliteConnection, Error> {
    check_version()?;
    let mut wanted = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        .disable_statement_logging();
    for (name, value) in ALWAYS {
        wanted = wanted.pragma(name, value.to_string());
    }
    if let Some(pages) = options.pages_max {
        wanted = wanted.pragma("max_page_count", pages.to_string());
    }
    let mut connection =
        wanted.connect().await.map_err(|error| not_a_log(path, failure::of_sqlx(error)))?;
    for (name, wanted) in ALWAYS.into_iter().chain(WRITER) {
        let text = sqlx::AssertSqlSafe(format!("PRAGMA {name}"));
        let found: i64 =
            sqlx::query_scalar(text).fetch_one(&mut connection).await.map_err(failure::of_sqlx)?;
        compare(name, wanted, found)?;
    }
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut connection)
        .await
        .map_err(failure::of_sqlx)?;
    wal(&mode)?;
    Ok(connection)
}

/// Opens a connection that can only read.
pub(super) fn reader(path: &Path) -> Result<rusqlite::Connection, Error> {
    check_version()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(|error| {
        if failure::cannot_open(&error) {
            Error::Missing(path.into())
        } else {
            failure::of_rusqlite(error)
        }
    })?;
    for (name, value) in ALWAYS.into_iter().chain(READER) {
        connection.pragma_update(None, name, value).map_err(failure::of_rusqlite)?;
        let found = connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(failure::of_rusqlite)?;
        compare(name, value, found)?;
    }
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .map_err(|error| not_a_log(path, failure::of_rusqlite(error)))?;
    wal(&mode)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn compare(name: &str, wanted: i64, found: i64) -> Result<(), Error> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::Unsafe(format!("the setting `{name}` is {found}, it must be {wanted}")))
}

fn wal(mode: &str) -> Result<(), Error> {
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::Unsafe(format!("the journal mode is `{mode}`, it must be `wal`")))
}

/// A file that is no database at all is not a damaged log.
fn not_a_log(path: &Path, error: Error) -> Error {
    match error {
        Error::Damaged(damage) => Error::NotALog { path: path.into(), what: damage.to_string() },
        other => other,
    }
}
