//! The writing connection, used in place by the one task that writes: handing a batch to a thread
//! of its own would cost two thread wake-ups, more than a small commit itself. So would handing over
//! the other tasks of a worker of the runtime, which is what is done for everything that may take long.

#![expect(clippy::disallowed_methods, reason = "a slow disk is told from a fast one by a clock")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::append::Connection;
use crate::planted::{Bug, planted};
use crate::store::Error;

/// What takes no longer than this holds up nobody who waits for the same worker.
const SHORT_MAX: Duration = Duration::from_millis(1);

/// The connection, until the first fatal error.
pub(super) struct Owned {
    connection: Mutex<Option<Connection>>,
    /// Whether what was expected to be short the last time was.
    was_short: AtomicBool,
}

impl Owned {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection: Mutex::new(Some(connection)), was_short: AtomicBool::new(false) }
    }

    /// Runs `work` on the connection, letting the runtime's other tasks go on meanwhile.
    pub(super) fn run<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let run = || self.locked(work);
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(run),
            // A runtime with one thread has nothing else to run but what waits for this.
            _ => run(),
        }
    }

    /// The same for work that is short as long as the disk is fast. Then the tasks of this worker wait
    /// for it, or are taken over by another worker.
    pub(super) fn run_short<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let timed = |connection: &mut Connection| {
            let begun = Instant::now();
            let done = work(connection);
            self.was_short.store(begun.elapsed() <= SHORT_MAX, Ordering::Relaxed);
            done
        };
        let has_others =
            || Handle::try_current().is_ok_and(|handle| handle.metrics().num_workers() > 1);
        match self.was_short.load(Ordering::Relaxed) && has_others() {
            true => self.locked(timed),
            false => self.run(timed),
        }
    }

    /// The same for work that is done sooner than the runtime is told.
    pub(super) fn run_at_once<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.locked(work)
    }

    fn locked<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = self.connection.lock().map_err(|_| Error::Stopped)?;
        let connection = slot.as_mut().ok_or(Error::Stopped)?;
        let done = work(connection);
        let fatal = done.as_ref().is_err_and(Error::is_fatal);
        if fatal && !planted(Bug::WriteRetriedAfterError) {
            // Abandoned without being closed: closing would sync again what could not be synced.
            std::mem::forget(slot.take());
        }
        done
    }
}
