//! Chance with a seed, so that a run that failed can be run again.

use std::hash::{BuildHasher, RandomState};

/// The variable that repeats a run.
const SEED: &str = "ANNALS_SEED";

/// Numbers that look random and follow from a seed.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Takes the seed from the environment or makes one; says which.
    #[expect(clippy::disallowed_methods, reason = "whoever repeats a run names its seed")]
    pub(super) fn seeded() -> (Self, u64) {
        let given = std::env::var(SEED)
            .ok()
            .map(|text| text.parse().unwrap_or_else(|_| panic!("{SEED} is not a number: {text}")));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(SEED));
        (Self(seed), seed)
    }

    /// Numbers that follow from this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, which must not be zero.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of these.
    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// Chance of its own for someone else, that follows from the same seed.
    pub(super) fn another(&mut self) -> Self {
        Self(self.next())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn a_seed_repeats_its_numbers() {
    let numbers = |seed| {
        let mut chance = Chance(seed);
        [chance.below(1000), chance.below(1000), chance.one_of(&[1, 2, 3, 4, 5])]
    };
    assert_eq!(numbers(7), numbers(7));
    assert_ne!(numbers(7), numbers(8));
}
