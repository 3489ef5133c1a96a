//! Every run with its present phase. What its stages do is in the run's own history.

#[cfg(test)]
mod tests;

use events::content::Json;
use events::id::PipelineId;
use events::labels::Labels;
use events::recorded::Recorded;
use events::run::{By, Finished, How, NotStarted, RunEvent, Slot, Started, Why};
use events::task::Failure;
use events::time::Timestamp;

use crate::projection::{Key, Projection};

/// Every run with its present phase.
#[derive(Debug, Clone, Copy)]
pub struct RunList;

/// One run, under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// What it runs.
    pub pipeline: PipelineId,
    /// By which edition; none, if there was none to begin with.
    pub edition: Option<u32>,
    /// Who wanted it.
    pub by: By,
    /// What it is a part of.
    pub parent: Option<Slot>,
    /// Words to find it by.
    pub labels: Labels,
    /// Where it stands.
    pub phase: Phase,
    /// How many stages it has.
    pub stages: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it came into its phase.
    pub since: Timestamp,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It never began.
    NotStarted {
        /// Why not.
        error: Failure,
    },
    /// It begins later.
    Delayed {
        /// When.
        until: Timestamp,
    },
    /// It is under way.
    Running,
    /// Nothing new begins.
    Paused {
        /// Why.
        reason: String,
    },
    /// It comes to its end, whatever is left.
    Ending {
        /// Why.
        why: Why,
    },
    /// It is over.
    Over {
        /// How it ended.
        how: How,
        /// What went wrong.
        error: Option<Failure>,
    },
}

impl Projection for RunList {
    const NAME: &'static str = "run_list";
    const VERSION: u32 = 1;
    type Row = RunRow;
    type Event = RunEvent;

    fn keys(event: &Recorded<RunEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<RunRow>, event: &Recorded<RunEvent>) -> Option<RunRow> {
        let at = event.recorded_at;
        match &event.event {
            RunEvent::Started(started) => Some(begun(started, at)),
            RunEvent::NotStarted(not_started) => Some(in_vain(not_started, at)),
            event => row.map(|row| match phase_after(&row.phase, event) {
                Some(phase) => RunRow { phase, since: at, ..row },
                None => row,
            }),
        }
    }
}

fn begun(started: &Started, at: Timestamp) -> RunRow {
    let started = started.clone();
    let phase = match started.begins_at {
        Some(until) => Phase::Delayed { until },
        None => Phase::Running,
    };
    RunRow {
        pipeline: started.pipeline,
        edition: Some(started.edition),
        by: started.by,
        parent: started.parent,
        labels: started.labels,
        phase,
        stages: stages(&started.plan),
        started_at: at,
        since: at,
    }
}

fn in_vain(not_started: &NotStarted, at: Timestamp) -> RunRow {
    let NotStarted { pipeline, edition, by, parent, error, .. } = not_started.clone();
    RunRow {
        pipeline,
        edition,
        by,
        parent,
        labels: Labels::new(),
        phase: Phase::NotStarted { error },
        stages: 0,
        started_at: at,
        since: at,
    }
}

/// How many stages a plan has, as far as it can be read.
fn stages(plan: &Json) -> u32 {
    #[derive(serde::Deserialize)]
    struct Plan {
        stages: Vec<serde::de::IgnoredAny>,
    }
    let plan: Option<Plan> = serde_json::from_str(plan.as_str()).ok();
    plan.map_or(0, |plan| plan.stages.len() as u32)
}

/// The phase that an event begins, if it begins one.
fn phase_after(phase: &Phase, event: &RunEvent) -> Option<Phase> {
    let is_delayed = matches!(phase, Phase::Delayed { .. });
    Some(match event {
        RunEvent::Paused(paused) => Phase::Paused { reason: paused.reason.clone() },
        RunEvent::Resumed(_) | RunEvent::Retried(_) => Phase::Running,
        RunEvent::Ending(ending) => Phase::Ending { why: ending.why.clone() },
        RunEvent::Finished(Finished { how, error, .. }) => {
            Phase::Over { how: *how, error: error.clone() }
        }
        // Whatever begins says that its time has come.
        RunEvent::StageBegan(_)
        | RunEvent::StageEnded(_)
        | RunEvent::StagesSkipped(_)
        | RunEvent::ApprovalAsked(_)
            if is_delayed =>
        {
            Phase::Running
        }
        _ => return None,
    })
}
