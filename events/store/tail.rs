//! The newest events, kept in memory for those who follow. A reader takes only the event at its own
//! next position from here; whoever is further behind reads the store, which other processes also feed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::recorded::Stored;
use crate::stream::Position;

/// How many events the tail holds.
pub const TAIL_EVENTS_MAX: usize = 4096;
/// How many bytes of events the tail holds.
pub const TAIL_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A handle on the newest events.
#[derive(Debug, Clone)]
pub struct Tail {
    ring: Arc<Mutex<Ring>>,
    head: watch::Receiver<Position>,
    /// How far other processes went, where the store hears of it.
    elsewhere: Option<watch::Receiver<Position>>,
}

/// The writer's end.
#[derive(Debug)]
pub(crate) struct TailFeed {
    ring: Arc<Mutex<Ring>>,
    head: watch::Sender<Position>,
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
        (Self { ring: Arc::clone(&ring), head: sender }, Tail { ring, head: receiver, elsewhere })
    }

    /// Adds the events of one commit and wakes everyone who waits.
    pub(crate) fn push(&self, events: Vec<Stored>) {
        let Some(last) = events.last().map(Stored::position) else { return };
        let mut ring = lock(&self.ring);
        events.into_iter().for_each(|event| ring.push(Arc::new(event)));
        drop(ring);
        self.head.send_replace(last);
    }
}

impl Tail {
    /// The events from `position` on, if the tail still has the first of them.
    #[must_use]
    pub fn from(&self, position: Position, limit: usize) -> Vec<Arc<Stored>> {
        lock(&self.ring).from(position, limit)
    }

    /// The last position this process has committed.
    #[must_use]
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// Whether something at or after `position` is known to be committed, here or elsewhere.
    pub(crate) fn is_past(&self, position: Position) -> bool {
        let elsewhere = self.elsewhere.as_ref().map(|head| *head.borrow());
        self.head().max(elsewhere.unwrap_or(Position::ZERO)) >= position
    }

    /// Waits until something at or after `position` is committed, here or, as far as the store
    /// hears of it, elsewhere; false when the writer is gone.
    pub async fn reaches(&mut self, position: Position) -> bool {
        let Some(elsewhere) = &mut self.elsewhere else {
            return self.head.wait_for(|head| *head >= position).await.is_ok();
        };
        tokio::select! {
            here = self.head.wait_for(|head| *head >= position) => here.is_ok(),
            Ok(_) = elsewhere.wait_for(|head| *head >= position) => true,
        }
    }
}
