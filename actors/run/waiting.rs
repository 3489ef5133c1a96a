//! What a run waits for. One that is under way and waits for nothing would never end.

use events::id::{SignalName, StageName};
use events::time::Timestamp;

use super::stage::{Standing, Works};
use super::{Phase, Run};

/// Something that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// So many tasks and runs that it has begun.
    Parts(usize),
    /// A time: to begin, to go on, or for one of its stages.
    Time(Option<Timestamp>),
    /// Someone who says whether a stage may begin.
    Approval(StageName),
    /// Being told something.
    Signal(SignalName),
    /// Being resumed.
    Pause,
}

impl Run {
    /// What it waits for; nothing, if it is not under way.
    #[must_use]
    pub fn waits(&self) -> Vec<Waits> {
        let mut waits = Vec::new();
        let is_paused = match &self.phase {
            Phase::Open { is_paused } => *is_paused,
            Phase::Ending { .. } => false,
            Phase::Unknown | Phase::NotStarted(_) | Phase::Over(_) => return waits,
        };
        if is_paused {
            waits.push(Waits::Pause);
        }
        if !self.open.is_empty() {
            waits.push(Waits::Parts(self.open.len()));
        }
        waits.extend(self.begins_at.map(|at| Waits::Time(Some(at))));
        if self.has_more {
            waits.push(Waits::Time(None));
        }
        let names = self.plan().map_or(&[][..], |plan| &plan.names);
        for (name, stage) in names.iter().zip(&self.stages) {
            match &stage.standing {
                Standing::Asked => waits.push(Waits::Approval(name.clone())),
                Standing::Works(Works::Signal(name)) => waits.push(Waits::Signal(name.clone())),
                Standing::Works(Works::Until(at)) => waits.push(Waits::Time(Some(*at))),
                Standing::Works(Works::One | Works::Items | Works::Nothing)
                | Standing::Waits
                | Standing::Agreed
                | Standing::Ended(_)
                | Standing::Skipped => {}
            }
        }
        waits
    }
}
