//! Where every command comes through, from whatever door: who asks is allowed to, what is said is
//! read, what is personal sealed, and the actor it is about is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actors::agent::{Agent, AgentCommand};
use actors::command::{Carrying, Spoken};
use actors::runtime::{Done, Hosted, NewCommand, Place, Registry};
use actors::task::{Task, TaskCommand};
use actors::work::carrying::Carrier;
use actors::work::{BESIDE_BYTES_MAX, Means};
use bytes::Bytes;
use events::bus::Bus;
use events::content::{Content, DEPTH_MAX, Json, depth};
use events::id::Source;
use events::personal::{KeyId, NONCE_BYTES, Personal};
use events::store::keys::Request;
use events::store::{self, Answer, Writer};
use events::subject::Target;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

use super::asking::{Answered, Asking, Context, PATIENCE, Tell};
use super::background::{Background, SOON};
use super::refusal::Refusal;
use super::tenant_keys::{Keys, RequestKeys};
use super::who::{Action, Who, authorize};
use crate::fact::{Defaults, NotAFact, parse};

/// How much is asked at once, through all doors together.
const ASKED_MAX: usize = 4096;
/// How many KiB all of that and all facts have, as received: some copies of each are made.
const ASKED_KIB_MAX: usize = 128 * 1024;

/// Everyone who can be asked.
pub struct Dispatch {
    agents: Arc<Registry<Agent>>,
    tasks: Arc<Registry<Task>>,
    writer: Writer,
    /// The bus that workers are told of tasks by.
    bus: Arc<dyn Bus>,
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
    pub fn new(means: &Means, keys: Keys, background: Background) -> Self {
        Self {
            agents: Arc::clone(&means.agents),
            tasks: Arc::clone(&means.tasks),
            writer: means.tools.writer.clone(),
            bus: Arc::clone(&means.bus),
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
        if let Err(refusal) = self.says_something(&asking) {
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

    fn ask(&self, asking: Asking, keys: &RequestKeys, tell: Tell) {
        match asking.target.category.as_str() {
            "task" => {
                let limit = self.bus.message_bytes_max();
                ask(&self.tasks, asking, keys, tell, |command| carried(command, limit));
            }
            "agent" => ask(&self.agents, asking, keys, tell, |_| Ok(())),
            other => tell(Err(not_asked(other))),
        }
    }

    /// Whether it can be asked, as far as that can be told without a key.
    fn says_something(&self, asking: &Asking) -> Result<(), Refusal> {
        match asking.target.category.as_str() {
            "task" => carried(&tried(asking)?, self.bus.message_bytes_max()),
            "agent" => tried::<AgentCommand>(asking).map(drop),
            other => Err(not_asked(other)),
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
        let Answer { outcome, known, .. } = self.writer.try_append(append).await?;
        Ok(Done { stream: outcome.stream.clone(), outcome, known })
    }

    /// Waits until everything that was taken is answered, or the time has come.
    pub async fn drain(&self, until: Instant) {
        self.background.drain(until).await;
        self.tasks.drain(until).await;
        self.agents.drain(until).await;
    }
}

/// A fact is recorded as it was received, so nothing of it can be sealed.
fn open_fact(context: &Context) -> Result<(), Refusal> {
    match context.data_subject {
        Some(_) => {
            Err(Refusal::Unreadable("a fact cannot be sealed; say it without a person".into()))
        }
        None => Ok(()),
    }
}

/// Whether something of what is said with this verb can be sealed.
#[must_use]
pub fn seals(verb: &str) -> bool {
    matches!(verb, "submit" | "complete" | "register" | "change")
}

/// What names a person is sealed, so it must be something that can be.
fn sealable(target: &Target, context: &Context) -> Result<(), Refusal> {
    let verb = target.word.as_str();
    if context.data_subject.is_none() || seals(verb) {
        return Ok(());
    }
    let what = format!("nothing of `{verb}` can be sealed; say it without a person");
    Err(Refusal::Unreadable(what))
}

/// Whether something may be called this: a task is called by a uuid, and in one way only.
fn named(target: &Target) -> Result<(), Refusal> {
    let id = target.id.as_str();
    if id.starts_with('_') {
        return Err(Refusal::Unreadable("ids that begin with `_` are reserved".into()));
    }
    let is_uuid = || Uuid::parse_str(id).is_ok_and(|uuid| uuid.to_string() == id);
    if target.category.as_str() == "task" && !is_uuid() {
        let what = format!("{id:?} is no id of a task: that is a uuid, in small letters");
        return Err(Refusal::Unreadable(what));
    }
    Ok(())
}

/// Whether something can be read at all.
fn readable(body: &[u8]) -> Result<(), Refusal> {
    let text = str::from_utf8(body).map_err(|_| Refusal::Unreadable("it is not UTF-8".into()))?;
    match depth(text) {
        depth if depth > DEPTH_MAX => Err(Refusal::TooDeep(depth)),
        _ => Ok(()),
    }
}

/// Whether a task that is handed in could be handed out: what a worker is told must fit into one
/// message.
fn carried(command: &TaskCommand, limit: usize) -> Result<(), Refusal> {
    let TaskCommand::Submit(order) = command else { return Ok(()) };
    let input = match &order.input {
        Content::Inline(json) => json.as_str().len(),
        Content::Blob(blob) => usize::try_from(blob.bytes).unwrap_or(usize::MAX),
        Content::Sealed(sealed) => sealed.ciphertext().len(),
    };
    // The kind may have characters that take more room in JSON.
    let kind = serde_json::to_string(&order.kind).map_or(usize::MAX, |kind| kind.len());
    let actual = input.saturating_add(kind).saturating_add(BESIDE_BYTES_MAX);
    if actual <= limit {
        return Ok(());
    }
    let what = "bytes to tell a worker";
    Err(Refusal::Log(store::Error::TooLarge { what, actual, limit }))
}

fn not_asked(category: &str) -> Refusal {
    Refusal::Unknown(format!("{category:?} cannot be asked anything; task and agent can"))
}

/// Reads what is said, and seals nothing.
fn tried<C: Spoken>(asking: &Asking) -> Result<C, Refusal> {
    let mut unsealed = Unsealed { names_someone: asking.context.data_subject.is_some() };
    Ok(C::read(asking.target.word.as_str(), &asking.body, &mut unsealed)?)
}

/// Carries everything as it is, only to see whether it can be read. None of it is kept.
struct Unsealed {
    names_someone: bool,
}

impl Carrying for Unsealed {
    fn content(&mut self, json: Json) -> Content {
        Content::Inline(json)
    }

    fn personal(&mut self, word: String) -> Option<Personal<String>> {
        let nobody = (KeyId(Uuid::nil()), Uuid::nil(), [0; NONCE_BYTES]);
        let sealed = Personal::from_parts(nobody.0, nobody.1, nobody.2, word.into_bytes());
        self.names_someone.then_some(sealed)
    }
}

fn ask<D: Hosted<Command: Spoken>>(
    registry: &Arc<Registry<D>>,
    asking: Asking,
    keys: &RequestKeys,
    tell: Tell,
    check: impl FnOnce(&D::Command) -> Result<(), Refusal>,
) {
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
    let command = match D::Command::read(target.word.as_str(), &body, &mut carrier) {
        Ok(command) => command,
        Err(malformed) => return tell(Err(malformed.into())),
    };
    if let Err(refusal) = check(&command) {
        return tell(Err(refusal));
    }
    let blobs = carrier.into_blobs();
    let (cause, deadline) = (context.cause(&who), Instant::now() + PATIENCE);
    let asked = NewCommand { command, id, request, cause, blobs, deadline };
    let place = Place { tenant, key: target.id };
    registry.ask(place, asked, Box::new(|done| tell(done.map_err(Refusal::from))));
}

#[cfg(test)]
mod tests;
