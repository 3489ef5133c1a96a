//! Connections, and the proof that each is as safe as it must be: every setting is read back,
//! because drivers and builds differ silently.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};

use super::{Options, SQLITE_OLDEST, failure};
use crate::planted::{Bug, planted};
use crate::store::Error;

/// How long a connection waits for another one.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements a connection keeps.
const STATEMENTS: usize = 32;

/// What must hold on every connection; the writer adds its own. Checking the cells of each page
/// that is read costs a little, and tells a damaged page from one on which a row never was.
const ALWAYS: [(&str, i64); 5] = [
    ("cell_size_check", 1),
    ("trusted_schema", 0),
    ("mmap_size", 0),
    ("recursive_triggers", 1),
    ("busy_timeout", 5000),
];
/// What must hold on the writing connection: 2 is FULL, its cache is 16 MiB, and of a journal that
/// began anew no more than 64 MiB stay on the disk.
const WRITER: [(&str, i64); 5] = [
    ("synchronous", 2),
    ("wal_autocheckpoint", 0),
    ("query_only", 0),
    ("cache_size", -16_384),
    ("journal_size_limit", 64 * 1024 * 1024),
];
/// What must hold on a reading connection.
const READER: [(&str, i64); 1] = [("query_only", 1)];

/// Refuses a SQLite that can lose committed writes.
pub(super) fn check_version() -> Result<(), Error> {
    if rusqlite::version_number() < SQLITE_OLDEST {
        return Err(Error::Unsafe(format!("SQLite {} is older than 3.51.3", rusqlite::version())));
    }
    Ok(())
}

/// Opens the connection that brings the schema up to date.
pub(super) async fn migrator(path: &Path) -> Result<SqliteConnection, Error> {
    let wanted = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("wal_autocheckpoint", "0")
        .disable_statement_logging();
    wanted.connect().await.map_err(|error| not_a_log(path, failure::of_sqlx(error)))
}

/// Opens the one connection that writes.
pub(super) fn writer(path: &Path, options: &Options) -> Result<rusqlite::Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        rusqlite::Connection::open_with_flags(path, flags).map_err(failure::of_rusqlite)?;
    set(&connection, &ALWAYS)?;
    set(&connection, &WRITER)?;
    if planted(Bug::SynchronousNormal) {
        let set = connection.pragma_update(None, "synchronous", "NORMAL");
        set.map_err(failure::of_rusqlite)?;
    }
    journal_mode(path, &connection)?;
    if let Some(pages) = options.pages_max {
        let set = connection.pragma_update(None, "max_page_count", pages);
        set.map_err(failure::of_rusqlite)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    #[cfg(feature = "planted")]
    super::steps::note_each(&connection);
    Ok(connection)
}

/// Opens a connection that can only read.
pub(super) fn reader(path: &Path) -> Result<rusqlite::Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(|error| {
        if failure::cannot_open(&error) {
            Error::Missing(path.into())
        } else {
            failure::of_rusqlite(error)
        }
    })?;
    set(&connection, &ALWAYS)?;
    set(&connection, &READER)?;
    journal_mode(path, &connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Opens a log that nobody writes to, and beside which nothing can be made: a backup on a disk that
/// is closed to writing. SQLite is told that the file stays as it is, so there is no journal to ask.
pub(super) fn at_rest(path: &Path) -> Result<rusqlite::Connection, Error> {
    let letters = path.as_os_str().as_encoded_bytes().iter();
    let name: String = letters.map(|letter| format!("%{letter:02x}")).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection =
        rusqlite::Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)
            .map_err(failure::of_rusqlite)?;
    set(&connection, &ALWAYS)?;
    set(&connection, &READER)?;
    Ok(connection)
}

/// Passes on what was read. After damage the next read begins with an empty cache: SQLite looks at
/// the cells of a page when the page comes in, and believes from then on what it refused once. What
/// was an error at first would be a row that is not found the second time.
pub(super) fn anew_if_damaged<T>(
    connection: &rusqlite::Connection,
    read: Result<T, Error>,
) -> Result<T, Error> {
    if matches!(read, Err(Error::Damaged(_))) {
        connection.execute_batch("PRAGMA shrink_memory").map_err(failure::of_rusqlite)?;
    }
    read
}

/// Sets what must hold, and reads it back.
fn set(connection: &rusqlite::Connection, settings: &[(&str, i64)]) -> Result<(), Error> {
    for (name, value) in settings {
        connection.pragma_update(None, name, value).map_err(failure::of_rusqlite)?;
        let found = connection.pragma_query_value(None, name, |row| row.get(0));
        compare(name, *value, found.map_err(failure::of_rusqlite)?)?;
    }
    Ok(())
}

fn compare(name: &str, wanted: i64, found: i64) -> Result<(), Error> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::Unsafe(format!("the setting `{name}` is {found}, it must be {wanted}")))
}

/// The journal mode is kept in the file; a file in another mode is not as safe.
fn journal_mode(path: &Path, connection: &rusqlite::Connection) -> Result<(), Error> {
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .map_err(|error| not_a_log(path, failure::of_rusqlite(error)))?;
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
