//! What happens to an agent: it is registered, works with breaks, and one day is retired.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};
use crate::id::Capability;
use crate::labels::Labels;
use crate::personal::Personal;
use crate::shape::{ShapeOf, Shaped};
use crate::time::Timestamp;

const REGISTERED: WireType = WireType { name: "agent.registered", schema: 2 };
const OFFER_CHANGED: WireType = WireType { name: "agent.offer_changed", schema: 1 };
const PAUSED: WireType = WireType { name: "agent.paused", schema: 1 };
const DRAINED: WireType = WireType { name: "agent.drained", schema: 1 };
const RESUMED: WireType = WireType { name: "agent.resumed", schema: 1 };
const RETIRED: WireType = WireType { name: "agent.retired", schema: 1 };
const WENT_SILENT: WireType = WireType { name: "agent.went_silent", schema: 1 };
const RETURNED: WireType = WireType { name: "agent.returned", schema: 1 };

/// Something that happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentEvent {
    /// It may be given work from now on.
    Registered(Offer),
    /// It offers something else from now on.
    OfferChanged(Offer),
    /// It gets no new work until it is resumed.
    Paused(Paused),
    /// It finishes what it has, and gets no new work.
    Drained(Drained),
    /// It gets work again.
    Resumed(Resumed),
    /// It gets no more work, ever.
    Retired(Retired),
    /// It gives no sign of life.
    WentSilent(WentSilent),
    /// It gives signs of life again.
    Returned(Returned),
}

/// What an agent is and what it offers. Schema 1 of its registration knew only kinds of task, which
/// are capabilities now.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Offer {
    /// What kind of agent it is.
    pub kind: String,
    /// What it is capable of; it gets the tasks that need nothing else.
    pub capabilities: BTreeSet<Capability>,
    /// How many tasks it holds at once.
    pub slots: u32,
    /// Words to find it by.
    pub labels: Labels,
    /// What it works with.
    pub tools: BTreeSet<String>,
    /// Whom it belongs to.
    pub owner: Option<String>,
    /// The person who answers for it.
    pub contact: Option<Personal<String>>,
}

/// An agent was paused.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Paused {
    /// Why.
    pub reason: String,
}

/// An agent was told to come to an end with what it has.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Drained {
    /// Why.
    pub reason: String,
}

/// An agent was told to go on.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Resumed {}

/// An agent was retired.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Retired {
    /// Why.
    pub reason: String,
}

/// An agent went silent.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct WentSilent {
    /// When it gave its last sign of life.
    pub since: Timestamp,
}

/// An agent that was silent was heard again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Returned {}

impl Words for AgentEvent {
    const CATEGORY: &'static str = "agent";
    const TYPES: &'static [WireType] =
        &[REGISTERED, OFFER_CHANGED, PAUSED, DRAINED, RESUMED, RETIRED, WENT_SILENT, RETURNED];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Registered(_) => REGISTERED,
            Self::OfferChanged(_) => OFFER_CHANGED,
            Self::Paused(_) => PAUSED,
            Self::Drained(_) => DRAINED,
            Self::Resumed(_) => RESUMED,
            Self::Retired(_) => RETIRED,
            Self::WentSilent(_) => WENT_SILENT,
            Self::Returned(_) => RETURNED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Registered(event) | Self::OfferChanged(event) => write(event),
            Self::Paused(event) => write(event),
            Self::Drained(event) => write(event),
            Self::Resumed(event) => write(event),
            Self::Retired(event) => write(event),
            Self::WentSilent(event) => write(event),
            Self::Returned(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == REGISTERED.name => payload.as_type(n).map(Self::Registered),
            n if n == OFFER_CHANGED.name => payload.as_type(n).map(Self::OfferChanged),
            n if n == PAUSED.name => payload.as_type(n).map(Self::Paused),
            n if n == DRAINED.name => payload.as_type(n).map(Self::Drained),
            n if n == RESUMED.name => payload.as_type(n).map(Self::Resumed),
            n if n == RETIRED.name => payload.as_type(n).map(Self::Retired),
            n if n == WENT_SILENT.name => payload.as_type(n).map(Self::WentSilent),
            n if n == RETURNED.name => payload.as_type(n).map(Self::Returned),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}

impl Shaped for AgentEvent {
    fn shape(name: &str) -> Option<ShapeOf> {
        Some(match name {
            n if n == REGISTERED.name => Offer::json_schema,
            n if n == OFFER_CHANGED.name => Offer::json_schema,
            n if n == PAUSED.name => Paused::json_schema,
            n if n == DRAINED.name => Drained::json_schema,
            n if n == RESUMED.name => Resumed::json_schema,
            n if n == RETIRED.name => Retired::json_schema,
            n if n == WENT_SILENT.name => WentSilent::json_schema,
            n if n == RETURNED.name => Returned::json_schema,
            _ => return None,
        })
    }
}
