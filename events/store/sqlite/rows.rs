//! The checksums of rows, and outcomes as rows. Every column of a row is under its checksum, with
//! the row's own place, so that a row that moved is as visible as one that changed.

use std::borrow::Cow;

use crate::chain::{EventHash, checksum};
use crate::id::LogId;
use crate::store::{Damage, Error, LogHead, Outcome, RequestHash, Span, Verdict};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// Compares a row's checksum with what the row says.
pub(super) fn whole(what: &str, stored: i64, computed: i64) -> Result<(), Error> {
    if stored == computed {
        return Ok(());
    }
    Err(Damage::of(format!("{what} does not match its checksum")).into())
}

pub(super) fn log_sum(log_id: LogId, head: &LogHead) -> i64 {
    let numbers = [
        head.position.0.to_be_bytes(),
        head.recorded_at.0.to_be_bytes(),
        head.outcomes.to_be_bytes(),
    ];
    checksum(&[b"log", log_id.0.as_bytes(), numbers.as_flattened()]).into()
}

pub(super) fn stream_sum(number: i64, stream: &StreamId) -> i64 {
    let parts =
        [stream.tenant.as_str(), stream.category.as_str(), stream.key.as_str()].map(str::as_bytes);
    checksum(&[b"stream", &number.to_be_bytes(), parts[0], parts[1], parts[2]]).into()
}

pub(super) fn head_sum(number: i64, version: Version, hash: &[u8]) -> i64 {
    checksum(&[b"head", &number.to_be_bytes(), &version.0.to_be_bytes(), hash]).into()
}

pub(super) fn epoch_sum(partition: i64, epoch: i64) -> i64 {
    checksum(&[b"epoch", &partition.to_be_bytes(), &epoch.to_be_bytes()]).into()
}

pub(super) fn blob_sum(tenant: &str, hash: &EventHash, media_type: &str) -> i64 {
    checksum(&[b"blob", tenant.as_bytes(), &hash.0, media_type.as_bytes()]).into()
}

/// The columns of an event's row.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventRow<'a> {
    pub(super) position: Position,
    pub(super) stream: i64,
    pub(super) version: Version,
    pub(super) hash: &'a [u8],
    pub(super) header: &'a [u8],
    pub(super) payload: &'a [u8],
}

impl EventRow<'_> {
    pub(super) fn sum(&self) -> i64 {
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
pub(super) struct OutcomeRow<'a> {
    pub(super) tenant: Cow<'a, str>,
    pub(super) command: Cow<'a, [u8]>,
    pub(super) request: Cow<'a, [u8]>,
    pub(super) stream: i64,
    pub(super) verdict: i64,
    pub(super) position: i64,
    pub(super) version: i64,
    pub(super) events: i64,
    pub(super) recorded_at: i64,
    pub(super) code: Cow<'a, str>,
    pub(super) message: Cow<'a, str>,
}

impl<'a> OutcomeRow<'a> {
    pub(super) fn new(
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
            position: span.map_or(0, |span| span.position.0 as i64),
            version: span.map_or(0, |span| span.version.0 as i64),
            events: span.map_or(0, |span| span.events.into()),
            recorded_at: outcome.recorded_at.0,
            code: code.into(),
            message: message.into(),
        }
    }

    pub(super) fn sum(&self) -> i64 {
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
    pub(super) fn outcome(&self, stream: StreamId) -> Option<Outcome> {
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
        Some(Outcome { stream, verdict, recorded, recorded_at: Timestamp(self.recorded_at) })
    }

    pub(super) fn request(&self) -> Option<RequestHash> {
        self.request.as_ref().try_into().ok().map(RequestHash)
    }
}
