//! How long one read may look at the log. While it does, it holds a view of the file, and the
//! journal cannot begin anew: so whoever has more to read lets go, and goes on where it stood.

#![expect(clippy::disallowed_methods, reason = "a slow disk is told from a fast one by a clock")]

use std::time::{Duration, Instant};

use super::rows::EventRow;
use crate::planted::{Bug, planted};

/// The most rows of one turn.
pub(super) const ROWS_MAX: usize = 16_384;
/// The most bytes of one turn, beyond its last row.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest turn, but for the rows between two looks at the clock. A checkpoint that waits for
/// readers waits several times as long.
const TIME_MAX: Duration = Duration::from_millis(50);
/// How many rows are read between two looks at the clock.
const ROWS_BETWEEN_LOOKS: usize = 16;

/// One read, from the moment it sees the log.
pub(super) struct Turn {
    begun: Instant,
    rows: usize,
    bytes: usize,
}

impl Turn {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), rows: 0, bytes: 0 }
    }

    /// Counts a row of about this many bytes; says whether it must be the last one of this turn.
    pub(super) fn ends_after(&mut self, bytes: usize) -> bool {
        self.rows += 1;
        self.bytes += bytes;
        if planted(Bug::ReadWithoutEnd) {
            return false;
        }
        self.rows >= ROWS_MAX
            || self.bytes >= BYTES_MAX
            || (self.rows.is_multiple_of(ROWS_BETWEEN_LOOKS) && self.begun.elapsed() >= TIME_MAX)
    }

    /// The same, of an event.
    pub(super) fn ends_after_event(&mut self, row: &EventRow<'_>) -> bool {
        self.ends_after(row.header.len() + row.payload.len())
    }
}
