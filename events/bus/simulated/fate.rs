//! What becomes of a message: rules as data, and chance that follows from a seed.

use std::time::Duration;

use crate::bus::router::Dice;

/// How many of how many chances are given.
const OF: usize = 1000;

/// How bad the day is. Chances are per thousand messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// How many never come.
    pub lost: u16,
    /// How many come twice.
    pub doubled: u16,
    /// How many let others overtake them.
    pub overtaken: u16,
    /// The longest time a message takes; who lets others overtake may take as long again.
    pub delay_max: Duration,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// How many never came.
    pub lost: u64,
    /// How many came twice.
    pub doubled: u64,
    /// How many let others overtake them.
    pub overtaken: u64,
    /// How many did not come at once.
    pub delayed: u64,
}

/// What becomes of messages, one after the other.
pub(super) struct Fates {
    rules: Rules,
    dice: Dice,
    faults: Faults,
}

/// One copy of a message that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) delay: Duration,
    /// Whether it comes behind what was sent before it, and before what is sent later.
    pub(super) keeps_its_place: bool,
}

impl Fates {
    pub(super) const fn new(rules: Rules, seed: u64) -> Self {
        let faults = Faults { lost: 0, doubled: 0, overtaken: 0, delayed: 0 };
        Self { rules, dice: Dice::new(seed), faults }
    }

    pub(super) const fn faults(&self) -> Faults {
        self.faults
    }

    /// One more is lost, and not by chance.
    pub(super) fn loses_one(&mut self) {
        self.faults.lost += 1;
    }

    /// What comes of the next message. Chance is asked as often for each of them, so that one rule
    /// does not change what comes of another.
    pub(super) fn of_next(&mut self) -> Vec<Copied> {
        let [lost, doubled] = [self.rules.lost, self.rules.doubled].map(|chance| self.is(chance));
        let copies = [self.copy(), self.copy()];
        if lost {
            self.faults.lost += 1;
            return Vec::new();
        }
        self.faults.doubled += u64::from(doubled);
        let copies = &copies[..=usize::from(doubled)];
        for copy in copies {
            self.faults.overtaken += u64::from(!copy.keeps_its_place);
            self.faults.delayed += u64::from(!copy.delay.is_zero());
        }
        copies.to_vec()
    }

    fn copy(&self) -> Copied {
        let overtaken = self.is(self.rules.overtaken);
        let longest = usize::try_from(self.rules.delay_max.as_micros()).unwrap_or(usize::MAX - 1);
        let delay = Duration::from_micros(self.dice.below(longest + 1) as u64);
        let more = if overtaken { self.rules.delay_max } else { Duration::ZERO };
        Copied { delay: delay + more, keeps_its_place: !overtaken }
    }

    fn is(&self, chance: u16) -> bool {
        self.dice.throw() as usize % OF < usize::from(chance)
    }
}
