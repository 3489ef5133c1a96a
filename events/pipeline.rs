//! What happens to a pipeline: it is defined, and defined anew; runs keep the definition they began
//! with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chain::EventHash;
use crate::codec::WireType;
use crate::content::Json;
use crate::time::Timestamp;
use crate::words::words;

const DEFINED: WireType = WireType { name: "pipeline.defined", schema: 2 };
const DEPRECATED: WireType = WireType { name: "pipeline.deprecated", schema: 1 };

words! {
    /// Something that happened to a pipeline.
    PipelineEvent of "pipeline" {
        /// It was given a definition.
        Defined(Defined) = DEFINED,
        /// Nothing new shall begin by it.
        Deprecated(Deprecated) = DEPRECATED,
    }
}

/// A pipeline was defined. Schema 1 knew the stages alone, and called them steps.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Defined {
    /// Which definition this is, from 1.
    pub edition: u32,
    /// The definition, in its canonical form.
    pub definition: Json,
    /// The hash of that form.
    pub hash: EventHash,
    /// When it was decided.
    pub at: Timestamp,
}

/// Nothing new shall begin by an edition, or by the pipeline as a whole.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Deprecated {
    /// The edition; all there are, if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<u32>,
    /// Why, in the words of whoever said so.
    pub reason: String,
    /// When it was decided.
    pub at: Timestamp,
}
