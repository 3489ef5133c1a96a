//! What people do about parked events: look at them, have one tried again, or give one up. Both of the
//! latter go on record.

use std::sync::Arc;

use events::id::Consumer;
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
pub(super) enum Ask {
    Retry(Which, Tell),
    Skip(Position, String, Tell),
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
    pub async fn retry(&self, which: Which) -> Result<Position, NotDone> {
        self.ask(|tell| Ask::Retry(which, tell)).await
    }

    /// Gives an event up; its stream goes on behind it. This is kept when it is answered.
    pub async fn skip(&self, position: Position, reason: String) -> Result<Position, NotDone> {
        self.ask(|tell| Ask::Skip(position, reason, tell)).await
    }

    async fn ask(&self, ask: impl FnOnce(Tell) -> Ask) -> Result<Position, NotDone> {
        let (tell, told) = oneshot::channel();
        self.asks.send(ask(tell)).await.map_err(|_| NotDone::Ended)?;
        told.await.unwrap_or(Err(NotDone::Ended))
    }
}

impl Desk {
    pub(super) fn mend(&mut self, ask: Ask) {
        match ask {
            Ask::Retry(which, tell) => {
                let retried = self.retry(which);
                // Who does not wait any longer needs no answer.
                let _ = tell.send(retried);
            }
            Ask::Skip(position, reason, tell) => match self.skip(position, &reason) {
                Ok(()) => self.saving.tell(position, tell),
                Err(error) => drop(tell.send(Err(error))),
            },
        }
    }

    fn retry(&mut self, which: Which) -> Result<Position, NotDone> {
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
            (self.on_record)(NodeEvent::ParkedEventRetried(retried));
        }
        Ok(position)
    }

    fn skip(&mut self, position: Position, reason: &str) -> Result<(), NotDone> {
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
        (self.on_record)(NodeEvent::ParkedEventSkipped(skipped));
        Ok(())
    }
}
