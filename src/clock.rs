//! The system's clock: the only place where the present moment is read.

use std::time::{SystemTime, UNIX_EPOCH};

use events::time::{Clock, Timestamp};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let micros = |since: std::time::Duration| i64::try_from(since.as_micros());
        // A clock before 1970 or after the year 294,000 is broken; the writer keeps its floor.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(micros);
        Timestamp(since.map_or(0, |micros| micros.unwrap_or(i64::MAX)))
    }
}
