//! An actor to try the runtime on: a till, into which money is put and from which it is taken. What
//! is in it decides, so that an answer on a wrong state is seen.

use events::codec::{self, Payload, WireType, Words};
use serde::{Deserialize, Serialize};

use crate::decider::{Decider, Moment, Rejection};

const CHANGED: WireType = WireType { name: "till.changed", schema: 1 };
const BROKEN_INTO: WireType = WireType { name: "till.broken_into", schema: 1 };

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Till {
    pub(super) holds: i64,
    pub(super) changes: u64,
}

#[derive(Debug, Clone)]
pub(super) enum TillCommand {
    /// Mostly the first of all.
    Open(i64),
    Put(i64),
    Take(i64),
    /// Nothing to do.
    Look,
    /// Always refused, with all there is to know.
    Tell,
    /// Refused, and recorded.
    Rob,
    Panic,
    /// Notes the time.
    Stamp,
    /// As many events as this, of so many bytes each.
    Fill(usize, usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TillEvent {
    Changed { by: i64, note: String },
    BrokenInto {},
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TillRejection {
    #[error("it holds {holds}")]
    TooLittle { holds: i64 },
    #[error("{holds} after {changes}")]
    Told { holds: i64, changes: u64 },
    #[error("no")]
    Robbed,
}

impl Rejection for TillRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLittle { .. } => "till.too_little",
            Self::Told { .. } => "till.told",
            Self::Robbed => "till.robbed",
        }
    }
}

impl Words for TillEvent {
    const CATEGORY: &'static str = "till";
    const TYPES: &'static [WireType] = &[CHANGED, BROKEN_INTO];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Changed { .. } => CHANGED,
            Self::BrokenInto {} => BROKEN_INTO,
        }
    }

    fn payload(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event is JSON")
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        payload.as_type(name)
    }
}

fn changed(by: i64) -> TillEvent {
    TillEvent::Changed { by, note: String::new() }
}

impl Decider for Till {
    type Command = TillCommand;
    type Event = TillEvent;
    type Rejection = TillRejection;

    const STATE_VERSION: u32 = 1;
    const SHAPE: u64 = 7;

    fn begins(command: &TillCommand) -> bool {
        matches!(command, TillCommand::Open(_))
    }

    fn decide(
        &self,
        command: TillCommand,
        moment: &Moment,
    ) -> Result<Vec<TillEvent>, TillRejection> {
        let Self { holds, changes } = *self;
        match command {
            TillCommand::Open(_) if changes > 0 => Ok(vec![]),
            TillCommand::Open(by) | TillCommand::Put(by) => Ok(vec![changed(by)]),
            TillCommand::Take(by) if by > holds => Err(TillRejection::TooLittle { holds }),
            TillCommand::Take(by) => Ok(vec![changed(-by)]),
            TillCommand::Look => Ok(vec![]),
            TillCommand::Tell => Err(TillRejection::Told { holds, changes }),
            TillCommand::Rob => Err(TillRejection::Robbed),
            TillCommand::Stamp => {
                Ok(vec![TillEvent::Changed { by: 0, note: moment.now.0.to_string() }])
            }
            TillCommand::Panic => panic!("a planted panic"),
            TillCommand::Fill(count, bytes) => {
                let event = TillEvent::Changed { by: 1, note: "x".repeat(bytes) };
                Ok(vec![event; count])
            }
        }
    }

    fn record(rejection: &TillRejection) -> Option<TillEvent> {
        (*rejection == TillRejection::Robbed).then_some(TillEvent::BrokenInto {})
    }

    fn evolve(self, event: &TillEvent) -> Self {
        let by = match event {
            TillEvent::Changed { by, .. } => *by,
            TillEvent::BrokenInto {} => 0,
        };
        Self { holds: self.holds.saturating_add(by), changes: self.changes + 1 }
    }
}
