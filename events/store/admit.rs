//! The rule of the append, pure: outcome first, then epoch, then version. A store gathers what it
//! knows about a batch inside its transaction and lets this decide, append by append.

use std::collections::HashMap;

use crate::id::{CommandId, CommandKind, Tenant};
use crate::planted::{Bug, planted};
use crate::store::{
    Admitted, Error, LogHead, Outcome, Prepared, Refusal, RequestHash, Span, StreamHead,
};
use crate::stream::StreamId;
use crate::time::Timestamp;

/// What a store knows about the commands, streams and partitions of a batch.
#[derive(Debug, Default)]
pub struct View {
    /// Outcomes recorded before.
    pub known: HashMap<(Tenant, CommandId), Known>,
    /// The head of every stream of the batch that has events.
    pub heads: HashMap<StreamId, StreamHead>,
    /// The epochs of partitions that were ever claimed.
    pub epochs: HashMap<u16, u64>,
    /// The end of the log.
    pub log: LogHead,
}

/// A recorded outcome with the request it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What became of the command.
    pub outcome: Outcome,
    /// What it had asked.
    pub request: RequestHash,
}

impl View {
    /// Decides a whole batch; the view ends up as it will be after the commit.
    pub fn admit(&mut self, appends: &[Prepared], stamp: Timestamp) -> Vec<Admitted> {
        let before = planted(Bug::VersionOutsideTransaction).then(|| self.heads.clone());
        appends
            .iter()
            .map(|append| match self.refusal(append, before.as_ref()) {
                Ok(()) => Admitted::Recorded(self.record(append, stamp)),
                Err(instead) => instead,
            })
            .collect()
    }

    #[expect(clippy::result_large_err, reason = "it is an answer, handed on once")]
    fn refusal(
        &self,
        append: &Prepared,
        stale: Option<&HashMap<StreamId, StreamHead>>,
    ) -> Result<(), Admitted> {
        if let Some(known) = self.known.get(&(append.stream.tenant.clone(), append.command)) {
            return Err(again(known, append));
        }
        if let Some(given) = append.epoch {
            let current = self.epochs.get(&append.stream.partition()).copied().unwrap_or(0);
            if given != current {
                return Err(Admitted::Refused(Refusal::StaleEpoch { current }));
            }
        }
        let actual = self.heads.get(&append.stream).copied().unwrap_or_default();
        let seen =
            stale.map_or(actual, |heads| heads.get(&append.stream).copied().unwrap_or_default());
        if !append.expected.allows(seen.version) {
            return Err(Admitted::Refused(Refusal::Conflict { actual }));
        }
        if !append.events.is_empty() && append.base != actual {
            return Err(Admitted::Refused(Refusal::Rebase { actual }));
        }
        Ok(())
    }

    fn record(&mut self, append: &Prepared, recorded_at: Timestamp) -> Outcome {
        let recorded = (!append.events.is_empty()).then(|| Span {
            position: self.log.position.next(),
            version: append.base.version.next(),
            events: append.events.len() as u32,
        });
        let outcome = Outcome {
            stream: append.stream.clone(),
            verdict: append.verdict.clone(),
            recorded,
            recorded_at,
        };
        if let Some(span) = recorded {
            self.heads.insert(append.stream.clone(), append.head_after());
            self.log.position = span.last_position();
            self.log.recorded_at = recorded_at;
        }
        self.log.outcomes += 1;
        let known = Known { outcome: outcome.clone(), request: append.request };
        self.known.insert((append.stream.tenant.clone(), append.command), known);
        outcome
    }
}

/// A command that comes again: the first outcome stands, but a publisher's id is for one request only.
fn again(known: &Known, append: &Prepared) -> Admitted {
    if append.command.kind != CommandKind::Derived && known.request != append.request {
        return Admitted::Refused(Refusal::CommandReused);
    }
    Admitted::Known(known.outcome.clone())
}

impl Refusal {
    /// The error a caller gets.
    #[must_use]
    pub fn error(self, append: &Prepared) -> Error {
        match self {
            Self::CommandReused => Error::CommandReused(append.command),
            Self::StaleEpoch { current } => Error::StaleEpoch {
                partition: append.stream.partition(),
                given: append.epoch.unwrap_or_default(),
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
