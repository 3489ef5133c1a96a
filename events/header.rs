//! The header of a stored event: a fixed order of length-prefixed fields behind one format byte.
//! `docs/format.md` describes it for those who read logs without this program. One borrowed view
//! both writes and reads it, so that reading a million headers allocates nothing.

use uuid::Uuid;

use crate::id::{CommandId, EventId, InvalidId, LogId};
use crate::stream::{StreamId, Version};
use crate::time::Timestamp;

/// The first byte of every header of this layout.
pub const FORMAT: u8 = 1;
/// The longest header that is ever written or believed.
pub const HEADER_BYTES_MAX: usize = 4096;

/// How the payload of record is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// JSON, byte for byte as it was received.
    Json = 1,
}

/// A header, borrowed from its bytes or from the values it is about to be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The event's own id (uuid, version 7).
    pub event_id: EventId,
    /// The log it was first recorded in.
    pub log_id: LogId,
    /// Whose event it is.
    pub tenant: &'a str,
    /// The category of its stream.
    pub category: &'a str,
    /// Its stream inside the category.
    pub stream_key: &'a str,
    /// Its place in the stream.
    pub version: Version,
    /// Its wire type, `task.submitted`.
    pub wire_type: &'a str,
    /// The schema of its payload.
    pub schema: u32,
    /// When the writer recorded it.
    pub recorded_at: Timestamp,
    /// When the publisher says it took effect.
    pub effective_at: Option<Timestamp>,
    /// Who did it.
    pub principal: &'a str,
    /// For whom they did it.
    pub on_behalf_of: Option<&'a str>,
    /// The command that led to it.
    pub command_id: CommandId,
    /// What ties it to other commands.
    pub correlation: Option<&'a str>,
    /// The event that caused the command.
    pub causation: Option<EventId>,
    /// The trace it was part of.
    pub traceparent: Option<&'a str>,
    /// How the payload is encoded.
    pub codec: Codec,
}

/// Bytes that are not a header of this layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The format byte is another one.
    #[error("the header has format {0}, this program reads format {FORMAT}")]
    Format(u8),
    /// A field is cut short, too long, or not what it should be.
    #[error("the header's field `{0}` is damaged")]
    Field(&'static str),
    /// There is more than a header.
    #[error("the header is followed by bytes that do not belong to it")]
    Trailing,
}

impl<'a> Header<'a> {
    /// The stream the event belongs to.
    pub fn stream(&self) -> Result<StreamId, InvalidId> {
        Ok(StreamId::new(self.tenant.parse()?, self.category.parse()?, self.stream_key.parse()?))
    }

    /// Writes the header.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(320);
        out.push(FORMAT);
        let mut put = |field: &[u8]| {
            out.extend_from_slice(&(field.len() as u16).to_be_bytes());
            out.extend_from_slice(field);
        };
        put(self.event_id.0.as_bytes());
        put(self.log_id.0.as_bytes());
        put(self.tenant.as_bytes());
        put(self.category.as_bytes());
        put(self.stream_key.as_bytes());
        put(&self.version.0.to_be_bytes());
        put(self.wire_type.as_bytes());
        put(&self.schema.to_be_bytes());
        put(&self.recorded_at.0.to_be_bytes());
        put(self.effective_at.map(|t| t.0.to_be_bytes()).as_ref().map_or(&[], |b| b));
        put(self.principal.as_bytes());
        put(self.on_behalf_of.unwrap_or_default().as_bytes());
        put(&self.command_id.to_bytes());
        put(self.correlation.unwrap_or_default().as_bytes());
        put(self.causation.as_ref().map_or(&[], |id| id.0.as_bytes()));
        put(self.traceparent.unwrap_or_default().as_bytes());
        put(&[self.codec as u8]);
        out
    }

    /// Reads a header; every byte must be accounted for.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, InvalidHeader> {
        let (format, rest) = bytes.split_first().ok_or(InvalidHeader::Field("format"))?;
        if *format != FORMAT {
            return Err(InvalidHeader::Format(*format));
        }
        let mut fields = Fields { rest };
        let header = Self {
            event_id: EventId(fields.uuid("event id")?),
            log_id: LogId(fields.uuid("log id")?),
            tenant: fields.text("tenant")?,
            category: fields.text("category")?,
            stream_key: fields.text("stream id")?,
            version: Version(u64::from_be_bytes(fields.fixed("version")?)),
            wire_type: fields.text("type")?,
            schema: u32::from_be_bytes(fields.fixed("schema")?),
            recorded_at: Timestamp(i64::from_be_bytes(fields.fixed("recorded_at")?)),
            effective_at: fields
                .optional("effective_at")?
                .map(|b| Timestamp(i64::from_be_bytes(b))),
            principal: fields.text("principal")?,
            on_behalf_of: fields.optional_text("on_behalf_of")?,
            command_id: fields.command_id()?,
            correlation: fields.optional_text("correlation")?,
            causation: fields.optional("causation")?.map(|b| EventId(Uuid::from_bytes(b))),
            traceparent: fields.optional_text("traceparent")?,
            codec: fields.codec()?,
        };
        if fields.rest.is_empty() { Ok(header) } else { Err(InvalidHeader::Trailing) }
    }
}

/// What is left to read of a header.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, name: &'static str) -> Result<&'a [u8], InvalidHeader> {
        let (length, rest) = self.rest.split_first_chunk().ok_or(InvalidHeader::Field(name))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (field, rest) = rest.split_at_checked(length).ok_or(InvalidHeader::Field(name))?;
        self.rest = rest;
        Ok(field)
    }

    fn fixed<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], InvalidHeader> {
        self.bytes(name)?.try_into().map_err(|_| InvalidHeader::Field(name))
    }

    fn optional<const N: usize>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<[u8; N]>, InvalidHeader> {
        match self.bytes(name)? {
            [] => Ok(None),
            field => field.try_into().map(Some).map_err(|_| InvalidHeader::Field(name)),
        }
    }

    fn optional_text(&mut self, name: &'static str) -> Result<Option<&'a str>, InvalidHeader> {
        let text = str::from_utf8(self.bytes(name)?).map_err(|_| InvalidHeader::Field(name))?;
        Ok((!text.is_empty()).then_some(text))
    }

    fn text(&mut self, name: &'static str) -> Result<&'a str, InvalidHeader> {
        self.optional_text(name)?.ok_or(InvalidHeader::Field(name))
    }

    fn uuid(&mut self, name: &'static str) -> Result<Uuid, InvalidHeader> {
        self.fixed(name).map(Uuid::from_bytes)
    }

    fn command_id(&mut self) -> Result<CommandId, InvalidHeader> {
        CommandId::from_bytes(self.bytes("command_id")?).ok_or(InvalidHeader::Field("command_id"))
    }

    fn codec(&mut self) -> Result<Codec, InvalidHeader> {
        match self.bytes("codec")? {
            [1] => Ok(Codec::Json),
            _ => Err(InvalidHeader::Field("codec")),
        }
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
