//! The relay to a server that keeps copies of what it is told (JetStream): its place moves on when the server
//! has said that it keeps them.

use std::collections::VecDeque;
use std::sync::Arc;

use events::bus::nats::Nats;
use events::bus::nats::copies::{Copies, Copying};
use events::bus::{Error, Headers, Message};
use events::planted::{Bug, planted};
use events::store::LogReader;
use events::stream::Position;
use events::subject::patterns;

/// Where copies are kept. Without the names of single things, of which there is no end.
const COPYING: Copying<'static> = Copying {
    stream: "ANNALS_EVENTS",
    subjects: patterns::EVENTS,
    kept_as: "annals.{{wildcard(1)}}.event.{{wildcard(2)}}.{{wildcard(4)}}",
};

/// A server that keeps copies.
pub struct Copied {
    nats: Arc<Nats>,
    reader: Arc<dyn LogReader>,
    /// None after something went wrong: then it has to be looked again what is there.
    copies: Option<Copies>,
    /// Up to where everything is there, whatever is known of what was told.
    there: Position,
}

impl Copied {
    /// Has copies kept from now on.
    pub async fn open(nats: Arc<Nats>, reader: Arc<dyn LogReader>) -> Result<Self, Error> {
        let mut copied = Self { nats, reader, copies: None, there: Position::default() };
        copied.look().await?;
        Ok(copied)
    }

    /// Looks what is there.
    async fn look(&mut self) -> Result<(), Error> {
        let (copies, newest) = self.nats.copies(&COPYING).await?;
        self.there = self.is_ours(&newest).await?.unwrap_or_default();
        self.copies = Some(copies);
        Ok(())
    }

    /// The position of an event that was told, if it is the one that the log has there: the stream may
    /// have been filled from another log, or from what this one was before it was put back.
    async fn is_ours(&self, told: &Headers) -> Result<Option<Position>, Error> {
        let Some(position) = position(told) else { return Ok(None) };
        let found = self.reader.at(&[position]).await;
        let found = found.map_err(|error| Error::Unavailable(error.to_string()))?;
        let id = found.first().map(|stored| stored.header().event_id.to_string());
        Ok((id.is_some() && id.as_deref() == told.get("ce-id")).then_some(position))
    }

    /// Tells these, and takes out what is kept.
    pub(super) async fn tell(&mut self, waiting: &mut VecDeque<Message>) -> Result<(), Error> {
        if self.copies.is_none() {
            self.look().await?;
        }
        let there = self.there;
        waiting.retain(|message| position(&message.headers).is_none_or(|at| at > there));
        while !waiting.is_empty()
            && let Some(copies) = &mut self.copies
        {
            let (kept, added) = copies.add(waiting.make_contiguous()).await;
            waiting.drain(..kept);
            if let Err(error) = added {
                self.copies = None;
                if planted(Bug::CopyNotAwaited) {
                    waiting.clear();
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

fn position(headers: &Headers) -> Option<Position> {
    headers.get("annals-position")?.parse().ok().map(Position)
}
