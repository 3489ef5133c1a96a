//! A bus to try promises on: connections to it, and subjects that no other promise uses.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::bus::router::Router;
use crate::bus::{Bus, Error, Message, Name, Pattern, Subscribe, Subscription};

/// How long anything may take that is bound to happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The bus under test, as long as it lives.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Opens one more connection to it.
    async fn connect(&self) -> Arc<dyn Bus>;
}

/// A bus under test.
pub struct World {
    fixture: Box<dyn Fixture>,
    promise: &'static str,
}

impl World {
    /// A bus to try this promise on.
    #[must_use]
    pub fn new(fixture: Box<dyn Fixture>, promise: &'static str) -> Self {
        Self { fixture, promise }
    }

    /// One more connection.
    pub async fn connect(&self) -> Connection {
        Connection { bus: self.fixture.connect().await, promise: self.promise }
    }
}

/// A connection to the bus under test. Its subjects begin with the name of the promise.
#[derive(Clone)]
pub struct Connection {
    /// The connection itself.
    pub bus: Arc<dyn Bus>,
    promise: &'static str,
}

impl Connection {
    /// A subject of this promise.
    #[must_use]
    pub fn name(&self, rest: &str) -> Name {
        format!("{}.{rest}", self.promise).parse().expect("a name")
    }

    /// A pattern of this promise.
    #[must_use]
    pub fn to(&self, rest: &str) -> Subscribe {
        Subscribe::to(format!("{}.{rest}", self.promise).parse::<Pattern>().expect("a pattern"))
    }

    /// Listens; when this returns, nothing is missed, whoever sends it.
    pub async fn listens(&self, wanted: Subscribe) -> Subscription {
        let subscription = self.bus.subscribe(wanted).await.expect("it listens");
        self.bus.flush().await.expect("the other side knows");
        subscription
    }

    /// Sends a text.
    pub async fn says(&self, rest: &str, text: impl Into<Bytes>) {
        self.sends(Message::new(self.name(rest), text)).await;
    }

    /// Sends a message.
    pub async fn sends(&self, message: Message) {
        self.bus.publish(message).await.expect("it is taken");
    }

    /// Sends the numbers below `count`, and waits until they were taken.
    pub async fn counts(&self, rest: &str, count: usize) {
        for n in 0..count {
            self.says(rest, n.to_string()).await;
        }
        self.bus.flush().await.expect("the other side has them");
    }

    /// Asks, and is patient.
    pub async fn asks(&self, rest: &str, text: impl Into<Bytes>) -> Result<Message, Error> {
        self.bus.request(Message::new(self.name(rest), text), PATIENCE).await
    }

    /// Answers a question.
    pub async fn answers(&self, question: &Message, text: impl Into<Bytes>) {
        let reply = question.reply.clone().expect("an answer is wanted");
        self.sends(Message::new(reply, text)).await;
    }
}

/// The next message, which is bound to come.
pub async fn next(subscription: &mut Subscription) -> Message {
    let next = tokio::time::timeout(PATIENCE, subscription.next()).await;
    next.expect("a message comes in time").expect("a message comes")
}

/// The text of the next message.
pub async fn next_text(subscription: &mut Subscription) -> String {
    text(&next(subscription).await)
}

/// The text of a message.
#[must_use]
pub fn text(message: &Message) -> String {
    String::from_utf8(message.payload.to_vec()).expect("a text")
}

/// Everything that comes until the subscription ends, which it is bound to.
pub async fn to_its_end(subscription: &mut Subscription) -> Vec<Message> {
    let mut all = Vec::new();
    let ends = async {
        while let Some(message) = subscription.next().await {
            all.push(message);
        }
    };
    tokio::time::timeout(PATIENCE, ends).await.expect("the subscription ends");
    all
}

/// The texts of everything that was sent so far.
pub async fn everything(mut subscription: Subscription) -> Vec<String> {
    subscription.drain();
    to_its_end(&mut subscription).await.iter().map(text).collect()
}

/// The numbers below `count`, as they are sent.
#[must_use]
pub fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

/// The bus of one process; every connection is the same one.
pub struct OfRouter(Router);

impl Default for OfRouter {
    fn default() -> Self {
        Self(Router::new(1))
    }
}

#[async_trait]
impl Fixture for OfRouter {
    async fn connect(&self) -> Arc<dyn Bus> {
        Arc::new(self.0.clone())
    }
}
