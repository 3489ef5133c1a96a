//! A state out of the log: the snapshot, if it fits, and every event behind it. Never a shorter
//! history than the log has; rather none.

use std::sync::Arc;

use events::codec::decode;
use events::recorded::Stored;
use events::store::snapshot::{Shape, Snapshot};
use events::store::{self, Damage, StreamHead};
use events::stream::{Direction, StreamId, Version};
use events::time::Timestamp;
use tokio::task::JoinHandle;

use super::shell::panics::caught;
use super::tools::SNAPSHOT_EVENTS_MIN;
use super::{Hosted, Refused, Tools};

/// How many events are read at once.
const PAGE_EVENTS: usize = 256;
/// How many events a history has at most that is read without looking for a snapshot of it.
const SHORT_EVENTS: u64 = 16;

const _: () = assert!(SHORT_EVENTS < SNAPSHOT_EVENTS_MIN, "a short history has no snapshot");

/// A state, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing<D> {
    pub(crate) state: D,
    /// The newest event in it.
    pub(crate) head: StreamHead,
    /// When that was recorded.
    pub(crate) last_at: Timestamp,
    /// The version of the newest snapshot.
    pub(crate) saved: Version,
    /// Whether nobody has looked into the log yet.
    pub(crate) is_assumed: bool,
}

/// Why there is no state.
#[derive(Debug)]
pub(crate) enum Unloaded {
    /// The log does not tell.
    Log(store::Error),
    /// The history makes the decider panic.
    Panicked(String),
}

impl From<store::Error> for Unloaded {
    fn from(error: store::Error) -> Self {
        Self::Log(error)
    }
}

impl<D: Hosted> Standing<D> {
    /// The state of an actor that most likely nobody has heard of.
    pub(crate) fn assumed() -> Self {
        Self { is_assumed: true, ..Self::before_all() }
    }

    fn before_all() -> Self {
        let (head, last_at) = (StreamHead::default(), Timestamp(i64::MIN));
        Self { state: D::default(), head, last_at, saved: head.version, is_assumed: false }
    }

    /// How many events no snapshot has.
    pub(crate) fn unsaved(&self) -> u64 {
        self.head.version.0.saturating_sub(self.saved.0)
    }

    /// Reads a state from the snapshot and the log; most histories are short, and read in one go.
    pub(crate) async fn load(tools: Arc<Tools>, stream: StreamId) -> Result<Self, Unloaded> {
        let (head, first) = tools.reader.beginning(&stream, SHORT_EVENTS as usize).await?;
        let standing = if head.version.0 <= SHORT_EVENTS {
            Self::before_all().moved_on(&stream, &first)?
        } else {
            let kept = Self::from_snapshot(&tools, &stream, head.version).await?;
            kept.unwrap_or_else(Self::before_all)
        };
        standing.up_to(&tools, &stream, head.version).await
    }

    /// Goes on from a state that misses what others have appended.
    pub(crate) async fn catch_up(
        self,
        tools: Arc<Tools>,
        stream: StreamId,
    ) -> Result<Self, Unloaded> {
        let head = head(&tools, &stream).await?;
        self.up_to(&tools, &stream, head).await
    }

    /// A snapshot that does not match program and log in everything is as good as none.
    async fn from_snapshot(
        tools: &Tools,
        stream: &StreamId,
        head: Version,
    ) -> Result<Option<Self>, Unloaded> {
        let Some(snapshot) = tools.snapshots.load(stream) else { return Ok(None) };
        let version = snapshot.version;
        if version == Version::ZERO || version > head {
            return Ok(None);
        }
        let events = tools.reader.read_stream(stream, version, Direction::Forwards, 1).await?;
        let Some(newest) = events.first().filter(|event| event.header().version == version) else {
            return Err(short(stream, version));
        };
        if !snapshot.fits(shape::<D>(), Some(newest.hash())) {
            return Ok(None);
        }
        let head = StreamHead { version, hash: newest.hash() };
        let last_at = newest.header().recorded_at;
        let standing = |state| Self { state, head, last_at, saved: version, is_assumed: false };
        Ok(snapshot.state::<D>().map(standing))
    }

    async fn up_to(
        mut self,
        tools: &Tools,
        stream: &StreamId,
        head: Version,
    ) -> Result<Self, Unloaded> {
        while self.head.version < head {
            let (from, way) = (self.head.version.next(), Direction::Forwards);
            let page = tools.reader.read_stream(stream, from, way, PAGE_EVENTS).await?;
            if page.is_empty() {
                return Err(short(stream, from));
            }
            self = self.moved_on(stream, &page)?;
        }
        Ok(self)
    }

    fn moved_on(mut self, stream: &StreamId, events: &[Stored]) -> Result<Self, Unloaded> {
        for stored in events {
            let header = stored.header();
            let next = self.head.version.next();
            if header.version != next {
                return Err(short(stream, next));
            }
            let event = decode::<D::Event>(header.wire_type, header.schema, stored.payload())
                .map_err(|error| {
                    Damage::at(stored.position(), error.to_string()).in_stream(stream, next)
                })
                .map_err(store::Error::from)?;
            let state = self.state;
            self.state = caught(|| state.evolve(&event)).map_err(Unloaded::Panicked)?;
            self.head = StreamHead { version: next, hash: stored.hash() };
            self.last_at = header.recorded_at;
        }
        Ok(self)
    }
}

/// An actor as it stands in the log, and its version, for who looks and asks nothing. It may block.
pub(crate) async fn look<D: Hosted>(
    tools: &Arc<Tools>,
    stream: StreamId,
) -> Result<(D, Version), Refused> {
    let name = stream.clone();
    match Standing::<D>::load(Arc::clone(tools), stream).await {
        Ok(standing) => Ok((standing.state, standing.head.version)),
        Err(Unloaded::Log(error)) => Err(error.into()),
        Err(Unloaded::Panicked(what)) => {
            tracing::error!(stream = %name, what, "the history of an actor makes it panic");
            Err(Refused::Broken)
        }
    }
}

/// Keeps a state as a snapshot, beside everything else. Where many wait to be written it is not
/// worth waiting for, unless `waits` says so.
pub(crate) fn keep<D: Hosted>(
    tools: &Arc<Tools>,
    stream: &StreamId,
    state: D,
    head: StreamHead,
    waits: bool,
) -> Option<JoinHandle<()>> {
    let (tools, stream) = (Arc::clone(tools), stream.clone());
    let (pool, saves) = (tools.pool.clone(), Arc::clone(&tools.saves));
    let permit = Arc::clone(&saves).try_acquire_owned().ok();
    if permit.is_none() && !waits {
        return None;
    }
    Some(pool.spawn(async move {
        let permit = match permit {
            None => saves.acquire_owned().await.ok(),
            permit => permit,
        };
        let snapshot = Snapshot::take(shape::<D>(), head.version, head.hash, &state);
        let (Some(_permit), Some(snapshot)) = (permit, snapshot) else { return };
        if let Err(error) = tools.snapshots.save(&stream, &snapshot) {
            tracing::warn!(%stream, %error, "a snapshot was not kept");
        }
    }))
}

async fn head(tools: &Tools, stream: &StreamId) -> Result<Version, store::Error> {
    let heads = tools.reader.stream_heads(std::slice::from_ref(stream)).await?;
    Ok(heads.first().map_or(Version::ZERO, |head| head.version))
}

fn shape<D: Hosted>() -> Shape {
    Shape { shape: D::SHAPE, state_version: D::STATE_VERSION }
}

fn short(stream: &StreamId, missing: Version) -> Unloaded {
    let damage = Damage::of("the log says that there is this event, and does not give it out");
    Unloaded::Log(damage.in_stream(stream, missing).into())
}
