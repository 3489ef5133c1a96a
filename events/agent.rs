//! What happens to an agent: it is registered, works with breaks, and one day is retired.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::WireType;
use crate::id::Capability;
use crate::labels::Labels;
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::words::words;

const REGISTERED: WireType = WireType { name: "agent.registered", schema: 2 };
const OFFER_CHANGED: WireType = WireType { name: "agent.offer_changed", schema: 1 };
const PAUSED: WireType = WireType { name: "agent.paused", schema: 1 };
const DRAINED: WireType = WireType { name: "agent.drained", schema: 1 };
const RESUMED: WireType = WireType { name: "agent.resumed", schema: 1 };
const RETIRED: WireType = WireType { name: "agent.retired", schema: 1 };
const WENT_SILENT: WireType = WireType { name: "agent.went_silent", schema: 1 };
const RETURNED: WireType = WireType { name: "agent.returned", schema: 1 };

words! {
    /// Something that happened to an agent.
    AgentEvent of "agent" {
        /// It may be given work from now on.
        Registered(Offer) = REGISTERED,
        /// It offers something else from now on.
        OfferChanged(Offer) = OFFER_CHANGED,
        /// It gets no new work until it is resumed.
        Paused(Paused) = PAUSED,
        /// It finishes what it has, and gets no new work.
        Drained(Drained) = DRAINED,
        /// It gets work again.
        Resumed(Resumed) = RESUMED,
        /// It gets no more work, ever.
        Retired(Retired) = RETIRED,
        /// It gives no sign of life.
        WentSilent(WentSilent) = WENT_SILENT,
        /// It gives signs of life again.
        Returned(Returned) = RETURNED,
    }
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
