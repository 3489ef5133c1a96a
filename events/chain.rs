//! The hash chain of a stream, and the checksum of a stored row. Pure.
//!
//! The chain proves what was said and in which order inside one stream; it does not know the log's
//! order, nor whether a stream's end was cut off: the head row tells that, and signed seals prove it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Keeps event hashes apart from every other hash in the world.
const DOMAIN: &[u8] = b"annals.event.1\0";

/// The SHA-256 of an event, chained to the one before it in its stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EventHash(pub [u8; 32]);

impl EventHash {
    /// What the first event of a stream is chained to.
    pub const NONE: Self = Self([0; 32]);

    /// Reads a stored hash.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EventHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or_else(|| serde::de::Error::custom("a hash is 64 hexadecimal digits"))
    }
}

/// Hashes an event: domain tag, previous hash, length of what follows, header, payload.
#[must_use]
pub fn event_hash(previous: &EventHash, header: &[u8], payload: &[u8]) -> EventHash {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    hash.update(previous.0);
    hash.update(((header.len() + payload.len()) as u64).to_be_bytes());
    hash.update(header);
    hash.update(payload);
    EventHash(hash.finalize().into())
}

/// The hash a blob is known by.
#[must_use]
pub fn blob_hash(bytes: &[u8]) -> EventHash {
    EventHash(Sha256::digest(bytes).into())
}

/// A CRC-32 over length-prefixed parts: tells a damaged row from a whole one on every read.
/// It guards against the disk; only the chain guards against people.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for part in parts {
        crc.update(&(part.len() as u32).to_be_bytes());
        crc.update(part);
    }
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_known_event_never_changes() {
        let first = event_hash(&EventHash::NONE, b"header", b"payload");
        let second = event_hash(&first, b"header", b"payload");
        assert_ne!(first, second);
        assert_eq!(second.to_string(), include_str!("golden/event_hash.txt").trim());
    }

    #[test]
    fn parts_of_a_checksum_do_not_run_together() {
        assert_ne!(checksum(&[b"ab", b"c"]), checksum(&[b"a", b"bc"]));
    }
}
