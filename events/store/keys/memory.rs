//! Keys in memory, for simulations and tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;

use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::Error;
use crate::store::keys::{
    Added, KeptSubject, KeyRing, KeyStore, KeysDiffer, SubjectKey, TenantKeys, Wrapped, new_secret,
    ring, subject_name,
};

/// Keys that end with the process.
#[derive(Default)]
pub struct MemoryKeys(Mutex<Keys>);

#[derive(Clone, Default)]
struct Keys {
    tenants: HashMap<Tenant, TenantKeys>,
    subjects: HashMap<(Tenant, Vec<u8>), Wrapped>,
}

impl MemoryKeys {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().expect("no one panics while holding the keys")
    }
}

impl Keys {
    fn tenant(&mut self, tenant: &Tenant) -> TenantKeys {
        let new = || TenantKeys { hash: new_secret(), wrap: new_secret() };
        self.tenants.entry(tenant.clone()).or_insert_with(new).clone()
    }

    fn add(&mut self, ring: &KeyRing) -> Result<Added, KeysDiffer> {
        let before = (self.tenants.len(), self.subjects.len());
        for (tenant, keys) in &ring.tenants {
            let there = self.tenants.entry(tenant.clone()).or_insert_with(|| keys.clone());
            if !ring::same(there, keys) {
                return Err(KeysDiffer::OfTenant(tenant.clone()));
            }
        }
        for KeptSubject { tenant, name, key } in &ring.subjects {
            let place = (tenant.clone(), name.clone());
            if self.subjects.entry(place).or_insert_with(|| key.clone()) != key {
                return Err(KeysDiffer::OfSubject(tenant.clone()));
            }
        }
        let (tenants, subjects) = (self.tenants.len() - before.0, self.subjects.len() - before.1);
        Ok(Added { tenants: tenants as u64, subjects: subjects as u64 })
    }
}

#[async_trait]
impl KeyStore for MemoryKeys {
    async fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error> {
        Ok(self.keys().tenant(tenant))
    }

    async fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error> {
        let mut all = self.keys();
        let keys = all.tenant(tenant);
        let place = (tenant.clone(), subject_name(&keys, subject));
        all.subjects.entry(place).or_insert_with(|| Wrapped::new(&keys, tenant)).open(&keys, tenant)
    }

    async fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error> {
        let mut all = self.keys();
        let keys = all.tenant(tenant);
        let mut subjects = all.subjects.iter();
        let found = subjects.find(|((owner, _), subject)| owner == tenant && subject.id == key);
        found.map(|(_, subject)| subject.open(&keys, tenant)).transpose()
    }

    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error> {
        let mut all = self.keys();
        let name = subject_name(&all.tenant(tenant), subject);
        Ok(all.subjects.remove(&(tenant.clone(), name)).is_some())
    }

    async fn ring(&self) -> Result<KeyRing, Error> {
        let all = self.keys();
        let tenants = all.tenants.iter().map(|(tenant, keys)| (tenant.clone(), keys.clone()));
        let subject = |((tenant, name), key): (&(Tenant, Vec<u8>), &Wrapped)| KeptSubject {
            tenant: tenant.clone(),
            name: name.clone(),
            key: key.clone(),
        };
        let subjects = all.subjects.iter().map(subject).collect();
        Ok(KeyRing { tenants: tenants.collect(), subjects }.sorted())
    }

    async fn add(&self, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error> {
        let mut all = self.keys();
        let mut more = all.clone();
        Ok(more.add(ring).inspect(|_| *all = more))
    }
}
