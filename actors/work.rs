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
//! | [`seats`] | tasks that are submitted to an agent that has room at once |
//! | `telling` | how an actor of any kind is told something |
//! | [`definitions`] [`forks`] | what a run must be told that begins: its definition, another run's past |

pub mod built_in;
pub mod carrying;
pub mod definitions;
mod errand;
pub mod foreman;
pub mod forks;
mod handing;
mod inputs;
pub mod reactor;
pub mod seats;
pub mod telling;
#[cfg(test)]
mod tests;
mod watched;

pub use handing::{SAID, WORK};

use std::sync::Arc;
use std::time::Duration;

use events::bus::Bus;
use events::store::keys::KeyStore;
use tokio::time::Instant;

use crate::agent::Agent;
use crate::pipeline::Pipeline;
use crate::run::Run;
use crate::runtime::{Registry, Stage, Tools};
use crate::schedule::Schedule;
use crate::task::Task;
use crate::trigger::Trigger;
use definitions::Definitions;
pub use handing::BESIDE_BYTES_MAX;
use seats::Seats;
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
    /// All pipelines.
    pub pipelines: Arc<Registry<Pipeline>>,
    /// All runs.
    pub runs: Arc<Registry<Run>>,
    /// All schedules.
    pub schedules: Arc<Registry<Schedule>>,
    /// All triggers.
    pub triggers: Arc<Registry<Trigger>>,
    /// What runs go by.
    pub definitions: Arc<Definitions>,
    /// Who has room for what is submitted.
    pub seats: Arc<Seats>,
    /// What all actors work with.
    pub tools: Arc<Tools>,
    /// The keys that what belongs to a person is sealed with: a worker gets it opened.
    pub keys: Arc<dyn KeyStore>,
    /// The bus that workers listen to.
    pub bus: Arc<dyn Bus>,
    /// Who hears that one of those who hand out work has ended by itself.
    pub on_end: OnEnd,
}

impl Means {
    /// With actors that live on this stage, none of which is asked anything yet.
    #[must_use]
    pub fn new(
        stage: &Stage,
        tools: Arc<Tools>,
        keys: Arc<dyn KeyStore>,
        bus: Arc<dyn Bus>,
        on_end: OnEnd,
    ) -> Self {
        Self {
            tasks: Registry::new(stage.clone(), Arc::clone(&tools)),
            agents: Registry::new(stage.clone(), Arc::clone(&tools)),
            pipelines: Registry::new(stage.clone(), Arc::clone(&tools)),
            runs: Registry::new(stage.clone(), Arc::clone(&tools)),
            schedules: Registry::new(stage.clone(), Arc::clone(&tools)),
            triggers: Registry::new(stage.clone(), Arc::clone(&tools)),
            definitions: Arc::new(Definitions::of(Arc::clone(&tools))),
            seats: Arc::default(),
            tools,
            keys,
            bus,
            on_end,
        }
    }

    /// Lets nobody begin any more, and waits until what was taken is answered and every actor has left;
    /// until this moment at the latest.
    pub async fn drain(&self, until: Instant) {
        // Runs ask for tasks, and nobody is asked by tasks.
        self.triggers.drain(until).await;
        self.schedules.drain(until).await;
        self.runs.drain(until).await;
        self.pipelines.drain(until).await;
        self.tasks.drain(until).await;
        self.agents.drain(until).await;
    }
}
