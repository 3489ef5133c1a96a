//! The schema of the file: `migrations/sqlite/log` is its only source, and a file that a newer
//! program wrote is refused.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use rusqlite::OpenFlags;
use sqlx::SqliteConnection;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::{connect, failure, recover, rows};
use crate::id::LogId;
use crate::store::{Damage, Error, LogHead, keys};

/// The migrations, from the first to the newest.
const MIGRATIONS: [(&str, &str); 3] = [
    ("log", include_str!("../../../migrations/sqlite/log/0001_log.sql")),
    ("consumers", include_str!("../../../migrations/sqlite/log/0002_consumers.sql")),
    ("guards", include_str!("../../../migrations/sqlite/log/0003_guards.sql")),
];
/// The newest schema this program knows.
pub const KNOWN_SCHEMA: i64 = MIGRATIONS.len() as i64;

fn migrator() -> Migrator {
    let migration = |(number, (name, text))| {
        let (name, text) = (Cow::Borrowed(name), sqlx::SqlStr::from_static(text));
        Migration::new(number, name, MigrationType::Simple, text, false)
    };
    Migrator::with_migrations((1..).zip(MIGRATIONS).map(migration).collect())
}

/// Creates what is missing, and the log's identity with it. The connection comes back open: the
/// last one that is closed moves the journal into the file and says nothing of errors, so another
/// must be there before. After an error it is not closed at all, for that would sync again what
/// could not be synced.
pub(super) async fn migrate(path: &Path) -> Result<SqliteConnection, Error> {
    refuse_foreign(path)?;
    let mut connection = connect::migrator(path).await?;
    match bring_up(path, &mut connection).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            std::mem::forget(connection);
            Err(error)
        }
    }
}

async fn bring_up(path: &Path, connection: &mut SqliteConnection) -> Result<(), Error> {
    let migrated = migrator().run_direct(None, &mut *connection, false).await;
    migrated.map_err(|error| explain(path, error))?;
    let log_id = LogId(keys::random_id());
    // A log with a history that lost its head is not given a new one.
    let insert = "INSERT INTO log (one, log_id, position, recorded_at, outcomes, checksum)
                  SELECT 1, ?, 0, 0, 0, ? WHERE NOT EXISTS (SELECT 1 FROM outcomes)
                  ON CONFLICT (one) DO NOTHING";
    sqlx::query(insert)
        .bind(log_id.0.as_bytes().as_slice())
        .bind(rows::log_sum(log_id, &LogHead::default()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(failure::of_sqlx)
}

/// Another program's database is left as it is: not even its journal mode is changed.
fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let mut counted = count_tables(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    if counted.as_ref().is_err_and(failure::is_read_only) {
        // A kill while the file was made left a journal; only who may write can roll it back.
        counted = count_tables(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
    }
    if counted.as_ref().is_err_and(failure::cannot_open) {
        return Ok(());
    }
    match counted.map_err(failure::of_rusqlite) {
        Ok((0, _) | (_, 1..)) => Ok(()),
        Ok(_) => {
            let what = "it is a database of another program".into();
            Err(Error::NotALog { path: path.into(), what })
        }
        Err(Error::Damaged(damage)) => {
            Err(Error::NotALog { path: path.into(), what: damage.to_string() })
        }
        Err(error) => Err(error),
    }
}

/// How many tables and the like there are, and how many of them only a log has.
fn count_tables(path: &Path, flags: OpenFlags) -> rusqlite::Result<(i64, i64)> {
    let tables = "SELECT count(*), coalesce(sum(name = '_sqlx_migrations'), 0) FROM sqlite_schema";
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn explain(path: &Path, error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(found) => {
            Error::NewerSchema { path: path.into(), found, known: KNOWN_SCHEMA }
        }
        MigrateError::VersionMismatch(version) => Error::Damaged(Damage::of(format!(
            "migration {version} is not the one this program knows"
        ))),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            match failure::of_sqlx(error) {
                Error::Damaged(damage) => {
                    Error::NotALog { path: path.into(), what: damage.to_string() }
                }
                other => other,
            }
        }
        other => Error::Failed(other.to_string()),
    }
}

/// How the schema of a file compares with this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// The schema of the file.
    pub found: i64,
    /// The newest one this program knows.
    pub known: i64,
}

/// Looks at the schema of the log at `path` without changing it.
pub fn schema_state(path: &Path) -> Result<SchemaState, Error> {
    recover::before_reading(path)?;
    let connection = connect::reader(path)?;
    let found = found(path, &connection)?;
    Ok(SchemaState { found, known: KNOWN_SCHEMA })
}

/// Refuses tables without a log: a kill while it was made leaves them without its identity. A log
/// with a history that has lost its identity is another matter.
pub(super) fn check_begun(path: &Path, connection: &rusqlite::Connection) -> Result<(), Error> {
    let begun = "SELECT EXISTS (SELECT 1 FROM log), EXISTS (SELECT 1 FROM outcomes)";
    let begun = connection.query_row(begun, [], |row| Ok((row.get(0)?, row.get(1)?)));
    match begun.map_err(failure::of_rusqlite)? {
        (false, false) => Err(Error::Missing(path.into())),
        (false, true) => Err(Damage::of("the head of the log is missing").into()),
        (true, _) => Ok(()),
    }
}

/// Refuses a schema that is not exactly this program's.
pub(super) fn check(path: &Path, connection: &rusqlite::Connection) -> Result<(), Error> {
    let found = found(path, connection)?;
    match found.cmp(&KNOWN_SCHEMA) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => {
            // A kill between two migrations leaves a file that was never a log.
            if found > 0 {
                check_begun(path, connection)?;
            }
            Err(Error::OlderSchema { path: path.into(), found, known: KNOWN_SCHEMA })
        }
        std::cmp::Ordering::Greater => {
            Err(Error::NewerSchema { path: path.into(), found, known: KNOWN_SCHEMA })
        }
    }
}

fn found(path: &Path, connection: &rusqlite::Connection) -> Result<i64, Error> {
    let newest = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";
    connection.query_row(newest, [], |row| row.get(0)).map_err(|error| {
        match failure::of_rusqlite(error) {
            Error::Damaged(damage) => {
                Error::NotALog { path: path.into(), what: damage.to_string() }
            }
            other => other,
        }
    })
}

/// What the schema of a file made by this program reads, to be compared by an audit.
pub(super) fn texts(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare(
        "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema
         WHERE tbl_name <> '_sqlx_migrations' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    )?;
    select.query_map([], |row| row.get(0))?.collect()
}

/// The same, of a file made now.
pub(super) fn expected_texts() -> &'static [String] {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let fresh = rusqlite::Connection::open_in_memory().expect("memory can be had");
        for (_, text) in MIGRATIONS {
            fresh.execute_batch(text).expect("the schema is this program's own");
        }
        texts(&fresh).expect("the schema can be read")
    });
    &TEXTS
}
