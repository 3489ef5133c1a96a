//! Keys in a file of their own beside the log. What is destroyed is overwritten, and no journal
//! keeps a copy of it.

#![expect(clippy::disallowed_types, reason = "the keys are a file")]

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use aws_lc_rs::hmac;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{connect, failure};
use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::keys::{
    KeyStore, Secret, SubjectKey, TenantKeys, decrypt, encrypt, new_secret, random_id,
};
use crate::store::{Damage, Error};

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
fn keep_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

impl KeyStore for SqliteKeys {
    fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error> {
        tenant_keys(&self.keys(), tenant)
    }

    fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        let named = named(&keys, subject);
        let (id, secret) = (KeyId(random_id()), new_secret());
        let (nonce, wrapped) = encrypt(&keys.wrap, &bound_to(tenant, id), secret.as_slice());
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

    fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        unwrap(&connection, &keys, tenant, "key = ?2", key.0.as_bytes())
    }

    fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error> {
        let connection = self.keys();
        let keys = tenant_keys(&connection, tenant)?;
        let delete = "DELETE FROM subjects WHERE tenant = ? AND subject = ?";
        let gone = connection.execute(delete, params![tenant.as_str(), named(&keys, subject)]);
        gone.map(|rows| rows > 0).map_err(failure::of_rusqlite)
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

fn named(keys: &TenantKeys, subject: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, keys.hash.as_slice());
    hmac::sign(&key, format!("subject\0{subject}").as_bytes()).as_ref().to_vec()
}

fn bound_to(tenant: &Tenant, id: KeyId) -> Vec<u8> {
    [b"wrapped\0".as_slice(), tenant.as_str().as_bytes(), id.0.as_bytes()].concat()
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
    let secret = decrypt(&keys.wrap, nonce, &bound_to(tenant, id), &wrapped)
        .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        .ok_or_else(|| Damage::of("a data subject's key does not unwrap"))?;
    Ok(Some(SubjectKey { id, secret: Secret::new(secret) }))
}
