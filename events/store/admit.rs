//! The rule of the append, pure: outcome first, then epoch, then version. A store lends its books
//! inside its transaction and lets this decide, append by append.

use std::collections::HashMap;

use crate::id::CommandKind;
use crate::planted::{Bug, planted};
use crate::store::{
    Admitted, Batch, Error, LogHead, Outcome, Prepared, Refusal, RequestHash, Span, StreamHead,
};
use crate::stream::StreamId;

/// A store's books, as they stand inside a transaction.
pub trait Books {
    /// The end of the log.
    fn log(&self) -> LogHead;
    /// What became of this command of this tenant, if it was recorded.
    fn known(&mut self, append: &Prepared) -> Result<Option<Known>, Error>;
    /// The epoch of a partition.
    fn epoch(&mut self, partition: u16) -> Result<u64, Error>;
    /// The end of a stream.
    fn head(&mut self, stream: &StreamId) -> Result<StreamHead, Error>;
    /// Enters an append with its outcome; the log ends at `log` from now on.
    fn record(&mut self, append: &Prepared, outcome: &Outcome, log: LogHead) -> Result<(), Error>;
}

/// A recorded outcome with the request it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What became of the command.
    pub outcome: Outcome,
    /// What it had asked.
    pub request: RequestHash,
}

/// Decides a whole batch, and enters what is accepted.
pub fn admit(books: &mut impl Books, batch: &Batch) -> Result<Vec<Admitted>, Error> {
    let stale = planted(Bug::VersionOutsideTransaction).then(|| heads_before(books, batch));
    let admitted = batch.appends.iter().map(|append| {
        match refusal(books, append, stale.as_ref()) {
            Ok(None) => {}
            Ok(Some(instead)) => return Ok(instead),
            Err(Error::Damaged(damage)) => return Ok(Admitted::Damaged(damage)),
            Err(error) => return Err(error),
        }
        let (outcome, log) = outcome(append, books.log(), batch);
        books.record(append, &outcome, log)?;
        Ok(Admitted::Recorded(outcome))
    });
    admitted.collect()
}

/// What becomes of an append that is not recorded now; none if it is.
fn refusal(
    books: &mut impl Books,
    append: &Prepared,
    stale: Option<&HashMap<StreamId, StreamHead>>,
) -> Result<Option<Admitted>, Error> {
    if let Some(known) = books.known(append)? {
        return Ok(Some(again(known, append)));
    }
    if let Some(owner) = append.owner {
        let current = books.epoch(owner.partition)?;
        if owner.epoch != current && !planted(Bug::EpochNotChecked) {
            return Ok(Some(Admitted::Refused(Refusal::StaleEpoch { current })));
        }
    }
    let actual = books.head(&append.stream)?;
    let seen = stale.and_then(|heads| heads.get(&append.stream).copied()).unwrap_or(actual);
    if !append.expected.allows(seen.version) || append.is_left_behind(actual) {
        return Ok(Some(Admitted::Refused(Refusal::Conflict { actual })));
    }
    if append.base != actual {
        return Ok(Some(Admitted::Refused(Refusal::Rebase { actual })));
    }
    Ok(None)
}

/// A command that comes again: the first outcome stands, but a publisher's id is for one request.
pub(crate) fn again(known: Known, append: &Prepared) -> Admitted {
    if append.command.kind != CommandKind::Derived && known.request != append.request {
        return Admitted::Refused(Refusal::CommandReused);
    }
    Admitted::Known(known.outcome)
}

/// What is recorded of an accepted append, and where the log ends after it.
pub(crate) fn outcome(append: &Prepared, log: LogHead, batch: &Batch) -> (Outcome, LogHead) {
    let recorded = (!append.events.is_empty()).then(|| Span {
        position: log.position.next(),
        version: append.base.version.next(),
        events: append.events.len() as u32,
    });
    let (after, outcomes) = (log.position, log.outcomes + 1);
    let log = match recorded {
        Some(span) => {
            LogHead { position: span.last_position(), recorded_at: batch.stamp, outcomes }
        }
        None => LogHead { outcomes, ..log },
    };
    let (stream, verdict) = (append.stream.clone(), append.verdict.clone());
    (Outcome { stream, verdict, after, recorded, recorded_at: batch.stamp }, log)
}

/// Only the planted bug asks for the heads before the transaction has moved them.
fn heads_before(books: &mut impl Books, batch: &Batch) -> HashMap<StreamId, StreamHead> {
    let streams = batch.appends.iter().map(|append| &append.stream);
    streams.filter_map(|stream| Some((stream.clone(), books.head(stream).ok()?))).collect()
}

impl Refusal {
    /// The error a caller gets.
    #[must_use]
    pub fn error(self, append: &Prepared) -> Error {
        match self {
            Self::CommandReused => Error::CommandReused(append.command),
            Self::StaleEpoch { current } => Error::StaleEpoch {
                partition: append.stream.partition(),
                given: append.owner.map(|owner| owner.epoch).unwrap_or_default(),
                current,
            },
            Self::Conflict { actual } | Self::Rebase { actual } => Error::Conflict {
                stream: append.stream.clone(),
                expected: append.expected,
                actual: actual.version,
            },
        }
    }
}
