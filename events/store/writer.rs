//! The one task that owns every append. What waits goes in one transaction; nothing waits on a
//! timer. A caller that goes away leaves its command durable or absent, never half.

mod asked;
mod conclude;
mod group;
mod passengers;
pub(crate) mod prepare;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::store::tail::TailFeed;
use crate::store::{Answer, Append, Error, EventStore, LogHead, Save, Tail};
use crate::time::Clock;
use asked::{Asked, Waiting};
use group::Caller;
pub use group::{Answers, GROUP_APPENDS_MAX, GROUP_BYTES_MAX, Group};
use passengers::Passengers;
pub use passengers::{CONSUMERS_MAX, SAVE_WAIT_MAX, SavedLater};
use run::Run;

/// How many appends and groups of them may wait for the writer.
pub const QUEUE_MAX: usize = 4096;
/// The most appends of one transaction, but for a group at its end.
pub const BATCH_APPENDS_MAX: usize = 1024;
/// The most payload bytes of one transaction, beyond its first append.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A handle on the writer; clones share it.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Asked>,
    passengers: Arc<Passengers>,
    tail: Tail,
    state: watch::Receiver<State>,
}

/// The writer's task; wait for it after the last handle is gone, and everything is settled.
#[derive(Debug)]
pub struct WriterTask(JoinHandle<Result<(), Error>>);

/// How the writer is.
#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Running,
    /// Nothing more is acknowledged.
    Failed(Error),
}

impl Writer {
    /// Starts the writer of a store whose log ends at `head`.
    #[must_use]
    pub fn start(
        store: Arc<dyn EventStore>,
        clock: Arc<dyn Clock>,
        head: LogHead,
    ) -> (Self, WriterTask) {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (feed, tail) = TailFeed::new(head.position, store.arrivals());
        let (report, state) = watch::channel(State::default());
        let passengers = Arc::<Passengers>::default();
        let run = Run::new(store, clock, feed, report, Arc::clone(&passengers), head);
        #[expect(
            clippy::disallowed_methods,
            reason = "the writer is one of the few tasks that live as long as the process"
        )]
        let task = tokio::spawn(run.drain(waiting));
        (Self { queue, passengers, tail, state }, WriterTask(task))
    }

    /// Appends, waiting for a place in the queue: for bulk work.
    pub async fn append(&self, append: Append) -> Result<Answer, Error> {
        let (asked, outcome) = alone(append)?;
        self.send(asked).await?;
        outcome.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Appends, or says at once that the log is busy: for doors.
    pub async fn try_append(&self, append: Append) -> Result<Answer, Error> {
        let (asked, outcome) = alone(append)?;
        self.try_send(asked)?;
        outcome.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Appends a group, waiting for a place in the queue and then for the commit.
    pub async fn append_group(&self, group: Vec<Append>) -> Result<Answers, Error> {
        self.send_group(group).await?.answers().await
    }

    /// Sends a group, waiting for a place in the queue; what becomes of it is asked later.
    pub async fn send_group(&self, group: Vec<Append>) -> Result<Group, Error> {
        let (asked, group) = self.together(group)?;
        self.send(asked).await?;
        Ok(group)
    }

    /// Sends a group, or says at once that the log is busy.
    pub fn try_send_group(&self, group: Vec<Append>) -> Result<Group, Error> {
        let (asked, group) = self.together(group)?;
        self.try_send(asked)?;
        Ok(group)
    }

    /// Keeps what a consumer leaves: with the next batch, or alone if there is none for a while. Of saves
    /// that wait, the last one of a consumer counts, and what is parked and settled adds up.
    pub fn save(&self, save: Save) -> SavedLater {
        self.passengers.wait(save)
    }

    fn together(&self, group: Vec<Append>) -> Result<(Asked, Group), Error> {
        group::check(&group)?;
        let (caller, answers) = oneshot::channel();
        let state = self.state.clone();
        Ok((Asked::Group(group, caller), Group { answers, state }))
    }

    async fn send(&self, asked: Asked) -> Result<(), Error> {
        self.queue.send(asked).await.map_err(|_| self.stopped())
    }

    fn try_send(&self, asked: Asked) -> Result<(), Error> {
        self.queue.try_send(asked).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => self.stopped(),
        })
    }

    /// The newest events.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// Waits until the writer has failed, and says why; for ever, if it never does.
    pub async fn failed(&self) -> Error {
        let mut state = self.state.clone();
        match state
            .wait_for(|state| matches!(state, State::Failed(_)))
            .await
            .map(|state| state.clone())
        {
            Ok(State::Failed(error)) => error,
            _ => std::future::pending().await,
        }
    }

    /// Whether nothing more will be recorded.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.queue.is_closed()
    }

    fn stopped(&self) -> Error {
        stopped(&self.state)
    }
}

/// Why nothing is answered any more.
fn stopped(state: &watch::Receiver<State>) -> Error {
    match &*state.borrow() {
        State::Failed(error) => error.clone(),
        State::Running => Error::Stopped,
    }
}

/// One append, and where its answer comes.
fn alone(append: Append) -> Result<(Asked, oneshot::Receiver<Result<Answer, Error>>), Error> {
    append.check()?;
    let (caller, outcome) = oneshot::channel();
    Ok((Asked::One(Waiting { append, caller: Caller::Alone(caller) }), outcome))
}

impl WriterTask {
    /// Waits until everything that was sent is answered and the store is closed in good order;
    /// all handles must be gone.
    pub async fn finished(self) -> Result<(), Error> {
        self.0.await.unwrap_or_else(|panic| Err(Error::Failed(format!("the writer: {panic}"))))
    }
}
