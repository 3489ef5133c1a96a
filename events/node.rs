//! What happens to a node, one running program: it starts, meets trouble, and stops. These are the
//! system's own events; they belong to a tenant that no client speaks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::WireType;
use crate::id::{Category, StreamKey, Tenant};
use crate::stream::StreamId;
use crate::words::words;

const STARTED: WireType = WireType { name: "node.started", schema: 1 };
const STOPPED: WireType = WireType { name: "node.stopped", schema: 1 };
const ACTOR_PANICKED: WireType = WireType { name: "node.actor_panicked", schema: 1 };
const ACTOR_PARKED: WireType = WireType { name: "node.actor_parked", schema: 1 };
const EVENT_PARKED: WireType = WireType { name: "node.event_parked", schema: 1 };
const PARKED_EVENT_RETRIED: WireType = WireType { name: "node.parked_event_retried", schema: 1 };
const PARKED_EVENT_SKIPPED: WireType = WireType { name: "node.parked_event_skipped", schema: 1 };

words! {
    /// Something that happened to a node.
    NodeEvent of "node" {
        /// It takes commands from now on.
        Started(Started) = STARTED,
        /// It takes no more, in good order.
        Stopped(Stopped) = STOPPED,
        /// An actor panicked.
        ActorPanicked(ActorPanicked) = ACTOR_PANICKED,
        /// An actor panicked too often, and takes nothing for a while.
        ActorParked(ActorParked) = ACTOR_PARKED,
        /// A consumer cannot take an event, and passes over its stream from here on.
        EventParked(EventParked) = EVENT_PARKED,
        /// An event that was parked is tried again.
        ParkedEventRetried(ParkedEventRetried) = PARKED_EVENT_RETRIED,
        /// An event that was parked is given up, and its stream goes on behind it.
        ParkedEventSkipped(ParkedEventSkipped) = PARKED_EVENT_SKIPPED,
    }
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
