//! An event as it is stored, and the same event read by someone who knows its type.

use crate::chain::{EventHash, event_hash};
use crate::codec::{self, Words};
use crate::header::{Header, InvalidHeader};
use crate::id::{CommandId, EventId, InvalidId};
use crate::stream::{Position, StreamId, Version};
use crate::time::Timestamp;

/// An event as the log keeps it: header and payload bytes, its hash, its position.
/// Raw readers (verify, export, relay) work on this, also for types they do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    position: Position,
    hash: EventHash,
    header_bytes: u32,
    bytes: Box<[u8]>,
}

impl Stored {
    /// Takes what a store holds; the header must be readable, the hash is not checked here.
    pub fn new(
        position: Position,
        hash: EventHash,
        header: &[u8],
        payload: &[u8],
    ) -> Result<Self, InvalidHeader> {
        Ok(Self::of_read(position, hash, &Header::decode(header)?, header, payload))
    }

    /// The same, for whoever has read the header already.
    pub(crate) fn of_read(
        position: Position,
        hash: EventHash,
        _read: &Header<'_>,
        header: &[u8],
        payload: &[u8],
    ) -> Self {
        let mut bytes = Vec::with_capacity(header.len() + payload.len());
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(payload);
        Self { position, hash, header_bytes: header.len() as u32, bytes: bytes.into() }
    }

    /// The same event in another place, of another log.
    #[cfg(feature = "store")]
    #[must_use]
    pub(crate) fn at(&self, position: Position) -> Self {
        Self { position, ..self.clone() }
    }

    /// Its place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Its hash, as stored.
    #[must_use]
    pub fn hash(&self) -> EventHash {
        self.hash
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn hash_bytes(&self) -> &[u8] {
        &self.hash.0
    }

    /// The header's bytes.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        &self.bytes[..self.header_bytes as usize]
    }

    /// The payload's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.bytes[self.header_bytes as usize..]
    }

    /// The header, read.
    #[must_use]
    pub fn header(&self) -> Header<'_> {
        Header::decode(self.header_bytes()).expect("the header was read when the event was made")
    }

    /// The stream the event belongs to.
    pub fn stream(&self) -> Result<StreamId, InvalidId> {
        self.header().stream()
    }

    /// Says whether the bytes are the ones that were hashed after `previous`.
    #[must_use]
    pub fn follows(&self, previous: &EventHash) -> bool {
        event_hash(previous, self.header_bytes(), self.payload()) == self.hash
    }
}

/// An event of a known type with what a reader needs beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// Its own id.
    pub id: EventId,
    /// Its stream.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The command that led to it.
    pub command_id: CommandId,
    /// What happened.
    pub event: E,
}

impl<E: Words> Recorded<E> {
    /// Reads a stored event as one of `E`, lifting old schemas to today's.
    pub fn read(stored: &Stored) -> Result<Self, codec::Error> {
        Self::read_behind(&stored.header(), stored)
    }

    /// The same, for whoever has read the header already.
    pub(crate) fn read_behind(header: &Header<'_>, stored: &Stored) -> Result<Self, codec::Error> {
        let event = codec::decode(header.wire_type, header.schema, stored.payload())?;
        Ok(Self::told(header, stored.position(), event)?)
    }
}

impl<E> Recorded<E> {
    /// An event with what its header tells about it.
    pub(crate) fn told(
        header: &Header<'_>,
        position: Position,
        event: E,
    ) -> Result<Self, InvalidId> {
        Ok(Self {
            id: header.event_id,
            stream: header.stream()?,
            version: header.version,
            position,
            recorded_at: header.recorded_at,
            command_id: header.command_id,
            event,
        })
    }
}
