//! What a loss of power keeps of that which was not synced: nothing, everything, or what chance
//! leaves of it.

use super::super::chance::Chance;

/// How long the index of a journal is.
const INDEX_BYTES: usize = 32 * 1024;

/// What is kept.
#[derive(Debug)]
pub(super) enum Keep {
    Nothing,
    Everything,
    Some(Luck),
}

/// Chance, and how kind it is this time.
#[derive(Debug)]
pub(super) struct Luck {
    chance: Chance,
    /// Of eight changes it keeps so many, about.
    kept: u64,
    /// Of eight writes it tears so many, about.
    torn: u64,
}

/// How much of one write is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    None,
    /// Each sector, or not.
    Torn,
    Whole,
}

impl Keep {
    /// Chance that follows from a seed.
    pub(super) fn by(mut chance: Chance) -> Self {
        let kept = chance.one_of(&[1, 4, 4, 7]);
        let torn = chance.one_of(&[0, 1, 4]);
        Self::Some(Luck { chance, kept, torn })
    }

    /// Whether a change is kept that is there whole or not at all: of a name, or of a length.
    pub(super) fn change(&mut self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Some(luck) => luck.chance.below(8) < luck.kept,
        }
    }

    /// How much of a write is kept.
    pub(super) fn write(&mut self) -> Part {
        if let Self::Some(luck) = self
            && luck.chance.below(8) < luck.torn
        {
            return Part::Torn;
        }
        if self.change() { Part::Whole } else { Part::None }
    }

    /// Which of the lengths that a file had in memory it has on the disk; nothing, if that follows
    /// from what else is kept.
    pub(super) fn length(&mut self, lengths: &[usize]) -> Option<usize> {
        let Self::Some(luck) = self else { return None };
        (luck.chance.below(4) == 0).then(|| luck.chance.one_of(lengths))
    }

    /// Makes a file longer than what was kept of it: with zeros, with what stood there before it was
    /// cut, or with what other files left on the disk.
    pub(super) fn lengthen(&mut self, bytes: &mut Vec<u8>, length: usize, old: &[u8]) {
        let from = bytes.len();
        bytes.resize(length.max(from), 0);
        let Self::Some(luck) = self else { return };
        match luck.chance.below(3) {
            0 => {}
            1 => {
                let to = old.len().min(length);
                if from < to {
                    bytes[from..to].copy_from_slice(&old[from..to]);
                }
            }
            _ => luck.litter(&mut bytes[from..]),
        }
    }

    /// What stands in a file of which nobody knows what was written to it.
    pub(super) fn anything(&mut self) -> Vec<u8> {
        let Self::Some(luck) = self else { return Vec::new() };
        let mut bytes = vec![0; luck.chance.one_of(&[0, 4096, INDEX_BYTES])];
        luck.litter(&mut bytes);
        bytes
    }
}

impl Luck {
    fn litter(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.chance.below(256) as u8);
    }
}
