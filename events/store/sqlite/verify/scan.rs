//! What is seen of events in the order of the log. Each is chained to the stored hash of the one
//! before it in its stream; since that one is checked too, wherever it stands, the order of checking
//! is free. An event whose stream was not seen before waits until the scan has paused for a lookup.

use std::hash::{BuildHasher as _, RandomState};

use rusqlite::functions::Context;

use super::look::Look;
use crate::chain::{EventHash, event_hash};
use crate::header::Header;
use crate::id::LogId;
use crate::store::sqlite::columns;
use crate::store::sqlite::failure;
use crate::store::sqlite::rows::EventRow;
use crate::store::sqlite::verify::totals::Fingerprint;
use crate::store::{Damage, Error, Report};
use crate::stream::{Position, Version};
use crate::time::Timestamp;

/// How many streams are remembered: each has one place, and pushes out who was there before.
const SEEN_MAX: usize = 32 * 1024;

/// Said of an event that is not what its row and its stream say.
pub(super) const ELSEWHERE: &str = "its header names another place than its row";
/// Said of an event that was changed, or whose stream was.
pub(super) const UNCHAINED: &str =
    "its hash does not follow from its bytes and the event before it";

/// Where a scan stands.
pub(super) struct Scan {
    pub(super) next: Position,
    /// Of the event before the next one.
    pub(super) last: Option<(LogId, Timestamp)>,
    pub(super) waiting: Vec<Waiting>,
    /// What is wrong with events, whose streams have no names yet.
    pub(super) wrong: Vec<(i64, Version, Damage)>,
    pub(super) report: Report,
    pub(super) table: Fingerprint,
    seen: Vec<Option<Seen>>,
    names: RandomState,
}

/// A stream whose last event was seen.
#[derive(Default)]
struct Seen {
    number: i64,
    /// A hash of its name, which only this scan knows how to make: the names of many streams would
    /// each be far away in memory.
    name: u64,
    version: Version,
    hash: EventHash,
}

/// An event whose stream has to be looked up.
pub(super) struct Waiting {
    pub(super) position: Position,
    pub(super) stream: i64,
    pub(super) version: Version,
    /// What it says the name of its stream is, if nothing is known of the stream.
    pub(super) name: Option<[String; 3]>,
    /// Its hash, header and payload, if the event before it has to be looked up, too.
    pub(super) chained: Option<(EventHash, Vec<u8>, Vec<u8>)>,
}

impl Scan {
    /// For a log of this many events: there are no more streams than that.
    pub(super) fn new(events: u64) -> Self {
        let places = usize::try_from(events).unwrap_or(SEEN_MAX).clamp(1, SEEN_MAX);
        Self {
            next: Position::FIRST,
            last: None,
            waiting: Vec::new(),
            wrong: Vec::new(),
            report: Report::default(),
            table: Fingerprint::default(),
            seen: (0..places).map(|_| None).collect(),
            names: RandomState::new(),
        }
    }

    /// Notes every position before this one that has no event.
    pub(super) fn skip_missing(&mut self, position: Position) {
        while self.next < position {
            self.report.note(Damage::at(self.next, "it is missing"));
            self.next = self.next.next();
        }
    }

    /// Takes a stream for one that was not seen.
    pub(super) fn forget(&mut self, stream: i64) {
        let place = self.place(stream);
        self.seen[place] = None;
    }

    fn place(&self, stream: i64) -> usize {
        stream as usize % self.seen.len()
    }

    /// What is wrong with an event, as far as that can be told without a lookup.
    fn event(&mut self, row: &EventRow<'_>) -> Result<(), Damage> {
        let at = |what: &str| Damage::at(row.position, what);
        let header = Header::decode(row.header).map_err(|error| at(&error.to_string()))?;
        let hash = EventHash::from_slice(row.hash).ok_or_else(|| at("its hash is not 32 bytes"))?;
        let name = [header.tenant, header.category, header.stream_key];
        let hashed = self.names.hash_one(name);
        let place = self.place(row.stream);
        let seen = self.seen[place].get_or_insert_default();
        let is_known = seen.number == row.stream;
        if header.version != row.version || (is_known && seen.name != hashed) {
            return Err(at(ELSEWHERE));
        }
        let previous = match row.version {
            version if is_known && version == seen.version.next() => Some(seen.hash),
            Version::FIRST => Some(EventHash::NONE),
            _ => None,
        };
        if previous.is_some_and(|previous| event_hash(&previous, row.header, row.payload) != hash) {
            return Err(at(UNCHAINED));
        }
        *seen = Seen { number: row.stream, name: hashed, version: row.version, hash };
        if !is_known || previous.is_none() {
            let chained = previous.is_none().then(|| (hash, row.header.into(), row.payload.into()));
            let (position, stream, version) = (row.position, row.stream, row.version);
            let name = (!is_known).then(|| name.map(String::from));
            self.waiting.push(Waiting { position, stream, version, name, chained });
        }
        let time = (header.log_id, header.recorded_at);
        if self.last.is_some_and(|(log_id, before)| log_id == time.0 && before > time.1) {
            return Err(at("it was recorded before the event at the position before"));
        }
        self.last = Some(time);
        Ok(())
    }
}

impl Look for Scan {
    fn look(&mut self, row: &Context<'_>) -> Result<usize, Error> {
        let event = columns::event_unchecked(row).map_err(failure::of_rusqlite)?;
        self.skip_missing(event.position);
        if event.position < self.next {
            return Err(Damage::of("another event stands in its place").into());
        }
        self.report.events += 1;
        self.table.add(event.stream, event.version.0, event.position.0);
        match columns::whole_event(row, &event) {
            Ok(()) => {
                if let Err(damage) = self.event(&event) {
                    self.wrong.push((event.stream, event.version, damage));
                }
            }
            Err(Error::Damaged(damage)) => self.report.note(damage),
            Err(error) => return Err(error),
        }
        self.next = event.position.next();
        Ok(event.header.len() + event.payload.len())
    }
}
