//! Every trigger with its terms, and whether it starts anything.

#[cfg(test)]
mod tests;

use events::recorded::Recorded;
use events::time::Timestamp;
use events::trigger::{Set, TriggerEvent};

use crate::projection::{Key, Projection};

/// Every trigger with its terms.
#[derive(Debug, Clone, Copy)]
pub struct TriggerList;

/// One trigger, under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerRow {
    /// On which terms it was set last.
    pub set: Set,
    /// Whether it starts anything.
    pub mode: Mode,
    /// When something about it changed last.
    pub changed_at: Timestamp,
}

/// Whether a trigger starts anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Active,
    /// Not until it is resumed.
    Paused {
        /// Why.
        reason: String,
    },
    /// It is gone, until it is set again.
    Removed {
        /// Why.
        reason: String,
    },
}

impl Projection for TriggerList {
    const NAME: &'static str = "trigger_list";
    const VERSION: u32 = 1;
    type Row = TriggerRow;
    type Event = TriggerEvent;

    fn keys(event: &Recorded<TriggerEvent>) -> Vec<Key> {
        vec![Key::new(event.stream.key.as_str())]
    }

    fn fold(row: Option<TriggerRow>, event: &Recorded<TriggerEvent>) -> Option<TriggerRow> {
        let changed_at = event.recorded_at;
        let mode = match &event.event {
            TriggerEvent::Set(set) => return Some(was_set(row, set.clone(), changed_at)),
            TriggerEvent::Paused(paused) => Mode::Paused { reason: paused.reason.clone() },
            TriggerEvent::Resumed(_) => Mode::Active,
            TriggerEvent::Removed(removed) => Mode::Removed { reason: removed.reason.clone() },
        };
        Some(TriggerRow { mode, changed_at, ..row? })
    }
}

/// Set anew it stays paused.
fn was_set(row: Option<TriggerRow>, set: Set, changed_at: Timestamp) -> TriggerRow {
    let mode = row.map(|row| row.mode).filter(|mode| matches!(mode, Mode::Paused { .. }));
    TriggerRow { set, mode: mode.unwrap_or(Mode::Active), changed_at }
}
