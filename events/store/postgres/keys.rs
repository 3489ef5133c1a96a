//! Keys in the database of the log, in a schema of their own, so that every node has the same. A key
//! that is destroyed is gone from the table at once; the server forgets its bytes with the next
//! vacuum, and copies of the database only when they are thrown away.

mod moving;

use async_trait::async_trait;
use sqlx::postgres::PgPool;
use sqlx::{Row, query};

use super::connect::Place;
use super::{failure, schema};
use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::keys::{
    Added, KeyRing, KeyStore, KeysDiffer, Secret, SubjectKey, TenantKeys, Wrapped, new_secret,
    subject_name,
};
use crate::store::{Damage, Error};

/// How many connections: keys are asked for rarely, and remembered.
const CONNECTIONS: u32 = 2;

const TENANT: &str = "SELECT hash, wrap FROM annals_keys.tenants WHERE tenant = $1";
const NEW_TENANT: &str = "INSERT INTO annals_keys.tenants (tenant, hash, wrap) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const NEW_SUBJECT: &str = "INSERT INTO annals_keys.subjects (tenant, subject, key, nonce, wrapped)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, subject) DO NOTHING";
const BY_NAME: &str =
    "SELECT key, nonce, wrapped FROM annals_keys.subjects WHERE tenant = $1 AND subject = $2";
const BY_KEY: &str =
    "SELECT key, nonce, wrapped FROM annals_keys.subjects WHERE tenant = $1 AND key = $2";
const DESTROY: &str = "DELETE FROM annals_keys.subjects WHERE tenant = $1 AND subject = $2";

/// Keys in a database.
#[derive(Debug)]
pub struct PostgresKeys {
    pool: PgPool,
}

impl PostgresKeys {
    /// Opens the keys in the database at `url`, and makes their tables if this user may.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let place = Place::of(url)?;
        schema::migrate(&place, &schema::KEYS).await?;
        Ok(Self { pool: place.pool(CONNECTIONS) })
    }

    /// A data subject's key, by its name or its id.
    async fn unwrap(
        &self,
        keys: &TenantKeys,
        tenant: &Tenant,
        which: &'static str,
        value: &[u8],
    ) -> Result<Option<SubjectKey>, Error> {
        let select = query(which).bind(tenant.as_str()).bind(value);
        let row = select.fetch_optional(&self.pool).await.map_err(failure::of)?;
        let Some(row) = row else { return Ok(None) };
        let bytes = |column| row.try_get::<&[u8], _>(column).map_err(failure::of);
        let damaged = || Damage::of("a data subject's key is damaged");
        let wrapped = Wrapped {
            id: KeyId(uuid::Uuid::from_slice(bytes(0)?).map_err(|_| damaged())?),
            nonce: bytes(1)?.try_into().map_err(|_| damaged())?,
            wrapped: bytes(2)?.to_vec(),
        };
        wrapped.open(keys, tenant).map(Some)
    }

    async fn find_tenant(&self, tenant: &Tenant) -> Result<Option<TenantKeys>, Error> {
        let select = query(TENANT).bind(tenant.as_str());
        let row = select.fetch_optional(&self.pool).await.map_err(failure::of)?;
        let Some(row) = row else { return Ok(None) };
        let key = |column| -> Result<Secret, Error> {
            let bytes: &[u8] = row.try_get(column).map_err(failure::of)?;
            let bytes = bytes.try_into().map_err(|_| Damage::of("a tenant's key is damaged"))?;
            Ok(Secret::new(bytes))
        };
        Ok(Some(TenantKeys { hash: key(0)?, wrap: key(1)? }))
    }
}

#[async_trait]
impl KeyStore for PostgresKeys {
    async fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error> {
        if let Some(keys) = self.find_tenant(tenant).await? {
            return Ok(keys);
        }
        // Another node may be making them too: the first row stands.
        let (hash, wrap) = (new_secret(), new_secret());
        let insert =
            query(NEW_TENANT).bind(tenant.as_str()).bind(hash.as_slice()).bind(wrap.as_slice());
        insert.execute(&self.pool).await.map_err(failure::of)?;
        let made = self.find_tenant(tenant).await?;
        made.ok_or_else(|| Error::Unavailable("keys that were just made are not there".into()))
    }

    async fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error> {
        let keys = self.tenant(tenant).await?;
        let named = subject_name(&keys, subject);
        let made = Wrapped::new(&keys, tenant);
        let insert = query(NEW_SUBJECT)
            .bind(tenant.as_str())
            .bind(&named)
            .bind(made.id.0.as_bytes().as_slice())
            .bind(made.nonce.as_slice())
            .bind(&made.wrapped);
        insert.execute(&self.pool).await.map_err(failure::of)?;
        let found = self.unwrap(&keys, tenant, BY_NAME, &named).await?;
        found.ok_or_else(|| Error::Unavailable("a key that was just made is not there".into()))
    }

    async fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error> {
        let keys = self.tenant(tenant).await?;
        self.unwrap(&keys, tenant, BY_KEY, key.0.as_bytes()).await
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error> {
        let keys = self.tenant(tenant).await?;
        let named = subject_name(&keys, subject);
        let gone = query(DESTROY).bind(tenant.as_str()).bind(named).execute(&self.pool).await;
        gone.map(|done| done.rows_affected() > 0).map_err(failure::of)
    }

    async fn ring(&self) -> Result<KeyRing, Error> {
        moving::ring(&self.pool).await
    }

    async fn add(&self, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error> {
        moving::add(&self.pool, ring).await
    }
}
