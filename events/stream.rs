//! Where an event stands: its stream, its version there, its position in the log.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::id::{Category, StreamKey, Tenant};

/// How many partitions there are, for ever.
pub const PARTITIONS: u16 = 1024;

/// The identity of a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Whose stream it is.
    pub tenant: Tenant,
    /// What kind of thing it is about.
    pub category: Category,
    /// Which one.
    pub key: StreamKey,
}

impl StreamId {
    /// Puts the three parts together.
    #[must_use]
    pub fn new(tenant: Tenant, category: Category, key: StreamKey) -> Self {
        Self { tenant, category, key }
    }

    /// The partition this stream belongs to: fixed by its identity alone.
    #[must_use]
    pub fn partition(&self) -> u16 {
        let mut hash = Sha256::new_with_prefix(b"annals.partition.1\0");
        for part in [self.tenant.as_str(), self.category.as_str(), self.key.as_str()] {
            hash.update([part.len() as u8]);
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        u16::from_be_bytes([digest[0], digest[1]]) % PARTITIONS
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}-{}", self.tenant, self.category, self.key)
    }
}

/// The place of an event in its stream, from 1. Zero means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// The place of an event in the log, from 1, without gaps. Zero means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Position(pub u64);

macro_rules! counted {
    ($name:ident) => {
        impl $name {
            /// Before the first event.
            pub const ZERO: Self = Self(0);
            /// The first event.
            pub const FIRST: Self = Self(1);

            /// The place `n` further on.
            #[must_use]
            pub fn plus(self, n: u64) -> Self {
                Self(self.0.saturating_add(n))
            }

            /// The next place.
            #[must_use]
            pub fn next(self) -> Self {
                self.plus(1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counted!(Version);
counted!(Position);

/// Which way a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest to the newest.
    Forwards,
    /// From the newest to the oldest.
    Backwards,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_never_moves() {
        let id = |key| {
            StreamId::new(
                crate::id::main_tenant(),
                Category::new("task").expect("token"),
                StreamKey::new(key).expect("token"),
            )
        };
        assert_eq!([id("a").partition(), id("b").partition()], [940, 186]);
    }
}
