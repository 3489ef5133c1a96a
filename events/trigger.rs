//! What happens to a trigger: it is set, and from then on each fact that fits starts a run. That it did
//! stands with the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::WireType;
use crate::content::Json;
use crate::id::{PipelineId, Source};
use crate::time::Timestamp;
use crate::words::words;

const SET: WireType = WireType { name: "trigger.set", schema: 1 };
const PAUSED: WireType = WireType { name: "trigger.paused", schema: 1 };
const RESUMED: WireType = WireType { name: "trigger.resumed", schema: 1 };
const REMOVED: WireType = WireType { name: "trigger.removed", schema: 1 };

words! {
    /// Something that happened to a trigger.
    TriggerEvent of "trigger" {
        /// It was set, or set anew.
        Set(Set) = SET,
        /// It starts nothing until it is resumed.
        Paused(Paused) = PAUSED,
        /// It starts runs again.
        Resumed(Resumed) = RESUMED,
        /// It starts nothing any more.
        Removed(Removed) = REMOVED,
    }
}

/// A trigger was set, or set anew.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Set {
    /// What kind of thing must happen: the type of the fact.
    pub kind: String,
    /// Who must say so; anyone, if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What must hold of the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What it starts.
    pub pipeline: PipelineId,
    /// Which definition of it; the newest, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    /// What the run is given, made of the fact.
    pub input: Json,
    /// When it was decided.
    pub at: Timestamp,
}

/// It starts nothing until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Paused {
    /// Why, in the words of whoever paused it.
    pub reason: String,
}

/// It starts runs again.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Resumed {
    /// Why, in the words of whoever resumed it.
    pub reason: String,
}

/// It starts nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Removed {
    /// Why, in the words of whoever removed it.
    pub reason: String,
}
