//! All keys at once, as they are kept: out of the file, and into it in one transaction.

use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::tenant_keys;
use crate::personal::KeyId;
use crate::store::keys::{
    Added, KeptSubject, KeyRing, KeysDiffer, Secret, TenantKeys, Wrapped, ring,
};
use crate::store::sqlite::failure;
use crate::store::{Damage, Error};

const TENANTS: &str = "SELECT tenant, hash, wrap FROM tenants ORDER BY tenant";
const SUBJECTS: &str =
    "SELECT tenant, subject, key, nonce, wrapped FROM subjects ORDER BY tenant, subject";
const ADD_TENANT: &str =
    "INSERT INTO tenants (tenant, hash, wrap) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
const ADD_SUBJECT: &str =
    "INSERT INTO subjects (tenant, subject, key, nonce, wrapped) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING";
const SAME_SUBJECT: &str = "SELECT EXISTS (SELECT 1 FROM subjects WHERE tenant = ? AND subject = ?
    AND key = ? AND nonce = ? AND wrapped = ?)";

/// Every key.
pub(super) fn ring(keys: &Connection) -> Result<KeyRing, Error> {
    // One view of both tables.
    let view = keys.unchecked_transaction().map_err(failure::of_rusqlite)?;
    let mut ring = KeyRing::default();
    let mut select = view.prepare(TENANTS).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([]).map_err(failure::of_rusqlite)?;
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let (tenant, keys) = tenant(row).map_err(failure::of_rusqlite)?;
        ring.tenants.push((named(&tenant)?, keys));
    }
    let mut select = view.prepare(SUBJECTS).map_err(failure::of_rusqlite)?;
    let mut rows = select.query([]).map_err(failure::of_rusqlite)?;
    while let Some(row) = rows.next().map_err(failure::of_rusqlite)? {
        let (tenant, name, key) = subject(row).map_err(failure::of_rusqlite)?;
        ring.subjects.push(KeptSubject { tenant: named(&tenant)?, name, key });
    }
    Ok(ring)
}

fn named(tenant: &str) -> Result<crate::id::Tenant, Error> {
    Ok(tenant.parse().map_err(|error| Damage::of(format!("a tenant's name: {error}")))?)
}

fn tenant(row: &Row<'_>) -> rusqlite::Result<(String, TenantKeys)> {
    let key = |column| Ok::<_, rusqlite::Error>(Secret::new(row.get(column)?));
    Ok((row.get(0)?, TenantKeys { hash: key(1)?, wrap: key(2)? }))
}

fn subject(row: &Row<'_>) -> rusqlite::Result<(String, Vec<u8>, Wrapped)> {
    let id = KeyId(uuid::Uuid::from_bytes(row.get(2)?));
    let key = Wrapped { id, nonce: row.get(3)?, wrapped: row.get(4)? };
    Ok((row.get(0)?, row.get(1)?, key))
}

/// Adds keys, all of them or none.
pub(super) fn add(
    keys: &mut Connection,
    ring: &KeyRing,
) -> Result<Result<Added, KeysDiffer>, Error> {
    let begun = keys.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(failure::of_rusqlite)?;
    let added = match enter(&transaction, ring)? {
        Ok(added) => added,
        // Dropped, the transaction takes everything back.
        Err(differ) => return Ok(Err(differ)),
    };
    transaction.commit().map_err(failure::of_rusqlite)?;
    Ok(Ok(added))
}

fn enter(keys: &Connection, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error> {
    let mut added = Added::default();
    for (tenant, comes) in &ring.tenants {
        let values = params![tenant.as_str(), comes.hash.as_slice(), comes.wrap.as_slice()];
        added.tenants += keys.execute(ADD_TENANT, values).map_err(failure::of_rusqlite)? as u64;
        if !ring::same(&tenant_keys(keys, tenant)?, comes) {
            return Ok(Err(KeysDiffer::OfTenant(tenant.clone())));
        }
    }
    for KeptSubject { tenant, name, key } in &ring.subjects {
        let (id, nonce) = (key.id.0.as_bytes().as_slice(), key.nonce.as_slice());
        let values = params![tenant.as_str(), name, id, nonce, key.wrapped];
        let new = keys.execute(ADD_SUBJECT, values).map_err(failure::of_rusqlite)?;
        added.subjects += new as u64;
        let same = keys.query_row(SAME_SUBJECT, values, |row| row.get::<_, bool>(0));
        if !same.map_err(failure::of_rusqlite)? {
            return Ok(Err(KeysDiffer::OfSubject(tenant.clone())));
        }
    }
    Ok(Ok(added))
}
