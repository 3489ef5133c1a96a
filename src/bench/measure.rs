//! One figure: several runs, and what it is compared with.

use serde::Serialize;

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A rate.
    Higher,
    /// A time, or memory.
    Lower,
}

/// A measured figure. The names are compared for years; they do not change.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// What was measured.
    pub name: String,
    /// In what.
    pub unit: String,
    /// The smallest run.
    pub min: f64,
    /// The run in the middle.
    pub median: f64,
    /// The largest run.
    pub max: f64,
    /// What it is compared with, in the same unit.
    pub raw: Option<f64>,
    /// The median over `raw`.
    pub ratio: Option<f64>,
    /// What must be reached, for people who read the table.
    #[serde(skip)]
    pub target: Option<Target>,
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    better: Better,
    of_ratio: bool,
    limit: f64,
}

impl Measure {
    /// A figure made of these runs.
    #[must_use]
    pub fn of(name: &str, unit: &str, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let at = |n: usize| runs.get(n).copied().unwrap_or(f64::NAN);
        let (min, median, max) = (at(0), middle(&runs), at(runs.len().saturating_sub(1)));
        let (name, unit) = (name.into(), unit.into());
        Self { name, unit, min, median, max, raw: None, ratio: None, target: None }
    }

    /// Compared with the median of these runs.
    #[must_use]
    pub fn against(mut self, mut raw: Vec<f64>) -> Self {
        raw.sort_by(f64::total_cmp);
        let raw = middle(&raw);
        self.raw = Some(raw);
        self.ratio = Some(self.median / raw);
        self
    }

    /// Must be at least, or at most, this.
    #[must_use]
    pub fn must_be(mut self, better: Better, limit: f64) -> Self {
        self.target = Some(Target { better, of_ratio: false, limit });
        self
    }

    /// Must have at least, or at most, this ratio.
    #[must_use]
    pub fn ratio_must_be(mut self, better: Better, limit: f64) -> Self {
        self.target = Some(Target { better, of_ratio: true, limit });
        self
    }

    /// The target in words, and whether it was reached.
    #[must_use]
    pub fn verdict(&self) -> Option<(String, bool)> {
        let target = self.target?;
        let value = if target.of_ratio { self.ratio? } else { self.median };
        let (sign, reached) = match target.better {
            Better::Higher => ("≥", value >= target.limit),
            Better::Lower => ("≤", value <= target.limit),
        };
        let what = if target.of_ratio { "ratio " } else { "" };
        Some((format!("{what}{sign} {}", target.limit), reached))
    }
}

/// The median of sorted figures.
fn middle(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_the_run_in_the_middle_and_its_ratio() {
        let measure = Measure::of("x", "events/s", vec![3.0, 1.0, 2.0]).against(vec![4.0, 8.0]);
        assert_eq!((measure.min, measure.median, measure.max), (1.0, 2.0, 3.0));
        assert_eq!((measure.raw, measure.ratio), (Some(6.0), Some(2.0 / 6.0)));
    }

    #[test]
    fn a_missed_target_is_said() {
        let measure = Measure::of("x", "µs", vec![5.0]);
        assert_eq!(
            measure.clone().must_be(Better::Lower, 4.0).verdict(),
            Some(("≤ 4".into(), false))
        );
        assert_eq!(measure.must_be(Better::Higher, 4.0).verdict(), Some(("≥ 4".into(), true)));
    }
}
