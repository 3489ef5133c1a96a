//! How much work filling in was. It is counted, not measured, so that a decision is as large wherever it
//! is made.

use std::cell::Cell;

/// Counts steps.
#[derive(Debug, Default)]
pub(super) struct Steps(Cell<u64>);

impl Steps {
    pub(super) fn add(&self, steps: u64) {
        self.0.set(self.0.get().saturating_add(steps));
    }

    pub(super) fn taken(&self) -> u64 {
        self.0.get()
    }
}
