//! What comes meets what is there: before anything is written, every stream and every command of a
//! file is compared with what the target has.

use std::collections::HashMap;

use super::arrive::{Refused, goes_on, in_order, is_again};
use super::check::{Base, Checked};
use super::file::Begin;
use super::origin::Origin;
use super::{KeptBlob, Moved, Part};
use crate::chain::EventHash;
use crate::store::{Error, Filter, LogHead, LogReader, StreamHead};
use crate::stream::{Direction, Position, StreamId, Version};

/// Why something does not move.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotMoved {
    /// The target does not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A part of which every event is proven to follow the one before it in its stream.
#[derive(Debug, Clone)]
pub struct Proven {
    part: Part,
    bases: Vec<Option<StreamHead>>,
}

impl Proven {
    /// A part without anything: it only makes an empty target the copy that it is to be.
    #[must_use]
    pub fn nothing() -> Self {
        Self { part: Part::default(), bases: Vec::new() }
    }

    /// The blobs.
    pub(crate) fn blobs(&self) -> &[KeptBlob] {
        &self.part.blobs
    }

    /// The commands, each with the end of its stream before it; none, if it has no events.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (&Moved, Option<StreamHead>)> {
        self.part.commands.iter().zip(self.bases.iter().copied())
    }
}

/// What a target is to a log that comes.
pub async fn origin(
    target: &dyn LogReader,
    begin: &Begin,
    adopted: bool,
) -> Result<Origin, NotMoved> {
    let head = target.head().await?;
    let is_empty = head == LogHead::default();
    let copy = target.log_id() == begin.log_id || (is_empty && begin.first == Position::FIRST);
    if copy && begin.first > head.position.next() {
        let (first, actual) = (begin.first, head.position);
        return Err(Refused::CopyTooShort { first, actual }.into());
    }
    if copy && let Some(before) = begin.before {
        let last = Position(begin.first.0 - 1);
        let page = target.read_all(last, &Filter::default(), 1).await?;
        if page.events.first().map(|event| event.hash()) != Some(before) {
            return Err(Refused::WentItsOwnWay(last).into());
        }
    }
    Ok(Origin { source: begin.log_id, copy, adopted, imports: begin.imports.clone() })
}

/// Proves what the file alone does not: what its streams follow that began before it.
pub async fn prove(target: &dyn LogReader, checked: Checked) -> Result<Proven, NotMoved> {
    let Checked { part, bases } = checked;
    let begun =
        part.commands.iter().zip(&bases).filter(|(_, base)| matches!(base, Base::Before(_)));
    let streams: Vec<_> = begun.map(|(moved, _)| moved.kept.outcome.stream.clone()).collect();
    let heads = match streams.is_empty() {
        true => Vec::new(),
        false => target.stream_heads(&streams).await?,
    };
    let mut heads = heads.into_iter();
    let mut proven = Vec::with_capacity(bases.len());
    for (moved, base) in part.commands.iter().zip(bases) {
        proven.push(match base {
            Base::None => None,
            Base::Proven(head) => Some(head),
            Base::Before(version) => {
                let head = heads.next().unwrap_or_default();
                let base = match head.version == version {
                    true => head,
                    false => before(target, moved, version, head.version).await?,
                };
                Some(follows(moved, base)?)
            }
        });
    }
    Ok(Proven { part, bases: proven })
}

/// The event of the target that stands before a command whose stream goes on there.
async fn before(
    target: &dyn LogReader,
    moved: &Moved,
    version: Version,
    actual: Version,
) -> Result<StreamHead, NotMoved> {
    let stream = &moved.kept.outcome.stream;
    let read = match version < actual {
        true => target.read_stream(stream, version, Direction::Forwards, 1).await?,
        false => Vec::new(),
    };
    let Some(before) = read.first() else {
        let (stream, first) = (stream.clone(), version.next());
        return Err(Refused::StreamGap { stream, first, actual }.into());
    };
    Ok(StreamHead { version, hash: before.hash() })
}

fn follows(moved: &Moved, base: StreamHead) -> Result<StreamHead, Refused> {
    if moved.events.first().is_some_and(|event| event.follows(&base.hash)) {
        return Ok(base);
    }
    let stream = moved.kept.outcome.stream.clone();
    Err(Refused::StreamInBoth { stream, version: base.version.next() })
}

/// What of a file was compared with the target so far.
#[derive(Debug)]
pub struct Meeting {
    origin: Origin,
    /// Where the target ends, with what was found to be new.
    head: Position,
    came: Position,
    is_empty: bool,
}

impl Meeting {
    /// Nothing was compared yet.
    pub async fn with(target: &dyn LogReader, origin: &Origin) -> Result<Self, Error> {
        let (head, came) = (target.head().await?, last_of(target, origin).await?);
        let is_empty = head == LogHead::default();
        Ok(Self { origin: origin.clone(), head: head.position, came, is_empty })
    }

    /// Compares a part with the target, where it is not to be entered yet; says how many commands
    /// are there already.
    pub async fn part(&mut self, target: &dyn LogReader, part: &Proven) -> Result<u64, NotMoved> {
        if self.is_empty {
            return Ok(0);
        }
        let key = |moved: &Moved| (moved.kept.outcome.stream.tenant.clone(), moved.kept.command);
        let keys: Vec<_> = part.part.commands.iter().map(key).collect();
        let mut heads = heads(target, &part.part).await?;
        let mut known = 0;
        for ((moved, base), held) in part.commands().zip(target.kept(&keys).await?) {
            let outcome = &moved.kept.outcome;
            let head = heads.get_mut(&outcome.stream);
            if let Some(held) = held {
                is_again(&held, moved, self.origin.copy)?;
                head.map_or(Ok(()), |head| same_at_head(moved, *head))?;
                known += 1;
                continue;
            }
            in_order(moved, &self.origin, self.head, self.came)?;
            let Some((base, head)) = base.zip(head) else { continue };
            self.fits(moved, base, head)?;
        }
        Ok(known)
    }

    fn fits(
        &mut self,
        moved: &Moved,
        base: StreamHead,
        head: &mut StreamHead,
    ) -> Result<(), Refused> {
        let outcome = &moved.kept.outcome;
        // Beyond its end the target will have what came before in this file, and that was proven.
        if base.version <= head.version {
            goes_on(&outcome.stream, base, *head)?;
        }
        let Some((span, last)) = outcome.recorded.zip(moved.events.last()) else { return Ok(()) };
        *head = StreamHead { version: span.last_version(), hash: last.hash() };
        self.head = self.head.plus(span.events.into());
        Ok(())
    }
}

/// The last position of the source that has come to the target before.
pub(crate) async fn last_of(target: &dyn LogReader, origin: &Origin) -> Result<Position, Error> {
    let imports = target.imports().await?;
    let from = imports.iter().filter(|range| range.source == origin.source);
    Ok(from.map(|range| range.source_last()).max().unwrap_or_default())
}

async fn heads(
    target: &dyn LogReader,
    part: &Part,
) -> Result<HashMap<StreamId, StreamHead>, Error> {
    let with_events = part.commands.iter().filter(|moved| !moved.events.is_empty());
    let mut streams: Vec<StreamId> =
        with_events.map(|moved| moved.kept.outcome.stream.clone()).collect();
    streams.sort_unstable();
    streams.dedup();
    let heads = target.stream_heads(&streams).await?;
    Ok(streams.into_iter().zip(heads).collect())
}

/// Where a stream ends in the target, what comes must have the same event.
fn same_at_head(moved: &Moved, head: StreamHead) -> Result<(), Refused> {
    let Some(span) = moved.kept.outcome.recorded else { return Ok(()) };
    let nth = head.version.0.checked_sub(span.version.0);
    let event = nth.and_then(|nth| moved.events.get(usize::try_from(nth).ok()?));
    match event {
        Some(event) if event.hash() != head.hash => {
            let stream = moved.kept.outcome.stream.clone();
            Err(Refused::StreamInBoth { stream, version: head.version })
        }
        _ => Ok(()),
    }
}

/// The hash of the event at this position, if there is one.
pub async fn hash_at(
    reader: &dyn LogReader,
    position: Position,
) -> Result<Option<EventHash>, Error> {
    if position == Position::ZERO {
        return Ok(None);
    }
    let page = reader.read_all(position, &Filter::default(), 1).await?;
    Ok(page.events.first().map(|event| event.hash()))
}
