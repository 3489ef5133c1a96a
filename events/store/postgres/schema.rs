//! The schemas of the database: `migrations/postgres` is their only source. Whoever may create
//! tables brings them up to date; a program that runs with fewer rights finds them there.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use super::connect::Place;
use super::failure;
use crate::planted::{Bug, planted};
use crate::store::{Damage, Error};

/// The migrations of the log, from the first to the newest.
const LOG_TEXTS: [(&str, &str); 3] = [
    ("log", include_str!("../../../migrations/postgres/log/0001_log.sql")),
    ("consumers", include_str!("../../../migrations/postgres/log/0002_consumers.sql")),
    ("guards", include_str!("../../../migrations/postgres/log/0003_guards.sql")),
];
/// The newest schema of the log this program knows.
pub const KNOWN_SCHEMA: i64 = LOG_TEXTS.len() as i64;

/// One schema of the database, with its migrations.
pub(super) struct Schema {
    name: &'static str,
    known: i64,
    texts: &'static [(&'static str, &'static str)],
}

/// The log.
pub(super) const LOG: Schema = Schema { name: "annals", known: KNOWN_SCHEMA, texts: &LOG_TEXTS };
/// The keys.
pub(super) const KEYS: Schema = Schema {
    name: "annals_keys",
    known: 1,
    texts: &[("keys", include_str!("../../../migrations/postgres/keys/0001_keys.sql"))],
};

/// Where an append begins, and where it and a save are found to be another owner's; bugs are planted
/// there.
const APPENDS: &str = "CREATE FUNCTION append_batch(";
const APPEND_IS_OWNED: &str = "i.owner = coalesce(e.epoch, 0)";
const SAVE_IS_STALE: &str = "cursor_epochs[n] <> coalesce(owned, 0)";

/// How the schema of a database compares with this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// The schema of the database; 0 if there is no log in it.
    pub found: i64,
    /// The newest one this program knows.
    pub known: i64,
}

/// Looks at the schema of the log at `url` without changing it.
pub async fn schema_state(url: &str) -> Result<SchemaState, Error> {
    let mut connection = Place::of(url)?.connect().await?;
    let found = LOG.found(&mut connection).await?;
    connection.close().await.map_err(failure::of)?;
    Ok(SchemaState { found, known: LOG.known })
}

/// Creates what is missing; says whether there was nothing before.
pub(super) async fn migrate(place: &Place, schema: &Schema) -> Result<bool, Error> {
    let mut connection = place.connect().await?;
    let found = schema.found(&mut connection).await?;
    if found > schema.known {
        return Err(schema.newer(place, found));
    }
    if found < schema.known {
        let made = schema.bring_up(place, &mut connection).await;
        made.map_err(|error| match error {
            // Whoever may bring it up to date must do so first.
            Error::Unsafe(_) if found > 0 => {
                let (path, known) = (place.name().into(), schema.known);
                Error::OlderSchema { path, found, known }
            }
            error => error,
        })?;
    }
    connection.close().await.map_err(failure::of)?;
    Ok(found == 0)
}

/// Refuses a schema that is not exactly this program's.
pub(super) async fn check(place: &Place) -> Result<(), Error> {
    let mut connection = place.connect().await?;
    match LOG.found(&mut connection).await? {
        0 => Err(Error::Missing(place.name().into())),
        found if found > LOG.known => Err(LOG.newer(place, found)),
        found if found < LOG.known => {
            Err(Error::OlderSchema { path: place.name().into(), found, known: LOG.known })
        }
        _ => connection.close().await.map_err(failure::of),
    }
}

/// Whether the text of a function is one that this program brings.
pub(super) fn made(source: &str) -> bool {
    LOG.texts.iter().any(|(_, text)| text.contains(source))
}

impl Schema {
    fn migrator(&self) -> Migrator {
        let migration = |(number, (name, text)): (i64, &(&'static str, &'static str))| {
            let text = AssertSqlSafe(self.with_bugs(text).into_owned()).into_sql_str();
            Migration::new(number, Cow::Borrowed(*name), MigrationType::Simple, text, false)
        };
        Migrator::with_migrations((1..).zip(self.texts).map(migration).collect())
    }

    /// The text of a migration, with the planted bug in it, if there is one.
    fn with_bugs(&self, text: &'static str) -> Cow<'static, str> {
        if planted(Bug::PositionOutsideLock) && text.contains(APPENDS) {
            return Cow::Owned(self.positions_outside_lock(text));
        }
        if planted(Bug::EpochNotChecked) {
            let text = text.replacen(APPEND_IS_OWNED, "true", 1);
            return Cow::Owned(text.replacen(SAVE_IS_STALE, "false", 1));
        }
        Cow::Borrowed(text)
    }

    /// Positions are taken before the lock is.
    fn positions_outside_lock(&self, text: &str) -> String {
        let early = "PERFORM pg_advisory_lock(1);
            SELECT min(nextval('annals.places')) - 1 INTO STRICT events_n
            FROM generate_series(1, cardinality(event_appends));
            PERFORM pg_advisory_unlock(1);
            SELECT * INTO STRICT head FROM log FOR UPDATE;
            head.position := coalesce(events_n, head.position);";
        let late = "SELECT * INTO STRICT head FROM log FOR UPDATE;";
        let text = text.replacen(late, early, 1);
        format!("CREATE SEQUENCE {}.places;\n{text}", self.name)
    }

    async fn bring_up(&self, place: &Place, connection: &mut PgConnection) -> Result<(), Error> {
        let name = self.name;
        let make = format!("CREATE SCHEMA IF NOT EXISTS {name}; SET search_path = {name}");
        let made = connection.execute(AssertSqlSafe(make)).await;
        made.map_err(|error| not_allowed(place, error))?;
        let migrated = self.migrator().run_direct(None, &mut *connection, false).await;
        migrated.map_err(|error| self.explain(place, error))
    }

    /// The schema of the database; 0 if there is none in it.
    async fn found(&self, connection: &mut PgConnection) -> Result<i64, Error> {
        let table = format!("{}._sqlx_migrations", self.name);
        let there = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&table);
        if !there.fetch_one(&mut *connection).await.map_err(failure::of)? {
            return Ok(0);
        }
        let newest = format!("SELECT coalesce(max(version), 0) FROM {table} WHERE success");
        let newest = sqlx::query_scalar(AssertSqlSafe(newest));
        newest.fetch_one(connection).await.map_err(failure::of)
    }

    fn newer(&self, place: &Place, found: i64) -> Error {
        Error::NewerSchema { path: place.name().into(), found, known: self.known }
    }

    fn explain(&self, place: &Place, error: MigrateError) -> Error {
        match error {
            MigrateError::VersionMissing(found) => self.newer(place, found),
            MigrateError::VersionMismatch(version) => Error::Damaged(Damage::of(format!(
                "migration {version} is not the one this program knows"
            ))),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                not_allowed(place, error)
            }
            other => Error::Unavailable(other.to_string()),
        }
    }
}

fn not_allowed(place: &Place, error: sqlx::Error) -> Error {
    match failure::code(&error).as_deref() {
        Some("42501") => Error::Unsafe(format!(
            "there is no log in {} yet, and this user may not make one: {error}",
            place.name()
        )),
        _ => failure::of(error),
    }
}
