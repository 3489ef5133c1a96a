//! What subscriptions lose, whoever loses it: the client, which drops what does not fit and names
//! the subscription by its number, or who feeds a subscription that does not keep up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_nats::Subscriber;
use tokio::sync::broadcast;

use crate::bus::{Event, Pattern};

/// What one subscription has lost.
pub(super) struct Losses {
    pattern: Pattern,
    missed: Arc<AtomicU64>,
    events: broadcast::Sender<Event>,
}

/// What all subscriptions have lost, by the number that the client gave them.
pub(super) type Numbered = Mutex<HashMap<u64, Arc<Losses>>>;

impl Losses {
    pub(super) fn new(pattern: Pattern, events: broadcast::Sender<Event>) -> Self {
        Self { pattern, missed: Arc::default(), events }
    }

    /// The count itself.
    pub(super) fn missed(&self) -> &Arc<AtomicU64> {
        &self.missed
    }

    /// Counts one more; tells at the first, and then at every doubling.
    pub(super) fn one(&self) {
        let missed = self.missed.fetch_add(1, Ordering::Relaxed) + 1;
        if missed.is_power_of_two() {
            self.tell(missed);
        }
    }

    /// Tells that nobody keeps up, and how many were lost so far.
    pub(super) fn tells(&self) {
        self.tell(self.missed.load(Ordering::Relaxed));
    }

    fn tell(&self, missed: u64) {
        // Perhaps nobody watches.
        let _ = self.events.send(Event::SlowConsumer { pattern: self.pattern.clone(), missed });
    }
}

/// The number that the client gave to a subscription, which it shows to people only.
pub(super) fn number(subscriber: &Subscriber) -> Option<u64> {
    let shown = format!("{subscriber:?}");
    shown.strip_prefix("Subscriber { sid: ")?.split(',').next()?.parse().ok()
}
