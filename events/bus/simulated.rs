//! A bad day on the network, the same one for the same seed: messages that come late, twice, in
//! another order, or never. Over the bus of one process, and over tokio's clock; where that is
//! paused, a day takes no time.

mod fate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

pub use fate::{Faults, Rules};

use super::router::Router;
use super::{Bus, Error, Event, Message, Subscribe, Subscription};
use fate::Fates;

/// How many messages may be on their way; those beyond are lost.
const ON_ITS_WAY_MAX: usize = 65_536;

/// A connection to a bus of one process, on a bad day. A drain ends that bus for everyone.
pub struct Simulated {
    shared: Arc<Shared>,
    /// What carries messages that come late.
    _carrier: JoinSet<()>,
}

struct Shared {
    router: Router,
    way: Mutex<Way>,
    /// Something is on its way that comes earlier than all others.
    more: Notify,
    /// Something has come.
    came: watch::Sender<()>,
    closed: AtomicBool,
}

/// What is on its way, in the order in which it comes.
struct Way {
    fates: Fates,
    late: BTreeMap<(Instant, u64), Message>,
    /// Whether some are being handed over.
    is_coming: bool,
    /// How many have gone this way.
    gone: u64,
    /// Before this, nothing comes that keeps its place.
    not_before: Instant,
}

impl Simulated {
    /// A connection with faults that follow from `seed`. Each connection has its own.
    #[must_use]
    pub fn over(router: Router, rules: Rules, seed: u64) -> Self {
        let way = Way {
            fates: Fates::new(rules, seed),
            late: BTreeMap::new(),
            is_coming: false,
            gone: 0,
            not_before: Instant::now(),
        };
        let shared = Arc::new(Shared {
            router,
            way: Mutex::new(way),
            more: Notify::new(),
            came: watch::Sender::new(()),
            closed: AtomicBool::new(false),
        });
        let mut carrier = JoinSet::new();
        carrier.spawn(carry(Arc::clone(&shared)));
        Self { shared, _carrier: carrier }
    }

    /// What went wrong so far.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.way().fates.faults()
    }
}

impl Shared {
    fn way(&self) -> std::sync::MutexGuard<'_, Way> {
        self.way.lock().expect("nobody panics here")
    }

    fn check(&self, message: &Message) -> Result<(), Error> {
        let (bytes, limit) = (message.bytes(), self.router.message_bytes_max());
        if bytes > limit {
            return Err(Error::TooLarge { bytes, limit });
        }
        self.is_open()
    }

    fn is_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    /// Sends a message on its way; what comes at once has come when this returns.
    fn send(&self, message: Message) {
        let at_once = self.way().enter(message, Instant::now());
        at_once.iter().for_each(|message| self.router.send(message));
        self.more.notify_one();
    }

    /// Waits until everything has come that is on its way now.
    async fn arrive(&self) {
        let mut came = self.came.subscribe();
        let gone = self.way().gone;
        while self.way().has_before(gone) {
            // The sender lives as long as who waits here.
            let _ = came.changed().await;
        }
    }

    /// What has come by now, and when the next one does.
    fn due(&self) -> (Vec<Message>, Option<Instant>) {
        let (mut way, now) = (self.way(), Instant::now());
        let mut due = Vec::new();
        while let Some(first) = way.late.first_entry().filter(|first| first.key().0 <= now) {
            due.push(first.remove());
        }
        way.is_coming = !due.is_empty();
        (due, way.late.keys().next().map(|(at, _)| *at))
    }
}

impl Way {
    /// Whether some of the first so many have not come yet.
    fn has_before(&self, number: u64) -> bool {
        self.is_coming || self.late.keys().any(|(_, other)| *other < number)
    }

    /// Decides what becomes of a message; says what comes at once.
    fn enter(&mut self, message: Message, now: Instant) -> Vec<Message> {
        let mut at_once = Vec::new();
        for copy in self.fates.of_next() {
            if self.late.len() >= ON_ITS_WAY_MAX {
                self.fates.loses_one();
                continue;
            }
            let at = match copy.keeps_its_place {
                true => self.not_before.max(now + copy.delay),
                false => now + copy.delay,
            };
            if copy.keeps_its_place {
                self.not_before = at;
            }
            if at <= now && self.late.is_empty() && !self.is_coming {
                at_once.push(message.clone());
            } else {
                self.late.insert((at, self.gone), message.clone());
                self.gone += 1;
            }
        }
        at_once
    }
}

/// Carries messages to who they are for, when it is their time.
async fn carry(shared: Arc<Shared>) {
    loop {
        let (due, next) = shared.due();
        for message in due {
            shared.router.send(&message);
        }
        shared.way().is_coming = false;
        shared.came.send_replace(());
        match next {
            None => shared.more.notified().await,
            Some(at) => tokio::select! {
                () = sleep_until(at) => {}
                () = shared.more.notified() => {}
            },
        }
    }
}

#[async_trait]
impl Bus for Simulated {
    async fn publish(&self, message: Message) -> Result<(), Error> {
        self.shared.check(&message)?;
        self.shared.send(message);
        Ok(())
    }

    async fn request(&self, message: Message, patience: Duration) -> Result<Message, Error> {
        self.shared.check(&message)?;
        let subject = message.subject.clone();
        let (reply, answer) = self.shared.router.expect_answer(subject.clone());
        self.shared.send(Message { reply: Some(reply), ..message });
        answer.within(patience, subject).await
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Error> {
        self.shared.is_open()?;
        self.shared.router.subscribe(wanted).await
    }

    async fn flush(&self) -> Result<(), Error> {
        self.shared.is_open()?;
        self.shared.arrive().await;
        Ok(())
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.router.events()
    }

    async fn drain(&self) -> Result<(), Error> {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.arrive().await;
        self.shared.router.drain().await
    }
}
