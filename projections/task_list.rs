//! Every task with its present phase. Inputs and results are not here: who wants them reads the
//! task's own history.

use events::id::AgentId;
use events::recorded::Recorded;
use events::task::{Priority, Submitted, TaskEvent};
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every task with its present phase.
#[derive(Debug, Clone, Copy)]
pub struct TaskList;

/// One task, under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// What kind of work it is.
    pub kind: String,
    /// How soon, compared with others.
    pub priority: Priority,
    /// Where it stands.
    pub phase: Phase,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it came into its phase.
    pub since: Timestamp,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It waits for an agent.
    Waiting,
    /// An agent has it.
    Running {
        /// Who works on it.
        agent: AgentId,
        /// Which hand-over this is.
        attempt: u32,
    },
    /// It ended with a result.
    Completed,
    /// It was called off.
    Cancelled {
        /// Why.
        reason: String,
    },
}

impl Projection for TaskList {
    const NAME: &'static str = "task_list";
    const VERSION: u32 = 1;
    type Row = TaskRow;
    type Event = TaskEvent;

    fn keys(event: &Recorded<TaskEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<TaskRow>, event: &Recorded<TaskEvent>) -> Option<TaskRow> {
        let phase = match &event.event {
            TaskEvent::Submitted(submitted) => return Some(waiting(submitted, event.recorded_at)),
            TaskEvent::Assigned(assigned) => {
                Phase::Running { agent: assigned.agent.clone(), attempt: assigned.attempt }
            }
            TaskEvent::Completed(_) => Phase::Completed,
            TaskEvent::Cancelled(cancelled) => {
                Phase::Cancelled { reason: cancelled.reason.clone() }
            }
        };
        row.map(|row| TaskRow { phase, since: event.recorded_at, ..row })
    }
}

fn waiting(submitted: &Submitted, at: Timestamp) -> TaskRow {
    TaskRow {
        kind: submitted.kind.clone(),
        priority: submitted.priority,
        phase: Phase::Waiting,
        submitted_at: at,
        since: at,
    }
}

#[cfg(test)]
mod tests {
    use events::content::{Content, Json};
    use events::task::{Assigned, Cancelled, Completed};

    use super::*;
    use crate::spec::{given, second};

    fn nothing() -> Content {
        Content::Inline(Json::parse("null").expect("JSON"))
    }

    fn submitted() -> TaskEvent {
        TaskEvent::Submitted(Submitted {
            kind: "resize".into(),
            input: nothing(),
            priority: Priority::Low,
        })
    }

    fn ada() -> AgentId {
        "ada".parse().expect("a token")
    }

    fn assigned() -> TaskEvent {
        TaskEvent::Assigned(Assigned { agent: ada(), attempt: 3 })
    }

    fn completed() -> TaskEvent {
        TaskEvent::Completed(Completed { attempt: 3, result: nothing() })
    }

    fn cancelled() -> TaskEvent {
        TaskEvent::Cancelled(Cancelled { reason: "too late".into() })
    }

    fn row(submitted: i64, phase: Phase, since: i64) -> TaskRow {
        TaskRow {
            kind: "resize".into(),
            priority: Priority::Low,
            phase,
            submitted_at: second(submitted),
            since: second(since),
        }
    }

    #[test]
    fn without_events_there_are_no_rows() {
        given::<TaskList>([]).then_rows([]);
    }

    #[test]
    fn a_submitted_task_waits() {
        given::<TaskList>([("main", "a", submitted())]).then_rows([(
            "main",
            "a",
            row(1, Phase::Waiting, 1),
        )]);
    }

    #[test]
    fn an_assigned_task_runs_at_its_agent() {
        let running = Phase::Running { agent: ada(), attempt: 3 };
        given::<TaskList>([("main", "a", submitted()), ("main", "a", assigned())]).then_rows([(
            "main",
            "a",
            row(1, running, 2),
        )]);
    }

    #[test]
    fn a_completed_task_stays_in_the_list() {
        let story = [submitted(), assigned(), completed()].map(|event| ("main", "a", event));
        given::<TaskList>(story).then_rows([("main", "a", row(1, Phase::Completed, 3))]);
    }

    #[test]
    fn a_cancelled_task_says_why() {
        let phase = Phase::Cancelled { reason: "too late".into() };
        given::<TaskList>([("main", "a", submitted()), ("main", "a", cancelled())]).then_rows([(
            "main",
            "a",
            row(1, phase, 2),
        )]);
    }

    #[test]
    fn tasks_are_listed_in_the_order_of_their_ids() {
        given::<TaskList>([("main", "b", submitted()), ("main", "a", submitted())]).then_rows([
            ("main", "a", row(2, Phase::Waiting, 2)),
            ("main", "b", row(1, Phase::Waiting, 1)),
        ]);
    }

    #[test]
    fn the_same_id_of_another_tenant_is_another_task() {
        let story = [
            ("main", "a", submitted()),
            ("other", "a", submitted()),
            ("main", "a", assigned()),
            ("main", "a", completed()),
        ];
        given::<TaskList>(story).then_rows([
            ("main", "a", row(1, Phase::Completed, 4)),
            ("other", "a", row(2, Phase::Waiting, 2)),
        ]);
    }

    #[test]
    fn a_task_nobody_submitted_has_no_row() {
        given::<TaskList>([("main", "a", assigned())]).then_rows([]);
    }
}
