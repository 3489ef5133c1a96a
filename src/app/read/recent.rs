//! The newest of what happened to one thing: as much of it as an answer has room for.

use std::collections::VecDeque;

use events::recorded::Stored;

use super::shown::Happened;

/// How many events an answer has at most.
const EVENTS_MAX: usize = 200;
/// How many bytes they carry together at most; the newest is there however large it is.
const BYTES_MAX: usize = 256 * 1024;

/// The newest events.
#[derive(Default)]
pub(super) struct Recent {
    events: VecDeque<Stored>,
    bytes: usize,
    left_out: u64,
}

impl Recent {
    pub(super) fn take(&mut self, stored: Stored) {
        self.bytes += stored.payload().len();
        self.events.push_back(stored);
        while self.events.len() > EVENTS_MAX || (self.bytes > BYTES_MAX && self.events.len() > 1) {
            let eldest = self.events.pop_front().expect("there is one");
            self.bytes -= eldest.payload().len();
            self.left_out += 1;
        }
    }

    /// One that an answer never has.
    pub(super) fn pass_over(&mut self) {
        self.left_out += 1;
    }

    /// The eldest of them first.
    pub(super) fn happened(&self) -> Vec<Happened<'_>> {
        self.events.iter().map(Happened::of).collect()
    }

    /// How many are not there.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
