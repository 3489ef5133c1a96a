//! Listeners of this process: each has a channel with a limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, Weak};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Listener, Router, Shared, Taken};
use crate::bus::message::View;
use crate::bus::{Event, Message, Pattern, Subscribe, Subscription};

/// A subscription as the router sees it.
struct Local {
    pattern: Pattern,
    /// Where they go, until the bus ends.
    messages: RwLock<Option<mpsc::Sender<Message>>>,
    missed: Arc<AtomicU64>,
    /// How many more it gets.
    left: AtomicU64,
    router: Weak<Shared>,
}

/// A subscription that is listening until this is dropped.
struct Listening {
    pattern: Pattern,
    group: Option<Bytes>,
    id: u64,
    router: Weak<Shared>,
}

pub(super) fn subscribe(router: &Router, wanted: Subscribe) -> Subscription {
    let Subscribe { pattern, group, waiting_max, ends_after } = wanted;
    let (send, receive) = mpsc::channel(waiting_max.max(1));
    let (id, missed) = (router.new_id(), Arc::new(AtomicU64::new(0)));
    let weak = || Arc::downgrade(&router.shared);
    let local = Local {
        pattern: pattern.clone(),
        messages: RwLock::new(Some(send)),
        missed: Arc::clone(&missed),
        left: AtomicU64::new(ends_after.unwrap_or(u64::MAX)),
        router: weak(),
    };
    router.listen(&pattern, group.as_ref(), id, Arc::new(local));
    let listening = Listening { pattern, group, id, router: weak() };
    Subscription::new(receive, missed, ends_after, listening)
}

impl Listener for Local {
    fn take(&self, _: u64, message: &View<'_>) -> Taken {
        let more = |left: u64| left.checked_sub(1);
        let Ok(left) = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) else {
            return Taken::No;
        };
        let taken = self.hand_over(message);
        if left == 1 {
            // Whoever has missed some of them waits for no more.
            self.end();
        }
        taken
    }

    fn end(&self) {
        *self.messages.write().expect("nobody panics here") = None;
    }
}

impl Local {
    fn hand_over(&self, message: &View<'_>) -> Taken {
        let messages = self.messages.read().expect("nobody panics here");
        let Some(messages) = messages.as_ref() else { return Taken::No };
        match messages.try_send(message.to_message()) {
            Ok(()) => Taken::Yes,
            Err(TrySendError::Closed(_)) => Taken::No,
            Err(TrySendError::Full(_)) => {
                self.misses();
                Taken::Yes
            }
        }
    }

    /// Tells at the first message that is lost, and then at every doubling.
    fn misses(&self) {
        let missed = self.missed.fetch_add(1, Ordering::Relaxed) + 1;
        if missed.is_power_of_two()
            && let Some(shared) = self.router.upgrade()
        {
            let event = Event::SlowConsumer { pattern: self.pattern.clone(), missed };
            Router { shared }.tell(event);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(shared) = self.router.upgrade() {
            shared.forget(&self.pattern, self.group.as_ref(), self.id);
        }
    }
}
