//! What every actor is: a state, what may be asked of it, and what then happens. Two functions,
//! both pure; loading, storing and answering are done elsewhere, once for all actors.

use events::codec::Words;

/// The state of an actor, which decides about commands and is moved on by events.
/// The default is the state before the first event.
pub trait Decider: Default {
    /// What may be asked of it.
    type Command;
    /// What happens to it.
    type Event: Words;
    /// Why it says no.
    type Rejection: Rejection;

    /// Says what a command leads to. No events means that there is nothing to do, which is the
    /// answer to a command that has already succeeded.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

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
