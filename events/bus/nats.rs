//! A real server as the bus. What the client of its authors leaves open is closed here: a flush
//! waits for the server, whatever it allows us; a request that nobody answers is forgotten, and every subscription is fed
//! by a task that counts what is lost and notices when nobody takes anything.

mod api;
pub mod copies;
mod feed;
pub mod intake;
mod losses;
mod rounds;
mod settings;
mod watch;
mod words;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::client::traits::Publisher as _;
use async_nats::{Client, Subscriber};
use async_trait::async_trait;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch as value};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;

pub use settings::{Login, Settings};

use super::router::answers::Answers;
use super::{Bus, Error, Event, Message, Name, Subscribe, Subscription};

/// How many events of the connection wait for whoever watches it.
const EVENTS_MAX: usize = 256;
/// How long the client may take to accept something; it does not while the server takes nothing.
const HAND_OVER_MAX: Duration = Duration::from_secs(5);
/// How long subscriptions may take to hand on what is on its way when the connection ends.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// A connection to a real server.
pub struct Nats {
    shared: Arc<Shared>,
    /// What feeds subscriptions.
    feeds: Mutex<JoinSet<()>>,
    /// What hands on answers and events, until the connection ends.
    base: Mutex<JoinSet<()>>,
}

/// What the tasks of a connection share.
struct Shared {
    client: Client,
    answers: Answers,
    /// What the subjects of answers begin with.
    inbox: String,
    /// Whether the server does not let us listen to answers.
    deaf: value::Sender<bool>,
    events: broadcast::Sender<Event>,
    losses: losses::Numbered,
    closed: AtomicBool,
    /// Whether subscriptions shall end.
    ending: value::Sender<bool>,
}

impl Nats {
    /// Connects, and sees that the server hands on what it is given.
    pub async fn connect(settings: Settings) -> Result<Self, Error> {
        let (happens, happened) = mpsc::channel(EVENTS_MAX);
        let servers = settings.servers.clone();
        let options = settings.options(happens)?;
        let client =
            options.connect(servers).await.map_err(|error| words::not_connected(&error))?;
        let inbox = client.new_inbox();
        let subscriber = client.subscribe(format!("{inbox}.*")).await;
        let subscriber = subscriber.map_err(|error| Error::Unavailable(error.to_string()))?;
        let shared = Arc::new(Shared {
            client,
            answers: Answers::beginning_with(format!("{inbox}.").into_bytes()),
            inbox,
            deaf: value::Sender::new(false),
            events: broadcast::channel(EVENTS_MAX).0,
            losses: losses::Numbered::default(),
            closed: AtomicBool::new(false),
            ending: value::Sender::new(false),
        });
        let mut base = JoinSet::new();
        base.spawn(hand_on(Arc::clone(&shared), subscriber));
        base.spawn(watch::events(Arc::clone(&shared), happened));
        shared.round_trip().await?;
        Ok(Self { shared, feeds: Mutex::default(), base: Mutex::new(base) })
    }

    /// Whether the server keeps streams.
    #[must_use]
    pub fn has_jetstream(&self) -> bool {
        self.shared.client.server_info().jetstream
    }

    fn must_have_jetstream(&self) -> Result<(), Error> {
        let none = || Error::Unavailable("it keeps nothing: JetStream is not enabled there".into());
        self.has_jetstream().then_some(()).ok_or_else(none)
    }

    /// Which version the server says it is.
    #[must_use]
    pub fn server_version(&self) -> String {
        self.shared.client.server_info().version
    }

    /// Returns when the connection has ended for good, and is not made anew.
    pub async fn closed(&self) {
        let mut events = self.shared.events.subscribe();
        if self.shared.is_open().is_ok() {
            while !matches!(events.recv().await, Ok(Event::Closed) | Err(RecvError::Closed)) {}
        }
    }

    /// Lets subscriptions have what has come, and ends them.
    async fn end_feeds(&self) {
        self.shared.ending.send_replace(true);
        let feeds = std::mem::take(&mut *self.feeds.lock().expect("nobody panics here"));
        if timeout(DRAIN_MAX, feeds.join_all()).await.is_err() {
            tracing::warn!("subscriptions did not end in time, and were cut off");
        }
    }

    /// Ends the connection itself.
    async fn close(&self) {
        let mut events = self.shared.events.subscribe();
        let ends = async {
            if self.shared.client.drain().await.is_ok() {
                while !matches!(events.recv().await, Ok(Event::Closed) | Err(_)) {}
            }
        };
        if timeout(DRAIN_MAX, ends).await.is_err() {
            self.shared.tell(Event::Closed);
        }
        self.base.lock().expect("nobody panics here").abort_all();
    }
}

impl Shared {
    fn is_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    /// Something happened that whoever watches should know.
    fn tell(&self, event: Event) {
        // Perhaps nobody watches.
        let _ = self.events.send(event);
    }

    /// Hands a message to the client.
    async fn send(&self, message: &Message) -> Result<(), Error> {
        let (bytes, limit) = (message.bytes(), self.client.max_payload());
        if bytes > limit {
            return Err(Error::TooLarge { bytes, limit });
        }
        let sent = self.client.publish_message(words::outbound(message)?);
        match timeout(HAND_OVER_MAX, sent).await {
            Ok(sent) => sent.map_err(|error| words::not_sent(&error, message, limit)),
            Err(_) => Err(Error::Unavailable("it takes nothing".into())),
        }
    }

    async fn ask(&self, message: Message, subject: Name, all: Duration) -> Result<Message, Error> {
        let (reply, answer) = self.answers.expect_one(Some(subject.clone()));
        self.send(&Message { reply: Some(reply), ..message }).await?;
        answer.within(all, subject).await
    }
}

/// Gives answers to who waits for them.
async fn hand_on(shared: Arc<Shared>, mut answers: Subscriber) {
    while let Some(answer) = answers.next().await {
        // Perhaps nobody waits any more.
        let _ = shared.answers.give(&words::inbound(answer).view());
    }
}

#[async_trait]
impl Bus for Nats {
    async fn publish(&self, message: Message) -> Result<(), Error> {
        self.shared.is_open()?;
        self.shared.send(&message).await
    }

    async fn request(&self, message: Message, patience: Duration) -> Result<Message, Error> {
        self.shared.is_open()?;
        if self.shared.is_deaf() {
            let what = format!("listening to {}.*, where answers would come to", self.shared.inbox);
            return Err(Error::NotAllowed(what));
        }
        let subject = message.subject.clone();
        let asked = self.shared.ask(message, subject.clone(), patience);
        timeout(patience, asked).await.unwrap_or(Err(Error::TimedOut(subject, patience)))
    }

    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Error> {
        self.shared.is_open()?;
        let (feed, subscription) = feed::open(&self.shared, wanted).await?;
        let mut feeds = self.feeds.lock().expect("nobody panics here");
        // Those that have ended are let go.
        while feeds.try_join_next().is_some() {}
        feeds.spawn(feed);
        Ok(subscription)
    }

    async fn flush(&self) -> Result<(), Error> {
        self.shared.is_open()?;
        self.shared.round_trip().await
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    async fn drain(&self) -> Result<(), Error> {
        if self.shared.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let taken = self.shared.round_trip().await;
        self.end_feeds().await;
        self.close().await;
        taken
    }

    fn message_bytes_max(&self) -> usize {
        self.shared.client.max_payload()
    }
}
