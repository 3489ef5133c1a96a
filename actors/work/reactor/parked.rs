//! Events that could not be dealt with, and those that wait behind them: one bad event holds up its own
//! stream, for one reaction, and nothing else. It is remembered here as it is kept with the log.

use std::collections::{BTreeMap, BTreeSet};

use events::planted::{Bug, planted};
use events::store::consumer::WHY_BYTES_MAX;
use events::store::{Parked, ParkedState};
use events::stream::{Position, StreamId};
use events::time::Timestamp;

use crate::bounds::cut;

/// How many events of one stream are parked at once.
pub const STREAM_MAX: usize = 1_000;
/// How many events are parked at once.
pub const PARKED_MAX: usize = 10_000;
/// Of how many events that were given up it is still said here; the history of the node says it of all.
pub const SKIPPED_MAX: usize = 100;

/// What is to be kept of events: how each is parked, or that it is not any more.
pub(super) type Changes = BTreeMap<Position, Option<Parked>>;

/// Events that could not be dealt with.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    rows: BTreeMap<Position, Parked>,
    lines: BTreeMap<StreamId, Line>,
    skipped: BTreeSet<Position>,
    /// Streams that may go on.
    free: BTreeSet<StreamId>,
    pub(super) changes: Changes,
}

/// The parked events of a stream.
#[derive(Debug, Default)]
struct Line {
    events: BTreeSet<Position>,
    is_blocked: bool,
}

/// What is said of a parked event.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) why: String,
    pub(super) tries: u32,
    pub(super) now: Timestamp,
}

/// Where an event comes that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It may be dealt with.
    Open,
    /// It has its place here already.
    Taken,
    /// It must wait behind others of its stream.
    Behind,
}

/// Why nothing was done about a parked event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// There is none.
    #[error("no event is parked there")]
    NotParked,
    /// Another one of its stream comes first.
    #[error("it waits behind the event at position {0}")]
    Behind(Position),
    /// The log does not keep it.
    #[error("it is not kept: {0}")]
    NotKept(String),
    /// Nobody is there to do it.
    #[error("the reaction is not at work any more")]
    Ended,
}

impl Shelf {
    /// What was kept with the log.
    pub(super) fn of(parked: Vec<Parked>) -> Self {
        let mut shelf = Self::default();
        for row in parked {
            if row.state == ParkedState::Skipped {
                shelf.skipped.insert(row.position);
            } else {
                let line = shelf.lines.entry(row.stream.clone()).or_default();
                line.events.insert(row.position);
                line.is_blocked |= row.state == ParkedState::Blocking;
            }
            shelf.rows.insert(row.position, row);
        }
        let open = shelf.lines.iter().filter(|(_, line)| !line.is_blocked);
        shelf.free = open.map(|(stream, _)| stream.clone()).collect();
        shelf
    }

    /// How many are parked.
    pub(super) fn len(&self) -> usize {
        self.rows.len() - self.skipped.len()
    }

    pub(super) fn place(&self, stream: &StreamId, position: Position) -> Place {
        if self.rows.contains_key(&position) {
            return Place::Taken;
        }
        let first = self.lines.get(stream).and_then(|line| line.events.first());
        let is_held = first.is_some_and(|first| *first < position);
        if is_held && !planted(Bug::ParkedStreamOvertaken) { Place::Behind } else { Place::Open }
    }

    /// Whether one more of this stream may wait.
    pub(super) fn has_room(&self, stream: &StreamId) -> bool {
        let waiting = self.lines.get(stream).map_or(0, |line| line.events.len());
        waiting < STREAM_MAX && self.len() < PARKED_MAX
    }

    /// An event holds up its stream from now on.
    pub(super) fn block(&mut self, stream: &StreamId, position: Position, words: Words) {
        self.free.remove(stream);
        let line = self.lines.entry(stream.clone()).or_default();
        line.is_blocked = true;
        let later: Vec<_> = line.events.range(position.next()..).copied().collect();
        for later in later {
            if self.rows.get(&later).is_some_and(|row| row.state == ParkedState::Blocking) {
                self.changed(later, |row| row.state = ParkedState::Behind);
            }
        }
        self.enter(stream, position, ParkedState::Blocking, words);
    }

    /// An event waits behind others of its stream.
    pub(super) fn wait_behind(&mut self, stream: &StreamId, position: Position, now: Timestamp) {
        let words = Words { why: String::new(), tries: 0, now };
        self.enter(stream, position, ParkedState::Behind, words);
    }

    fn enter(&mut self, stream: &StreamId, position: Position, state: ParkedState, words: Words) {
        self.lines.entry(stream.clone()).or_default().events.insert(position);
        let Words { why, tries, now } = words;
        let known = self.rows.get(&position);
        let since = known.map_or(now, |known| known.since);
        let tries = tries.saturating_add(known.map_or(0, |known| known.tries));
        let (stream, why) = (stream.clone(), cut(why, WHY_BYTES_MAX));
        let row = Parked { position, stream, state, tries, why, since };
        self.changes.insert(position, Some(row.clone()));
        self.rows.insert(position, row);
    }

    /// The next event that may be tried: the first of a stream that nothing holds up.
    pub(super) fn next(&self) -> Option<(StreamId, Position)> {
        let stream = self.free.first()?;
        let first = self.lines.get(stream)?.events.first()?;
        Some((stream.clone(), *first))
    }

    /// The first event of this stream is being tried, and the others wait for it.
    pub(super) fn tries(&mut self, stream: &StreamId) {
        self.free.remove(stream);
    }

    /// It could not be tried after all, and is tried later.
    pub(super) fn tries_later(&mut self, stream: &StreamId) {
        self.free.insert(stream.clone());
    }

    /// An event is dealt with, and its stream goes on.
    pub(super) fn settle(&mut self, position: Position) {
        let Some(row) = self.rows.remove(&position) else { return };
        self.changes.insert(position, None);
        self.go_on(&row.stream, position);
    }

    fn go_on(&mut self, stream: &StreamId, behind: Position) {
        let Some(line) = self.lines.get_mut(stream) else { return };
        line.events.remove(&behind);
        if line.events.is_empty() {
            self.lines.remove(stream);
            self.free.remove(stream);
        } else if !line.is_blocked {
            self.free.insert(stream.clone());
        }
    }

    /// The first of those that are parked.
    pub(super) fn lowest(&self) -> Option<Position> {
        self.lines.values().filter_map(|line| line.events.first()).min().copied()
    }

    /// The event that holds up a stream.
    pub(super) fn holds_up(&self, stream: &StreamId) -> Result<Position, NotDone> {
        let line = self.lines.get(stream).ok_or(NotDone::NotParked)?;
        line.events.first().copied().ok_or(NotDone::NotParked)
    }

    /// The stream that the event at this position holds up.
    pub(super) fn held_up_by(&self, position: Position) -> Result<StreamId, NotDone> {
        let row = self.rows.get(&position).filter(|row| row.state != ParkedState::Skipped);
        let row = row.ok_or(NotDone::NotParked)?;
        match self.holds_up(&row.stream)? {
            first if first == position => Ok(row.stream.clone()),
            first => Err(NotDone::Behind(first)),
        }
    }

    /// The event that holds up a stream is tried again; says whether it waited for that.
    pub(super) fn retry(&mut self, stream: &StreamId) -> bool {
        let Some(line) = self.lines.get_mut(stream) else { return false };
        let is_news = std::mem::replace(&mut line.is_blocked, false);
        if is_news {
            self.free.insert(stream.clone());
        }
        is_news
    }

    /// An event is given up, and its stream goes on behind it. Whatever was given up first is not said
    /// any longer where too much was; not before the log would not be read from before it, `done`.
    pub(super) fn skip(
        &mut self,
        stream: &StreamId,
        position: Position,
        why: &str,
        done: Position,
    ) {
        let why = cut(why.to_owned(), WHY_BYTES_MAX);
        self.changed(position, |row| (row.state, row.why) = (ParkedState::Skipped, why));
        self.skipped.insert(position);
        if let Some(line) = self.lines.get_mut(stream) {
            line.is_blocked = false;
        }
        self.go_on(stream, position);
        while self.skipped.len() > SKIPPED_MAX
            && self.skipped.first().is_some_and(|first| *first <= done)
            && let Some(first) = self.skipped.pop_first()
        {
            self.rows.remove(&first);
            self.changes.insert(first, None);
        }
    }

    fn changed(&mut self, position: Position, change: impl FnOnce(&mut Parked)) {
        if let Some(row) = self.rows.get_mut(&position) {
            change(row);
            self.changes.insert(position, Some(row.clone()));
        }
    }
}
