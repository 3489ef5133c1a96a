//! What happens to an agent: it is registered, and one day retired.

use serde::{Deserialize, Serialize};

use crate::codec::{self, Payload, WireType, Words, write};
use crate::personal::Personal;

const REGISTERED: WireType = WireType { name: "agent.registered", schema: 1 };
const RETIRED: WireType = WireType { name: "agent.retired", schema: 1 };

/// Something that happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentEvent {
    /// It may be given work from now on.
    Registered(Registered),
    /// It gets no more work.
    Retired(Retired),
}

/// An agent was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The kinds of task it does.
    pub kinds: Vec<String>,
    /// How many tasks it holds at once.
    pub slots: u32,
    /// The person who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Personal<String>>,
}

/// An agent was retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Why.
    pub reason: String,
}

impl Words for AgentEvent {
    const CATEGORY: &'static str = "agent";
    const TYPES: &'static [WireType] = &[REGISTERED, RETIRED];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Registered(_) => REGISTERED,
            Self::Retired(_) => RETIRED,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Registered(event) => write(event),
            Self::Retired(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == REGISTERED.name => payload.as_type(n).map(Self::Registered),
            n if n == RETIRED.name => payload.as_type(n).map(Self::Retired),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}
