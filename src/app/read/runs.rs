//! What is known about runs.

mod shown;

use std::collections::BTreeMap;

use events::id::{RunId, TaskId};
use events::recorded::{Recorded, Stored};
use events::run::{How, RunEvent};
use events::stream::Position;
use projections::projection::Projection;
use projections::run_list::{Phase, RunList, RunRow};
use projections::run_tree::{RunTree, RunTreeRow};
use projections::task_list::{TaskList, TaskRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RunFilter;
use super::recent::Recent;
use super::shown::{has_all, write};
use crate::app::refusal::Refusal;
pub(super) use shown::{LIST, ONE};
use shown::{List, One, Shown};

/// How many tasks of a run are looked at for who is at work.
const OPEN_MAX: usize = 20;

/// What a phase is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    NotStarted,
    Delayed,
    Running,
    Paused,
    Ending,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
}

fn name(phase: &Phase) -> PhaseName {
    match phase {
        Phase::NotStarted { .. } => PhaseName::NotStarted,
        Phase::Delayed { .. } => PhaseName::Delayed,
        Phase::Running => PhaseName::Running,
        Phase::Paused { .. } => PhaseName::Paused,
        Phase::Ending { .. } => PhaseName::Ending,
        Phase::Over { how: How::Completed, .. } => PhaseName::Completed,
        Phase::Over { how: How::Failed, .. } => PhaseName::Failed,
        Phase::Over { how: How::Cancelled, .. } => PhaseName::Cancelled,
        Phase::Over { how: How::TimedOut, .. } => PhaseName::TimedOut,
    }
}

/// The newest runs.
pub(super) type Newest = super::newest::Newest<RunList>;

/// The newest first.
pub(super) fn list(newest: &Newest, filter: &RunFilter, position: Position) -> Vec<u8> {
    let wanted = newest.rows().filter(|(_, row)| filter.takes(row)).take(filter.limit);
    let runs = wanted.map(|(id, row)| Shown::of(id, row)).collect();
    write(position.0, List { runs, left_out: newest.left_out() })
}

impl RunFilter {
    fn takes(&self, row: &RunRow) -> bool {
        self.phase.is_none_or(|phase| phase == name(&row.phase))
            && self.pipeline.as_ref().is_none_or(|wanted| *wanted == row.pipeline)
            && has_all(&row.labels, &self.labels)
    }
}

/// One run, while its history is gone through.
pub(super) struct Looking {
    run: RunId,
    row: Option<RunTreeRow>,
    history: Recent,
    tasks: BTreeMap<TaskId, TaskRow>,
    position: u64,
}

impl Looking {
    pub(super) fn new(run: RunId) -> Self {
        let (row, history, tasks) = (None, Recent::default(), BTreeMap::new());
        Self { run, row, history, tasks, position: 0 }
    }

    /// What a newer program has written is passed over here.
    pub(super) fn take(&mut self, stored: Stored) {
        self.position = stored.position().0;
        let event = Recorded::<RunEvent>::read(&stored).ok();
        let is_of_an_item = event.as_ref().is_some_and(|event| {
            matches!(event.event, RunEvent::ItemsBegan(_) | RunEvent::ItemEnded(_))
        });
        if let Some(event) = event {
            self.row = RunTree::fold(self.row.take(), &event);
        }
        if is_of_an_item {
            self.history.pass_over();
        } else {
            self.history.take(stored);
        }
    }

    /// Tasks that are under way for it.
    pub(super) fn open_tasks(&self) -> Vec<TaskId> {
        let stages = self.row.iter().flat_map(|row| &row.stages);
        let open = stages.flat_map(|stage| stage.open.values());
        open.filter(|part| part.is_task).map(|part| TaskId(part.id)).take(OPEN_MAX).collect()
    }

    /// Who has one of them.
    pub(super) fn at_work(&mut self, task: TaskId, history: &[Stored]) {
        let events = history.iter().filter_map(|stored| Recorded::read(stored).ok());
        let row = events.fold(None, |row, event| TaskList::fold(row, &event));
        self.tasks.extend(row.map(|row| (task, row)));
    }

    pub(super) fn answer(self) -> Result<Vec<u8>, Refusal> {
        let row = self.row.ok_or(Refusal::NotFound("run"))?;
        let id = self.run.to_string();
        let found = One::of(&id, &row, &self.tasks, &self.history);
        Ok(write(self.position, found))
    }
}
