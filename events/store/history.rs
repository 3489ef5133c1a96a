//! What makes rows that were read in order the history of one stream: versions without gaps, each
//! event chained to the one before, up to the head that the log remembers. A short read is an
//! error, never a shorter history.

use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::planted::{Bug, planted};
use crate::recorded::Stored;
use crate::store::rows::EventRow;
use crate::store::{Damage, Error, StreamHead};
use crate::stream::{Direction, StreamId, Version};

/// Part of a stream that is being read, from its lowest version to its highest.
pub(crate) struct History<'a> {
    stream: &'a StreamId,
    head: StreamHead,
    direction: Direction,
    low: Version,
    high: Version,
    expected: Version,
    previous: EventHash,
    events: Vec<Stored>,
}

impl<'a> History<'a> {
    /// What to read of a stream that ends at `head`; none if there is nothing to read.
    pub(crate) fn begin(
        stream: &'a StreamId,
        head: StreamHead,
        from: Version,
        direction: Direction,
        limit: usize,
    ) -> Option<Self> {
        let (low, high) = range(from, direction, limit as u64, head.version);
        if low > high {
            return None;
        }
        // The event before the first one is read for its hash alone.
        let expected = Version(low.0 - 1).max(Version::FIRST);
        let events = Vec::with_capacity((high.0 - expected.0 + 1) as usize);
        let previous = EventHash::NONE;
        Some(Self { stream, head, direction, low, high, expected, previous, events })
    }

    /// The first and the last version whose rows are wanted.
    pub(crate) fn rows(&self) -> (Version, Version) {
        (self.expected, self.high)
    }

    /// Adds the next row.
    pub(crate) fn add(&mut self, row: &EventRow<'_>) -> Result<(), Error> {
        if row.version != self.expected {
            return Err(self.missing());
        }
        // Of an event before `low` only the hash is used; what it follows was not read.
        let linked = row.version == Version::FIRST || row.version >= self.low;
        let event = check(self.stream, row, linked.then_some(&self.previous))?;
        self.previous = event.hash();
        self.expected = self.expected.next();
        self.events.push(event);
        Ok(())
    }

    /// The events, in the direction asked for, once every row was added.
    pub(crate) fn finish(mut self) -> Result<Vec<Stored>, Error> {
        if self.expected != self.high.next() {
            return Err(self.missing());
        }
        if self.high == self.head.version && self.previous != self.head.hash {
            let damage = Damage::of("the stream's head names another event");
            return Err(damage.in_stream(self.stream, self.high).into());
        }
        let wanted = (self.high.0 - self.low.0 + 1) as usize;
        self.events.drain(..self.events.len() - wanted);
        if self.direction == Direction::Backwards {
            self.events.reverse();
        }
        Ok(self.events)
    }

    fn missing(&self) -> Error {
        Damage::of("it is missing").in_stream(self.stream, self.expected).into()
    }
}

/// The first and the last version to read; empty if the first is after the last.
fn range(from: Version, direction: Direction, limit: u64, head: Version) -> (Version, Version) {
    match direction {
        Direction::Forwards => {
            let low = from.max(Version::FIRST);
            (low, Version(head.0.min(low.0.saturating_add(limit).saturating_sub(1))))
        }
        Direction::Backwards => {
            let high = from.min(head);
            (Version(high.0.saturating_sub(limit).saturating_add(1).max(1)), high)
        }
    }
}

/// The event must say that it belongs here, and follow the one before.
fn check(
    stream: &StreamId,
    row: &EventRow<'_>,
    previous: Option<&EventHash>,
) -> Result<Stored, Error> {
    let broken = |what: &str| Damage::at(row.position, what).in_stream(stream, row.version);
    let header = Header::decode(row.header).map_err(|error| broken(&error.to_string()))?;
    let hash = EventHash::from_slice(row.hash).ok_or_else(|| broken("its hash is not 32 bytes"))?;
    let named = (header.tenant, header.category, header.stream_key);
    let wanted = (stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str());
    if named != wanted || header.version != row.version {
        return Err(broken("its header names another place").into());
    }
    let follows = |previous| event_hash(previous, row.header, row.payload) == hash;
    if !previous.is_none_or(follows) && !planted(Bug::ChainNotChecked) {
        return Err(broken("its hash does not follow from the event before it").into());
    }
    Ok(Stored::of_read(row.position, hash, &header, row.header, row.payload))
}
