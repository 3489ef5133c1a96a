//! The loop of the writer: take what waits, prepare it, hand it to the store, and again what came
//! back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::passengers::{Aboard, Passengers};
use super::prepare::prepare;
use super::{Asked, BATCH_APPENDS_MAX, BATCH_BYTES_MAX, State, Waiting};
use crate::planted::{Bug, Phase, phase, planted};
use crate::store::recent::Recent;
use crate::store::tail::TailFeed;
use crate::store::{Batch, Error, EventStore, Expected, LogHead, Reply, StreamHead};
use crate::stream::StreamId;
use crate::time::{Clock, Timestamp};

/// How often others get their turn while a batch is gathered.
const TURNS_MAX: usize = 16;
/// How often an append that meets a moving stream is tried again before its caller is told.
const ROUNDS_MAX: usize = 1024;

/// What the task itself holds.
pub(super) struct Run {
    pub(super) store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    pub(super) feed: TailFeed,
    report: watch::Sender<State>,
    pub(super) heads: Recent<StreamHead>,
    floor: Timestamp,
    passengers: Arc<Passengers>,
    /// Those of the batch that is being committed.
    aboard: Aboard,
}

impl Run {
    /// What it takes to go on from `head`.
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        clock: Arc<dyn Clock>,
        feed: TailFeed,
        report: watch::Sender<State>,
        passengers: Arc<Passengers>,
        head: LogHead,
    ) -> Self {
        let (heads, floor, aboard) = (Recent::default(), head.recorded_at, Aboard::default());
        Self { store, clock, feed, report, heads, floor, passengers, aboard }
    }

    /// Commits what comes until nobody is left who could send anything.
    pub(super) async fn drain(mut self, mut queue: mpsc::Receiver<Asked>) -> Result<(), Error> {
        let mut waiting = Vec::with_capacity(BATCH_APPENDS_MAX);
        while self.next(&mut waiting, &mut queue).await {
            if !waiting.is_empty() {
                self.gather(&mut waiting, &mut queue).await;
            }
            let mut batch = Vec::with_capacity(waiting.len());
            waiting.drain(..fitting(&waiting)).for_each(|asked| asked.board(&mut batch));
            if let Err(error) = self.commit(batch).await {
                self.fail(&error, waiting, queue);
                return Err(error);
            }
            phase(Phase::Waiting);
        }
        if let Err(error) = self.commit(Vec::new()).await {
            self.fail(&error, waiting, queue);
            return Err(error);
        }
        self.passengers.close(&Error::Stopped);
        self.store.close().await.inspect_err(|error| {
            self.report.send_replace(State::Failed(error.clone()));
        })
    }

    /// Waits for something to commit; says whether there may be more.
    async fn next(&self, waiting: &mut Vec<Asked>, queue: &mut mpsc::Receiver<Asked>) -> bool {
        if !waiting.is_empty() {
            return true;
        }
        tokio::select! {
            biased;
            came = queue.recv_many(waiting, BATCH_APPENDS_MAX) => came > 0,
            () = self.passengers.are_due() => true,
        }
    }

    /// Takes what else waits. Those answered just now get their turn to come again as long as they
    /// keep coming: it fills the batch, and costs one who is alone nothing but a look.
    async fn gather(&self, waiting: &mut Vec<Asked>, queue: &mut mpsc::Receiver<Asked>) {
        let here: usize = waiting.iter().map(Asked::appends).sum();
        let mut room = BATCH_APPENDS_MAX.saturating_sub(here);
        for _ in 0..TURNS_MAX {
            let before = waiting.len();
            tokio::task::yield_now().await;
            while room > 0
                && let Ok(more) = queue.try_recv()
            {
                room = room.saturating_sub(more.appends());
                waiting.push(more);
            }
            if waiting.len() == before {
                return;
            }
        }
    }

    /// The first fatal error ends it: nobody is acknowledged any more, everyone is told why.
    fn fail(&self, error: &Error, waiting: Vec<Asked>, mut queue: mpsc::Receiver<Asked>) {
        tracing::error!(%error, "the writer stops");
        self.report.send_replace(State::Failed(error.clone()));
        self.passengers.close(error);
        queue.close();
        let queued = std::iter::from_fn(|| queue.try_recv().ok());
        let mut refused = Vec::new();
        waiting.into_iter().chain(queued).for_each(|asked| asked.board(&mut refused));
        tell(refused, error);
    }

    /// Commits a batch, and again what came back only because it stood behind something refused.
    async fn commit(&mut self, mut waiting: Vec<Waiting>) -> Result<(), Error> {
        self.aboard = self.passengers.board();
        for _ in 0..ROUNDS_MAX {
            if waiting.is_empty() && self.aboard.is_empty() {
                phase(Phase::Settling);
                return self.store.settle().await.or_else(unless_fatal);
            }
            waiting = match self.round(waiting).await {
                Ok(again) => again,
                Err((error, waiting)) => {
                    tell(waiting, &error);
                    std::mem::take(&mut self.aboard).tell_all(&Err(error.clone()));
                    unless_fatal(error)?;
                    Vec::new()
                }
            };
        }
        let error = Error::Unavailable("the stream kept moving".into());
        tell(waiting, &error);
        std::mem::take(&mut self.aboard).tell_all(&Err(error));
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
            Ok(Reply::Done { admitted, saved }) => {
                let again = self.conclude(batch, admitted, waiting);
                std::mem::take(&mut self.aboard).tell(saved);
                Ok(again)
            }
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
                let Waiting { append, caller } = waiting;
                let base = heads.get(&append.stream);
                let prepared = prepare(append, caller.follows(), base, log_id, self.floor);
                if !prepared.events.is_empty() {
                    heads.moved.insert(prepared.stream.clone(), prepared.head_after());
                }
                prepared
            })
            .collect();
        Ok(Batch { stamp: self.floor, appends, saves: self.aboard.saves.clone() })
    }

    async fn look_up_heads(&mut self, waiting: &[Waiting]) -> Result<(), Error> {
        let far = self.store.heads_are_far();
        let unknown: HashSet<&StreamId> = waiting
            .iter()
            .filter(|waiting| match waiting.append.expected {
                // Where it is expected it is, or the append says so.
                Expected::Empty => false,
                Expected::Any => !far,
                Expected::Exact(_) => !waiting.caller.follows(),
            })
            .map(|waiting| &waiting.append.stream)
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

/// How many of those waiting fit into one transaction; a group is never cut.
fn fitting(waiting: &[Asked]) -> usize {
    let (mut appends, mut bytes) = (0, 0);
    let fits = waiting.iter().take_while(|asked| {
        let room = appends < BATCH_APPENDS_MAX && bytes < BATCH_BYTES_MAX;
        appends += asked.appends();
        bytes += asked.bytes();
        room
    });
    fits.count()
}

fn tell(waiting: Vec<Waiting>, error: &Error) {
    for waiting in waiting {
        waiting.caller.send(Err(error.clone()));
    }
}

fn unless_fatal(error: Error) -> Result<(), Error> {
    if error.is_fatal() { Err(error) } else { Ok(()) }
}
