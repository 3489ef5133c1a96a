//! Which worker checks which positions. Each goes on where it was, because the first event of a
//! stream that a worker meets costs it a lookup; who has no work left takes the second half of what
//! another one has before it.

use std::ops::Range;
use std::sync::Mutex;

use crate::planted::{Bug, planted};
use crate::stream::Position;

/// How many positions a worker takes at a time.
const CHUNK: u64 = 1_024;

/// How many positions another worker must have before it: of fewer, it checks half of them sooner than
/// one that would have to look up what was before.
const PARTED_MIN: u64 = 64 * CHUNK;

/// What each worker has before it.
pub(super) struct Work(Mutex<Vec<Range<u64>>>);

/// How many workers there is work for in a log that ends here.
pub(super) fn workers(last: Position) -> usize {
    usize::try_from(last.0 / PARTED_MIN + 1).unwrap_or(usize::MAX)
}

impl Work {
    /// The positions up to `last`; all are before the last worker, since the first comes later.
    pub(super) fn new(last: Position, workers: usize) -> Self {
        let mut ranges = vec![0..0; workers];
        if let Some(range) = ranges.last_mut() {
            *range = 1..last.0 + 1;
        }
        Self(Mutex::new(ranges))
    }

    /// The first and the last position of a worker's next chunk.
    pub(super) fn take(&self, worker: usize) -> Option<(Position, Position)> {
        let mut ranges = self.0.lock().expect("no one panics while holding the work");
        if ranges[worker].is_empty() {
            let longest = ranges.iter_mut().max_by_key(|range| range.end - range.start)?;
            if longest.end - longest.start < PARTED_MIN {
                return None;
            }
            ranges[worker] = second_half(longest);
        }
        let own = &mut ranges[worker];
        let most = if planted(Bug::ReadWithoutEnd) { u64::MAX } else { CHUNK };
        let chunk = own.start..own.end.min(own.start.saturating_add(most));
        own.start = chunk.end;
        (!chunk.is_empty()).then(|| (Position(chunk.start), Position(chunk.end - 1)))
    }
}

/// Parts with the second half of a range, in whole chunks.
fn second_half(range: &mut Range<u64>) -> Range<u64> {
    let chunks = (range.end - range.start).div_ceil(CHUNK);
    let middle = range.start + (chunks / 2 * CHUNK);
    let half = middle..range.end;
    range.end = middle;
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What three workers take, if each takes a chunk as often as `turns` says.
    fn taken(last: u64, turns: [usize; 3]) -> Vec<(u64, u64)> {
        let work = Work::new(Position(last), 3);
        let mut taken = Vec::new();
        loop {
            let before = taken.len();
            for (worker, turns) in turns.into_iter().enumerate() {
                taken.extend((0..turns).map_while(|_| work.take(worker)));
            }
            if taken.len() == before {
                taken.sort_unstable();
                return taken.into_iter().map(|(from, to)| (from.0, to.0)).collect();
            }
        }
    }

    #[test]
    fn every_position_is_taken_once() {
        for last in [0, 1, CHUNK, CHUNK + 1, 7 * CHUNK, PARTED_MIN, 300 * CHUNK + 17] {
            for turns in [[1, 1, 1], [0, 0, 1], [3, 1, 2], [9, 1, 1], [1, 9, 1]] {
                let mut next = 1;
                for (from, to) in taken(last, turns) {
                    assert_eq!(from, next, "of {last} with {turns:?}");
                    assert!(from <= to && to - from < CHUNK, "of {last} with {turns:?}");
                    next = to + 1;
                }
                assert_eq!(next, last + 1, "with {turns:?}");
            }
        }
    }

    #[test]
    fn who_works_alone_goes_on_where_it_was() {
        let work = Work::new(Position(2 * PARTED_MIN + CHUNK), 2);
        let starts: Vec<_> = (0..3).map_while(|_| work.take(1)).map(|(from, _)| from.0).collect();
        assert_eq!(starts, [1, CHUNK + 1, 2 * CHUNK + 1]);
        assert_eq!(work.take(0).map(|(from, _)| from.0), Some(PARTED_MIN + 2 * CHUNK + 1));
        while work.take(1).is_some() {}
        assert_eq!(work.take(0).map(|(from, _)| from.0), Some(PARTED_MIN + 3 * CHUNK + 1));
    }
}
