//! Timers that are kept, so that a start need not read the whole log again. A timer that was handed
//! out is kept as one that was not: nobody knows whether its task was told.

use std::collections::BTreeSet;

use events::id::{EventId, TaskId, Tenant};
use events::stream::Position;
use events::task::{Timeout, Timeouts};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SORTS, Set, Timed, Timing};

/// In how many chunks timers are kept.
pub const CHUNKS: u8 = 64;

/// A part of all timers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    number: u8,
    /// The newest event in it. Chunks of one fold say the same.
    at: u64,
    tasks: Vec<KeptTask>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptTask {
    tenant: Tenant,
    id: TaskId,
    timeouts: Timeouts,
    deadline: Option<Timestamp>,
    not_before: Option<Timestamp>,
    attempt: u32,
    is_held: bool,
    since: Timestamp,
    set: Vec<(Timeout, Timestamp, u32, EventId)>,
}

impl Timing {
    /// One of the [`CHUNKS`] that timers are kept in. All of them are to be taken between the same
    /// two events.
    #[must_use]
    pub fn chunk(&self, number: u8) -> Chunk {
        let end = |number: u8| self.tasks.len() * usize::from(number) / usize::from(CHUNKS);
        let (begin, end) = (end(number), end(number.saturating_add(1)));
        let tasks = self.tasks.iter().skip(begin).take(end - begin);
        let tasks = tasks.map(|((tenant, id), timed)| KeptTask {
            tenant: tenant.clone(),
            id: *id,
            timeouts: timed.timeouts,
            deadline: timed.deadline,
            not_before: timed.not_before,
            attempt: timed.attempt,
            is_held: timed.is_held,
            since: timed.since,
            set: timed.set.iter().map(|(w, set)| (*w, set.at, set.attempt, set.cause)).collect(),
        });
        Chunk { number, at: self.at.0, tasks: tasks.collect() }
    }

    /// The timers that these chunks were taken from. Nothing, if one is missing or they are of
    /// different folds: then the log is to be read.
    #[must_use]
    pub fn restore(chunks: Vec<Chunk>) -> Option<Self> {
        let at = chunks.first()?.at;
        let numbers: BTreeSet<u8> = chunks.iter().map(|chunk| chunk.number).collect();
        let is_whole = numbers.into_iter().eq(0..CHUNKS) && chunks.len() == usize::from(CHUNKS);
        if !is_whole || chunks.iter().any(|chunk| chunk.at != at) {
            return None;
        }
        let mut timing = Self { at: Position(at), ..Self::default() };
        for kept in chunks.into_iter().flat_map(|chunk| chunk.tasks) {
            timing.restore_task(kept);
        }
        Some(timing)
    }

    fn restore_task(&mut self, kept: KeptTask) {
        let name = (kept.tenant, kept.id);
        let set = kept.set.into_iter().take(SORTS.len()).map(|(which, at, attempt, cause)| {
            self.ringing.insert((at, name.clone(), which));
            (which, Set { at, attempt, cause, rings: Some(at) })
        });
        let timed = Timed {
            timeouts: kept.timeouts,
            deadline: kept.deadline,
            not_before: kept.not_before,
            attempt: kept.attempt,
            is_held: kept.is_held,
            since: kept.since,
            set: set.collect(),
        };
        self.tasks.insert(name, timed);
    }
}
