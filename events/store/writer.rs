//! The one task that owns every append. What waits goes in one transaction; nothing waits on a
//! timer. A caller that goes away leaves its command durable or absent, never half.

pub(crate) mod prepare;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::planted::{Bug, Phase, phase, planted};
use crate::recorded::Stored;
use crate::store::admit;
use crate::store::recent::Recent;
use crate::store::tail::TailFeed;
use crate::store::{
    Admitted, Answer, Append, Batch, Error, EventStore, LogHead, Outcome, Prepared, Refusal, Reply,
    StreamHead, Tail,
};
use crate::stream::{StreamId, Version};
use crate::time::{Clock, Timestamp};
use prepare::prepare;

/// How many appends may wait for the writer.
pub const QUEUE_MAX: usize = 4096;
/// The most appends of one transaction.
pub const BATCH_APPENDS_MAX: usize = 1024;
/// The most payload bytes of one transaction, beyond its first append.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How often others get their turn while a batch is gathered.
const TURNS_MAX: usize = 16;
/// How often an append that meets a moving stream is tried again before its caller is told.
const ROUNDS_MAX: usize = 1024;

/// A handle on the writer; clones share it.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Waiting>,
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

#[derive(Debug)]
struct Waiting {
    append: Append,
    answer: oneshot::Sender<Result<Answer, Error>>,
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
        let run =
            Run { store, clock, feed, report, heads: Recent::default(), floor: head.recorded_at };
        #[expect(
            clippy::disallowed_methods,
            reason = "the writer is one of the few tasks that live as long as the process"
        )]
        let task = tokio::spawn(run.drain(waiting));
        (Self { queue, tail, state }, WriterTask(task))
    }

    /// Appends, waiting for a place in the queue: for bulk work.
    pub async fn append(&self, append: Append) -> Result<Answer, Error> {
        append.check()?;
        let (answer, outcome) = oneshot::channel();
        let sent = self.queue.send(Waiting { append, answer }).await;
        self.outcome(sent.map_err(|_| self.stopped()), outcome).await
    }

    /// Appends, or says at once that the log is busy: for doors.
    pub async fn try_append(&self, append: Append) -> Result<Answer, Error> {
        append.check()?;
        let (answer, outcome) = oneshot::channel();
        let sent = self.queue.try_send(Waiting { append, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => self.stopped(),
        });
        self.outcome(sent, outcome).await
    }

    async fn outcome(
        &self,
        sent: Result<(), Error>,
        outcome: oneshot::Receiver<Result<Answer, Error>>,
    ) -> Result<Answer, Error> {
        sent?;
        outcome.await.unwrap_or_else(|_| Err(self.stopped()))
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

    fn stopped(&self) -> Error {
        match &*self.state.borrow() {
            State::Failed(error) => error.clone(),
            State::Running => Error::Stopped,
        }
    }
}

impl WriterTask {
    /// Waits until everything that was sent is answered and the store is closed in good order;
    /// all handles must be gone.
    pub async fn finished(self) -> Result<(), Error> {
        self.0.await.unwrap_or_else(|panic| Err(Error::Failed(format!("the writer: {panic}"))))
    }
}

/// What the task itself holds.
struct Run {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    feed: TailFeed,
    report: watch::Sender<State>,
    heads: Recent<StreamHead>,
    floor: Timestamp,
}

impl Run {
    async fn drain(mut self, mut queue: mpsc::Receiver<Waiting>) -> Result<(), Error> {
        let mut waiting = Vec::with_capacity(BATCH_APPENDS_MAX);
        while !waiting.is_empty() || queue.recv_many(&mut waiting, BATCH_APPENDS_MAX).await > 0 {
            self.gather(&mut waiting, &mut queue).await;
            let batch = waiting.drain(..fitting(&waiting)).collect();
            if let Err(error) = self.commit(batch).await {
                self.fail(&error, waiting, queue);
                return Err(error);
            }
            phase(Phase::Waiting);
        }
        self.store.close().await.inspect_err(|error| {
            self.report.send_replace(State::Failed(error.clone()));
        })
    }

    /// Takes what else waits. Those answered just now get their turn to come again as long as they
    /// keep coming: it fills the batch, and costs one who is alone nothing but a look.
    async fn gather(&self, waiting: &mut Vec<Waiting>, queue: &mut mpsc::Receiver<Waiting>) {
        for _ in 0..TURNS_MAX {
            let before = waiting.len();
            tokio::task::yield_now().await;
            while waiting.len() < BATCH_APPENDS_MAX
                && let Ok(more) = queue.try_recv()
            {
                waiting.push(more);
            }
            if waiting.len() == before {
                return;
            }
        }
    }

    /// The first fatal error ends it: nobody is acknowledged any more, everyone is told why.
    fn fail(&self, error: &Error, waiting: Vec<Waiting>, mut queue: mpsc::Receiver<Waiting>) {
        tracing::error!(%error, "the writer stops");
        self.report.send_replace(State::Failed(error.clone()));
        queue.close();
        let queued = std::iter::from_fn(|| queue.try_recv().ok());
        for waiting in waiting.into_iter().chain(queued) {
            let _ = waiting.answer.send(Err(error.clone()));
        }
    }

    /// Commits a batch, and again what came back only because it stood behind something refused.
    async fn commit(&mut self, mut waiting: Vec<Waiting>) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            if waiting.is_empty() {
                phase(Phase::Settling);
                return self.store.settle().await.or_else(unless_fatal);
            }
            waiting = match self.round(waiting).await {
                Ok(again) => again,
                Err((error, waiting)) => {
                    tell(waiting, &error);
                    unless_fatal(error)?;
                    Vec::new()
                }
            };
        }
        tell(waiting, &Error::Unavailable("the stream kept moving".into()));
        Ok(())
    }

    /// One transaction; gives back those that must be chained to another head.
    async fn round(
        &mut self,
        mut waiting: Vec<Waiting>,
    ) -> Result<Vec<Waiting>, (Error, Vec<Waiting>)> {
        phase(Phase::Preparing);
        let batch = match self.prepare(&waiting).await {
            Ok(batch) => Arc::new(batch),
            Err(error) => return Err((error, waiting)),
        };
        if planted(Bug::AcknowledgeBeforeCommit) {
            self.acknowledge_early(&batch, &mut waiting).await;
        }
        phase(Phase::Committing);
        let mut reply = self.store.append(Arc::clone(&batch)).await;
        if planted(Bug::WriteRetriedAfterError) && reply.as_ref().is_err_and(Error::is_fatal) {
            reply = self.store.append(Arc::clone(&batch)).await;
        }
        match reply {
            Ok(Reply::Done(admitted)) => Ok(self.conclude(batch, admitted, waiting)),
            Ok(Reply::Early(floor)) => {
                self.floor = self.floor.max(floor);
                Ok(waiting)
            }
            Err(error) => {
                // What was refused may have been cached as the head of its stream.
                self.heads = Recent::default();
                Err((error, waiting))
            }
        }
    }

    async fn prepare(&mut self, waiting: &[Waiting]) -> Result<Batch, Error> {
        self.floor = self.floor.max(self.clock.now());
        match self.look_up_heads(waiting).await {
            // One damaged stream must not keep the others out: the store tells them apart.
            Ok(()) | Err(Error::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        let mut heads = InBatch { known: &self.heads, moved: HashMap::new() };
        let log_id = self.store.reader().log_id();
        let appends = waiting
            .iter()
            .map(|waiting| {
                let base = heads.get(&waiting.append.stream);
                let prepared = prepare(&waiting.append, base, log_id, self.floor);
                if !prepared.events.is_empty() {
                    heads.moved.insert(prepared.stream.clone(), prepared.head_after());
                }
                prepared
            })
            .collect();
        Ok(Batch { stamp: self.floor, appends })
    }

    async fn look_up_heads(&mut self, waiting: &[Waiting]) -> Result<(), Error> {
        let far = self.store.heads_are_far();
        let unknown: HashSet<&StreamId> = waiting
            .iter()
            .map(|w| &w.append)
            .filter(|append| !(far && append.expected.allows(Version::ZERO)))
            .map(|append| &append.stream)
            .filter(|stream| self.heads.get(stream).is_none())
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown: Vec<StreamId> = unknown.into_iter().cloned().collect();
        let found = self.store.heads(&unknown).await?;
        unknown.iter().zip(found).for_each(|(stream, head)| self.heads.put(stream, head));
        Ok(())
    }

    /// After the commit: the tail first, then every answer.
    fn conclude(
        &mut self,
        batch: Arc<Batch>,
        admitted: Vec<Admitted>,
        waiting: Vec<Waiting>,
    ) -> Vec<Waiting> {
        phase(Phase::Answering);
        // The store has let go of the batch by now, so this copies nothing.
        let appends = Arc::unwrap_or_clone(batch).appends;
        let (mut recorded, mut again) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(waiting.len());
        for ((prepared, admitted), waiting) in appends.into_iter().zip(admitted).zip(waiting) {
            match admitted {
                Admitted::Recorded(outcome) => {
                    self.heads.put(&prepared.stream, prepared.head_after());
                    recorded.extend(stored(prepared, &outcome));
                    answers.push((waiting.answer, Ok(Answer { outcome, known: false })));
                }
                Admitted::Known(outcome) => {
                    self.heads.forget(&prepared.stream);
                    answers.push((waiting.answer, Ok(Answer { outcome, known: true })));
                }
                Admitted::Refused(Refusal::Rebase { actual }) => {
                    self.heads.put(&prepared.stream, actual);
                    again.push(waiting);
                }
                Admitted::Damaged(damage) => answers.push((waiting.answer, Err(damage.into()))),
                Admitted::Refused(refusal) => {
                    self.heads.forget(&prepared.stream);
                    answers.push((waiting.answer, Err(refusal.error(&prepared))));
                }
            }
        }
        self.feed.push(recorded);
        for (caller, answer) in answers {
            // A caller that went away does not undo what was recorded.
            let _ = caller.send(answer);
        }
        again
    }

    /// The planted bug: where everything is new, answers leave first, and the commit comes after.
    async fn acknowledge_early(&self, batch: &Batch, waiting: &mut [Waiting]) {
        let reader = self.store.reader();
        let Ok(mut log) = reader.head().await else { return };
        for append in &batch.appends {
            let outcome = reader.outcome(&append.stream.tenant, append.command).await;
            if !matches!(outcome, Ok(None)) {
                return;
            }
        }
        for (append, waiting) in batch.appends.iter().zip(waiting) {
            let (outcome, after) = admit::outcome(append, log, batch);
            log = after;
            let answer = std::mem::replace(&mut waiting.answer, oneshot::channel().0);
            let _ = answer.send(Ok(Answer { outcome, known: false }));
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// The heads as they will be while a batch is being prepared.
struct InBatch<'a> {
    known: &'a Recent<StreamHead>,
    moved: HashMap<StreamId, StreamHead>,
}

impl InBatch<'_> {
    fn get(&self, stream: &StreamId) -> StreamHead {
        self.moved.get(stream).copied().or_else(|| self.known.get(stream)).unwrap_or_default()
    }
}

/// How many of those waiting fit into one transaction.
fn fitting(waiting: &[Waiting]) -> usize {
    let mut bytes = 0;
    let fits = waiting.iter().take_while(|w| {
        let room = bytes < BATCH_BYTES_MAX;
        bytes += w.append.decision.events().iter().map(|event| event.payload.len()).sum::<usize>();
        bytes += w.append.blobs.iter().map(|blob| blob.bytes.len()).sum::<usize>();
        room
    });
    fits.count()
}

/// The events of an append as readers see them.
fn stored(prepared: Prepared, outcome: &Outcome) -> Vec<Stored> {
    let Some(span) = outcome.recorded else { return Vec::new() };
    let events = prepared.events.into_iter().zip(0..);
    events
        .map(|(event, n)| {
            Stored::new(span.position.plus(n), event.hash, &event.header, &event.payload)
                .expect("the writer wrote this header")
        })
        .collect()
}

fn tell(waiting: Vec<Waiting>, error: &Error) {
    for waiting in waiting {
        let _ = waiting.answer.send(Err(error.clone()));
    }
}

fn unless_fatal(error: Error) -> Result<(), Error> {
    if error.is_fatal() { Err(error) } else { Ok(()) }
}
