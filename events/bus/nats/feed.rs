//! What feeds a subscription: takes messages from the client as fast as they come, so that the
//! client rarely drops any, counts those that do not fit, and notices when nobody takes anything.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_nats::Subscriber;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_stream::Stream as _;

use super::losses::{self, Losses};
use super::{HAND_OVER_MAX, Shared, words};
use crate::bus::{Error, Message, Subscribe, Subscription};

/// How long a subscription may have messages and take none, before that is told.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// From this many on, servers read no number; the subscription counts in any case.
const COUNT_MAX: u64 = 999_999_999;

/// How many messages are handed on before anything else is looked at.
const AT_ONCE: usize = 256;

/// One subscription, from the side of who feeds it.
struct Feed {
    shared: Arc<Shared>,
    /// What the client calls it.
    number: Option<u64>,
    messages: mpsc::Sender<Message>,
    losses: Arc<Losses>,
    given: u64,
    watchdog: Watchdog,
}

/// Listens, and says what feeds the subscription.
pub(super) async fn open(
    shared: &Arc<Shared>,
    wanted: Subscribe,
) -> Result<(impl Future<Output = ()> + use<>, Subscription), Error> {
    let from = timeout(HAND_OVER_MAX, subscribe(shared, &wanted)).await;
    let from = from.unwrap_or_else(|_| Err(Error::Unavailable("it takes nothing".into())))?;
    let (messages, receive) = mpsc::channel(wanted.waiting_max.max(1));
    let (listening, stopped) = oneshot::channel::<()>();
    let losses = Arc::new(Losses::new(wanted.pattern, shared.events.clone()));
    let missed = Arc::clone(losses.missed());
    let subscription = Subscription::new(receive, missed, wanted.ends_after, listening);
    let number = losses::number(&from);
    if let Some(number) = number {
        let mut all = shared.losses.lock().expect("nobody panics here");
        all.insert(number, Arc::clone(&losses));
    }
    let watchdog = Watchdog::default();
    let feed = Feed { shared: Arc::clone(shared), number, messages, losses, given: 0, watchdog };
    Ok((feed.run(from, stopped), subscription.lingering()))
}

async fn subscribe(shared: &Shared, wanted: &Subscribe) -> Result<Subscriber, Error> {
    let subject = words::subject(wanted.pattern.as_bytes())?;
    let subscribed = match &wanted.group {
        None => shared.client.subscribe(subject).await,
        Some(group) => {
            let group = words::subject(group)?.into_string();
            shared.client.queue_subscribe(subject, group).await
        }
    };
    let mut from = subscribed.map_err(|error| Error::NotAllowed(error.to_string()))?;
    if let Some(count) = wanted.ends_after.filter(|count| *count <= COUNT_MAX) {
        from.unsubscribe_after(count).await.map_err(|_| Error::Closed)?;
    }
    Ok(from)
}

impl Feed {
    /// Goes on until the subscription is dropped, or has ended and everything was handed on.
    async fn run(mut self, mut from: Subscriber, mut stopped: oneshot::Receiver<()>) {
        let mut ending = self.shared.ending.subscribe();
        let mut looks = interval(STUCK_AFTER);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut ends, mut came) = (false, Vec::with_capacity(AT_ONCE));
        loop {
            tokio::select! {
                biased;
                () = self.messages.closed() => return,
                _ = &mut stopped, if !ends => {
                    ends = true;
                    self.shared.let_go(&mut from, true).await;
                }
                () = is_true(&mut ending), if !ends => {
                    ends = true;
                    self.shared.let_go(&mut from, false).await;
                }
                more = next_many(&mut from, &mut came) => match more {
                    true => came.drain(..).for_each(|message| self.give(message)),
                    false => return,
                },
                _ = looks.tick() => self.look(),
            }
        }
    }

    fn give(&mut self, message: async_nats::Message) {
        match self.messages.try_send(words::inbound(message)) {
            Ok(()) => self.given += 1,
            // The next turn sees that nobody listens.
            Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(_)) => self.losses.one(),
        }
    }

    fn look(&mut self) {
        let waiting = self.messages.max_capacity() - self.messages.capacity();
        if self.watchdog.is_stuck(self.given, waiting as u64) {
            self.losses.tells();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.shared.losses.lock().expect("nobody panics here").remove(&number);
        }
    }
}

/// Takes what has come, at least one message; says whether there was one, or it has ended. Taking
/// many in one turn is what keeps up with the client.
async fn next_many(from: &mut Subscriber, came: &mut Vec<async_nats::Message>) -> bool {
    poll_fn(|context| {
        while came.len() < AT_ONCE {
            match Pin::new(&mut *from).poll_next(context) {
                Poll::Ready(Some(message)) => came.push(message),
                Poll::Ready(None) => return Poll::Ready(!came.is_empty()),
                Poll::Pending if came.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(true)
    })
    .await
}

impl Shared {
    /// Nothing more shall come. What is on its way is waited for, and then until the server knows,
    /// so that whoever sees the end knows that all else goes to others; unless the connection ends.
    ///
    /// What the server sends in between is lost: the client forgets a subscription before the server
    /// does, and offers no other way.
    async fn let_go(&self, from: &mut Subscriber, waits: bool) {
        if waits && let Err(error) = self.round_trip().await {
            tracing::warn!(%error, "a subscription ends without what may be on its way");
        }
        // Where it cannot be said, the connection has ended, and so has the subscription.
        let _ = from.unsubscribe().await;
        if waits && let Err(error) = self.round_trip().await {
            tracing::warn!(%error, "a subscription ends, and the server may not know");
        }
    }
}

pub(super) async fn is_true(ending: &mut watch::Receiver<bool>) {
    // The sender lives as long as who waits here.
    let _ = ending.wait_for(|ending| *ending).await;
}

/// Notices a subscription whose messages nobody takes.
#[derive(Default)]
struct Watchdog {
    /// How many had been taken at the last look.
    taken: u64,
    /// How many were waiting then.
    waiting: u64,
    told: bool,
}

impl Watchdog {
    /// Whether messages were waiting all the time since the last look, and none was taken; said once
    /// until one is taken.
    fn is_stuck(&mut self, given: u64, waiting: u64) -> bool {
        let taken = given - waiting;
        let stuck = waiting > 0 && self.waiting > 0 && taken == self.taken;
        let tells = stuck && !self.told;
        *self = Self { taken, waiting, told: stuck };
        tells
    }
}

#[cfg(test)]
mod tests {
    use super::Watchdog;

    #[test]
    fn who_takes_nothing_is_stuck_once() {
        let mut watchdog = Watchdog::default();
        let looks = [(0, 0), (5, 5), (9, 9), (9, 9), (9, 8), (9, 8), (12, 8), (12, 8)];
        let stuck = looks.map(|(given, waiting)| watchdog.is_stuck(given, waiting));
        assert_eq!(stuck, [false, false, true, false, false, true, false, true]);
    }

    #[test]
    fn who_takes_everything_or_has_nothing_is_not_stuck() {
        let mut watchdog = Watchdog::default();
        for (given, waiting) in [(0, 0), (0, 0), (1, 1), (2, 1), (3, 1), (3, 0), (3, 0), (4, 1)] {
            assert!(!watchdog.is_stuck(given, waiting), "{given} {waiting}");
        }
    }
}
