//! Snapshots: a cache of states, so that a long stream need not be read whole. Whatever does not
//! match the log and the program exactly is as good as absent, and means a full replay.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chain::{EventHash, checksum};
use crate::store::Error;
use crate::stream::{StreamId, Version};

/// The first byte of every snapshot: bincode behind it.
const CODEC: u8 = 1;
/// The largest state a snapshot holds.
const STATE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Everything before the state: codec, shape, state version, version, hash, checksum.
const HEAD_BYTES: usize = 1 + 8 + 4 + 8 + 32 + 4;

/// What a snapshot must match to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// A hash of the state's type, as the program that wrote it knew it.
    pub shape: u64,
    /// The number the state's author raises when its meaning changes.
    pub state_version: u32,
}

/// A state at one version of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it must match.
    pub shape: Shape,
    /// The version of the stream it stands for.
    pub version: Version,
    /// The hash of the event at that version.
    pub hash: EventHash,
    /// The state, encoded.
    pub state: Vec<u8>,
}

/// Where snapshots live. Losing one costs time, never truth.
pub trait SnapshotStore: Send + Sync + 'static {
    /// Keeps the newest snapshot of a stream.
    fn save(&self, stream: &StreamId, snapshot: &Snapshot) -> Result<(), Error>;
    /// The snapshot of a stream, if there is a whole one.
    fn load(&self, stream: &StreamId) -> Option<Snapshot>;
}

/// Snapshots in memory, as bytes, like everywhere else.
#[derive(Debug, Default)]
pub struct MemorySnapshots(Mutex<HashMap<StreamId, Vec<u8>>>);

impl SnapshotStore for MemorySnapshots {
    fn save(&self, stream: &StreamId, snapshot: &Snapshot) -> Result<(), Error> {
        let mut kept = self.0.lock().expect("no one panics while holding the snapshots");
        kept.insert(stream.clone(), snapshot.encode());
        Ok(())
    }

    fn load(&self, stream: &StreamId) -> Option<Snapshot> {
        let kept = self.0.lock().expect("no one panics while holding the snapshots");
        Snapshot::decode(kept.get(stream)?)
    }
}

fn settings() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<STATE_BYTES_MAX>()
}

impl Snapshot {
    /// Takes a snapshot of a state; none if it is too large to be worth keeping.
    #[must_use]
    pub fn take<S: Serialize>(
        shape: Shape,
        version: Version,
        hash: EventHash,
        state: &S,
    ) -> Option<Self> {
        let state = bincode::serde::encode_to_vec(state, settings()).ok()?;
        (state.len() <= STATE_BYTES_MAX).then_some(Self { shape, version, hash, state })
    }

    /// The state; none if it is not one of `S`, whatever the shape says.
    #[must_use]
    pub fn state<S: DeserializeOwned>(&self) -> Option<S> {
        let (state, read) = bincode::serde::decode_from_slice(&self.state, settings()).ok()?;
        (read == self.state.len()).then_some(state)
    }

    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES + self.state.len());
        out.push(CODEC);
        out.extend_from_slice(&self.shape.shape.to_be_bytes());
        out.extend_from_slice(&self.shape.state_version.to_be_bytes());
        out.extend_from_slice(&self.version.0.to_be_bytes());
        out.extend_from_slice(&self.hash.0);
        let sum = checksum(&[&out, &self.state]);
        out.extend_from_slice(&sum.to_be_bytes());
        out.extend_from_slice(&self.state);
        out
    }

    /// Reads a stored snapshot; anything that is not exactly one is none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, state) = bytes.split_at_checked(HEAD_BYTES)?;
        let (head, sum) = head.split_at(HEAD_BYTES - 4);
        if head[0] != CODEC || checksum(&[head, state]).to_be_bytes() != sum {
            return None;
        }
        let shape = Shape {
            shape: u64::from_be_bytes(head[1..9].try_into().ok()?),
            state_version: u32::from_be_bytes(head[9..13].try_into().ok()?),
        };
        let version = Version(u64::from_be_bytes(head[13..21].try_into().ok()?));
        Some(Self {
            shape,
            version,
            hash: EventHash::from_slice(&head[21..])?,
            state: state.to_vec(),
        })
    }

    /// Whether it may be used by a program of this shape, beside a log whose event at the
    /// snapshot's version has this hash.
    #[must_use]
    pub fn fits(&self, shape: Shape, hash_in_log: Option<EventHash>) -> bool {
        self.shape == shape && hash_in_log == Some(self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let shape = Shape { shape: 7, state_version: 1 };
        Snapshot { shape, version: Version(9), hash: EventHash([5; 32]), state: vec![1, 2, 3] }
    }

    #[test]
    fn a_snapshot_cut_or_flipped_anywhere_is_none() {
        let bytes = snapshot().encode();
        assert_eq!(Snapshot::decode(&bytes), Some(snapshot()));
        for at in 0..bytes.len() {
            assert_eq!(Snapshot::decode(&bytes[..at]), None, "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x40;
            assert_eq!(Snapshot::decode(&flipped), None, "flipped at {at}");
        }
    }

    fn keeps_its_promises(store: &dyn SnapshotStore) {
        let stream = crate::store::conformance::given::stream("a");
        assert_eq!(store.load(&stream), None);
        store.save(&stream, &snapshot()).expect("saved");
        let newer = Snapshot { version: Version(10), ..snapshot() };
        store.save(&stream, &newer).expect("saved");
        assert_eq!(store.load(&stream), Some(newer));
    }

    #[test]
    fn snapshots_in_memory_keep_their_promises() {
        keeps_its_promises(&MemorySnapshots::default());
    }

    #[cfg(feature = "sqlite")]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test damages a file")]
    fn snapshots_in_a_file_keep_their_promises_and_a_damaged_file_is_begun_anew() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshots");
        std::fs::write(&path, vec![7; 9000]).expect("written");
        keeps_its_promises(&crate::store::sqlite::SqliteSnapshots::open(&path).expect("opens"));
    }

    #[test]
    fn a_state_comes_back_as_it_was_and_never_as_something_else() {
        let snapshot = snapshot();
        let taken = Snapshot::take(snapshot.shape, snapshot.version, snapshot.hash, &(7u32, "ada"))
            .expect("small");
        assert_eq!(taken.state::<(u32, String)>(), Some((7, "ada".into())));
        assert_eq!(taken.state::<u32>(), None);
    }

    #[test]
    fn a_snapshot_ahead_of_the_log_or_of_another_shape_does_not_fit() {
        let snapshot = snapshot();
        assert!(snapshot.fits(snapshot.shape, Some(snapshot.hash)));
        assert!(!snapshot.fits(snapshot.shape, None));
        assert!(!snapshot.fits(snapshot.shape, Some(EventHash([6; 32]))));
        assert!(!snapshot.fits(Shape { state_version: 2, ..snapshot.shape }, Some(snapshot.hash)));
    }
}
