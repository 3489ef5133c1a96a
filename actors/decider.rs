//! What every actor is: a state, what may be asked of it, and what then happens. Two functions,
//! both pure; loading, storing and answering are done elsewhere, once for all actors.

use events::codec::Words;
use events::id::{StreamKey, Tenant};
use events::time::Timestamp;

/// What a decider must know beside its state and the command, and may not find out by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The present time.
    pub now: Timestamp,
    /// Whose actor it is.
    pub tenant: Tenant,
    /// The actor's own name among those of its category.
    pub id: StreamKey,
}

/// The state of an actor, which decides about commands and is moved on by events.
/// The default is the state before the first event.
pub trait Decider: Default {
    /// What may be asked of it.
    type Command;
    /// What happens to it.
    type Event: Words;
    /// Why it says no.
    type Rejection: Rejection;

    /// Raised when states of old mean something else than those of today.
    const STATE_VERSION: u32;
    /// A hash of states as they are kept, so that none is taken for one of another shape.
    const SHAPE: u64;

    /// Whether a command is mostly the first that an actor is asked: it is decided as if nothing had
    /// happened yet, and whether that is so, the append tells.
    #[must_use]
    fn begins(_command: &Self::Command) -> bool {
        false
    }

    /// Whether nothing more is likely to be asked, so that the actor need not stay in memory.
    #[must_use]
    fn is_over(&self) -> bool {
        false
    }

    /// Says what a command leads to. No events means that there is nothing to do, which is the
    /// answer to a command that has already succeeded.
    fn decide(
        &self,
        command: Self::Command,
        moment: &Moment,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The event that records a rejection, where one should be found in the actor's history and
    /// not only among the answers. Most are not worth one.
    #[must_use]
    fn record(_rejection: &Self::Rejection) -> Option<Self::Event> {
        None
    }

    /// Moves the state on. Total: what happened has happened, history cannot be refused.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;

    /// The state after a whole history.
    fn replay<'e>(history: impl IntoIterator<Item = &'e Self::Event>) -> Self
    where
        Self::Event: 'e,
    {
        history.into_iter().fold(Self::default(), Self::evolve)
    }
}

/// Why an actor says no: an answer like any other, recorded and given again for ever.
pub trait Rejection: std::error::Error {
    /// The stable code, `task.already_finished`; the same at every door.
    fn code(&self) -> &'static str;
}
