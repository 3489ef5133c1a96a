//! What a reaction remembers of what happened before, where an event does not say all that follows
//! from it: others have agreed on that earlier.

use events::header::Header;
use events::known::Known;
use events::stream::Position;

use super::ToDo;

/// A memory, and what follows from events by it. It may have heard more than the events that are reacted
/// to: what it remembers says from where to where in the log it holds, so an event leads to the same
/// commands whenever it is reacted to.
pub trait Mind: Send {
    /// The category of the events that it remembers.
    fn category(&self) -> &'static str;

    /// Whether an event may lead to something, by a look at how it is headed. If not, it is not read.
    fn cares(&self, header: &Header<'_>) -> bool;

    /// Remembers an event of its category. It is told of all of them, in their order, once. Says why,
    /// if it does not.
    fn remember(&mut self, event: &Known) -> Result<(), String>;

    /// What is to be done because of an event. Says why, where it has forgotten what follows: then the
    /// event is held up, like each that cannot be dealt with.
    fn react(&self, event: &Known) -> Result<Vec<Led>, String>;

    /// Nothing before this place will be reacted to any more, so what held only there may be forgotten.
    fn forget_before(&mut self, position: Position);

    /// All that it remembers, as bytes.
    fn keep(&self) -> Vec<u8>;

    /// Remembers what was kept, and nothing else; says whether it understands it.
    fn recall(&mut self, kept: &[u8]) -> bool;

    /// Remembers nothing.
    fn forget(&mut self);
}

/// A command that follows from an event because of something that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// What it is that is remembered. Of each there is one command for an event, whose id is made of
    /// this.
    pub because: String,
    /// The command.
    pub to_do: ToDo,
}
