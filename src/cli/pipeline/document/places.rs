//! Where in a file the parts of a definition stand.

use std::collections::BTreeMap;

use actors::tree::{Path, Step};

/// A line and a column, from 1.
pub(super) type Place = (usize, usize);

/// Where the parts stand.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<Path, Place>);

impl Places {
    pub(super) fn put(&mut self, path: &Path, place: Place) {
        // Of two fields with one name the second is the one too many.
        self.0.insert(path.clone(), place);
    }

    /// Where a part stands; what is not there is where it should have been.
    pub(super) fn find(&self, path: &Path) -> Option<Place> {
        let steps = path.steps();
        (0..=steps.len()).rev().find_map(|count| self.0.get(&of(&steps[..count])).copied())
    }
}

fn of(steps: &[Step]) -> Path {
    steps.iter().fold(Path::root(), |path, step| match step {
        Step::Field(name) => path.field(name),
        Step::Item(n) => path.item(*n),
    })
}
