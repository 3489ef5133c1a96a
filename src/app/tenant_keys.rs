//! The keys that requests are hashed with, at hand once they were asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use events::id::Tenant;
use events::store::Error;
use events::store::keys::{KeyStore, Secret, SubjectKey};

/// Of how many tenants keys are at hand.
const AT_HAND_MAX: usize = 1024;

/// The keys of tenants.
pub struct Keys {
    store: Arc<dyn KeyStore>,
    at_hand: Mutex<HashMap<Tenant, Secret>>,
}

/// What a request is hashed and sealed with.
pub struct RequestKeys {
    /// Hashes it.
    pub hash: Secret,
    /// Seals what it carries.
    pub subject: Option<SubjectKey>,
}

impl Keys {
    /// The keys of this store.
    #[must_use]
    pub fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, at_hand: Mutex::default() }
    }

    /// The key of a tenant, if it is at hand.
    #[must_use]
    pub fn at_hand(&self, tenant: &Tenant) -> Option<RequestKeys> {
        let at_hand = self.at_hand.lock().expect("nobody panics here");
        Some(RequestKeys { hash: at_hand.get(tenant)?.clone(), subject: None })
    }

    /// The keys for a request, made at their first use. A request about a person is hashed with that
    /// person's key, so that nothing of it can be guessed once the key is destroyed.
    pub async fn of(&self, tenant: &Tenant, subject: Option<&str>) -> Result<RequestKeys, Error> {
        if let Some(subject) = subject {
            let key = self.store.subject(tenant, subject).await?;
            return Ok(RequestKeys { hash: key.secret.clone(), subject: Some(key) });
        }
        let keys = self.store.tenant(tenant).await?;
        let mut at_hand = self.at_hand.lock().expect("nobody panics here");
        if at_hand.len() < AT_HAND_MAX {
            at_hand.insert(tenant.clone(), keys.hash.clone());
        }
        Ok(RequestKeys { hash: keys.hash, subject: None })
    }
}
