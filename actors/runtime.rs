//! What runs the actors, written once for all of them: a command comes in, its actor decides, the log
//! records, the answer leaves. Nothing here knows what an agent or a task is.
//!
//! | room | what is in it |
//! |---|---|
//! | [`asked`] | a command on its way, and what becomes of it |
//! | [`registry`] | who lives: starts actors on demand, lets idle ones go, bounds their number |
//! | `inbox` | what waits for one actor, and how it is woken |
//! | `shell` | one actor: drains, decides, appends, answers |
//! | `states` | a state out of the log, with the snapshot as a shortcut |
//! | [`stage`] | the threads that actors live on |
//! | [`tools`] | what all of them work with, and how much of everything there may be |

#![expect(clippy::disallowed_types, reason = "the order of a map decides nothing here")]

pub mod asked;
mod inbox;
pub mod registry;
mod shell;
pub mod stage;
mod states;
#[cfg(test)]
pub(crate) mod tests;
pub mod tools;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use asked::{Done, NewCommand, Place, Refused, Reply};
pub use registry::Registry;
pub(crate) use shell::panics::caught;
pub use stage::Stage;
pub(crate) use states::look;
pub use tools::{Incident, Limits, Tools};

use crate::decider::Decider;

/// A decider that can be run: its state can be copied, kept and sent to the thread it lives on.
pub trait Hosted:
    Decider<Command: Send + Clone, Event: Send + Sync>
    + Clone
    + Serialize
    + DeserializeOwned
    + Send
    + 'static
{
}

impl<D> Hosted for D where
    D: Decider<Command: Send + Clone, Event: Send + Sync>
        + Clone
        + Serialize
        + DeserializeOwned
        + Send
        + 'static
{
}
