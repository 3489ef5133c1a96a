//! The hash chain of a stream, and the checksum of a stored row. Pure.
//!
//! The chain proves what was said and in which order inside one stream; it does not know the log's
//! order, nor whether a stream's end was cut off: the head row tells that, and signed seals prove it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::shape::inline_shape;

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

inline_shape!(EventHash, "hash", { "type": "string", "pattern": "^[0-9a-f]{64}$" });

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
    let mut crc = Gathered { crc: crc32fast::Hasher::new(), short: [0; SHORT_MAX], filled: 0 };
    for part in parts {
        crc.update(&(part.len() as u32).to_be_bytes());
        crc.update(part);
    }
    crc.finish()
}

/// How many bytes of short parts are gathered.
const SHORT_MAX: usize = 256;

/// A CRC-32 that takes short parts together: it is fast only with many bytes at a time.
struct Gathered {
    crc: crc32fast::Hasher,
    short: [u8; SHORT_MAX],
    filled: usize,
}

impl Gathered {
    fn update(&mut self, part: &[u8]) {
        if part.len() > SHORT_MAX - self.filled {
            self.crc.update(&self.short[..self.filled]);
            self.filled = 0;
        }
        if part.len() > SHORT_MAX {
            return self.crc.update(part);
        }
        self.short[self.filled..][..part.len()].copy_from_slice(part);
        self.filled += part.len();
    }

    fn finish(mut self) -> u32 {
        self.crc.update(&self.short[..self.filled]);
        self.crc.finalize()
    }
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
    fn a_checksum_is_that_of_its_parts_with_their_lengths_before_them() {
        let bytes: Vec<u8> = (0..3000_u32).map(|n| n as u8).collect();
        let lengths = [0, 1, 3, 4, 248, 249, 252, 253, 256, 257, 1000];
        for one in lengths {
            for two in lengths {
                let parts =
                    [&bytes[..one], &bytes[one..one + two], &bytes[..3], &bytes[7..one + 7]];
                let mut whole = Vec::new();
                for part in parts {
                    whole.extend_from_slice(&(part.len() as u32).to_be_bytes());
                    whole.extend_from_slice(part);
                }
                assert_eq!(checksum(&parts), crc32fast::hash(&whole), "{one} and {two}");
            }
        }
    }

    #[test]
    fn parts_of_a_checksum_do_not_run_together() {
        assert_ne!(checksum(&[b"ab", b"c"]), checksum(&[b"a", b"bc"]));
    }
}
