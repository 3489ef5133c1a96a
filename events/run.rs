//! What happens to one run of a pipeline: started → finished.

use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};
use crate::content::Content;
use crate::id::PipelineId;

const STARTED: WireType = WireType { name: "run.started", schema: 1 };
const FINISHED: WireType = WireType { name: "run.finished", schema: 1 };

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// It began.
    Started(Started),
    /// Nothing is left to do.
    Finished(Finished),
}

/// A run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The pipeline it runs.
    pub pipeline: PipelineId,
    /// The version of the pipeline's stream that defines it.
    pub definition: u64,
    /// What it was given.
    pub input: Content,
}

/// A run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// What came out.
    pub result: Content,
}

impl Words for RunEvent {
    const CATEGORY: &'static str = "run";
    const TYPES: &'static [WireType] = &[STARTED, FINISHED];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Started(_) => STARTED,
            Self::Finished(_) => FINISHED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Started(event) => write(event),
            Self::Finished(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == STARTED.name => payload.as_type(n).map(Self::Started),
            n if n == FINISHED.name => payload.as_type(n).map(Self::Finished),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}
