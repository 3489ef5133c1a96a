//! What happens to a pipeline: it is defined, and defined anew; runs keep the definition they began with.

use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};

const DEFINED: WireType = WireType { name: "pipeline.defined", schema: 1 };

/// Something that happened to a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineEvent {
    /// It was given these steps.
    Defined(Defined),
}

/// A pipeline was defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defined {
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// The kind of task it submits.
    pub kind: String,
    /// The steps that must be done before it.
    #[serde(default)]
    pub after: Vec<String>,
}

impl Words for PipelineEvent {
    const CATEGORY: &'static str = "pipeline";
    const TYPES: &'static [WireType] = &[DEFINED];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Defined(_) => DEFINED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Defined(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == DEFINED.name => payload.as_type(n).map(Self::Defined),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}
