//! Personal data, sealed from birth: destroying one key erases it everywhere while every hash
//! still verifies. Opening and sealing live with the keys; here it is only carried.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use data_encoding::BASE64;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::Tenant;

/// Length of the nonce of AES-256-GCM.
pub const NONCE_BYTES: usize = 12;

/// Which data subject's key seals a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub Uuid);

/// A sealed value of type `T`. It can be copied from event to event whole, and never looked into.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", try_from = "Wire", into = "Wire")]
pub struct Personal<T> {
    key: KeyId,
    value: Uuid,
    nonce: [u8; NONCE_BYTES],
    ciphertext: Vec<u8>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Personal<T> {
    /// Puts a sealed value together from its parts.
    #[must_use]
    pub fn from_parts(
        key: KeyId,
        value: Uuid,
        nonce: [u8; NONCE_BYTES],
        ciphertext: Vec<u8>,
    ) -> Self {
        Self { key, value, nonce, ciphertext, kind: PhantomData }
    }

    /// The key that opens it.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The nonce it was sealed with.
    #[must_use]
    pub fn nonce(&self) -> [u8; NONCE_BYTES] {
        self.nonce
    }

    /// The sealed bytes.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// What the seal is bound to, beside the bytes: tenant, key and value, but no event.
    #[must_use]
    pub fn associated_data(&self, tenant: &Tenant) -> Vec<u8> {
        associated_data(tenant, self.key, self.value)
    }
}

/// The associated data of a value that is about to be sealed.
#[must_use]
pub fn associated_data(tenant: &Tenant, key: KeyId, value: Uuid) -> Vec<u8> {
    [&[tenant.as_str().len() as u8], tenant.as_str().as_bytes(), key.0.as_bytes(), value.as_bytes()]
        .concat()
}

/// A value that only who has its key can read.
#[derive(JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    key: KeyId,
    value: Uuid,
    /// Base64.
    #[schemars(regex(pattern = "^[A-Za-z0-9+/]{16}$"))]
    nonce: String,
    /// Base64.
    #[schemars(regex(pattern = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"))]
    ciphertext: String,
}

impl<T> From<Personal<T>> for Wire {
    fn from(sealed: Personal<T>) -> Self {
        Self {
            key: sealed.key,
            value: sealed.value,
            nonce: BASE64.encode(&sealed.nonce),
            ciphertext: BASE64.encode(&sealed.ciphertext),
        }
    }
}

impl<T> TryFrom<Wire> for Personal<T> {
    type Error = &'static str;
    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        let nonce = BASE64.decode(wire.nonce.as_bytes()).map_err(|_| "the nonce is not base64")?;
        let nonce = nonce.try_into().map_err(|_| "the nonce is not 12 bytes long")?;
        let ciphertext = BASE64
            .decode(wire.ciphertext.as_bytes())
            .map_err(|_| "the ciphertext is not base64")?;
        Ok(Self::from_parts(wire.key, wire.value, nonce, ciphertext))
    }
}

impl<T> JsonSchema for Personal<T> {
    fn schema_name() -> Cow<'static, str> {
        "Sealed".into()
    }

    fn json_schema(shapes: &mut SchemaGenerator) -> Schema {
        Wire::json_schema(shapes)
    }
}

impl<T> Clone for Personal<T> {
    fn clone(&self) -> Self {
        Self::from_parts(self.key, self.value, self.nonce, self.ciphertext.clone())
    }
}

impl<T> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.key, self.value, self.nonce) == (other.key, other.value, other.nonce)
            && self.ciphertext == other.ciphertext
    }
}

impl<T> Eq for Personal<T> {}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed({})", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_travels_as_json_and_comes_back() {
        let sealed: Personal<String> = Personal::from_parts(
            KeyId(Uuid::from_u128(1)),
            Uuid::from_u128(2),
            [3; 12],
            vec![4, 5],
        );
        let json = serde_json::to_string(&sealed).expect("serialises");
        assert_eq!(serde_json::from_str::<Personal<String>>(&json).expect("reads"), sealed);
        assert!(serde_json::from_str::<Personal<String>>(&json.replace("AwMD", "!")).is_err());
    }
}
