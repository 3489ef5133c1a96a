//! A command on its way to an actor, and what becomes of it. Whatever happens, it is answered, and
//! once: who sends knows that an answer comes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::time::Duration;

use events::id::{CommandId, StreamKey, Tenant};
use events::store::{self, Cause, NewBlob, Outcome, RequestHash};
use events::stream::StreamId;
use tokio::time::Instant;

use super::inbox::Inbox;

/// Where an actor is found among those of its category.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its own name.
    pub key: StreamKey,
}

/// A command with all that is recorded beside it.
#[derive(Debug, Clone)]
pub struct NewCommand<C> {
    /// What is asked.
    pub command: C,
    /// Its id, idempotent for ever.
    pub id: CommandId,
    /// What the request was, so that its id cannot be used for something else.
    pub request: RequestHash,
    /// Who asks, and why.
    pub cause: Cause,
    /// Bytes that it refers to.
    pub blobs: Vec<NewBlob>,
    /// When it is no longer worth deciding.
    pub deadline: Instant,
}

/// Where the answer goes. Called once, on the thread of the actor or of who asked, while nothing is
/// locked; it must not wait.
pub type Reply = Box<dyn FnOnce(Result<Done, Refused>) + Send>;

/// A command that was decided. That the domain says no is an outcome like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The actor's stream.
    pub stream: StreamId,
    /// What is on record.
    pub outcome: Outcome,
    /// Whether it was recorded before.
    pub known: bool,
}

/// Why a command has no outcome. Nothing of it is on record, as far as anyone can tell.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// Its id was used for another request.
    #[error("the command id was used before, for another request")]
    Reused,
    /// Too much waits.
    #[error("too much waits; try again in {} ms", retry.as_millis())]
    Busy {
        /// When it may be worth another try.
        retry: Duration,
    },
    /// The actor panicked too often.
    #[error("the actor panicked too often, and rests for a while")]
    Parked,
    /// Its deadline has passed.
    #[error("the deadline passed before it was decided")]
    Late,
    /// Another node owns the actor by now.
    #[error("the actor lives on another node by now")]
    Moved,
    /// The actor panicked over it, or ended before it had an answer. To ask again under the same id
    /// does no harm.
    #[error("the actor broke before it had an answer; ask again under the same id")]
    Broken,
    /// The log does not take it, or does not say what was before.
    #[error(transparent)]
    Log(#[from] store::Error),
}

/// A command that waits for its answer.
pub(crate) struct Asked<C> {
    new: NewCommand<C>,
    reply: Option<Reply>,
    permit: Option<Permit<C>>,
}

impl<C> Asked<C> {
    pub(crate) fn new(new: NewCommand<C>, reply: Reply) -> Self {
        Self { new, reply: Some(reply), permit: None }
    }

    pub(crate) fn new_command(&self) -> &NewCommand<C> {
        &self.new
    }

    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.new.deadline <= now
    }

    /// It takes one of the places of an inbox for as long as it is not answered.
    pub(crate) fn hold(&mut self, permit: Permit<C>) {
        self.permit = Some(permit);
    }

    /// The planted bug: the place is never given back.
    pub(crate) fn leak_permit(&mut self) {
        std::mem::forget(self.permit.take());
    }

    /// Answers. The place is free before the answer is heard, so that who hears it may ask again.
    pub(crate) fn answer(mut self, answer: Result<Done, Refused>) {
        self.permit = None;
        self.tell(answer);
    }

    fn tell(&mut self, answer: Result<Done, Refused>) {
        let Some(reply) = self.reply.take() else { return };
        // An answer that cannot be heard must not take the actor down, nor those that wait behind it.
        if catch_unwind(AssertUnwindSafe(|| reply(answer))).is_err() {
            tracing::error!(command = %self.new.id, "who takes the answer to a command panicked");
        }
    }
}

impl<C> Drop for Asked<C> {
    fn drop(&mut self) {
        self.permit = None;
        self.tell(Err(Refused::Broken));
    }
}

/// One of the places of an inbox, until this is dropped.
pub(crate) struct Permit<C>(Weak<Inbox<C>>);

impl<C> Permit<C> {
    pub(crate) fn of(inbox: Weak<Inbox<C>>) -> Self {
        Self(inbox)
    }
}

impl<C> Drop for Permit<C> {
    fn drop(&mut self) {
        if let Some(inbox) = self.0.upgrade() {
            inbox.give_back();
        }
    }
}
