//! What a command carries, made ready to be recorded: what is large goes into a blob beside the
//! event, what belongs to a person is sealed. It is done once, before an actor sees any of it.

use events::chain::blob_hash;
use events::content::{BlobRef, Content, INLINE_BYTES_MAX, Json};
use events::id::Tenant;
use events::personal::Personal;
use events::store::NewBlob;
use events::store::keys::{SubjectKey, seal};

use crate::command::Carrying;

/// What stands in an event beside what it carries.
const ROOM_BYTES: usize = 32 * 1024;
/// The largest that is carried in an event itself.
pub const CARRIED_BYTES_MAX: usize = INLINE_BYTES_MAX - ROOM_BYTES;

/// Carries for one command.
pub struct Carrier<'a> {
    tenant: &'a Tenant,
    /// The key of the person whose data it is.
    subject: Option<&'a SubjectKey>,
    blobs: Vec<NewBlob>,
}

impl<'a> Carrier<'a> {
    /// Seals with this key, if there is one.
    #[must_use]
    pub fn new(tenant: &'a Tenant, subject: Option<&'a SubjectKey>) -> Self {
        Self { tenant, subject, blobs: Vec::new() }
    }

    /// What goes beside the event.
    #[must_use]
    pub fn into_blobs(self) -> Vec<NewBlob> {
        self.blobs
    }
}

impl Carrying for Carrier<'_> {
    fn content(&mut self, json: Json) -> Content {
        if let Some(key) = self.subject {
            return Content::Sealed(seal(self.tenant, key, json.as_str().as_bytes()));
        }
        if json.as_str().len() <= CARRIED_BYTES_MAX {
            return Content::Inline(json);
        }
        let (bytes, media_type) = (json.as_str().as_bytes().to_vec(), "application/json");
        let blob = BlobRef {
            hash: blob_hash(&bytes),
            bytes: bytes.len() as u64,
            media_type: media_type.into(),
        };
        self.blobs.push(NewBlob { media_type: media_type.into(), bytes });
        Content::Blob(blob)
    }

    fn personal(&mut self, word: String) -> Option<Personal<String>> {
        Some(seal(self.tenant, self.subject?, word.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use events::id::main_tenant;

    use super::*;

    fn json(bytes: usize) -> Json {
        Json::parse(&format!("\"{}\"", "x".repeat(bytes - 2))).expect("it is JSON")
    }

    #[test]
    fn what_is_large_goes_beside_the_event() {
        let tenant = main_tenant();
        let mut carrier = Carrier::new(&tenant, None);
        assert!(matches!(carrier.content(json(CARRIED_BYTES_MAX)), Content::Inline(_)));
        let Content::Blob(blob) = carrier.content(json(CARRIED_BYTES_MAX + 1)) else {
            panic!("it is large");
        };
        let blobs = carrier.into_blobs();
        assert_eq!(blob.bytes, blobs[0].bytes.len() as u64);
        assert_eq!(blob.hash, blob_hash(&blobs[0].bytes));
    }
}
