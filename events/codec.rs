//! Between payload bytes and Rust: wire types written by hand, schemas counted from 1.
//! Typed reading lifts old schemas and refuses what it does not know; raw readers never come here.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::id::InvalidId;
use crate::upcast::upcast;

/// A wire type and the schema today's code writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireType {
    /// `task.submitted`.
    pub name: &'static str,
    /// The newest schema, from 1.
    pub schema: u32,
}

/// The events of one category.
pub trait Words: Sized {
    /// The category these events belong to.
    const CATEGORY: &'static str;
    /// Every wire type of the category.
    const TYPES: &'static [WireType];

    /// The wire type of this event.
    fn wire_type(&self) -> WireType;
    /// The payload of this event, in its newest schema.
    fn payload(&self) -> Vec<u8>;
    /// Reads a payload of the newest schema; `name` is one of [`Self::TYPES`].
    fn read(name: &str, payload: Payload<'_>) -> Result<Self, Error>;
}

/// Why a typed reader refuses an event.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The type is not one of this reader's.
    #[error("the event type `{0}` is not known to this program; a newer one wrote it")]
    UnknownType(String),
    /// The schema was written by a newer program.
    #[error("`{name}` has schema {found}, this program knows up to {known}; use a newer one")]
    NewerSchema {
        /// The wire type.
        name: &'static str,
        /// The schema that was found.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// The payload is not what its type and schema promise.
    #[error("the payload of `{name}` is not what its schema says")]
    Malformed {
        /// The wire type.
        name: String,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// The header names something that cannot be a stream.
    #[error(transparent)]
    Id(#[from] InvalidId),
}

/// A payload on its way into a type: as stored, or lifted from an old schema.
pub enum Payload<'a> {
    /// The stored bytes, already in the newest schema.
    Stored(&'a [u8]),
    /// What the upcasters made of them.
    Lifted(Value),
}

impl Payload<'_> {
    /// Reads the payload as `T`.
    pub fn as_type<T: DeserializeOwned>(self, name: &str) -> Result<T, Error> {
        let read = match self {
            Self::Stored(bytes) => serde_json::from_slice(bytes),
            Self::Lifted(value) => serde_json::from_value(value),
        };
        read.map_err(|source| Error::Malformed { name: name.into(), source })
    }
}

/// Reads a stored payload as one of `E`.
pub fn decode<E: Words>(name: &str, schema: u32, payload: &[u8]) -> Result<E, Error> {
    let known = E::TYPES.iter().find(|known| known.name == name);
    let known = known.ok_or_else(|| Error::UnknownType(name.into()))?;
    if schema == known.schema {
        return E::read(known.name, Payload::Stored(payload));
    }
    if schema > known.schema {
        return Err(Error::NewerSchema { name: known.name, found: schema, known: known.schema });
    }
    let old = serde_json::from_slice(payload)
        .map_err(|source| Error::Malformed { name: name.into(), source })?;
    E::read(known.name, Payload::Lifted(upcast(known.name, schema, old)))
}

/// Writes an event's fields as its payload.
pub(crate) fn write<T: Serialize>(fields: &T) -> Vec<u8> {
    serde_json::to_vec(fields)
        .expect("an event's fields have string keys and cannot fail to serialise")
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
