//! Timers that are kept, so that a start need not read the whole log again. A timer that was handed
//! out is kept as one that was not: nobody knows whether its run was told.

use std::collections::BTreeSet;

use events::id::{EventId, RunId, StageName, Tenant};
use events::stream::Position;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RunTiming, Set};
use crate::run::RunTimerKind;

/// In how many chunks timers are kept.
pub const CHUNKS: u8 = 64;

/// A part of all timers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    number: u8,
    /// The newest event in it. Chunks of one fold say the same.
    at: u64,
    runs: Vec<KeptRun>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptRun {
    tenant: Tenant,
    id: RunId,
    timers: Vec<KeptTimer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptTimer {
    what: u8,
    stage: Option<StageName>,
    turn: u16,
    at: Timestamp,
    cause: EventId,
}

/// What is written is for ever, so it is not left to the order in which kinds are listed.
const KINDS: [(u8, RunTimerKind); 6] = [
    (0, RunTimerKind::Begins),
    (1, RunTimerKind::GoOn),
    (2, RunTimerKind::Run),
    (3, RunTimerKind::Stage),
    (4, RunTimerKind::Until),
    (5, RunTimerKind::Approval),
];

impl RunTiming {
    /// One of the [`CHUNKS`] that timers are kept in. All of them are to be taken between the same
    /// two events.
    #[must_use]
    pub fn chunk(&self, number: u8) -> Chunk {
        let end = |number: u8| self.runs.len() * usize::from(number) / usize::from(CHUNKS);
        let (begin, end) = (end(number), end(number.saturating_add(1)));
        let runs = self.runs.iter().skip(begin).take(end - begin);
        let runs = runs.map(|((tenant, id), timers)| {
            let timers = timers.iter().filter_map(|((what, stage), set)| {
                let what = KINDS.iter().find(|(_, kind)| kind == what)?.0;
                let Set { turn, at, cause, .. } = *set;
                Some(KeptTimer { what, stage: stage.clone(), turn, at, cause })
            });
            KeptRun { tenant: tenant.clone(), id: *id, timers: timers.collect() }
        });
        Chunk { number, at: self.at.0, runs: runs.collect() }
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
        for KeptRun { tenant, id, timers } in chunks.into_iter().flat_map(|chunk| chunk.runs) {
            for KeptTimer { what, stage, turn, at, cause } in timers {
                let kind = KINDS.iter().find(|(number, _)| *number == what)?.1;
                timing.set(&(tenant.clone(), id), (kind, stage), (Some(at), turn, cause));
            }
        }
        Some(timing)
    }
}
