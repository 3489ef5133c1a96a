//! Keys: what makes a request's hash, and what seals and opens personal values. They live in a
//! store of their own beside the log, so that destroying one erases a person and nothing else.

#![expect(clippy::disallowed_methods, reason = "this is where randomness is made")]

mod memory;
pub mod ring;
#[cfg(test)]
mod tests;
mod wrapped;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, RandomizedNonceKey, UnboundKey};
use aws_lc_rs::{hmac, rand};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use memory::MemoryKeys;
pub use ring::{Added, KeptSubject, KeyRing, KeysDiffer};
pub(crate) use wrapped::{Wrapped, subject_name};

use crate::id::{Category, Principal, StreamKey, Tenant};
use crate::personal::{KeyId, Personal, associated_data};
use crate::store::{Error, RequestHash};
use crate::time::Timestamp;

/// The bytes of a secret key, wiped when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

/// Where keys live.
#[async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// The tenant's keys, made at first use and never rotated.
    async fn tenant(&self, tenant: &Tenant) -> Result<TenantKeys, Error>;
    /// The key of a data subject, made at first use.
    async fn subject(&self, tenant: &Tenant, subject: &str) -> Result<SubjectKey, Error>;
    /// A subject's key by its id; none once it was destroyed.
    async fn find(&self, tenant: &Tenant, key: KeyId) -> Result<Option<SubjectKey>, Error>;
    /// Destroys a subject's key: everything it sealed is erased, wherever it was copied to.
    async fn destroy(&self, tenant: &Tenant, subject: &str) -> Result<bool, Error>;
    /// All keys, as they are kept.
    async fn ring(&self) -> Result<KeyRing, Error>;
    /// Adds keys that come from elsewhere, all of them or none; what is there must be the same.
    async fn add(&self, ring: &KeyRing) -> Result<Result<Added, KeysDiffer>, Error>;
}

/// The keys of a tenant.
#[derive(Clone)]
pub struct TenantKeys {
    /// Hashes requests.
    pub hash: Secret,
    /// Wraps the keys of data subjects.
    pub wrap: Secret,
}

/// The key of a data subject.
#[derive(Clone)]
pub struct SubjectKey {
    /// Its id, as sealed values name it.
    pub id: KeyId,
    /// The key itself.
    pub secret: Secret,
}

/// Why a sealed value stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its key was destroyed.
    #[error("the value was erased: its key was destroyed")]
    Erased,
    /// It was not sealed with this key for this tenant, or it was changed.
    #[error("the sealed value does not open: it was changed, or belongs to another tenant")]
    Forged,
}

/// What a command asked, as far as its id must not be used for anything else.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asked.
    pub principal: &'a Principal,
    /// About which kind of thing.
    pub category: &'a Category,
    /// Which one.
    pub key: &'a StreamKey,
    /// What for.
    pub verb: &'a str,
    /// The body, as received.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The HMAC kept with the command's outcome.
    #[must_use]
    pub fn hash(&self, key: &Secret) -> RequestHash {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()));
        let parts = [self.principal.as_str(), self.category.as_str(), self.key.as_str(), self.verb];
        for part in parts.iter().map(|part| part.as_bytes()).chain([self.body]) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(mac.sign().as_ref());
        RequestHash(bytes)
    }
}

/// Makes a secret out of the system's randomness.
pub(crate) fn new_secret() -> Secret {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).expect("the system gives randomness");
    bytes
}

/// Makes an id out of the system's randomness.
#[must_use]
pub fn random_id() -> Uuid {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).expect("the system gives randomness");
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Makes an id that begins with the time, so that ids made together are kept together.
#[must_use]
pub fn new_id(now: Timestamp) -> Uuid {
    let mut bytes = [0; 10];
    rand::fill(&mut bytes).expect("the system gives randomness");
    uuid::Builder::from_unix_timestamp_millis(now.millis(), &bytes).into_uuid()
}

/// Seals a value for good: the same value sealed twice gives different bytes.
#[must_use]
pub fn seal<T>(tenant: &Tenant, key: &SubjectKey, plaintext: &[u8]) -> Personal<T> {
    let value = random_id();
    let (nonce, ciphertext) =
        encrypt(&key.secret, &associated_data(tenant, key.id, value), plaintext);
    Personal::from_parts(key.id, value, nonce, ciphertext)
}

/// Opens a sealed value.
pub fn open<T>(
    tenant: &Tenant,
    key: &SubjectKey,
    sealed: &Personal<T>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    decrypt(&key.secret, sealed.nonce(), &sealed.associated_data(tenant), sealed.ciphertext())
        .ok_or(OpenError::Forged)
}

/// Encrypts under a fresh nonce.
pub(crate) fn encrypt(key: &Secret, bound_to: &[u8], plaintext: &[u8]) -> ([u8; 12], Vec<u8>) {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice())
        .expect("a key of AES-256 has 32 bytes");
    let mut bytes = plaintext.to_vec();
    let nonce =
        key.seal_in_place_append_tag(Aad::from(bound_to), &mut bytes).expect("the value is small");
    (*nonce.as_ref(), bytes)
}

/// Decrypts what [`encrypt`] made; none if anything was changed.
pub(crate) fn decrypt(
    key: &Secret,
    nonce: [u8; 12],
    bound_to: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).ok()?);
    let mut bytes = Zeroizing::new(ciphertext.to_vec());
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut bytes)
        .ok()?
        .len();
    bytes.truncate(length);
    Some(bytes)
}
