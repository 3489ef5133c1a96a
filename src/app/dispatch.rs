//! Where every command comes through, from whatever door: who asks is allowed to, what is said is
//! read, what is personal sealed, and the actor it is about is asked.

mod checks;
mod runs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actors::command::Spoken;
use actors::runtime::{Done, Hosted, NewCommand, Place, Registry, Reply};
use actors::task::TaskCommand;
use actors::work::Means;
use actors::work::carrying::Carrier;
use actors::work::seats::ask_task;
use bytes::Bytes;
use events::id::Source;
use events::store::Answer;
use events::store::keys::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::asking::{Answered, Asking, Context, PATIENCE, Tell};
use super::background::{Background, SOON};
use super::refusal::Refusal;
use super::tenant_keys::{Keys, RequestKeys};
use super::who::{Action, Who, authorize};
use crate::fact::{Defaults, NotAFact, parse};
pub use checks::seals;
use checks::{carried, named, not_asked, open_fact, readable, says_something, sealable};

/// How much is asked at once, through all doors together.
const ASKED_MAX: usize = 4096;
/// How many KiB all of that and all facts have, as received: some copies of each are made.
const ASKED_KIB_MAX: usize = 128 * 1024;

/// Everyone who can be asked.
pub struct Dispatch {
    means: Arc<Means>,
    keys: Keys,
    background: Background,
    /// Room for what is asked at once.
    room: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    stopping: AtomicBool,
}

/// A fact, as a door has read it.
#[derive(Debug, Clone)]
pub struct Saying {
    /// Who says it.
    pub who: Who,
    /// In whose log.
    pub tenant: events::id::Tenant,
    /// Where it comes from.
    pub source: Source,
    /// The CloudEvent, as received.
    pub body: Bytes,
    /// Why it is said.
    pub context: Context,
}

impl Dispatch {
    /// Asks these.
    #[must_use]
    pub fn new(means: &Arc<Means>, keys: Keys, background: Background) -> Self {
        Self {
            means: Arc::clone(means),
            keys,
            background,
            room: Arc::new(Semaphore::new(ASKED_MAX)),
            kib: Arc::new(Semaphore::new(ASKED_KIB_MAX)),
            stopping: AtomicBool::new(false),
        }
    }

    /// Takes nothing new from now on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Has a command decided and recorded; `tell` is told when it is durable.
    pub fn dispatch(self: &Arc<Self>, asking: Asking, tell: Tell) {
        if let Err(refusal) = self.may_ask(&asking) {
            return tell(Err(refusal));
        }
        let room = Arc::clone(&self.room).try_acquire_owned().ok();
        let Some(held) = room.zip(self.memory_for(&asking.body)) else {
            return tell(Err(Refusal::Busy(SOON)));
        };
        let tell: Tell = Box::new(move |answered| {
            drop(held);
            tell(answered);
        });
        let at_hand = match asking.context.data_subject {
            None => self.keys.at_hand(&asking.tenant),
            Some(_) => None,
        };
        match at_hand {
            Some(keys) => self.ask(asking, &keys, tell),
            None => self.ask_later(asking, tell),
        }
    }

    /// Memory for what is said; none, if there is too much to do.
    fn memory_for(&self, body: &Bytes) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(body.len().div_ceil(1024)).ok()?;
        Arc::clone(&self.kib).try_acquire_many_owned(kib).ok()
    }

    fn may_ask(&self, asking: &Asking) -> Result<(), Refusal> {
        authorize(&asking.who, Action::Command, &asking.tenant)?;
        self.is_open()?;
        named(&asking.target)?;
        sealable(&asking.target, &asking.context)?;
        readable(&asking.body)
    }

    fn is_open(&self) -> Result<(), Refusal> {
        if self.stopping.load(Ordering::Acquire) { Err(Refusal::Stopping) } else { Ok(()) }
    }

    /// Keys that are used for the first time have to be made first; not for what says nothing.
    fn ask_later(self: &Arc<Self>, asking: Asking, tell: Tell) {
        if let Err(refusal) = says_something(&asking, self.means.bus.message_bytes_max()) {
            return tell(Err(refusal));
        }
        let Some(room) = self.background.room() else { return tell(Err(Refusal::Busy(SOON))) };
        let this = Arc::clone(self);
        room.start(async move {
            let subject = asking.context.data_subject.as_deref();
            match this.keys.of(&asking.tenant, subject).await {
                Ok(keys) => this.ask(asking, &keys, tell),
                Err(error) => tell(Err(error.into())),
            }
        });
    }

    fn ask(self: &Arc<Self>, asking: Asking, keys: &RequestKeys, tell: Tell) {
        let means = &self.means;
        match asking.target.category.as_str() {
            "task" => self.ask_task(asking, keys, tell),
            "agent" => ask(&means.agents, asking, keys, tell),
            "pipeline" => {
                let tell = self.forgetting(&asking, tell);
                ask(&means.pipelines, asking, keys, tell);
            }
            "run" => self.ask_run(asking, keys, tell),
            "schedule" => ask(&means.schedules, asking, keys, tell),
            "trigger" => ask(&means.triggers, asking, keys, tell),
            other => tell(Err(not_asked(other))),
        }
    }

    fn ask_task(&self, asking: Asking, keys: &RequestKeys, tell: Tell) {
        let limit = self.means.bus.message_bytes_max();
        let read = read::<TaskCommand>(asking, keys);
        match read.and_then(|read| carried(&read.asked.command, limit).map(|()| read)) {
            Ok(Read { place, asked }) => ask_task(&self.means, place, asked, answering(tell)),
            Err(refusal) => tell(Err(refusal)),
        }
    }

    /// Has a fact recorded; `tell` is told when it is durable.
    pub fn record(self: &Arc<Self>, saying: Saying, tell: Tell) {
        let may = authorize(&saying.who, Action::Fact, &saying.tenant).map_err(Refusal::from);
        let may = may.and_then(|()| self.is_open()).and_then(|()| open_fact(&saying.context));
        if let Err(refusal) = may {
            return tell(Err(refusal));
        }
        let taken = self.memory_for(&saying.body).zip(self.background.room());
        let Some((held, room)) = taken else { return tell(Err(Refusal::Busy(SOON))) };
        let this = Arc::clone(self);
        room.start(async move {
            let recorded = this.recorded(saying).await;
            drop(held);
            tell(recorded);
        });
    }

    async fn recorded(&self, saying: Saying) -> Answered {
        let Saying { who, tenant, source, body, context } = saying;
        let fact = parse(&body, &Defaults { source: Some(&source), mint: None })?;
        if fact.source != source {
            let what =
                format!("its `source` is {}, and it was sent as one of {source}", fact.source);
            return Err(NotAFact::Malformed(what).into());
        }
        let keys = self.keys.of(&tenant, None).await?;
        let append = fact.append(tenant, context.cause(&who), &body, &keys.hash);
        let Answer { outcome, known, .. } = self.means.tools.writer.try_append(append).await?;
        Ok(Done { stream: outcome.stream.clone(), outcome, known })
    }

    /// Waits until everything that was taken is answered, or the time has come.
    pub async fn drain(&self, until: Instant) {
        self.background.drain(until).await;
        self.means.drain(until).await;
    }
}

/// A command that was read, and what is recorded with it.
struct Read<C> {
    place: Place,
    asked: NewCommand<C>,
}

/// Reads what is said; all that it carries is sealed, if a person is named.
fn read<C: Spoken>(asking: Asking, keys: &RequestKeys) -> Result<Read<C>, Refusal> {
    let Asking { who, tenant, target, id, body, context } = asking;
    let request = Request {
        principal: &who.principal,
        category: &target.category,
        key: &target.id,
        verb: target.word.as_str(),
        body: &body,
    }
    .hash(&keys.hash);
    let mut carrier = Carrier::new(&tenant, keys.subject.as_ref());
    let command = C::read(target.word.as_str(), &body, &mut carrier)?;
    let blobs = carrier.into_blobs();
    let (cause, deadline) = (context.cause(&who), Instant::now() + PATIENCE);
    let asked = NewCommand { command, id, request, cause, blobs, deadline };
    Ok(Read { place: Place { tenant, key: target.id }, asked })
}

fn ask<D: Hosted<Command: Spoken>>(
    registry: &Arc<Registry<D>>,
    asking: Asking,
    keys: &RequestKeys,
    tell: Tell,
) {
    match read::<D::Command>(asking, keys) {
        Ok(Read { place, asked }) => registry.ask(place, asked, answering(tell)),
        Err(refusal) => tell(Err(refusal)),
    }
}

fn answering(tell: Tell) -> Reply {
    Box::new(|done| tell(done.map_err(Refusal::from)))
}

#[cfg(test)]
mod tests;
