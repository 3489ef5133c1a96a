//! Something that was brought, and is needed later. Copies of a state share it.

use std::sync::Arc;

use events::content::Content;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands around something that is not in place: a hash, a key, a media type.
const AROUND_BYTES: usize = 256;

/// Something that a run keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held(Arc<Content>);

impl Held {
    pub(super) fn of(content: &Content) -> Self {
        Self(Arc::new(content.clone()))
    }

    pub(super) fn content(&self) -> &Content {
        &self.0
    }

    pub(super) fn bytes(&self) -> usize {
        bytes(&self.0)
    }
}

/// How much room something takes in an event, roughly where it is not in place.
pub(super) fn bytes(content: &Content) -> usize {
    match content {
        Content::Inline(json) => json.as_str().len(),
        Content::Blob(_) => AROUND_BYTES,
        Content::Sealed(sealed) => sealed.ciphertext().len().div_ceil(3) * 4 + AROUND_BYTES,
    }
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::kept::serialize(&*self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::kept::deserialize(deserializer).map(|content| Self(Arc::new(content)))
    }
}
