//! The rule of the import, pure: what is there already stays, what goes on exactly where the target
//! ends is entered, and everything else is refused by name. A store lends its books inside its
//! transaction, and enters all of a part or nothing.

use super::meet::Proven;
use super::origin::{Origin, Ranges};
use super::{Kept, KeptBlob, Moved};
use crate::chain::EventHash;
use crate::id::{CommandId, LogId, Tenant};
use crate::store::{Error, LogHead, Outcome, Span, StreamHead};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// A part that a store is asked to take in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Where it comes from.
    pub origin: Origin,
    /// What it is.
    pub part: Proven,
}

/// What a store says of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// It was committed.
    Entered(Taken),
    /// Nothing was done.
    Refused(Refused),
}

/// How much of an arrival is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Events entered.
    pub events: u64,
    /// Outcomes entered.
    pub outcomes: u64,
    /// Blobs entered.
    pub blobs: u64,
    /// Outcomes that were there already, the same.
    pub known: u64,
}

impl Taken {
    /// Adds what another part brought.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.outcomes += other.outcomes;
        self.blobs += other.blobs;
        self.known += other.known;
    }
}

/// Why a log does not take something in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Both logs have events of one stream, and not the same ones.
    #[error(
        "the stream {stream} is in both logs: the target has other events from version {version} on"
    )]
    StreamInBoth {
        /// The stream.
        stream: StreamId,
        /// The version from which on they differ, at the latest.
        version: Version,
    },
    /// What comes begins in the middle of a stream, and the target does not have what is before.
    #[error(
        "the stream {stream} begins at version {first}, and the target has it up to version {actual}"
    )]
    StreamGap {
        /// The stream.
        stream: StreamId,
        /// The first version that comes.
        first: Version,
        /// Where it ends in the target.
        actual: Version,
    },
    /// Both logs know a command, and not the same of it.
    #[error("the command {command} of {tenant} is in both logs, with another outcome")]
    CommandInBoth {
        /// Whose command it is.
        tenant: Tenant,
        /// The command.
        command: CommandId,
    },
    /// The target has the same id, and another history.
    #[error(
        "the target is a copy of this log that went its own way: it has something else at position {0}"
    )]
    WentItsOwnWay(Position),
    /// What comes begins behind the end of the copy.
    #[error(
        "the target is a copy of this log up to position {actual}, and this begins at position {first}"
    )]
    CopyTooShort {
        /// The position of the first event that comes.
        first: Position,
        /// Where the target ends.
        actual: Position,
    },
    /// Later events of the same log came before.
    #[error(
        "position {position} of the log {source_log} comes too late: position {last} came before it"
    )]
    TooLate {
        /// The log.
        source_log: LogId,
        /// The position there of what comes.
        position: Position,
        /// The position there of the last that came.
        last: Position,
    },
    /// The target is not what it was when the import began.
    #[error("another process has filled the target, or made it another log, since this began")]
    Moved,
}

/// A store's books, as they stand inside a transaction.
pub(crate) trait Books {
    /// The end of the log.
    fn log(&self) -> LogHead;
    /// What is kept of a command.
    fn kept(&mut self, tenant: &Tenant, command: CommandId) -> Result<Option<Kept>, Error>;
    /// The hash of an event.
    fn hash(&mut self, stream: &StreamId, version: Version) -> Result<Option<EventHash>, Error>;
    /// The end of a stream.
    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error>;
    /// Keeps a blob, unless there is one; says whether there was none.
    fn blob(&mut self, blob: &KeptBlob, position: Position) -> Result<bool, Error>;
    /// Enters a command at the place that its outcome names; the log ends at `log` from now on.
    fn enter(&mut self, moved: &Moved, outcome: &Outcome, log: LogHead) -> Result<(), Error>;
}

/// Why a part is not entered.
#[derive(Debug)]
pub(crate) enum Stop {
    /// By the rule.
    Refused(Refused),
    /// The store failed.
    Failed(Error),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Stop {
    /// As a store answers.
    pub(crate) fn answer(entered: Result<Taken, Self>) -> Result<Arrived, Error> {
        match entered {
            Ok(taken) => Ok(Arrived::Entered(taken)),
            Err(Self::Refused(refused)) => Ok(Arrived::Refused(refused)),
            Err(Self::Failed(error)) => Err(error),
        }
    }
}

/// Enters what is new of a part, or says why not. `identity` is that of the target from now on;
/// `came` the last position of the source that has come before.
pub(crate) fn arrive(
    books: &mut impl Books,
    arrival: &Arrival,
    identity: LogId,
    came: Position,
) -> Result<(Taken, Ranges), Stop> {
    let origin = &arrival.origin;
    let (mut taken, mut ranges) = (Taken::default(), Ranges::default());
    let mut blobs = arrival.part.blobs().iter().peekable();
    for (moved, base) in arrival.part.commands() {
        let head = books.log().position;
        let outcome = placed(moved, origin, head);
        let held = books.kept(&outcome.stream.tenant, moved.kept.command)?;
        let place = if held.is_some() { head } else { outcome.position() };
        while let Some(blob) = blobs.next_if(|blob| blob.position <= moved.position()) {
            let place = if origin.copy { blob.position } else { place };
            taken.blobs += u64::from(books.blob(blob, place)?);
        }
        if let Some(held) = held {
            is_again(&held, moved, origin.copy)?;
            same_events(books, moved)?;
            taken.known += 1;
            continue;
        }
        in_order(moved, origin, head, came)?;
        if let (Some(base), Some(span)) = (base, outcome.recorded) {
            goes_on(&outcome.stream, base, books.head(&outcome.stream)?)?;
            let events = u64::from(span.events);
            ranges.add(origin, span.position, moved.position(), events);
            taken.events += events;
        }
        let log = after(moved, &outcome, identity, books.log());
        books.enter(moved, &outcome, log)?;
        taken.outcomes += 1;
    }
    for blob in blobs {
        let place = if origin.copy { blob.position } else { books.log().position };
        taken.blobs += u64::from(books.blob(blob, place)?);
    }
    Ok((taken, ranges))
}

/// The outcome at the place it gets: its own in a copy, else the next one.
fn placed(moved: &Moved, origin: &Origin, head: Position) -> Outcome {
    let outcome = moved.kept.outcome.clone();
    if origin.copy {
        return outcome;
    }
    let recorded = outcome.recorded.map(|span| Span { position: head.next(), ..span });
    Outcome { after: head, recorded, ..outcome }
}

/// What is held must be what comes, but for its place in a log that is not a copy.
pub(crate) fn is_again(held: &Kept, moved: &Moved, copy: bool) -> Result<(), Refused> {
    let (held, comes) = (&held.outcome, (&moved.kept, held.request));
    let (kept, request) = comes;
    let outcome = &kept.outcome;
    let place = |outcome: &Outcome| copy.then_some(outcome.position());
    let says = |outcome: &Outcome| {
        let events = outcome.recorded.map(|span| (span.version, span.events));
        (outcome.recorded_at, events, place(outcome))
    };
    let same = request == kept.request
        && (&held.stream, &held.verdict) == (&outcome.stream, &outcome.verdict)
        && says(held) == says(outcome);
    if same {
        return Ok(());
    }
    let tenant = outcome.stream.tenant.clone();
    Err(Refused::CommandInBoth { tenant, command: kept.command })
}

/// A hash stands for everything before it in its stream.
fn same_events(books: &mut impl Books, moved: &Moved) -> Result<(), Stop> {
    let outcome = &moved.kept.outcome;
    let (Some(span), Some(event)) = (outcome.recorded, moved.events.last()) else { return Ok(()) };
    let version = span.last_version();
    if books.hash(&outcome.stream, version)? == Some(event.hash()) {
        return Ok(());
    }
    Err(Refused::StreamInBoth { stream: outcome.stream.clone(), version }.into())
}

/// A copy gets every event at its own position; a log that is no copy gets them in their order.
pub(crate) fn in_order(
    moved: &Moved,
    origin: &Origin,
    head: Position,
    came: Position,
) -> Result<(), Refused> {
    let position = moved.position();
    match (origin.copy, moved.kept.outcome.recorded) {
        (true, Some(_)) if position != head.next() => Err(Refused::WentItsOwnWay(position)),
        (true, None) if position > head => Err(Refused::WentItsOwnWay(position)),
        (false, Some(_)) if position <= came => {
            Err(Refused::TooLate { source_log: origin.source, position, last: came })
        }
        _ => Ok(()),
    }
}

/// Events go on exactly where the stream ends.
pub(crate) fn goes_on(
    stream: &StreamId,
    base: StreamHead,
    head: StreamHead,
) -> Result<(), Refused> {
    if base == head {
        return Ok(());
    }
    let (stream, first) = (stream.clone(), base.version.next());
    match head.version < base.version {
        true => Err(Refused::StreamGap { stream, first, actual: head.version }),
        false => Err(Refused::StreamInBoth { stream, version: first }),
    }
}

/// Where the log ends after a command. Its time is the floor of what it records itself: events that
/// were recorded by another log do not raise it.
fn after(moved: &Moved, outcome: &Outcome, identity: LogId, log: LogHead) -> LogHead {
    let outcomes = log.outcomes + 1;
    let Some(span) = outcome.recorded else { return LogHead { outcomes, ..log } };
    let floor = floor(moved, identity).map_or(log.recorded_at, |time| log.recorded_at.max(time));
    LogHead { position: span.last_position(), recorded_at: floor, outcomes }
}

/// When the log itself recorded this, if it did.
pub(crate) fn floor(moved: &Moved, identity: LogId) -> Option<Timestamp> {
    let own = moved.events.first().is_some_and(|event| event.header().log_id == identity);
    own.then_some(moved.kept.outcome.recorded_at)
}
