//! The newest rows of a projection, folded from the log.

use std::collections::{BTreeMap, HashMap};

use events::recorded::{Recorded, Stored};
use events::stream::Position;
use projections::projection::Projection;

/// How many rows are looked at: the newest.
pub(super) const NEWEST_MAX: usize = 10_000;

/// The newest rows.
pub(super) struct Newest<P: Projection> {
    rows: HashMap<String, (Position, P::Row)>,
    /// By where they began.
    order: BTreeMap<Position, String>,
    left_out: u64,
}

impl<P: Projection> Default for Newest<P> {
    fn default() -> Self {
        Self { rows: HashMap::new(), order: BTreeMap::new(), left_out: 0 }
    }
}

impl<P: Projection> Newest<P> {
    /// What a newer program has written is passed over here.
    pub(super) fn take(&mut self, stored: &Stored) {
        let Ok(event) = Recorded::<P::Event>::read(stored) else { return };
        let id = event.stream.key.as_str();
        match self.rows.remove(id) {
            Some((at, row)) => {
                let row = P::fold(Some(row), &event);
                self.rows.extend(row.map(|row| (id.to_owned(), (at, row))));
            }
            None => {
                if let Some(row) = P::fold(None, &event) {
                    self.order.insert(event.position, id.to_owned());
                    self.rows.insert(id.to_owned(), (event.position, row));
                    self.forget_eldest();
                }
            }
        }
    }

    fn forget_eldest(&mut self) {
        if self.order.len() > NEWEST_MAX
            && let Some((_, id)) = self.order.pop_first()
        {
            self.rows.remove(&id);
            self.left_out += 1;
        }
    }

    /// The newest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &P::Row)> {
        let newest = self.order.values().rev();
        newest.filter_map(|id| Some((id.as_str(), &self.rows.get(id)?.1)))
    }

    /// How many older ones were not looked at.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
