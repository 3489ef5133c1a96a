//! Keys in a file of their own beside the log. What is destroyed is overwritten, and no journal
//! keeps a copy of it.

#![expect(clippy::disallowed_types, reason = "the keys are a file")]

mod moving;

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{connect, failure};
use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::Error;
use crate::store::keys::{
    Added, KeyRing, KeyStore, KeysDiffer, Secret, SubjectKey, TenantKeys, Wrapped, new_secret,
    subject_name,
};

const SCHEMA: &str = include_str!("../../../migrations/sqlite/keys/0001_keys.sql");

/// Keys in a file.
#[derive(Debug)]
pub struct SqliteKeys(Mutex<Connection>);

impl SqliteKeys {
    /// Opens the keys at `path`, and makes the file if there is none.
    pub fn open(path: &Path) -> Result<Self, Error> {
        connect::check_version()?;
        keep_private(path)
            .map_err(|error| Error::Failed(format!("cannot create {}: {error}", path.display())))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failure::of_rusqlite)?;
        let settings = "PRAGMA secure_delete = ON; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA;
                        PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA busy_timeout = 5000;";
        connection.execute_batch(settings).map_err(failure::of_rusqlite)?;
        let there: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'subjects'", [], |row| {
                row.get(0)
            })
            .map_err(failure::of_rusqlite)?;
        if there == 0 {
            let create = format!("BEGIN IMMEDIATE; {SCHEMA} COMMIT;");
            connection.execute_batch(&create).map_err(failure::of_rusqlite)?;
        }
        Ok(Self(Mutex::new(connection)))
    }

    fn keys(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().expect("no one panics while holding the keys")
    }
}

/// Makes the file readable by its owner alone, before anything is in it.
pub(super) fn keep_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[async_trait]
impl KeyStore for SqliteKeys {
    async fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error> {
        tenant_keys(&self.keys(), tenant)
    }

    async fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        let named = subject_name(&keys, subject);
        let Wrapped { id, nonce, wrapped } = Wrapped::new(&keys, tenant);
        connection
            .execute(
                "INSERT INTO subjects (tenant, subject, key, nonce, wrapped) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (tenant, subject) DO NOTHING",
                params![
                    tenant.as_str(),
                    named,
                    id.0.as_bytes().as_slice(),
                    nonce.as_slice(),
                    wrapped
                ],
            )
            .map_err(failure::of_rusqlite)?;
        let found = unwrap(&connection, &keys, tenant, "subject = ?2", &named)?;
        found.ok_or_else(|| Error::Failed("a key that was just made is not there".into()))
    }

    async fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        unwrap(&connection, &keys, tenant, "key = ?2", key.0.as_bytes())
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        let delete = "DELETE FROM subjects WHERE tenant = ? AND subject = ?";
        let gone =
            connection.execute(delete, params![tenant.as_str(), subject_name(&keys, subject)]);
        gone.map(|rows| rows > 0).map_err(failure::of_rusqlite)
    }

    async fn ring(&self) -> Result<KeyRing, Error> {
        moving::ring(&self.keys())
    }

    async fn add(&self, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error> {
        moving::add(&mut self.keys(), ring)
    }
}

fn tenant_keys(connection: &Connection, tenant: &Tenant) -> Result<TenantKeys, Error> {
    let select = "SELECT hash, wrap FROM tenants WHERE tenant = ?";
    let read =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, [u8; 32]>(1)?));
    let found = || {
        connection
            .query_row(select, [tenant.as_str()], read)
            .optional()
            .map_err(failure::of_rusqlite)
    };
    if let Some((hash, wrap)) = found()? {
        return Ok(TenantKeys { hash: Secret::new(hash), wrap: Secret::new(wrap) });
    }
    // Another process may be making them too: the first row stands.
    let insert = "INSERT INTO tenants (tenant, hash, wrap) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    let (hash, wrap) = (new_secret(), new_secret());
    let made = params![tenant.as_str(), hash.as_slice(), wrap.as_slice()];
    connection.execute(insert, made).map_err(failure::of_rusqlite)?;
    let (hash, wrap) =
        found()?.ok_or_else(|| Error::Failed("keys that were just made are not there".into()))?;
    Ok(TenantKeys { hash: Secret::new(hash), wrap: Secret::new(wrap) })
}

fn unwrap(
    connection: &Connection,
    keys: &TenantKeys,
    tenant: &Tenant,
    which: &'static str,
    value: &[u8],
) -> Result<Option<SubjectKey>, Error> {
    let select = format!("SELECT key, nonce, wrapped FROM subjects WHERE tenant = ?1 AND {which}");
    let read = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, [u8; 12]>(1)?, row.get::<_, Vec<u8>>(2)?))
    };
    let found = connection.query_row(&select, params![tenant.as_str(), value], read).optional();
    let Some((id, nonce, wrapped)) = found.map_err(failure::of_rusqlite)? else { return Ok(None) };
    let id = KeyId(uuid::Uuid::from_bytes(id));
    Wrapped { id, nonce, wrapped }.open(keys, tenant).map(Some)
}
