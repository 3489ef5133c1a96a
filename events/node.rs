//! What happens to a node, one running program: it starts, meets trouble, and stops. These are the
//! system's own events; they belong to a tenant that no client speaks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};
use crate::id::{Category, StreamKey, Tenant};
use crate::shape::{ShapeOf, Shaped};
use crate::stream::StreamId;

const STARTED: WireType = WireType { name: "node.started", schema: 1 };
const STOPPED: WireType = WireType { name: "node.stopped", schema: 1 };
const ACTOR_PANICKED: WireType = WireType { name: "node.actor_panicked", schema: 1 };
const ACTOR_PARKED: WireType = WireType { name: "node.actor_parked", schema: 1 };
const EVENT_PARKED: WireType = WireType { name: "node.event_parked", schema: 1 };
const PARKED_EVENT_RETRIED: WireType = WireType { name: "node.parked_event_retried", schema: 1 };
const PARKED_EVENT_SKIPPED: WireType = WireType { name: "node.parked_event_skipped", schema: 1 };

/// Something that happened to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeEvent {
    /// It takes commands from now on.
    Started(Started),
    /// It takes no more, in good order.
    Stopped(Stopped),
    /// An actor panicked.
    ActorPanicked(ActorPanicked),
    /// An actor panicked too often, and takes nothing for a while.
    ActorParked(ActorParked),
    /// A consumer cannot take an event, and passes over its stream from here on.
    EventParked(EventParked),
    /// An event that was parked is tried again.
    ParkedEventRetried(ParkedEventRetried),
    /// An event that was parked is given up, and its stream goes on behind it.
    ParkedEventSkipped(ParkedEventSkipped),
}

/// A stream, by its name.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StreamName {
    /// Whose it is.
    pub tenant: Tenant,
    /// What kind of thing it is about.
    pub category: Category,
    /// Which one.
    pub key: StreamKey,
}

/// A node started.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Started {
    /// The version of the program.
    pub program: String,
}

/// A node stopped.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Stopped {
    /// Why.
    pub reason: String,
}

/// An actor panicked.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ActorPanicked {
    /// Which one.
    pub actor: StreamName,
    /// Over which command; none if over its own history.
    pub command: Option<String>,
    /// What it said.
    pub what: String,
}

/// An actor was parked.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ActorParked {
    /// Which one.
    pub actor: StreamName,
    /// How long it rests, in milliseconds.
    pub rest_ms: u64,
}

/// An event was parked for one consumer.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct EventParked {
    /// Who cannot take it.
    pub consumer: String,
    /// Its place in the log.
    pub position: u64,
    /// Its stream.
    pub stream: StreamName,
    /// Why.
    pub why: String,
}

/// A parked event is tried again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ParkedEventRetried {
    /// By whom.
    pub consumer: String,
    /// Its place in the log.
    pub position: u64,
}

/// A parked event was given up.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ParkedEventSkipped {
    /// By whom.
    pub consumer: String,
    /// Its place in the log.
    pub position: u64,
    /// Why, in the words of whoever said so.
    pub reason: String,
}

/// The tenant of the system itself.
#[must_use]
pub fn system_tenant() -> Tenant {
    Tenant::new("_annals").expect("it is a token")
}

impl From<StreamId> for StreamName {
    fn from(stream: StreamId) -> Self {
        Self { tenant: stream.tenant, category: stream.category, key: stream.key }
    }
}

impl Words for NodeEvent {
    const CATEGORY: &'static str = "node";
    const TYPES: &'static [WireType] = &[
        STARTED,
        STOPPED,
        ACTOR_PANICKED,
        ACTOR_PARKED,
        EVENT_PARKED,
        PARKED_EVENT_RETRIED,
        PARKED_EVENT_SKIPPED,
    ];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Started(_) => STARTED,
            Self::Stopped(_) => STOPPED,
            Self::ActorPanicked(_) => ACTOR_PANICKED,
            Self::ActorParked(_) => ACTOR_PARKED,
            Self::EventParked(_) => EVENT_PARKED,
            Self::ParkedEventRetried(_) => PARKED_EVENT_RETRIED,
            Self::ParkedEventSkipped(_) => PARKED_EVENT_SKIPPED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Started(event) => write(event),
            Self::Stopped(event) => write(event),
            Self::ActorPanicked(event) => write(event),
            Self::ActorParked(event) => write(event),
            Self::EventParked(event) => write(event),
            Self::ParkedEventRetried(event) => write(event),
            Self::ParkedEventSkipped(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == STARTED.name => payload.as_type(n).map(Self::Started),
            n if n == STOPPED.name => payload.as_type(n).map(Self::Stopped),
            n if n == ACTOR_PANICKED.name => payload.as_type(n).map(Self::ActorPanicked),
            n if n == ACTOR_PARKED.name => payload.as_type(n).map(Self::ActorParked),
            n if n == EVENT_PARKED.name => payload.as_type(n).map(Self::EventParked),
            n if n == PARKED_EVENT_RETRIED.name => payload.as_type(n).map(Self::ParkedEventRetried),
            n if n == PARKED_EVENT_SKIPPED.name => payload.as_type(n).map(Self::ParkedEventSkipped),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}

impl Shaped for NodeEvent {
    fn shape(name: &str) -> Option<ShapeOf> {
        Some(match name {
            n if n == STARTED.name => Started::json_schema,
            n if n == STOPPED.name => Stopped::json_schema,
            n if n == ACTOR_PANICKED.name => ActorPanicked::json_schema,
            n if n == ACTOR_PARKED.name => ActorParked::json_schema,
            n if n == EVENT_PARKED.name => EventParked::json_schema,
            n if n == PARKED_EVENT_RETRIED.name => ParkedEventRetried::json_schema,
            n if n == PARKED_EVENT_SKIPPED.name => ParkedEventSkipped::json_schema,
            _ => return None,
        })
    }
}
