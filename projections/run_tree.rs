//! One run with its stages: what each of them does, how far it is, and what it waits for. Inputs and
//! outputs are not here: who wants them reads the run's own history.

mod plan;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use events::id::{RunId, StageName};
use events::recorded::Recorded;
use events::run::{Finished, Retried, RunEvent, Undone};

pub use stage::{Counts, OpenPart, StageRow, State};

use crate::projection::{Key, Projection};
use crate::run_list::{RunList, RunRow};

/// How many of the parts that are under way are named for each stage; all of them are counted.
pub const NAMED_MAX: usize = 20;

/// One run with its stages.
#[derive(Debug, Clone, Copy)]
pub struct RunTree;

/// One run, under its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTreeRow {
    /// What the list says of it.
    pub run: RunRow,
    /// Its stages, in the order of the definition.
    pub stages: Vec<StageRow>,
    /// What became of what it had done, once it is over.
    pub undone: Option<Undone>,
    places: BTreeMap<StageName, usize>,
}

impl Projection for RunTree {
    const NAME: &'static str = "run_tree";
    const VERSION: u32 = 1;
    type Row = RunTreeRow;
    type Event = RunEvent;

    fn keys(event: &Recorded<RunEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<RunTreeRow>, event: &Recorded<RunEvent>) -> Option<RunTreeRow> {
        let RunTreeRow { run, mut stages, undone, mut places } = match row {
            Some(row) => row,
            None => begun(event)?,
        };
        let run = RunList::fold(Some(run), event)?;
        let id = event.stream.key.as_uuid().map(RunId)?;
        let undone = match &event.event {
            RunEvent::Started(started) => {
                stages = plan::stages(&started.plan);
                places = by_name(&stages);
                None
            }
            RunEvent::Finished(Finished { undone, .. }) => Some(*undone),
            RunEvent::Retried(_) => None,
            _ => undone,
        };
        if let RunEvent::Retried(retried) = &event.event {
            begin_anew(&mut stages, &places, retried);
        }
        let mut find = |name: &StageName, change: &mut dyn FnMut(&mut StageRow)| {
            if let Some(stage) = places.get(name).and_then(|n| stages.get_mut(*n)) {
                change(stage);
            }
        };
        stage::fold(id, event, &mut find);
        Some(RunTreeRow { run, stages, undone, places })
    }
}

fn begun(event: &Recorded<RunEvent>) -> Option<RunTreeRow> {
    let run = RunList::fold(None, event)?;
    Some(RunTreeRow { run, stages: Vec::new(), undone: None, places: BTreeMap::new() })
}

/// What comes behind something that is done again is done again as a whole, and so is what was named.
fn begin_anew(
    stages: &mut [StageRow],
    places: &BTreeMap<StageName, usize>,
    Retried { stages: again, from, .. }: &Retried,
) {
    let again: BTreeSet<usize> =
        again.iter().filter_map(|name| places.get(name).copied()).collect();
    let from = from.as_ref().and_then(|name| places.get(name).copied());
    for &n in &again {
        let is_all = from == Some(n) || comes_behind(stages, places, n, &again);
        stages[n].begins_anew(is_all);
    }
}

/// Whether one of these comes before a stage.
fn comes_behind(
    stages: &[StageRow],
    places: &BTreeMap<StageName, usize>,
    n: usize,
    others: &BTreeSet<usize>,
) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![n]);
    while let Some(stage) = next.pop() {
        for before in stages[stage].after.iter().filter_map(|name| places.get(name).copied()) {
            if others.contains(&before) {
                return true;
            }
            if seen.insert(before) {
                next.push(before);
            }
        }
    }
    false
}

fn by_name(stages: &[StageRow]) -> BTreeMap<StageName, usize> {
    stages.iter().enumerate().map(|(n, stage)| (stage.name.clone(), n)).collect()
}
