//! Chance that follows from a seed, for many threads at once.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far the state moves at each throw.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers that look random.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Any number.
    pub(crate) fn throw(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    /// A number below `limit`, which must not be zero.
    pub(crate) fn below(&self, limit: usize) -> usize {
        match limit {
            1 => 0,
            _ => (self.throw() % limit as u64) as usize,
        }
    }
}

/// The mixer of SplitMix64.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
