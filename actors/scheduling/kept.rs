//! Times that are kept, so that a start need not read the whole log again. One that was handed out is
//! kept as one that was not: nobody knows whether its schedule was told.

use std::collections::BTreeSet;

use events::id::{EventId, ScheduleId, Tenant};
use events::schedule::Next;
use events::stream::Position;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Scheduling, Set, Timed};

/// In how many chunks times are kept.
pub const CHUNKS: u8 = 64;

/// A part of all times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    number: u8,
    /// The newest event in it. Chunks of one fold say the same.
    at: u64,
    schedules: Vec<KeptSchedule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptSchedule {
    tenant: Tenant,
    id: ScheduleId,
    is_paused: bool,
    /// The time that is meant, the one at which it rings, and the event that said so.
    set: Option<(Timestamp, Timestamp, EventId)>,
}

impl Scheduling {
    /// One of the [`CHUNKS`] that times are kept in. All of them are to be taken between the same two
    /// events.
    #[must_use]
    pub fn chunk(&self, number: u8) -> Chunk {
        let end = |number: u8| self.schedules.len() * usize::from(number) / usize::from(CHUNKS);
        let (begin, end) = (end(number), end(number.saturating_add(1)));
        let schedules = self.schedules.iter().skip(begin).take(end - begin);
        let schedules = schedules.map(|((tenant, id), timed)| KeptSchedule {
            tenant: tenant.clone(),
            id: id.clone(),
            is_paused: timed.is_paused,
            set: timed.set.map(|Set { next, cause, .. }| (next.nominal, next.rings_at, cause)),
        });
        Chunk { number, at: self.at.0, schedules: schedules.collect() }
    }

    /// The times that these chunks were taken from. Nothing, if one is missing or they are of different
    /// folds: then the log is to be read.
    #[must_use]
    pub fn restore(chunks: Vec<Chunk>) -> Option<Self> {
        let at = chunks.first()?.at;
        let numbers: BTreeSet<u8> = chunks.iter().map(|chunk| chunk.number).collect();
        let is_whole = numbers.into_iter().eq(0..CHUNKS) && chunks.len() == usize::from(CHUNKS);
        if !is_whole || chunks.iter().any(|chunk| chunk.at != at) {
            return None;
        }
        let mut scheduling = Self { at: Position(at), ..Self::default() };
        for kept in chunks.into_iter().flat_map(|chunk| chunk.schedules) {
            scheduling.restore_schedule(kept);
        }
        Some(scheduling)
    }

    fn restore_schedule(&mut self, kept: KeptSchedule) {
        let name = (kept.tenant, kept.id);
        let set = kept.set.map(|(nominal, rings_at, cause)| {
            self.ringing.insert((rings_at, name.clone()));
            Set { next: Next { nominal, rings_at }, cause, rings: Some(rings_at) }
        });
        self.schedules.insert(name, Timed { is_paused: kept.is_paused, set });
    }
}
