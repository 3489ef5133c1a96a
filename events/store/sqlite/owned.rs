//! The writing connection, used in place by the one task that writes: handing a batch to a thread
//! of its own would cost two thread wake-ups, more than a small commit itself.

use std::sync::Mutex;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::append::Connection;
use crate::planted::{Bug, planted};
use crate::store::Error;

/// The connection, until the first fatal error.
pub(super) struct Owned(Mutex<Option<Connection>>);

impl Owned {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Mutex::new(Some(connection)))
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
        let mut slot = self.0.lock().map_err(|_| Error::Stopped)?;
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
