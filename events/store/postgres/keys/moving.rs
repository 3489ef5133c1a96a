//! All keys at once, as they are kept: out of the tables, and into them in one transaction.

use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Row, query};

use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::keys::{Added, KeptSubject, KeyRing, KeysDiffer, Secret, TenantKeys, Wrapped};
use crate::store::postgres::columns::Query;
use crate::store::postgres::failure;
use crate::store::{Damage, Error};

const TENANTS: &str = "SELECT tenant, hash, wrap FROM annals_keys.tenants ORDER BY tenant";
const SUBJECTS: &str = "SELECT tenant, subject, key, nonce, wrapped FROM annals_keys.subjects
    ORDER BY tenant, subject";
const ADD_TENANTS: &str = "INSERT INTO annals_keys.tenants (tenant, hash, wrap)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[]) ON CONFLICT DO NOTHING";
const ADD_SUBJECTS: &str = "INSERT INTO annals_keys.subjects (tenant, subject, key, nonce, wrapped)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
    ON CONFLICT DO NOTHING";
const OTHER_TENANT: &str =
    "SELECT i.tenant FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS i(tenant, hash, wrap)
    WHERE NOT EXISTS (SELECT 1 FROM annals_keys.tenants t
        WHERE t.tenant = i.tenant AND t.hash = i.hash AND t.wrap = i.wrap) LIMIT 1";
const OTHER_SUBJECT: &str = "SELECT i.tenant
    FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
        AS i(tenant, subject, key, nonce, wrapped)
    WHERE NOT EXISTS (SELECT 1 FROM annals_keys.subjects s WHERE s.tenant = i.tenant
        AND s.subject = i.subject AND s.key = i.key AND s.nonce = i.nonce AND s.wrapped = i.wrapped)
    LIMIT 1";

/// Every key.
pub(super) async fn ring(pool: &PgPool) -> Result<KeyRing, Error> {
    // Subjects first: whatever they are wrapped with is there by then.
    let subjects = query(SUBJECTS).fetch_all(pool).await.map_err(failure::of)?;
    let tenants = query(TENANTS).fetch_all(pool).await.map_err(failure::of)?;
    Ok(KeyRing {
        tenants: tenants.iter().map(tenant).collect::<Result<_, _>>()?,
        subjects: subjects.iter().map(subject).collect::<Result<_, _>>()?,
    })
}

fn named(row: &PgRow) -> Result<Tenant, Error> {
    let tenant: &str = row.try_get(0).map_err(failure::of)?;
    Ok(tenant.parse().map_err(|error| Damage::of(format!("a tenant's name: {error}")))?)
}

fn bytes<const N: usize>(row: &PgRow, column: usize) -> Result<[u8; N], Error> {
    let bytes: &[u8] = row.try_get(column).map_err(failure::of)?;
    Ok(bytes.try_into().map_err(|_| Damage::of("a key is damaged"))?)
}

fn tenant(row: &PgRow) -> Result<(Tenant, TenantKeys), Error> {
    let key = |column| bytes(row, column).map(Secret::new);
    Ok((named(row)?, TenantKeys { hash: key(1)?, wrap: key(2)? }))
}

fn subject(row: &PgRow) -> Result<KeptSubject, Error> {
    let key = Wrapped {
        id: KeyId(uuid::Uuid::from_bytes(bytes(row, 2)?)),
        nonce: bytes(row, 3)?,
        wrapped: row.try_get(4).map_err(failure::of)?,
    };
    Ok(KeptSubject { tenant: named(row)?, name: row.try_get(1).map_err(failure::of)?, key })
}

/// Adds keys, all of them or none.
pub(super) async fn add(pool: &PgPool, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error> {
    let mut transaction = pool.begin().await.map_err(failure::of)?;
    let done = tenants(query(ADD_TENANTS), ring).execute(&mut *transaction).await;
    let tenants_n = done.map_err(failure::of)?.rows_affected();
    let done = subjects(query(ADD_SUBJECTS), ring).execute(&mut *transaction).await;
    let added = Added { tenants: tenants_n, subjects: done.map_err(failure::of)?.rows_affected() };
    let other = tenants(query(OTHER_TENANT), ring).fetch_optional(&mut *transaction).await;
    if let Some(row) = other.map_err(failure::of)? {
        // Dropped, the transaction takes everything back.
        return Ok(Err(KeysDiffer::OfTenant(named(&row)?)));
    }
    let other = subjects(query(OTHER_SUBJECT), ring).fetch_optional(&mut *transaction).await;
    if let Some(row) = other.map_err(failure::of)? {
        return Ok(Err(KeysDiffer::OfSubject(named(&row)?)));
    }
    transaction.commit().await.map_err(failure::of)?;
    Ok(Ok(added))
}

/// Binds every tenant, column by column.
fn tenants<'q>(query: Query<'q>, ring: &'q KeyRing) -> Query<'q> {
    let all = &ring.tenants;
    query
        .bind(all.iter().map(|(tenant, _)| tenant.as_str()).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, keys)| keys.hash.as_slice()).collect::<Vec<_>>())
        .bind(all.iter().map(|(_, keys)| keys.wrap.as_slice()).collect::<Vec<_>>())
}

/// Binds every data subject, column by column.
fn subjects<'q>(query: Query<'q>, ring: &'q KeyRing) -> Query<'q> {
    let all = &ring.subjects;
    let bytes = |of: fn(&'q KeptSubject) -> &'q [u8]| all.iter().map(of).collect::<Vec<_>>();
    query
        .bind(all.iter().map(|subject| subject.tenant.as_str()).collect::<Vec<_>>())
        .bind(bytes(|subject| &subject.name))
        .bind(bytes(|subject| subject.key.id.0.as_bytes()))
        .bind(bytes(|subject| &subject.key.nonce))
        .bind(bytes(|subject| &subject.key.wrapped))
}
