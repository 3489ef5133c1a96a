//! What a caller asks the log for: one command's decision about one stream.

use crate::codec::Words;
use crate::content::{BLOB_BYTES_MAX, INLINE_BYTES_MAX};
use crate::id::{CommandId, Correlation, EventId, Principal, Traceparent};
use crate::store::Error;
use crate::stream::{StreamId, Version};
use crate::time::Timestamp;

/// The most events one append may carry.
pub const APPEND_EVENTS_MAX: usize = 1000;
/// The most payload bytes one append may carry.
pub const APPEND_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest code or message of a rejection.
pub(crate) const REJECTION_BYTES_MAX: usize = 4096;

/// The HMAC of a request; see [`keys`](crate::store::keys).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestHash(pub [u8; 32]);

/// One command's decision about one stream, to be recorded whole or not at all.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// Where the stream must stand.
    pub expected: Expected,
    /// The command, idempotent for ever.
    pub command: CommandId,
    /// What the command asked, so that its id cannot be used for something else.
    pub request: RequestHash,
    /// Who owns the stream's partition, as far as the caller knows, when someone does.
    pub owner: Option<Owner>,
    /// What was decided.
    pub decision: Decision,
    /// Who and why.
    pub cause: Cause,
    /// Bytes that the events refer to.
    pub blobs: Vec<NewBlob>,
}

/// A claim on a partition: whoever claims it later has a higher epoch, and then this one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The partition.
    pub partition: u16,
    /// How often it was claimed when this claim was made.
    pub epoch: u64,
}

/// Where a stream must stand for an append to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It must have no events.
    Empty,
    /// Anywhere.
    Any,
    /// At exactly this version.
    Exact(Version),
}

impl Expected {
    /// Says whether a stream at `actual` is where it is expected.
    #[must_use]
    pub fn allows(self, actual: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Empty => actual == Version::ZERO,
            Self::Exact(version) => actual == version,
        }
    }
}

/// What `decide` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These events happened; at least one.
    Accepted(Vec<NewEvent>),
    /// There was nothing to do.
    Nothing,
    /// The domain says no, and may record that it did.
    Rejected {
        /// The stable code.
        code: String,
        /// The reason in words.
        message: String,
        /// An event that records the refusal, a late result for instance.
        record: Option<NewEvent>,
    },
}

impl Decision {
    /// The events to be recorded.
    #[must_use]
    pub fn events(&self) -> &[NewEvent] {
        match self {
            Self::Accepted(events) => events,
            Self::Nothing => &[],
            Self::Rejected { record, .. } => record.as_slice(),
        }
    }
}

/// An event that is about to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its wire type.
    pub wire_type: Box<str>,
    /// The schema of its payload.
    pub schema: u32,
    /// The payload of record: JSON.
    pub payload: Vec<u8>,
}

impl NewEvent {
    /// Encodes an event in today's schema.
    pub fn of<E: Words>(event: &E) -> Self {
        let wire = event.wire_type();
        Self { wire_type: wire.name.into(), schema: wire.schema, payload: event.payload() }
    }
}

/// Who and why: what goes into the header beside the event itself.
#[derive(Debug, Clone)]
pub struct Cause {
    /// Who did it.
    pub principal: Principal,
    /// For whom.
    pub on_behalf_of: Option<Principal>,
    /// What ties it to other commands.
    pub correlation: Option<Correlation>,
    /// The event that caused the command.
    pub causation: Option<EventId>,
    /// The trace it is part of.
    pub traceparent: Option<Traceparent>,
    /// When it took effect, if the publisher says so.
    pub effective_at: Option<Timestamp>,
}

impl Cause {
    /// Done by `principal`, with nothing more known.
    #[must_use]
    pub fn by(principal: Principal) -> Self {
        Self {
            principal,
            on_behalf_of: None,
            correlation: None,
            causation: None,
            traceparent: None,
            effective_at: None,
        }
    }
}

/// A blob to be kept in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBlob {
    /// Its media type.
    pub media_type: String,
    /// Its bytes, sealed already if they are personal.
    pub bytes: Vec<u8>,
}

impl Append {
    /// How many bytes it brings: payloads and blobs.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let payloads = self.decision.events().iter().map(|event| event.payload.len());
        payloads.chain(self.blobs.iter().map(|blob| blob.bytes.len())).sum()
    }

    /// Refuses what no store should ever be asked to keep.
    pub fn check(&self) -> Result<(), Error> {
        debug_assert!(
            self.owner.is_none_or(|owner| owner.partition == self.stream.partition()),
            "an owner of another partition"
        );
        let events = self.decision.events();
        let over = |what, actual, limit| {
            if actual > limit { Err(Error::TooLarge { what, actual, limit }) } else { Ok(()) }
        };
        if matches!(&self.decision, Decision::Accepted(events) if events.is_empty()) {
            return Err(Error::Empty);
        }
        over("events in one append", events.len(), APPEND_EVENTS_MAX)?;
        over(
            "bytes in one append",
            events.iter().map(|event| event.payload.len()).sum(),
            APPEND_BYTES_MAX,
        )?;
        over(
            "bytes of blobs in one append",
            self.blobs.iter().map(|blob| blob.bytes.len()).sum(),
            BLOB_BYTES_MAX,
        )?;
        for event in events {
            over("bytes in one event; put it in a blob", event.payload.len(), INLINE_BYTES_MAX)?;
            over("bytes in a wire type", event.wire_type.len(), crate::id::LABEL_BYTES_MAX)?;
        }
        if let Decision::Rejected { code, message, .. } = &self.decision {
            over("bytes in a rejection", code.len().max(message.len()), REJECTION_BYTES_MAX)?;
        }
        Ok(())
    }
}
