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

use crate::codec::WireType;
use crate::words::words;

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

words! {
    /// Something that happened to a task.
    TaskEvent of "task" {
        /// It was submitted, and waits for an agent.
        Submitted(Submitted) = SUBMITTED,
        /// Something about it was agreed anew.
        Amended(Amendment) = AMENDED,
        /// It was handed to an agent.
        Assigned(Assigned) = ASSIGNED,
        /// The worker began.
        Started(Started) = STARTED,
        /// The worker is on its way.
        Progressed(Progressed) = PROGRESSED,
        /// The agent brought the result.
        Completed(Completed) = COMPLETED,
        /// The attempt failed; there will be another one.
        AttemptFailed(AttemptFailed) = ATTEMPT_FAILED,
        /// The agent no longer has it; there will be another attempt.
        LeaseLost(LeaseLost) = LEASE_LOST,
        /// It failed, and is not tried again.
        Failed(Failed) = FAILED,
        /// It was not done in time.
        TimedOut(TimedOut) = TIMED_OUT,
        /// It will not be done.
        Cancelled(Cancelled) = CANCELLED,
        /// It was taken back while nobody had it.
        Withdrawn(Withdrawn) = WITHDRAWN,
        /// Someone said something about it.
        Noted(Noted) = NOTED,
        /// A result was refused, because it came too late.
        LateResult(LateResult) = LATE_RESULT,
    }
}
