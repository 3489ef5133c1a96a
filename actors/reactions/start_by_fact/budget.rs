//! How much work the triggers of one fact may be, all together. It is counted, not measured, so a fact
//! that is looked at again leads to the same.

use crate::expression::{STEPS_MAX, WHOLE_STEPS_MAX};

/// How many steps the filters and inputs of all triggers that one fact meets may take. What they pass on
/// whole comes on top of that, for each of them: it was not counted once, and no trigger starts less for
/// its being counted.
pub(super) const FACT_STEPS_MAX: u32 = 1_000_000;

/// What is left of them for the triggers that come.
pub(super) struct Budget {
    left: u32,
    /// How many triggers come.
    to_come: u32,
    /// What is kept for each of them: costly ones leave something for those behind them.
    kept_for_each: u32,
}

impl Budget {
    /// For so many triggers.
    pub(super) fn among(triggers: usize) -> Self {
        let to_come = u32::try_from(triggers).unwrap_or(u32::MAX);
        let kept_for_each = FACT_STEPS_MAX / 2 / to_come.max(1);
        let passed_on = WHOLE_STEPS_MAX.saturating_mul(to_come);
        Self { left: FACT_STEPS_MAX.saturating_add(passed_on), to_come, kept_for_each }
    }

    /// The next trigger does its work, and takes off the steps that it took from those that it may.
    pub(super) fn spend<T>(&mut self, work: impl FnOnce(&mut u32) -> T) -> T {
        self.to_come = self.to_come.saturating_sub(1);
        let kept = self.kept_for_each.saturating_mul(self.to_come);
        let share = self.left.saturating_sub(kept).min(STEPS_MAX);
        let mut steps = share;
        let done = work(&mut steps);
        self.left -= share - steps;
        done
    }
}
