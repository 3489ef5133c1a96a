//! The rows of a projection by the names of what they are about, folded from the log; and the newest of
//! what happened to one of them.

use std::collections::BTreeMap;

use events::recorded::{Recorded, Stored};
use events::stream::Version;
use projections::projection::Projection;

use super::recent::Recent;
use super::shown::Happened;

/// How many rows are looked at.
const ROWS_MAX: usize = 10_000;

/// Rows by name.
pub(super) struct ByName<P: Projection> {
    rows: BTreeMap<String, P::Row>,
    left_out: u64,
}

impl<P: Projection> Default for ByName<P> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), left_out: 0 }
    }
}

impl<P: Projection> ByName<P> {
    /// What a newer program has written is passed over here. Of each row `slim` leaves what a list shows.
    pub(super) fn take(&mut self, stored: &Stored, slim: impl FnOnce(P::Row) -> P::Row) {
        let Ok(event) = Recorded::<P::Event>::read(stored) else { return };
        let id = event.stream.key.as_str();
        let row = self.rows.remove(id);
        if row.is_none() && self.rows.len() >= ROWS_MAX {
            self.left_out += u64::from(event.version == Version::FIRST);
            return;
        }
        let row = P::fold(row, &event).map(slim);
        self.rows.extend(row.map(|row| (id.to_owned(), row)));
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &P::Row)> {
        self.rows.iter().map(|(id, row)| (id.as_str(), row))
    }

    /// How many were not looked at.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// One row, and the newest of what happened to it.
pub(super) struct Looking<P: Projection> {
    row: Option<P::Row>,
    history: Recent,
    position: u64,
}

impl<P: Projection> Default for Looking<P> {
    fn default() -> Self {
        Self { row: None, history: Recent::default(), position: 0 }
    }
}

impl<P: Projection> Looking<P> {
    pub(super) fn take(&mut self, stored: Stored) {
        if let Ok(event) = Recorded::<P::Event>::read(&stored) {
            self.row = P::fold(self.row.take(), &event);
        }
        self.position = stored.position().0;
        self.history.take(stored);
    }

    pub(super) fn row(&self) -> Option<&P::Row> {
        self.row.as_ref()
    }

    /// The eldest of them first.
    pub(super) fn history(&self) -> Vec<Happened<'_>> {
        self.history.happened()
    }

    /// Up to where it was looked at.
    pub(super) fn position(&self) -> u64 {
        self.position
    }
}
