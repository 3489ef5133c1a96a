//! What happens to a task, from submission to its end. The shortest story is three events:
//! submitted → assigned → completed. An attempt that fails or is lost goes back to waiting, until
//! there is no try left.

mod attempt;
mod ending;
mod scale;
mod terms;

pub use attempt::{
    Assigned, AttemptFailed, Cause, Class, Completed, Failure, LeaseLost, Loss, Progressed, Started,
};
pub use ending::{Came, Cancelled, Failed, LateResult, Noted, TimedOut, Timeout, Withdrawn};
pub use scale::{Percent, Priority, TooLarge};
pub use terms::{Amendment, Parent, Retry, Submitted, Timeouts};

use schemars::JsonSchema;

use crate::codec::{self, Payload, WireType, Words, write};
use crate::shape::{ShapeOf, Shaped};

const SUBMITTED: WireType = WireType { name: "task.submitted", schema: 2 };
const AMENDED: WireType = WireType { name: "task.amended", schema: 1 };
const ASSIGNED: WireType = WireType { name: "task.assigned", schema: 2 };
const STARTED: WireType = WireType { name: "task.started", schema: 1 };
const PROGRESSED: WireType = WireType { name: "task.progressed", schema: 1 };
const COMPLETED: WireType = WireType { name: "task.completed", schema: 1 };
const ATTEMPT_FAILED: WireType = WireType { name: "task.attempt_failed", schema: 1 };
const LEASE_LOST: WireType = WireType { name: "task.lease_lost", schema: 1 };
const FAILED: WireType = WireType { name: "task.failed", schema: 1 };
const TIMED_OUT: WireType = WireType { name: "task.timed_out", schema: 1 };
const CANCELLED: WireType = WireType { name: "task.cancelled", schema: 1 };
const WITHDRAWN: WireType = WireType { name: "task.withdrawn", schema: 1 };
const NOTED: WireType = WireType { name: "task.noted", schema: 1 };
const LATE_RESULT: WireType = WireType { name: "task.late_result", schema: 1 };

/// The types of what ends a task; the first of them is the end with a result.
pub const ENDINGS: [WireType; 5] = [COMPLETED, FAILED, TIMED_OUT, CANCELLED, WITHDRAWN];

/// Something that happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// It was submitted, and waits for an agent.
    Submitted(Submitted),
    /// Something about it was agreed anew.
    Amended(Amendment),
    /// It was handed to an agent.
    Assigned(Assigned),
    /// The worker began.
    Started(Started),
    /// The worker is on its way.
    Progressed(Progressed),
    /// The agent brought the result.
    Completed(Completed),
    /// The attempt failed; there will be another one.
    AttemptFailed(AttemptFailed),
    /// The agent no longer has it; there will be another attempt.
    LeaseLost(LeaseLost),
    /// It failed, and is not tried again.
    Failed(Failed),
    /// It was not done in time.
    TimedOut(TimedOut),
    /// It will not be done.
    Cancelled(Cancelled),
    /// It was taken back while nobody had it.
    Withdrawn(Withdrawn),
    /// Someone said something about it.
    Noted(Noted),
    /// A result was refused, because it came too late.
    LateResult(LateResult),
}

impl Words for TaskEvent {
    const CATEGORY: &'static str = "task";
    const TYPES: &'static [WireType] = &[
        SUBMITTED,
        AMENDED,
        ASSIGNED,
        STARTED,
        PROGRESSED,
        COMPLETED,
        ATTEMPT_FAILED,
        LEASE_LOST,
        FAILED,
        TIMED_OUT,
        CANCELLED,
        WITHDRAWN,
        NOTED,
        LATE_RESULT,
    ];

    fn wire_type(&self) -> WireType {
        match self {
            Self::Submitted(_) => SUBMITTED,
            Self::Amended(_) => AMENDED,
            Self::Assigned(_) => ASSIGNED,
            Self::Started(_) => STARTED,
            Self::Progressed(_) => PROGRESSED,
            Self::Completed(_) => COMPLETED,
            Self::AttemptFailed(_) => ATTEMPT_FAILED,
            Self::LeaseLost(_) => LEASE_LOST,
            Self::Failed(_) => FAILED,
            Self::TimedOut(_) => TIMED_OUT,
            Self::Cancelled(_) => CANCELLED,
            Self::Withdrawn(_) => WITHDRAWN,
            Self::Noted(_) => NOTED,
            Self::LateResult(_) => LATE_RESULT,
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Submitted(event) => write(event),
            Self::Amended(event) => write(event),
            Self::Assigned(event) => write(event),
            Self::Started(event) => write(event),
            Self::Progressed(event) => write(event),
            Self::Completed(event) => write(event),
            Self::AttemptFailed(event) => write(event),
            Self::LeaseLost(event) => write(event),
            Self::Failed(event) => write(event),
            Self::TimedOut(event) => write(event),
            Self::Cancelled(event) => write(event),
            Self::Withdrawn(event) => write(event),
            Self::Noted(event) => write(event),
            Self::LateResult(event) => write(event),
        }
    }

    fn read(name: &str, payload: Payload<'_>) -> Result<Self, codec::Error> {
        match name {
            n if n == SUBMITTED.name => payload.as_type(n).map(Self::Submitted),
            n if n == AMENDED.name => payload.as_type(n).map(Self::Amended),
            n if n == ASSIGNED.name => payload.as_type(n).map(Self::Assigned),
            n if n == STARTED.name => payload.as_type(n).map(Self::Started),
            n if n == PROGRESSED.name => payload.as_type(n).map(Self::Progressed),
            n if n == COMPLETED.name => payload.as_type(n).map(Self::Completed),
            n if n == ATTEMPT_FAILED.name => payload.as_type(n).map(Self::AttemptFailed),
            n if n == LEASE_LOST.name => payload.as_type(n).map(Self::LeaseLost),
            n if n == FAILED.name => payload.as_type(n).map(Self::Failed),
            n if n == TIMED_OUT.name => payload.as_type(n).map(Self::TimedOut),
            n if n == CANCELLED.name => payload.as_type(n).map(Self::Cancelled),
            n if n == WITHDRAWN.name => payload.as_type(n).map(Self::Withdrawn),
            n if n == NOTED.name => payload.as_type(n).map(Self::Noted),
            n if n == LATE_RESULT.name => payload.as_type(n).map(Self::LateResult),
            n => Err(codec::Error::UnknownType(n.into())),
        }
    }
}

impl Shaped for TaskEvent {
    fn shape(name: &str) -> Option<ShapeOf> {
        Some(match name {
            n if n == SUBMITTED.name => Submitted::json_schema,
            n if n == AMENDED.name => Amendment::json_schema,
            n if n == ASSIGNED.name => Assigned::json_schema,
            n if n == STARTED.name => Started::json_schema,
            n if n == PROGRESSED.name => Progressed::json_schema,
            n if n == COMPLETED.name => Completed::json_schema,
            n if n == ATTEMPT_FAILED.name => AttemptFailed::json_schema,
            n if n == LEASE_LOST.name => LeaseLost::json_schema,
            n if n == FAILED.name => Failed::json_schema,
            n if n == TIMED_OUT.name => TimedOut::json_schema,
            n if n == CANCELLED.name => Cancelled::json_schema,
            n if n == WITHDRAWN.name => Withdrawn::json_schema,
            n if n == NOTED.name => Noted::json_schema,
            n if n == LATE_RESULT.name => LateResult::json_schema,
            _ => return None,
        })
    }
}
