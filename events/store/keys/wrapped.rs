//! A data subject's key as stores keep it: under a name that tells nobody who it is, wrapped by the
//! tenant's key.

use aws_lc_rs::hmac;

use crate::id::Tenant;
use crate::personal::KeyId;
use crate::store::keys::{Secret, SubjectKey, TenantKeys, decrypt, encrypt, new_secret, random_id};
use crate::store::{Damage, Error};

/// A key that only the tenant's key opens.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) id: KeyId,
    pub(crate) nonce: [u8; 12],
    pub(crate) wrapped: Vec<u8>,
}

impl Wrapped {
    /// A new key.
    pub(crate) fn new(keys: &TenantKeys, tenant: &Tenant) -> Self {
        let (id, secret) = (KeyId(random_id()), new_secret());
        let (nonce, wrapped) = encrypt(&keys.wrap, &bound_to(tenant, id), secret.as_slice());
        Self { id, nonce, wrapped }
    }

    /// The key itself.
    pub(crate) fn open(&self, keys: &TenantKeys, tenant: &Tenant) -> Result<SubjectKey, Error> {
        let bound = bound_to(tenant, self.id);
        let secret = decrypt(&keys.wrap, self.nonce, &bound, &self.wrapped)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
            .ok_or_else(|| Damage::of("a data subject's key does not unwrap"))?;
        Ok(SubjectKey { id: self.id, secret: Secret::new(secret) })
    }
}

/// The name a data subject is filed under.
pub(crate) fn subject_name(keys: &TenantKeys, subject: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, keys.hash.as_slice());
    hmac::sign(&key, format!("subject\0{subject}").as_bytes()).as_ref().to_vec()
}

fn bound_to(tenant: &Tenant, id: KeyId) -> Vec<u8> {
    [b"wrapped\0".as_slice(), tenant.as_str().as_bytes(), id.0.as_bytes()].concat()
}
