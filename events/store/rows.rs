//! Events and outcomes as the rows of a table, with their checksums, for every store that has
//! tables. Every column is under the checksum, with the row's own place.

use std::borrow::Cow;

use crate::chain::checksum;
use crate::store::{Damage, Error, Outcome, RequestHash, Span, Verdict};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// Compares a row's checksum with what the row says.
pub(crate) fn whole(what: &str, stored: i64, computed: i64) -> Result<(), Error> {
    if stored == computed {
        return Ok(());
    }
    Err(Damage::of(format!("{what} does not match its checksum")).into())
}

/// The columns of an event's row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRow<'a> {
    pub(crate) position: Position,
    pub(crate) stream: i64,
    pub(crate) version: Version,
    pub(crate) hash: &'a [u8],
    pub(crate) header: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl EventRow<'_> {
    pub(crate) fn sum(&self) -> i64 {
        let place = [
            self.position.0.to_be_bytes(),
            self.stream.to_be_bytes(),
            self.version.0.to_be_bytes(),
        ];
        checksum(&[place.as_flattened(), self.hash, self.header, self.payload]).into()
    }
}

/// The columns of an outcome's row: borrowed on their way in, owned on their way out.
#[derive(Debug, Clone)]
pub(crate) struct OutcomeRow<'a> {
    pub(crate) tenant: Cow<'a, str>,
    pub(crate) command: Cow<'a, [u8]>,
    pub(crate) request: Cow<'a, [u8]>,
    pub(crate) stream: i64,
    pub(crate) verdict: i64,
    pub(crate) position: i64,
    pub(crate) version: i64,
    pub(crate) events: i64,
    pub(crate) recorded_at: i64,
    pub(crate) code: Cow<'a, str>,
    pub(crate) message: Cow<'a, str>,
}

impl<'a> OutcomeRow<'a> {
    pub(crate) fn new(
        command: &'a [u8],
        request: &'a RequestHash,
        stream: i64,
        outcome: &'a Outcome,
    ) -> Self {
        let (verdict, code, message) = match &outcome.verdict {
            Verdict::Accepted => (1, "", ""),
            Verdict::Nothing => (2, "", ""),
            Verdict::Rejected { code, message } => (3, code.as_str(), message.as_str()),
        };
        let span = outcome.recorded;
        Self {
            tenant: outcome.stream.tenant.as_str().into(),
            command: command.into(),
            request: request.0.as_slice().into(),
            stream,
            verdict,
            position: outcome.position().0 as i64,
            version: span.map_or(0, |span| span.version.0 as i64),
            events: span.map_or(0, |span| span.events.into()),
            recorded_at: outcome.recorded_at.0,
            code: code.into(),
            message: message.into(),
        }
    }

    pub(crate) fn sum(&self) -> i64 {
        let numbers =
            [self.stream, self.verdict, self.position, self.version, self.events, self.recorded_at]
                .map(i64::to_be_bytes);
        let parts = [
            b"outcome",
            self.tenant.as_bytes(),
            &self.command,
            &self.request,
            numbers.as_flattened(),
            self.code.as_bytes(),
            self.message.as_bytes(),
        ];
        checksum(&parts).into()
    }

    /// The outcome, or none if a number cannot be what it should.
    pub(crate) fn outcome(&self, stream: StreamId) -> Option<Outcome> {
        let verdict = match self.verdict {
            1 => Verdict::Accepted,
            2 => Verdict::Nothing,
            3 => {
                Verdict::Rejected { code: self.code.to_string(), message: self.message.to_string() }
            }
            _ => return None,
        };
        let span = Span {
            position: Position(u64::try_from(self.position).ok()?),
            version: Version(u64::try_from(self.version).ok()?),
            events: u32::try_from(self.events).ok()?,
        };
        let recorded = (span.events > 0).then_some(span);
        let after = match recorded {
            Some(span) => Position(span.position.0.checked_sub(1)?),
            None => span.position,
        };
        let recorded_at = Timestamp(self.recorded_at);
        Some(Outcome { stream, verdict, after, recorded, recorded_at })
    }

    pub(crate) fn request(&self) -> Option<RequestHash> {
        self.request.as_ref().try_into().ok().map(RequestHash)
    }
}
