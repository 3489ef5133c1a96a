//! What people do about parked events: look at them, have one tried again, or give one up. Both of the
//! latter go on record.

use std::sync::Arc;

use events::id::{Consumer, Principal};
use events::node::{NodeEvent, ParkedEventRetried, ParkedEventSkipped};
use events::store::{Error, LogReader, Standing};
use events::stream::{Position, StreamId};
use tokio::sync::{mpsc, oneshot};

use super::Desk;
use super::parked::NotDone;
use super::saving::Tell;

/// How many wishes wait.
pub(super) const ASKS_MAX: usize = 16;

/// The way to the parked events of a reaction; clones share it.
#[derive(Clone)]
pub struct Mending {
    pub(super) consumer: Consumer,
    pub(super) reader: Arc<dyn LogReader>,
    pub(super) asks: mpsc::Sender<Ask>,
}

/// Which event is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one at this position.
    At(Position),
    /// The one that holds up this stream.
    Of(StreamId),
}

/// What is asked for.
pub(super) struct Ask {
    what: What,
    by: Principal,
    tell: Tell,
}

enum What {
    Retry(Which),
    Skip(Position, String),
}

impl Mending {
    /// Who reacts.
    #[must_use]
    pub fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    /// How far it came, and what is parked.
    pub async fn list(&self) -> Result<Standing, Error> {
        Ok(self.reader.standing(&self.consumer).await?.unwrap_or_default())
    }

    /// Has an event tried again, and then those behind it, in their order. Says which one it is, and does
    /// not wait for what becomes of it.
    pub async fn retry(&self, which: Which, by: Principal) -> Result<Position, NotDone> {
        self.ask(What::Retry(which), by).await
    }

    /// Gives an event up; its stream goes on behind it. This is kept when it is answered.
    pub async fn skip(
        &self,
        position: Position,
        reason: String,
        by: Principal,
    ) -> Result<Position, NotDone> {
        self.ask(What::Skip(position, reason), by).await
    }

    async fn ask(&self, what: What, by: Principal) -> Result<Position, NotDone> {
        let (tell, told) = oneshot::channel();
        self.asks.send(Ask { what, by, tell }).await.map_err(|_| NotDone::Ended)?;
        told.await.unwrap_or(Err(NotDone::Ended))
    }
}

impl Desk {
    pub(super) fn mend(&mut self, ask: Ask) {
        let Ask { what, by, tell } = ask;
        match what {
            What::Retry(which) => {
                let retried = self.retry(which, by);
                // Who does not wait any longer needs no answer.
                let _ = tell.send(retried);
            }
            What::Skip(position, reason) => match self.skip(position, &reason, by) {
                Ok(()) => self.saving.tell(position, tell),
                Err(error) => drop(tell.send(Err(error))),
            },
        }
    }

    fn retry(&mut self, which: Which, by: Principal) -> Result<Position, NotDone> {
        let (stream, position) = match which {
            Which::At(position) => (self.shelf.held_up_by(position)?, position),
            Which::Of(stream) => {
                let position = self.shelf.holds_up(&stream)?;
                (stream, position)
            }
        };
        if self.shelf.retry(&stream) {
            let (consumer, position) = (self.consumer.to_string(), position.0);
            let retried = ParkedEventRetried { consumer, position };
            (self.on_record)(NodeEvent::ParkedEventRetried(retried), by);
        }
        Ok(position)
    }

    fn skip(&mut self, position: Position, reason: &str, by: Principal) -> Result<(), NotDone> {
        let stream = self.shelf.held_up_by(position)?;
        for turn in self.window.from(&stream, position) {
            if turn.is_again && self.window.leave(&turn).is_some() {
                self.order.withdraw(&turn);
            }
        }
        let kept = self.saving.kept();
        self.shelf.skip(&stream, position, reason, kept);
        let (consumer, reason) = (self.consumer.to_string(), reason.to_owned());
        let skipped = ParkedEventSkipped { consumer, position: position.0, reason };
        (self.on_record)(NodeEvent::ParkedEventSkipped(skipped), by);
        Ok(())
    }
}
