//! The port of the bus: messages by subject, as NATS has them. A message that was handed over may
//! still be lost: the truth is in the log, and whoever misses something reads it there.
//!
//! - [`subject`] names and patterns; [`headers`] what stands before a payload; [`message`]; [`origin`]
//!   whose it is
//! - [`trie`] who listens to what; [`router`] the bus of one process; `listener` the protocol on a
//!   socket over it; `nats` a real server
//! - [`discovery`] what is served, told to who asks
//! - [`simulated`] a bad day on the network; `conformance` what every bus promises

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod discovery;
pub mod headers;
#[cfg(test)]
mod hostile_tests;
#[cfg(feature = "listener")]
pub mod listener;
pub mod message;
#[cfg(feature = "nats")]
pub mod nats;
pub mod origin;
pub mod router;
pub mod simulated;
pub mod subject;
pub mod subscription;
pub mod trie;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

pub use headers::Headers;
pub use message::Message;
pub use origin::Origin;
pub use router::Router;
pub use subject::{Name, Pattern};
pub use subscription::{Subscribe, Subscription};

/// The largest payload with its headers that a bus takes by default.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Something that carries messages.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Hands a message over. That it was taken does not mean that it arrives.
    async fn publish(&self, message: Message) -> Result<(), Error>;
    /// Sends a message and waits for one answer, no longer than `patience`.
    async fn request(&self, message: Message, patience: Duration) -> Result<Message, Error>;
    /// Listens. From when this returns, nothing that is published here is missed.
    async fn subscribe(&self, wanted: Subscribe) -> Result<Subscription, Error>;
    /// Returns when everything that was published before has been taken by the other side.
    async fn flush(&self) -> Result<(), Error>;
    /// What happens to the connection from now on.
    fn events(&self) -> broadcast::Receiver<Event>;
    /// Takes nothing new, lets subscriptions have what is on its way, and ends.
    async fn drain(&self) -> Result<(), Error>;
    /// Whether anybody listens there just now, where the bus can tell.
    fn is_heard(&self, _: &Name) -> Option<bool> {
        None
    }
    /// The largest payload with its headers that it takes.
    fn message_bytes_max(&self) -> usize {
        MESSAGE_BYTES_MAX
    }
}

/// What happens to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is up again after it was lost; what was published meanwhile by others was missed.
    Reconnected,
    /// It is lost, and being made anew.
    Disconnected,
    /// A subscription did not keep up, and has lost messages.
    SlowConsumer {
        /// To what it listens.
        pattern: Pattern,
        /// How many it has lost so far.
        missed: u64,
    },
    /// The other side is about to end.
    LameDuck,
    /// The other side complains.
    Complaint(String),
    /// It has ended for good.
    Closed,
}

/// Why a bus does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody listens to the subject of a request.
    #[error("nobody answers on {0}")]
    NoResponders(Name),
    /// No answer came in time.
    #[error("no answer on {0} within {1:?}")]
    TimedOut(Name, Duration),
    /// The message is too large.
    #[error("the message has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The other side does not allow it.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// The bus cannot be reached.
    #[error("the bus cannot be reached: {0}")]
    Unavailable(String),
    /// The bus was drained or closed.
    #[error("the bus is closed")]
    Closed,
}
