//! How work gets done: who watches the log and hands tasks out, how a task goes to a worker and an
//! answer comes back, and the agents that are built in.
//!
//! | room | what is in it |
//! |---|---|
//! | [`foreman`] | folds the log, chooses, hands out, watches leases and timers |
//! | `handing` | one task on its way to a worker, and what the worker says |
//! | `inputs` | what tasks carry, found again when they are handed out |
//! | [`built_in`] | agents that work in this process |
//! | [`reactor`] | tells actors what follows from events, and parks what it cannot deal with |
//! | [`carrying`] | what commands carry, made ready to be recorded |
//! | `watched` | tells of a part that ends by itself |
//! | `errand` | commands that the system itself gives |

pub mod built_in;
pub mod carrying;
mod errand;
pub mod foreman;
mod handing;
mod inputs;
pub mod reactor;
#[cfg(test)]
mod tests;
mod watched;

pub use handing::{SAID, WORK};

use std::sync::Arc;
use std::time::Duration;

use events::bus::Bus;
use events::store::keys::KeyStore;

use crate::agent::Agent;
use crate::runtime::{Registry, Tools};
use crate::task::Task;
pub use handing::BESIDE_BYTES_MAX;
pub use watched::{Ended, watched};

/// Hears that a part of the system has ended by itself.
pub type OnEnd = Box<dyn Fn(Ended) + Send + Sync>;

/// How long a command of the system may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// What those who hand out work need.
pub struct Means {
    /// All tasks.
    pub tasks: Arc<Registry<Task>>,
    /// All agents.
    pub agents: Arc<Registry<Agent>>,
    /// What all actors work with.
    pub tools: Arc<Tools>,
    /// The keys that what belongs to a person is sealed with: a worker gets it opened.
    pub keys: Arc<dyn KeyStore>,
    /// The bus that workers listen to.
    pub bus: Arc<dyn Bus>,
    /// Who hears that one of those who hand out work has ended by itself.
    pub on_end: OnEnd,
}
