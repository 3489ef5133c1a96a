//! The newest events, kept in memory for those who follow. A reader takes only the event at its own
//! next position from here; whoever is further behind reads the store, which other processes also feed.

mod interests;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tokio::sync::watch;

use crate::codec::WireType;
use crate::recorded::Stored;
use crate::stream::Position;
use interests::Interests;

/// How many events the tail holds.
pub const TAIL_EVENTS_MAX: usize = 4096;
/// How many bytes of events the tail holds.
pub const TAIL_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A handle on the newest events.
#[derive(Debug, Clone)]
pub struct Tail {
    ring: Arc<Mutex<Ring>>,
    head: watch::Receiver<Position>,
    /// How far it went when something came last that whoever has this waits for.
    told: watch::Receiver<Position>,
    /// The writer's: with it they end.
    interests: Weak<Interests>,
    /// How far other processes went, where the store hears of it.
    elsewhere: Option<watch::Receiver<Position>>,
}

/// The writer's end.
#[derive(Debug)]
pub(crate) struct TailFeed {
    ring: Arc<Mutex<Ring>>,
    head: watch::Sender<Position>,
    interests: Arc<Interests>,
}

#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Arc<Stored>>,
    bytes: usize,
}

impl Ring {
    fn push(&mut self, event: Arc<Stored>) {
        let follows =
            self.events.back().is_none_or(|last| last.position().next() == event.position());
        if !follows {
            // Another process committed in between: what is older here has a hole behind it.
            *self = Self::default();
        }
        self.bytes += weight(&event);
        self.events.push_back(event);
        while self.events.len() > TAIL_EVENTS_MAX
            || (self.bytes > TAIL_BYTES_MAX && self.events.len() > 1)
        {
            let oldest = self.events.pop_front().expect("the ring is not empty");
            self.bytes -= weight(&oldest);
        }
    }

    fn from(&self, position: Position, limit: usize) -> Vec<Arc<Stored>> {
        let Some(first) = self.events.front().map(|event| event.position()) else {
            return Vec::new();
        };
        let Some(skip) = position.0.checked_sub(first.0) else { return Vec::new() };
        self.events
            .iter()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Where the newer half begins, once the ring is half full: what is before will be pushed out before
    /// long.
    fn newer_half(&self) -> Option<Position> {
        let is_half_full =
            self.events.len() >= TAIL_EVENTS_MAX / 2 || self.bytes >= TAIL_BYTES_MAX / 2;
        let middle = self.events.get(self.events.len() / 2)?;
        is_half_full.then(|| middle.position())
    }
}

fn weight(event: &Stored) -> usize {
    event.header_bytes().len() + event.payload().len()
}

fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().expect("no one panics while holding the tail")
}

impl TailFeed {
    pub(crate) fn new(
        head: Position,
        elsewhere: Option<watch::Receiver<Position>>,
    ) -> (Self, Tail) {
        let ring = Arc::new(Mutex::new(Ring::default()));
        let (sender, receiver) = watch::channel(head);
        let interests = Arc::<Interests>::default();
        let tail = Tail {
            ring: Arc::clone(&ring),
            told: receiver.clone(),
            head: receiver,
            interests: Arc::downgrade(&interests),
            elsewhere,
        };
        (Self { ring, head: sender, interests }, tail)
    }

    /// Adds the events of one commit and wakes those who wait for one of them.
    pub(crate) fn push(&self, events: Vec<Stored>) {
        let Some(last) = events.last().map(Stored::position) else { return };
        let events: Vec<Arc<Stored>> = events.into_iter().map(Arc::new).collect();
        let mut ring = lock(&self.ring);
        events.iter().for_each(|event| ring.push(Arc::clone(event)));
        let newer_half = ring.newer_half();
        // Whoever is woken takes from the ring at once.
        drop(ring);
        self.head.send_replace(last);
        self.interests.tell(&events, newer_half, last);
    }
}

impl Tail {
    /// The same for someone who waits for these types only. What else is recorded is to be had as
    /// before, and wakes nobody.
    #[must_use]
    pub fn woken_by(self, types: &'static [WireType]) -> Self {
        let interests = self.interests.upgrade();
        let told = interests.and_then(|interests| interests.of(types, self.head()));
        Self { told: told.unwrap_or_else(|| self.head.clone()), ..self }
    }

    /// The events from `position` on, if the tail still has the first of them.
    #[must_use]
    pub fn from(&self, position: Position, limit: usize) -> Vec<Arc<Stored>> {
        lock(&self.ring).from(position, limit)
    }

    /// Whether the event at `position` is to be had here.
    pub(crate) fn has(&self, position: Position) -> bool {
        !self.from(position, 1).is_empty()
    }

    /// The last position this process has committed.
    #[must_use]
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// Whether something to wake up for is known to be committed at or after `position`, here or
    /// elsewhere.
    pub(crate) fn is_past(&self, position: Position) -> bool {
        let elsewhere = self.elsewhere.as_ref().map(|head| *head.borrow());
        let told = *self.told.borrow();
        told.max(elsewhere.unwrap_or(Position::ZERO)) >= position
    }

    /// Waits until something to wake up for is committed at or after `position`, here or, as far as
    /// the store hears of it, elsewhere; false when the writer is gone.
    pub async fn reaches(&mut self, position: Position) -> bool {
        let Some(elsewhere) = &mut self.elsewhere else {
            return self.told.wait_for(|head| *head >= position).await.is_ok();
        };
        tokio::select! {
            here = self.told.wait_for(|head| *head >= position) => here.is_ok(),
            Ok(_) = elsewhere.wait_for(|head| *head >= position) => true,
        }
    }
}
