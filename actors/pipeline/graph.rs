//! What comes before what: an order in which stages can be done, what stands behind each of them, and
//! the layers in which a graph is drawn.

mod bits;
mod circles;
mod drawing;

use std::collections::{BTreeMap, VecDeque};

use bits::Bits;
pub use drawing::{As, draw};

use super::document::Document;

/// What comes before what.
#[derive(Debug)]
pub struct Order {
    /// The stages that each one comes right after.
    after: Vec<Vec<usize>>,
    /// The stages that come right after each one.
    behind: Vec<Vec<usize>>,
    /// An order in which they can be done; those that wait for each other are not in it.
    sorted: Vec<usize>,
    /// All that comes before each one, for those that are in it.
    before: Vec<Option<Bits>>,
}

impl Order {
    /// Works out the order of the stages of a document, in which there may be mistakes.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        document.named().for_each(|(n, stage)| {
            places.entry(&stage.name).or_insert(n);
        });
        let count = document.stages.len();
        let (mut after, mut behind) = (vec![vec![]; count], vec![vec![]; count]);
        for (n, stage) in document.stages.iter().enumerate() {
            let mut known: Vec<usize> =
                stage.after.iter().filter_map(|name| places.get(name.as_str()).copied()).collect();
            known.retain(|before| *before != n);
            known.sort_unstable();
            known.dedup();
            known.iter().for_each(|before| behind[*before].push(n));
            after[n] = known;
        }
        let sorted = sorted(&after, &behind);
        let before = before(&after, &sorted);
        Self { after, behind, sorted, before }
    }

    /// The stages that one comes right after, by their places.
    #[must_use]
    pub fn after(&self, stage: usize) -> &[usize] {
        &self.after[stage]
    }

    /// The stages that come right after one.
    #[must_use]
    pub fn behind(&self, stage: usize) -> &[usize] {
        &self.behind[stage]
    }

    /// An order in which the stages can be done; the first that can be, in the order of the document.
    #[must_use]
    pub fn sorted(&self) -> &[usize] {
        &self.sorted
    }

    /// Whether a stage is over when another one begins. Of stages that wait for each other nothing is
    /// known, and nothing is held against them.
    #[must_use]
    pub fn is_before(&self, first: usize, then: usize) -> bool {
        self.before[then].as_ref().is_none_or(|before| before.has(first))
    }

    /// Ways that lead back to where they began: in each of them, one waits for the next.
    #[must_use]
    pub fn circles(&self) -> Vec<Vec<usize>> {
        circles::circles(&self.after, &self.left())
    }

    /// Stages that wait for a circle without being a part of one.
    #[must_use]
    pub fn behind_circles(&self) -> Vec<usize> {
        circles::behind(&self.after, &self.behind, &self.left())
    }

    /// In which layer each stage stands: one further than the furthest that it waits for.
    #[must_use]
    pub fn layers(&self) -> Vec<Vec<usize>> {
        let mut depth = vec![0; self.after.len()];
        let mut layers: Vec<Vec<usize>> = Vec::new();
        for stage in &self.sorted {
            let below = self.after[*stage].iter().map(|before| depth[*before] + 1).max();
            depth[*stage] = below.unwrap_or(0);
            if layers.len() <= depth[*stage] {
                layers.push(vec![]);
            }
            layers[depth[*stage]].push(*stage);
        }
        layers.iter_mut().for_each(|layer| layer.sort_unstable());
        layers
    }

    fn left(&self) -> Vec<bool> {
        self.before.iter().map(Option::is_none).collect()
    }
}

fn sorted(after: &[Vec<usize>], behind: &[Vec<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> = after.iter().map(Vec::len).collect();
    let mut ready: VecDeque<usize> = (0..after.len()).filter(|n| waits[*n] == 0).collect();
    let mut sorted = Vec::with_capacity(after.len());
    while let Some(stage) = ready.pop_front() {
        sorted.push(stage);
        for next in &behind[stage] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.push_back(*next);
            }
        }
    }
    sorted
}

fn before(after: &[Vec<usize>], sorted: &[usize]) -> Vec<Option<Bits>> {
    let mut all: Vec<Option<Bits>> = (0..after.len()).map(|_| None).collect();
    for stage in sorted {
        let mut bits = Bits::new(after.len());
        for before in &after[*stage] {
            bits.set(*before);
            if let Some(earlier) = &all[*before] {
                bits.add(earlier);
            }
        }
        all[*stage] = Some(bits);
    }
    all
}
