//! A set of numbers that are close together: what has happened to which item.

use serde::{Deserialize, Serialize};

use crate::pipeline::bounds::ITEMS_MAX;

const WORD: usize = u64::BITS as usize;

/// Some of the numbers from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Says whether it was not there. There is room for the items that a stage may have, and no others.
    pub(super) fn insert(&mut self, n: usize) -> bool {
        if n >= ITEMS_MAX {
            return false;
        }
        let word = n / WORD;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let (bit, before) = (1 << (n % WORD), self.0[word]);
        self.0[word] |= bit;
        before & bit == 0
    }

    pub(super) fn contains(&self, n: usize) -> bool {
        self.0.get(n / WORD).is_some_and(|word| word & 1 << (n % WORD) != 0)
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Those that are not in the other set, the smallest first.
    pub(super) fn without<'b>(&'b self, other: &'b Self) -> impl Iterator<Item = usize> + 'b {
        let left = |(n, word): (usize, &u64)| (n, word & !other.0.get(n).copied().unwrap_or(0));
        self.0.iter().enumerate().map(left).flat_map(|(n, word)| {
            (0..WORD).filter(move |bit| word & 1 << bit != 0).map(move |bit| n * WORD + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[usize]) -> Bits {
        let mut bits = Bits::default();
        for n in numbers {
            bits.insert(*n);
        }
        bits
    }

    #[test]
    fn a_number_is_in_it_once() {
        let mut bits = of(&[0, 63, 64, 9_999]);
        assert!(!bits.insert(64) && bits.insert(65));
        assert_eq!(bits.count(), 5);
        assert!(bits.contains(9_999) && !bits.contains(1) && !bits.contains(20_000));
    }

    #[test]
    fn a_number_that_no_item_has_is_not_in_it() {
        let mut bits = of(&[ITEMS_MAX, u32::MAX as usize]);
        assert_eq!(bits, Bits::default());
        assert!(!bits.insert(ITEMS_MAX) && !bits.contains(ITEMS_MAX));
    }

    #[test]
    fn what_is_left_of_it_comes_in_order() {
        let (all, some) = (of(&[130, 2, 64]), of(&[64]));
        assert_eq!(all.without(&some).collect::<Vec<_>>(), [2, 130]);
        assert_eq!(some.without(&all).count(), 0);
    }
}
