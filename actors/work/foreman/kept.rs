//! What the foreman knows, kept as a shortcut for the next start. It is a cache: whatever does not fit
//! the log exactly is as good as absent, and then the log is read from its beginning.

use std::sync::Arc;

use events::chain::EventHash;
use events::id::{StreamKey, Tenant};
use events::store::snapshot::{Shape, Snapshot, SnapshotStore};
use events::store::{Filter, LogReader};
use events::stream::{Position, StreamId, Version};

use super::Desk;
use crate::placing::{self, Placing};
use crate::run_timing::{self, RunTiming};
use crate::runtime::Tools;
use crate::scheduling::{self, Scheduling};
use crate::timing::{self, Timing};

/// After how many events it is kept again.
pub(super) const KEPT_EVERY: u64 = 100_000;
/// How many events must have come since for it to be worth keeping at the end.
pub(super) const KEPT_AT_LEAST: u64 = 1_000;
/// Grows whenever what a chunk means changes.
const STATE_VERSION: u32 = 1;
/// Grows whenever what a chunk is made of changes.
const SHAPE: Shape = Shape { shape: 2, state_version: STATE_VERSION };

/// One part of what is kept: a chunk of each fold, of the same number.
type Part = (placing::Chunk, timing::Chunk, run_timing::Chunk, scheduling::Chunk);

const _: () = assert!(
    placing::CHUNKS == timing::CHUNKS
        && placing::CHUNKS == run_timing::CHUNKS
        && placing::CHUNKS == scheduling::CHUNKS,
    "each part has one of each"
);

/// What the foreman has made of the log.
#[derive(Debug, Default)]
pub(super) struct Folds {
    pub(super) placing: Placing,
    pub(super) timing: Timing,
    pub(super) run_timing: RunTiming,
    pub(super) scheduling: Scheduling,
}

/// What was kept, if all of it is there and fits.
pub(super) async fn load(tools: &Tools) -> Folds {
    let snapshots = Arc::clone(&tools.snapshots);
    let found = tools.pool.spawn_blocking(move || read(&*snapshots)).await.ok().flatten();
    let Some((parts, at, hash)) = found else { return <_>::default() };
    if !fits(&*tools.reader, at, hash).await {
        tracing::info!("what was kept of placing does not fit the log, which is read instead");
        return <_>::default();
    }
    Folds::restore(parts, at).unwrap_or_default()
}

impl Folds {
    fn restore(parts: Vec<Part>, at: Position) -> Option<Self> {
        let (mut placed, mut timed) = (Vec::new(), Vec::new());
        let (mut runs, mut schedules) = (Vec::new(), Vec::new());
        for (placing, timing, run, schedule) in parts {
            placed.push(placing);
            timed.push(timing);
            runs.push(run);
            schedules.push(schedule);
        }
        let folds = Self {
            placing: Placing::restore(&placed)?,
            timing: Timing::restore(timed)?,
            run_timing: RunTiming::restore(runs)?,
            scheduling: Scheduling::restore(schedules)?,
        };
        let all_at =
            [folds.placing.at(), folds.timing.at(), folds.run_timing.at(), folds.scheduling.at()];
        all_at.iter().all(|one| *one == at).then_some(folds)
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

/// Keeps what it knows, part by part.
pub(super) fn save(desk: &Desk) -> impl Future<Output = ()> + Send + use<> {
    let Desk { timing, run_timing, scheduling, newest, means, .. } = desk;
    let (version, tools) = (Version(desk.placing().at().0), &means.tools);
    let part = |number| {
        // For a chunk at a time: nobody who submits waits long. Seats that change meanwhile are not kept.
        let placed = desk.placing().chunk(number);
        let timed = timing.chunk(number);
        let part: Part = (placed, timed, run_timing.chunk(number), scheduling.chunk(number));
        Some((name(number), Snapshot::take(SHAPE, version, *newest, &part)?))
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
