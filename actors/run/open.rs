//! What a run has others do at this time. A task is found by its id, which is made of the run's own:
//! only whoever asks knows that, so the ids are worked out when the first is looked for.

use std::collections::BTreeMap;

use events::id::RunId;
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cached::Cached;

/// The place of a part in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) stage: u16,
    pub(super) is_undo: bool,
    pub(super) item: u32,
}

impl Place {
    pub(super) fn work(stage: usize, item: u32) -> Self {
        Self { stage: narrow(stage), is_undo: false, item }
    }

    pub(super) fn undo(stage: usize, item: u32) -> Self {
        Self { is_undo: true, ..Self::work(stage, item) }
    }

    pub(super) fn stage(self) -> usize {
        usize::from(self.stage)
    }
}

fn narrow(stage: usize) -> u16 {
    u16::try_from(stage).expect("a plan has at most 2,000 stages")
}

/// The parts that are under way, and when each began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Open {
    since: BTreeMap<Place, Timestamp>,
    #[serde(skip)]
    ids: Cached<Ids>,
}

#[derive(Debug, Clone)]
struct Ids {
    of: RunId,
    places: BTreeMap<Uuid, Place>,
}

impl Open {
    pub(super) fn len(&self) -> usize {
        self.since.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.since.is_empty()
    }

    pub(super) fn contains(&self, place: Place) -> bool {
        self.since.contains_key(&place)
    }

    /// All of them, and when they began.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Place, Timestamp)> {
        self.since.iter().map(|(place, at)| (*place, *at))
    }

    /// Those of one stage that do what it is there for, or undo it.
    pub(super) fn of_stage(
        &self,
        stage: usize,
        is_undo: bool,
    ) -> impl Iterator<Item = (Place, Timestamp)> {
        let first = Place { is_undo, ..Place::work(stage, 0) };
        let last = Place { item: u32::MAX, ..first };
        self.since.range(first..=last).map(|(place, at)| (*place, *at))
    }

    /// The part that has this id. `id` works ids out.
    pub(super) fn find(
        &self,
        wanted: Uuid,
        run: RunId,
        id: impl Fn(Place, Timestamp) -> Uuid,
    ) -> Option<Place> {
        let ids = self.ids.get_or(|| {
            let places = self.iter().map(|(place, at)| (id(place, at), place)).collect();
            Ids { of: run, places }
        });
        debug_assert_eq!(ids.of, run, "a run has one id");
        ids.places.get(&wanted).copied()
    }

    /// The run whose ids have been worked out; nobody, as long as nothing was looked for.
    pub(super) fn run(&self) -> Option<RunId> {
        self.ids.get().map(|ids| ids.of)
    }

    /// `id` is its id, where ids have been worked out.
    pub(super) fn insert(&mut self, place: Place, at: Timestamp, id: Option<Uuid>) {
        self.since.insert(place, at);
        if let (Some(ids), Some(id)) = (self.ids.get_mut(), id) {
            ids.places.insert(id, place);
        }
    }

    /// When it began.
    pub(super) fn since(&self, place: Place) -> Option<Timestamp> {
        self.since.get(&place).copied()
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, place: Place, id: Option<Uuid>) -> bool {
        if let (Some(ids), Some(id)) = (self.ids.get_mut(), id) {
            ids.places.remove(&id);
        }
        self.since.remove(&place).is_some()
    }
}
