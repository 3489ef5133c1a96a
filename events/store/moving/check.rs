//! Proves what moves by itself and by what came before it: every hash, versions and positions without
//! gaps, headers that agree with outcomes, blobs with their hashes. What an event follows in a stream
//! that began before all this only the target can tell; see [`super::meet`].

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{KeptBlob, Moved, Part};
use crate::chain::{EventHash, blob_hash, event_hash};
use crate::content::{BLOB_BYTES_MAX, INLINE_BYTES_MAX};
use crate::header::HEADER_BYTES_MAX;
use crate::id::{CommandId, LogId, Tenant};
use crate::recorded::Stored;
use crate::store::append::{APPEND_EVENTS_MAX, REJECTION_BYTES_MAX};
use crate::store::{Damage, Span, StreamHead, Verdict};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// What was proven so far. It keeps some 100 bytes for each stream.
pub struct Check {
    log_id: LogId,
    next: Position,
    last: Position,
    streams: HashMap<StreamSum, StreamHead>,
    bare: (Position, Option<(Tenant, CommandId)>),
    blob: (Position, Option<(Tenant, EventHash)>),
    recorded_at: Timestamp,
    totals: Totals,
}

/// How much there is, and what it ends with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Events.
    pub events: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Blobs.
    pub blobs: u64,
    /// The hash of the last event, if there is one.
    pub last_hash: Option<EventHash>,
}

/// A stream by a hash of its name: there may be millions.
type StreamSum = [u8; 16];

/// A part that holds together.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) part: Part,
    /// Of each command, what its first event follows.
    pub(super) bases: Vec<Base>,
}

impl Checked {
    /// What it is.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// How many events it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.part.commands.iter().map(|moved| moved.events.len() as u64).sum()
    }
}

/// What the first event of a command follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// There are no events.
    None,
    /// This one; its hash was compared.
    Proven(StreamHead),
    /// One of this version that did not come along.
    Before(Version),
}

impl Check {
    /// Nothing of `log_id` has come yet; events from `first` to `last` will.
    #[must_use]
    pub fn new(log_id: LogId, first: Position, last: Position) -> Self {
        let before = (Position(first.0.saturating_sub(1)), None);
        Self {
            log_id,
            next: first,
            last,
            streams: HashMap::new(),
            bare: before.clone(),
            blob: (before.0, None),
            recorded_at: Timestamp(i64::MIN),
            totals: Totals::default(),
        }
    }

    /// Proves the next part, or says what is wrong with it.
    pub fn part(&mut self, part: Part) -> Result<Checked, Damage> {
        part.blobs.iter().try_for_each(|blob| self.blob(blob))?;
        let bases = part.commands.iter().map(|moved| self.command(moved));
        let bases = bases.collect::<Result<_, _>>()?;
        Ok(Checked { part, bases })
    }

    /// That everything came, and how much it was.
    pub fn end(&self) -> Result<Totals, Damage> {
        if self.next != self.last.next() {
            return Err(Damage::at(self.next, "it is missing"));
        }
        Ok(self.totals)
    }

    fn blob(&mut self, blob: &KeptBlob) -> Result<(), Damage> {
        let hash = blob.hash;
        let wrong = |what: &str| Err(Damage::of(format!("the blob {hash} {what}")));
        if blob.bytes.len() > BLOB_BYTES_MAX {
            return wrong("is larger than a blob may be");
        }
        if blob_hash(&blob.bytes) != hash {
            return wrong("does not match its hash");
        }
        let place = (blob.position, Some((blob.tenant.clone(), hash)));
        if place <= self.blob || blob.position < self.standing() || blob.position > self.last {
            return wrong("does not stand in its place");
        }
        self.blob = place;
        self.totals.blobs += 1;
        Ok(())
    }

    /// The place before the next event.
    fn standing(&self) -> Position {
        Position(self.next.0 - 1)
    }

    fn command(&mut self, moved: &Moved) -> Result<Base, Damage> {
        let outcome = &moved.kept.outcome;
        let fits = match (&outcome.verdict, moved.events.len()) {
            (Verdict::Accepted, 1..=APPEND_EVENTS_MAX) | (Verdict::Nothing, 0) => true,
            (Verdict::Rejected { code, message }, 0 | 1) => {
                code.len().max(message.len()) <= REJECTION_BYTES_MAX
            }
            _ => false,
        };
        let wrong = |what: &str| {
            let (command, tenant) = (moved.kept.command, &outcome.stream.tenant);
            Err(Damage::of(format!("the outcome of {command} of {tenant} {what}")))
        };
        if !fits {
            return wrong("does not fit its events");
        }
        self.totals.outcomes += 1;
        match outcome.recorded {
            None if moved.events.is_empty() => {
                let place =
                    (outcome.after, Some((outcome.stream.tenant.clone(), moved.kept.command)));
                if place <= self.bare || outcome.after != self.standing() {
                    return wrong("does not stand in its place");
                }
                self.bare = place;
                Ok(Base::None)
            }
            Some(span) if span.events as usize == moved.events.len() => {
                if span.position != self.next || outcome.after != self.standing() {
                    return wrong("does not stand in its place");
                }
                self.events(moved, span)
            }
            _ => wrong("names other events"),
        }
    }

    /// Proves the events of a command, one by one.
    fn events(&mut self, moved: &Moved, span: Span) -> Result<Base, Damage> {
        let stream = &moved.kept.outcome.stream;
        let mut before = Version(span.version.0.wrapping_sub(1));
        let base = self.base(stream, before);
        let mut previous = match base {
            Base::Proven(head) if head.version == before => Some(head.hash),
            Base::Before(_) => None,
            _ => {
                let what = "it does not follow the event before it in its stream";
                return Err(Damage::at(span.position, what).in_stream(stream, span.version));
            }
        };
        for event in &moved.events {
            let version = before.next();
            let broken = |what: &str| Damage::at(event.position(), what).in_stream(stream, version);
            agrees(moved, event, version).map_err(|what| broken(&what))?;
            if event.position() != self.next || self.next > self.last {
                return Err(broken("it does not stand in its place"));
            }
            let hash = |previous| event_hash(&previous, event.header_bytes(), event.payload());
            if previous.is_some_and(|previous| hash(previous) != event.hash()) {
                return Err(broken(
                    "its hash does not follow from its bytes and the event before it",
                ));
            }
            self.time(event).map_err(broken)?;
            (previous, before, self.next) = (Some(event.hash()), version, self.next.next());
        }
        let hash = previous.expect("a span has at least one event");
        self.streams.insert(sum(stream), StreamHead { version: before, hash });
        self.totals.events += moved.events.len() as u64;
        self.totals.last_hash = Some(hash);
        Ok(base)
    }

    fn base(&self, stream: &StreamId, before: Version) -> Base {
        match self.streams.get(&sum(stream)) {
            Some(head) => Base::Proven(*head),
            None if before == Version::ZERO => Base::Proven(StreamHead::default()),
            None => Base::Before(before),
        }
    }

    /// Among the events of the log itself time does not go back.
    fn time(&mut self, event: &Stored) -> Result<(), &'static str> {
        let header = event.header();
        if header.log_id != self.log_id {
            return Ok(());
        }
        if header.recorded_at < self.recorded_at {
            return Err("it was recorded before the event before it");
        }
        self.recorded_at = header.recorded_at;
        Ok(())
    }
}

/// Whether an event says of itself what its outcome says of it.
fn agrees(moved: &Moved, event: &Stored, version: Version) -> Result<(), String> {
    let (kept, header) = (&moved.kept, event.header());
    let stream = &kept.outcome.stream;
    let named = (header.tenant, header.category, header.stream_key, header.version);
    if named != (stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str(), version) {
        return Err("its header names another place".into());
    }
    if (header.command_id, header.recorded_at) != (kept.command, kept.outcome.recorded_at) {
        return Err("its header does not agree with the outcome of its command".into());
    }
    if event.header_bytes().len() > HEADER_BYTES_MAX || event.payload().len() > INLINE_BYTES_MAX {
        return Err("it is larger than an event may be".into());
    }
    Ok(())
}

fn sum(stream: &StreamId) -> StreamSum {
    let mut hash = Sha256::new_with_prefix(b"annals.stream.1\0");
    for part in [stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str()] {
        hash.update([part.len() as u8]);
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut sum = [0; 16];
    sum.copy_from_slice(&digest[..16]);
    sum
}
