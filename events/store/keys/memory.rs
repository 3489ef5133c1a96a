//! Keys in memory, for simulations and tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::Error;
use crate::store::keys::{KeyStore, SubjectKey, TenantKeys, new_secret, random_id};

/// Keys that end with the process.
#[derive(Default)]
pub struct MemoryKeys(Mutex<Keys>);

#[derive(Default)]
struct Keys {
    tenants: HashMap<Tenant, TenantKeys>,
    subjects: HashMap<(Tenant, String), SubjectKey>,
}

impl MemoryKeys {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().expect("no one panics while holding the keys")
    }
}

impl KeyStore for MemoryKeys {
    fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error> {
        let new = || TenantKeys { hash: new_secret(), wrap: new_secret() };
        Ok(self.keys().tenants.entry(tenant.clone()).or_insert_with(new).clone())
    }

    fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error> {
        let new = || SubjectKey { id: KeyId(random_id()), secret: new_secret() };
        Ok(self.keys().subjects.entry((tenant.clone(), subject.into())).or_insert_with(new).clone())
    }

    fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error> {
        let keys = self.keys();
        let found =
            keys.subjects.iter().find(|((owner, _), subject)| owner == tenant && subject.id == key);
        Ok(found.map(|(_, subject)| subject.clone()))
    }

    fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error> {
        Ok(self.keys().subjects.remove(&(tenant.clone(), subject.into())).is_some())
    }
}
