//! Reads a log in parts. Where one ends follows from what is in it and from nothing else, so that the
//! same log makes the same parts whatever store it is in.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::file::Begin;
use super::standing::{self, Standings};
use super::{Behind, Kept, KeptBlob, Moved, PART_BYTES_MAX, PART_ITEMS_MAX, Part, meet};
use crate::chain::EventHash;
use crate::id::{CommandId, Tenant};
use crate::recorded::Stored;
use crate::store::{Damage, Error, Filter, LogReader, PAGE_EVENTS_MAX};
use crate::stream::Position;

/// How many outcomes without events are read at once.
const OUTCOMES: usize = 1024;
/// How many blobs: each may be large.
const BLOBS: usize = 8;

/// A log, or a range of its positions, on its way out.
pub struct Parts {
    reader: Arc<dyn LogReader>,
    /// The last position.
    last: Position,
    /// The position of the first event that was not read.
    next: Position,
    events: VecDeque<Stored>,
    outcomes: VecDeque<Kept>,
    bare: List<CommandId, Kept>,
    blobs: List<EventHash, KeptBlob>,
    consumers: Standings,
}

/// A list by position that is read as it is needed.
struct List<K, T> {
    read: VecDeque<T>,
    /// Where it goes on; none at its end.
    behind: Option<Behind<K>>,
}

impl<K, T> List<K, T> {
    fn from(position: Position) -> Self {
        Self { read: VecDeque::new(), behind: Some(Behind::none_at(position)) }
    }

    /// Takes over what was read; nothing more is the end.
    fn add(&mut self, more: Vec<T>, place: impl Fn(&T) -> Behind<K>) {
        self.behind = more.last().map(place);
        self.read = more.into();
    }
}

/// What comes next, in this order at one position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Blob,
    Command,
    Bare,
}

/// Opens a log, or a range of it, for reading in parts. The range grows until it has no command by
/// half, and ends where the log does.
pub async fn open(
    reader: &Arc<dyn LogReader>,
    range: RangeInclusive<Position>,
) -> Result<(Begin, Parts), Error> {
    let head = reader.head().await?.position;
    let range = whole(&**reader, head, range).await?;
    let (first, last) = (*range.start(), *range.end());
    let consumers = match (first, last) == (Position::FIRST, head) {
        true => standing::up_to(&**reader, last).await?,
        false => Standings::new(),
    };
    let before = meet::hash_at(&**reader, Position(first.0 - 1)).await?;
    let begin = Begin { log_id: reader.log_id(), first, last, before, imports: Vec::new() };
    let begin = begin.with_imports(&reader.imports().await?);
    Ok((begin, Parts { consumers, ..Parts::of(Arc::clone(reader), &range) }))
}

/// The range that has no command by half: the first event is the first one of its command, the last
/// one the last.
async fn whole(
    reader: &dyn LogReader,
    head: Position,
    range: RangeInclusive<Position>,
) -> Result<RangeInclusive<Position>, Error> {
    let first = (*range.start()).max(Position::FIRST);
    let last = (*range.end()).min(head);
    if first > last {
        return Ok(first..=Position(first.0 - 1));
    }
    let first = span(reader, first).await?.start().to_owned();
    let last = span(reader, last).await?.end().to_owned();
    Ok(first..=last)
}

/// The positions of the command that led to the event at this position.
async fn span(
    reader: &dyn LogReader,
    position: Position,
) -> Result<RangeInclusive<Position>, Error> {
    let page = reader.read_all(position, &Filter::default(), 1).await?;
    let event = page.events.first().ok_or_else(|| Damage::at(position, "it is missing"))?;
    let (tenant, command) = command_of(event)?;
    let outcome = reader.outcome(&tenant, command).await?;
    let span = outcome.and_then(|outcome| outcome.recorded).ok_or_else(|| no_outcome(position))?;
    Ok(span.position..=span.last_position())
}

fn no_outcome(position: Position) -> Damage {
    Damage::at(position, "the outcome of its command is missing")
}

fn command_of(event: &Stored) -> Result<(Tenant, CommandId), Error> {
    let header = event.header();
    let tenant = header.tenant.parse();
    let tenant = tenant.map_err(|error| Damage::at(event.position(), format!("{error}")))?;
    Ok((tenant, header.command_id))
}

impl Parts {
    fn of(reader: Arc<dyn LogReader>, range: &RangeInclusive<Position>) -> Self {
        let first = *range.start();
        // What was recorded between the event before and the first one stands at the place before.
        let before = Position(first.0 - 1);
        Self {
            reader,
            last: *range.end(),
            next: first,
            events: VecDeque::new(),
            outcomes: VecDeque::new(),
            bare: List::from(before),
            blobs: List::from(before),
            consumers: Standings::new(),
        }
    }

    /// Where the consumers of the log stand, if this is all of it.
    #[must_use]
    pub fn consumers(&self) -> &Standings {
        &self.consumers
    }

    /// The next part; none at the end.
    pub async fn next(&mut self) -> Result<Option<Part>, Error> {
        let (mut part, mut items, mut bytes) = (Part::default(), 0, 0);
        while items < PART_ITEMS_MAX
            && bytes < PART_BYTES_MAX
            && let Some(next) = self.look().await?
        {
            let (more, weight) = match next {
                Next::Blob => self.blob(&mut part),
                Next::Command => self.command(&mut part).await?,
                Next::Bare => self.bare(&mut part),
            };
            (items, bytes) = (items + more, bytes + weight);
        }
        Ok((items > 0).then_some(part))
    }

    /// What stands at the lowest place.
    async fn look(&mut self) -> Result<Option<Next>, Error> {
        if self.events.is_empty() {
            self.read_events().await?;
        }
        self.read_bare().await?;
        self.read_blobs().await?;
        let blob = self.blobs.read.front().map(|blob| (blob.position, Next::Blob));
        let event = self.events.front().map(|event| (event.position(), Next::Command));
        let bare = self.bare.read.front().map(|kept| (kept.outcome.after, Next::Bare));
        Ok([blob, event, bare].into_iter().flatten().min().map(|(_, next)| next))
    }

    fn blob(&mut self, part: &mut Part) -> (usize, usize) {
        let blob = self.blobs.read.pop_front().expect("it was looked at");
        let weight = (1, blob.bytes.len());
        part.blobs.push(blob);
        weight
    }

    fn bare(&mut self, part: &mut Part) -> (usize, usize) {
        let kept = self.bare.read.pop_front().expect("it was looked at");
        let moved = Moved { kept, events: Vec::new() };
        let weight = moved.weight();
        part.commands.push(moved);
        weight
    }

    async fn command(&mut self, part: &mut Part) -> Result<(usize, usize), Error> {
        let first = self.events.front().expect("it was looked at").position();
        let kept = self.outcomes.pop_front().ok_or_else(|| no_outcome(first))?;
        let span = kept.outcome.recorded.filter(|span| span.position == first);
        let other = || Damage::at(first, "the outcome of its command names other events");
        let span = span.ok_or_else(other)?;
        while self.events.len() < span.events as usize && self.next <= self.last {
            self.read_events().await?;
        }
        if self.events.len() < span.events as usize {
            return Err(other().into());
        }
        let moved = Moved { kept, events: self.events.drain(..span.events as usize).collect() };
        let weight = moved.weight();
        part.commands.push(moved);
        Ok(weight)
    }

    /// Reads more events, and the outcomes of their commands.
    async fn read_events(&mut self) -> Result<(), Error> {
        if self.next > self.last {
            return Ok(());
        }
        let left = usize::try_from(self.last.0 - self.next.0 + 1).unwrap_or(usize::MAX);
        let (all, limit) = (Filter::default(), left.min(PAGE_EVENTS_MAX));
        let page = self.reader.read_all(self.next, &all, limit).await?;
        if page.events.is_empty() {
            return Err(Damage::at(self.next, "it is missing").into());
        }
        let mut last = self.events.back().map(command_of).transpose()?;
        let (mut commands, mut places) = (Vec::new(), Vec::new());
        for event in &page.events {
            let command = command_of(event)?;
            if last.as_ref() != Some(&command) {
                places.push(event.position());
                commands.push(command.clone());
                last = Some(command);
            }
        }
        for (kept, place) in self.reader.kept(&commands).await?.into_iter().zip(places) {
            self.outcomes.push_back(kept.ok_or_else(|| no_outcome(place))?);
        }
        self.next = page.next;
        self.events.extend(page.events);
        Ok(())
    }

    async fn read_bare(&mut self) -> Result<(), Error> {
        if self.bare.read.is_empty()
            && let Some(behind) = self.bare.behind.take()
        {
            let more = self.reader.kept_without_events(&behind, self.last, OUTCOMES).await?;
            let place = |kept: &Kept| Behind {
                position: kept.outcome.after,
                last: Some((kept.outcome.stream.tenant.clone(), kept.command)),
            };
            self.bare.add(more, place);
        }
        Ok(())
    }

    async fn read_blobs(&mut self) -> Result<(), Error> {
        if self.blobs.read.is_empty()
            && let Some(behind) = self.blobs.behind.take()
        {
            let more = self.reader.kept_blobs(&behind, self.last, BLOBS).await?;
            let place = |blob: &KeptBlob| Behind {
                position: blob.position,
                last: Some((blob.tenant.clone(), blob.hash)),
            };
            self.blobs.add(more, place);
        }
        Ok(())
    }
}
