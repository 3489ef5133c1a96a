//! Listening: what is wanted, and what comes of it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Message, Pattern};

/// How many messages wait for a listener by default.
pub const WAITING_MAX: usize = 65_536;

/// What someone wants to listen to.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// To what.
    pub pattern: Pattern,
    /// One member of a group gets each message.
    pub group: Option<Bytes>,
    /// How many messages may wait; those beyond are lost, counted and told.
    pub waiting_max: usize,
    /// After how many messages it ends by itself.
    pub ends_after: Option<u64>,
}

impl Subscribe {
    /// Everything that is sent to such subjects, without an end.
    #[must_use]
    pub fn to(pattern: impl Into<Pattern>) -> Self {
        let pattern = pattern.into();
        Self { pattern, group: None, waiting_max: WAITING_MAX, ends_after: None }
    }

    /// As a member of a group.
    #[must_use]
    pub fn in_group(self, group: impl Into<Bytes>) -> Self {
        Self { group: Some(group.into()), ..self }
    }
}

/// Messages as they come. When it is dropped, nobody listens any more.
pub struct Subscription {
    messages: mpsc::Receiver<Message>,
    missed: Arc<AtomicU64>,
    /// How many more it gives out.
    left: u64,
    /// Ends the subscription when it goes.
    listening: Option<Box<dyn Any + Send + Sync>>,
    /// What was sent before it ends may still be on its way to the channel.
    lingers: bool,
}

impl Subscription {
    /// A subscription that is fed through this channel, until `listening` is dropped.
    #[must_use]
    pub fn new(
        messages: mpsc::Receiver<Message>,
        missed: Arc<AtomicU64>,
        ends_after: Option<u64>,
        listening: impl Any + Send + Sync,
    ) -> Self {
        let left = ends_after.unwrap_or(u64::MAX);
        Self { messages, missed, left, listening: Some(Box::new(listening)), lingers: false }
    }

    /// The same where messages take their time to the channel: whoever feeds it lets go of it when
    /// everything that was on its way has come.
    #[must_use]
    pub fn lingering(self) -> Self {
        Self { lingers: true, ..self }
    }

    /// The next message; none when it has ended.
    pub async fn next(&mut self) -> Option<Message> {
        let message = if self.left > 0 { self.messages.recv().await } else { None }?;
        self.count(1);
        Some(message)
    }

    /// Takes what is there, up to `limit` messages, and waits if there is nothing; none came when it
    /// has ended.
    pub async fn next_many(&mut self, messages: &mut Vec<Message>, limit: usize) -> usize {
        let limit = limit.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let came = self.messages.recv_many(messages, limit).await;
        self.count(came);
        came
    }

    fn count(&mut self, came: usize) {
        self.left -= came as u64;
        if self.left == 0 {
            self.drain();
        }
    }

    /// How many messages were lost because too many were waiting.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Listens no longer; what was sent before still comes.
    pub fn drain(&mut self) {
        self.listening = None;
        if !self.lingers || self.left == 0 {
            self.messages.close();
        }
    }
}
