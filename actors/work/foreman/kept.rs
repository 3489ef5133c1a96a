//! What the foreman knows, kept as a shortcut for the next start. It is a cache: whatever does not fit
//! the log exactly is as good as absent, and then the log is read from its beginning.

use std::sync::Arc;

use events::chain::EventHash;
use events::id::{StreamKey, Tenant};
use events::store::snapshot::{Shape, Snapshot, SnapshotStore};
use events::store::{Filter, LogReader};
use events::stream::{Position, StreamId, Version};

use crate::placing::{self, Placing};
use crate::runtime::Tools;
use crate::timing::{self, Timing};

/// After how many events it is kept again.
pub(super) const KEPT_EVERY: u64 = 100_000;
/// How many events must have come since for it to be worth keeping at the end.
pub(super) const KEPT_AT_LEAST: u64 = 1_000;
/// Grows whenever what a chunk means changes.
const STATE_VERSION: u32 = 1;
/// Grows whenever what a chunk is made of changes.
const SHAPE: Shape = Shape { shape: 1, state_version: STATE_VERSION };

/// One part of what is kept: half of placing's and half of timing's parts have the same number.
type Part = (placing::Chunk, timing::Chunk);

const _: () = assert!(placing::CHUNKS == timing::CHUNKS, "each part has one of each");

/// What was kept, if all of it is there and fits.
pub(super) async fn load(tools: &Tools) -> (Placing, Timing) {
    let snapshots = Arc::clone(&tools.snapshots);
    let found = tools.pool.spawn_blocking(move || read(&*snapshots)).await.ok().flatten();
    let Some((parts, at, hash)) = found else { return <_>::default() };
    if !fits(&*tools.reader, at, hash).await {
        tracing::info!("what was kept of placing does not fit the log, which is read instead");
        return <_>::default();
    }
    let (placed, timed): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    match (Placing::restore(&placed), Timing::restore(timed)) {
        (Some(placing), Some(timing)) if placing.at() == at && timing.at() == at => {
            (placing, timing)
        }
        _ => <_>::default(),
    }
}

fn read(snapshots: &dyn SnapshotStore) -> Option<(Vec<Part>, Position, EventHash)> {
    let mut parts = Vec::with_capacity(usize::from(placing::CHUNKS));
    let mut at = None;
    for number in 0..placing::CHUNKS {
        let snapshot = snapshots.load(&name(number))?;
        let place = (snapshot.version, snapshot.hash);
        if snapshot.shape != SHAPE || *at.get_or_insert(place) != place {
            return None;
        }
        parts.push(snapshot.state()?);
    }
    let (version, hash) = at?;
    Some((parts, Position(version.0), hash))
}

/// Whether the log has this very event there.
async fn fits(log: &dyn LogReader, at: Position, hash: EventHash) -> bool {
    let Ok(page) = log.read_all(at, &Filter::default(), 1).await else { return false };
    page.events.first().is_some_and(|event| event.position() == at && event.hash() == hash)
}

/// Keeps it, part by part.
pub(super) fn save(
    placing: &Placing,
    timing: &Timing,
    hash: EventHash,
    tools: &Tools,
) -> impl Future<Output = ()> + Send + use<> {
    let version = Version(placing.at().0);
    let part = |number| {
        let part: Part = (placing.chunk(number), timing.chunk(number));
        Some((name(number), Snapshot::take(SHAPE, version, hash, &part)?))
    };
    let parts: Option<Vec<_>> = (0..placing::CHUNKS).map(part).collect();
    let (snapshots, pool) = (Arc::clone(&tools.snapshots), tools.pool.clone());
    async move {
        let Some(parts) = parts else { return };
        let written = pool.spawn_blocking(move || {
            parts.iter().try_for_each(|(name, part)| snapshots.save(name, part))
        });
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "placing is not kept; the next start takes longer");
        }
    }
}

fn name(number: u8) -> StreamId {
    let tenant = Tenant::new("_annals").expect("it is a word");
    let category = "placing".parse().expect("it is a word");
    let key = StreamKey::new(&format!("part-{number}")).expect("it is a token");
    StreamId::new(tenant, category, key)
}
