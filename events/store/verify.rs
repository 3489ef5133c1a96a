//! The report of an audit: how much was compared, and the first thing that is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Damage;

/// Counts what long work has done, for whoever watches.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Adds to the count.
    pub fn add(&self, done: u64) {
        self.0.fetch_add(done, Ordering::Relaxed);
    }

    /// How much was done so far: events compared, or pages copied.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events compared.
    pub events: u64,
    /// Streams compared.
    pub streams: u64,
    /// Outcomes compared.
    pub outcomes: u64,
    /// Blobs compared.
    pub blobs: u64,
    /// Things that are wrong, the first [`DAMAGES_MAX`] of them: broken events first, by position.
    pub damages: Vec<Damage>,
    /// How many things are wrong in all.
    pub damaged: u64,
}

/// The most damages a report names.
pub const DAMAGES_MAX: usize = 100;

impl Report {
    /// Whether everything is as it was written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damaged == 0
    }

    /// Notes something that is wrong.
    pub fn note(&mut self, damage: Damage) {
        self.damaged += 1;
        self.damages.push(damage);
        if self.damages.len() > 2 * DAMAGES_MAX {
            self.settle();
        }
    }

    /// Adds what another part of the same audit found.
    pub fn merge(&mut self, other: Self) {
        self.events += other.events;
        self.streams += other.streams;
        self.outcomes += other.outcomes;
        self.blobs += other.blobs;
        self.damaged += other.damaged;
        self.damages.extend(other.damages);
        self.settle();
    }

    /// Puts the first broken event first, and keeps the list bounded.
    fn settle(&mut self) {
        self.damages.sort_by_key(|damage| damage.position.map_or(u64::MAX, |position| position.0));
        self.damages.truncate(DAMAGES_MAX);
    }
}
