//! What an actor does with commands: it decides them on its state, hands the decisions to the log as
//! one group, and moves its state on by what was recorded. The log is right about everything: where
//! it disagrees, the state is read again, and what stood behind is decided again.

use std::collections::VecDeque;
use std::sync::Arc;

use events::id::CommandId;
use events::store::writer::Answers;
use events::store::{Append, Owner};
use events::stream::{StreamId, Version};
use tokio::time::Instant;

use super::deciding::{Target, decide};
use super::group::{Group, Turn};
use super::panics::Crashes;
use crate::runtime::asked::Asked;
use crate::runtime::inbox::Leave;
use crate::runtime::states::{Standing, Unloaded, keep};
use crate::runtime::tools::{SNAPSHOT_EVENTS, SNAPSHOT_EVENTS_MIN, SNAPSHOT_PART};
use crate::runtime::{Hosted, Incident, Refused, Tools};

/// How often in a row an actor is told that its stream has moved before it gives up for now.
const ROUNDS_MAX: u32 = 8;
/// How long those wait who are told to come again.
pub(crate) const RETRY: std::time::Duration = std::time::Duration::from_millis(50);

/// Commands in the order they came.
pub(super) type Waiting<C> = VecDeque<Box<Asked<C>>>;

/// An actor without its mailbox.
pub(crate) struct Core<D> {
    stream: StreamId,
    owner: Option<Owner>,
    state: Option<Standing<D>>,
    /// Whether the log was found to say otherwise, so that nothing may be assumed about it.
    must_load: bool,
    is_moved: bool,
    crashes: Crashes,
    tools: Arc<Tools>,
}

impl<D: Hosted> Core<D> {
    pub(crate) fn new(stream: StreamId, tools: Arc<Tools>) -> Self {
        let (owner, crashes) = (tools.owner(&stream), Crashes::default());
        Self { stream, owner, state: None, must_load: false, is_moved: false, crashes, tools }
    }

    pub(crate) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Answers all of these.
    pub(super) async fn answer_all(&mut self, mut waiting: Waiting<D::Command>) {
        let mut rounds = 0;
        while let Some(first) = waiting.front() {
            if self.crashes.is_parked(Instant::now()) {
                return refuse_all(waiting, &Refused::Parked);
            }
            if self.is_moved {
                return refuse_all(waiting, &Refused::Moved);
            }
            if rounds == ROUNDS_MAX {
                return refuse_all(waiting, &Refused::Busy { retry: RETRY });
            }
            let begins = D::begins(&first.new_command().command);
            let state = match self.state(begins).await {
                Ok(state) => state,
                Err(unloaded) => return self.refuse_for(unloaded, waiting),
            };
            let before = waiting.len();
            let target = Target { stream: &self.stream, owner: self.owner };
            let group = decide(state, &mut waiting, target, &self.tools);
            self.commit(group, &mut waiting).await;
            rounds = if waiting.len() < before { 0 } else { rounds + 1 };
        }
    }

    /// The state as far as it is known; read from the log if it is not, unless the first command is
    /// mostly the first of all.
    async fn state(&mut self, begins: bool) -> Result<Standing<D>, Unloaded> {
        match self.state.take() {
            Some(state) if !self.must_load => return Ok(state),
            Some(state) if !state.is_assumed => {
                let (tools, stream) = (Arc::clone(&self.tools), self.stream.clone());
                return self.loaded(state.catch_up(tools, stream)).await;
            }
            Some(_) | None => {}
        }
        if begins && !self.must_load {
            return Ok(Standing::assumed());
        }
        self.loaded(Standing::load(Arc::clone(&self.tools), self.stream.clone())).await
    }

    /// A load may block, which nothing on an actor's thread may do.
    async fn loaded(
        &mut self,
        load: impl Future<Output = Result<Standing<D>, Unloaded>> + Send + 'static,
    ) -> Result<Standing<D>, Unloaded> {
        let loaded = self.tools.pool.spawn(load).await;
        let state = loaded.unwrap_or_else(|gone| Err(Unloaded::Panicked(gone.to_string())))?;
        self.must_load = false;
        Ok(state)
    }

    /// Appends what was decided, answers, and puts back what must be decided again.
    async fn commit(&mut self, mut group: Group<D>, waiting: &mut Waiting<D::Command>) {
        for (command, what) in std::mem::take(&mut group.panics) {
            self.crashed(Some(command), what);
        }
        let appends = group.appends();
        let answers = if appends.is_empty() { Vec::new() } else { self.append(appends).await };
        let turn = group.conclude(answers, waiting);
        self.turn(turn);
    }

    fn turn(&mut self, turn: Turn<D>) {
        match turn {
            Turn::Stands(state) => self.state = Some(state),
            Turn::Behind(state) => (self.state, self.must_load) = (Some(state), true),
            Turn::Lost => (self.state, self.must_load) = (None, true),
            Turn::Panicked(what) => {
                (self.state, self.must_load) = (None, true);
                self.crashed(None, what);
            }
            Turn::Moved => {
                (self.state, self.must_load) = (None, true);
                self.is_moved = true;
                (self.tools.on_incident)(Incident::Moved { stream: self.stream.clone() });
            }
        }
        self.keep_now_and_then();
    }

    fn crashed(&mut self, command: Option<CommandId>, what: String) {
        let (stream, rest) = (self.stream.clone(), self.tools.limits.parked);
        (self.tools.on_incident)(Incident::Panicked { stream, command, what });
        if self.crashes.note(Instant::now(), rest) {
            let stream = self.stream.clone();
            (self.tools.on_incident)(Incident::Parked { stream, rest });
        }
    }

    /// Without a state nothing can be decided, and all that wait need one.
    fn refuse_for(&mut self, unloaded: Unloaded, waiting: Waiting<D::Command>) {
        self.must_load = true;
        match unloaded {
            Unloaded::Log(error) => refuse_all(waiting, &Refused::Log(error)),
            Unloaded::Panicked(what) => {
                self.crashed(None, what);
                refuse_all(waiting, &Refused::Broken);
            }
        }
    }

    fn keep_now_and_then(&mut self) {
        let Some(state) = &mut self.state else { return };
        if state.unsaved() >= SNAPSHOT_EVENTS.max(state.head.version.0 / SNAPSHOT_PART) {
            state.saved = state.head.version;
            drop(keep(&self.tools, &self.stream, state.state.clone(), state.head, false));
        }
    }

    /// Whether the actor leaves when nothing waits. One with a bad record stays, so that it does not begin
    /// anew, unless it takes the room of others: many of them must not keep everyone out.
    pub(super) fn goes(&mut self, leave: Leave) -> bool {
        let is_over = match &self.state {
            Some(state) => state.head.version == Version::ZERO || state.state.is_over(),
            None => true,
        };
        let wants = leave == Leave::IfIdle || is_over || self.is_moved;
        leave >= Leave::InACrowd || (wants && self.crashes.are_forgotten(Instant::now()))
    }

    /// Takes a snapshot on leaving, if it saves enough. Where all leave, each waits for its own.
    pub(super) async fn keep(&mut self, leave: Leave) {
        let is_true = |state: &Standing<D>| !self.must_load && !state.is_assumed;
        let Some(state) = self.state.take().filter(is_true) else { return };
        if state.unsaved() < SNAPSHOT_EVENTS_MIN {
            return;
        }
        let kept = keep(&self.tools, &self.stream, state.state, state.head, leave == Leave::Now);
        if let Some(kept) = kept.filter(|_| leave == Leave::Now) {
            // A snapshot that was not kept costs time, and nothing else.
            let _ = kept.await;
        }
    }

    async fn append(&self, appends: Vec<Append>) -> Answers {
        let count = appends.len();
        let answers = self.tools.writer.append_group(appends).await;
        answers.unwrap_or_else(|error| vec![Err(error); count])
    }
}

fn refuse_all<C>(waiting: Waiting<C>, refused: &Refused) {
    waiting.into_iter().for_each(|asked| asked.answer(Err(refused.clone())));
}
