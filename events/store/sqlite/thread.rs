//! The thread that owns the writing connection: a batch is handed over once, not once a statement.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::append::Connection;
use crate::planted::{Bug, planted};
use crate::store::Error;

/// How many pieces of work may wait for the connection; the writer hands over one at a time.
const WAITING_MAX: usize = 4;

/// A piece of work; says whether the connection may be used again.
type Work = Box<dyn FnOnce(&mut Connection) -> bool + Send>;

/// The thread, and the way to it. Dropping it waits until the connection is closed.
pub(super) struct WriterThread {
    work: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(mut connection: Connection) -> Result<Self, Error> {
        let (work, waiting) = sync_channel::<Work>(WAITING_MAX);
        let serve = move || {
            for work in waiting {
                if !work(&mut connection) {
                    // After the first fatal error the connection is abandoned without being
                    // closed: closing would sync again what could not be synced.
                    std::mem::forget(connection);
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("annals-log".into()).spawn(serve);
        let thread = thread.map_err(|error| Error::Failed(format!("no thread: {error}")))?;
        Ok(Self { work: Some(work), thread: Some(thread) })
    }

    /// Runs `work` on the connection.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, done) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let done = work(connection);
            let fatal = done.as_ref().is_err_and(Error::is_fatal);
            // Whoever asked may be gone; what was done stays done.
            let _ = answer.send(done);
            !fatal || planted(Bug::WriteRetriedAfterError)
        });
        let sender = self.work.as_ref().ok_or(Error::Stopped)?;
        sender.try_send(work).map_err(|_| Error::Stopped)?;
        done.await.unwrap_or(Err(Error::Stopped))
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has already reached whoever waited for an answer.
            let _ = thread.join();
        }
    }
}
