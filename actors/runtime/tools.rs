//! What all actors work with, and how much of everything there may be.

use std::sync::Arc;
use std::time::Duration;

use events::id::CommandId;
use events::store::snapshot::SnapshotStore;
use events::store::{Epochs, LogReader, Owner, Writer};
use events::stream::StreamId;
use events::time::Clock;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How many actors of one kind live at once.
pub const LIVE_MAX: usize = 16_384;
/// How long an actor that nobody asks anything stays.
pub const IDLE: Duration = Duration::from_secs(60);
/// How often idle actors are looked for, while any live.
pub const SWEEP: Duration = Duration::from_secs(10);
/// After how many panics within [`PANICS_WITHIN`] an actor is parked.
pub const PANICS_MAX: u32 = 3;
/// How close together panics are when they count as a loop.
pub const PANICS_WITHIN: Duration = Duration::from_secs(60);
/// How long a parked actor rests.
pub const PARKED: Duration = Duration::from_secs(300);
/// After how many more events a living actor is kept as a snapshot, at least.
pub const SNAPSHOT_EVENTS: u64 = 100;
/// Which part of all its events they are at least: a state that grows is not written again and again.
pub const SNAPSHOT_PART: u64 = 8;
/// How many events a snapshot must save when an actor leaves.
pub const SNAPSHOT_EVENTS_MIN: u64 = 50;
/// How many snapshots are written at once; of more, none is kept.
pub const SAVES_MAX: usize = 4;

/// How much of everything there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many actors of one kind live at once.
    pub live_max: usize,
    /// How long an actor that nobody asks anything stays.
    pub idle: Duration,
    /// How often idle actors are looked for, while any live.
    pub sweep: Duration,
    /// How long a parked actor rests.
    pub parked: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { live_max: LIVE_MAX, idle: IDLE, sweep: SWEEP, parked: PARKED }
    }
}

/// Something about an actor that people should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    /// It panicked; the next command finds it built anew.
    Panicked {
        /// Which one.
        stream: StreamId,
        /// Over which command; none if over its own history.
        command: Option<CommandId>,
        /// What it said.
        what: String,
    },
    /// It panicked too often, and takes nothing for a while.
    Parked {
        /// Which one.
        stream: StreamId,
        /// How long.
        rest: Duration,
    },
    /// Another node owns it.
    Moved {
        /// Which one.
        stream: StreamId,
    },
}

/// Hears of incidents; called on the actor's thread, so it must not wait.
pub type OnIncident = Box<dyn Fn(Incident) + Send + Sync>;

/// What all actors work with.
pub struct Tools {
    /// The one who appends.
    pub writer: Writer,
    /// The reading side of the log.
    pub reader: Arc<dyn LogReader>,
    /// A cache of states.
    pub snapshots: Arc<dyn SnapshotStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where everything is done that may block, or takes long.
    pub pool: Handle,
    /// The partitions as this node has claimed them, if it has: what it decides counts only as long
    /// as nobody else claims them.
    pub epochs: Option<Epochs>,
    /// How much of everything there may be.
    pub limits: Limits,
    /// Who hears of incidents.
    pub on_incident: OnIncident,
    /// Snapshots that may be written just now.
    pub(crate) saves: Arc<Semaphore>,
}

impl Tools {
    /// Tools with the usual limits. Incidents are traced, until someone else wants to hear of them.
    #[must_use]
    pub fn new(
        writer: Writer,
        reader: Arc<dyn LogReader>,
        snapshots: Arc<dyn SnapshotStore>,
        clock: Arc<dyn Clock>,
        pool: Handle,
    ) -> Self {
        let saves = Arc::new(Semaphore::new(SAVES_MAX));
        let on_incident = Box::new(|incident| tracing::error!(?incident, "an actor is in trouble"));
        let limits = Limits::default();
        Self { writer, reader, snapshots, clock, pool, epochs: None, limits, on_incident, saves }
    }

    /// The claim under which a stream is appended to.
    pub(crate) fn owner(&self, stream: &StreamId) -> Option<Owner> {
        let epochs = self.epochs.as_ref()?;
        let partition = stream.partition();
        Some(Owner { partition, epoch: epochs[usize::from(partition)] })
    }
}
