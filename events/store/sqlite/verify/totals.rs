//! Sums over whole tables, which must agree with each other and with the head of the log.

use crate::store::{Damage, LogHead, Report};

/// Sums over whole tables, to be compared at the end.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) table: Fingerprint,
    pub(super) index: Fingerprint,
    pub(super) versions: u64,
    pub(super) outcome_events: u64,
    pub(super) outcomes: u64,
}

/// A sum over (stream, version, position) that does not depend on their order.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(super) struct Fingerprint {
    rows: u64,
    sum: u64,
}

impl Fingerprint {
    pub(super) fn add(&mut self, stream: i64, version: u64, position: u64) {
        let mixed = (stream as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ version.wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(21)
            ^ position.wrapping_mul(0x1656_67B1_9E37_79F9).rotate_left(42);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(mixed.wrapping_mul(mixed | 1));
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.table.merge(other.table);
        self.index.merge(other.index);
        self.versions += other.versions;
        self.outcome_events += other.outcome_events;
        self.outcomes += other.outcomes;
    }

    /// Compares the tables with each other, and what only ever grows with the head of the log as it
    /// was before the tables were walked and as it is after, if it can be read.
    pub(super) fn compare(&self, before: LogHead, after: Option<LogHead>, report: &mut Report) {
        if self.table != self.index {
            report.note(Damage::of("the index of streams does not agree with the events"));
        }
        let Some(after) = after else { return };
        let events = (before.position.0, after.position.0);
        let outcomes = (before.outcomes, after.outcomes);
        let counts = [
            (self.versions, events, "events by the heads of the streams"),
            (self.outcome_events, events, "events by the outcomes of commands"),
            (self.outcomes, outcomes, "outcomes"),
        ];
        for (counted, (least, most), what) in counts {
            if !(least..=most).contains(&counted) {
                let says = match least == most {
                    true => format!("{least}"),
                    false => format!("{least} to {most}"),
                };
                report
                    .note(Damage::of(format!("{counted} {what}, the head of the log says {says}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Position;

    fn head(count: u64) -> LogHead {
        LogHead { position: Position(count), outcomes: count, ..LogHead::default() }
    }

    /// How much is wrong, if so many of everything are found while the log grows from 10 to 15.
    fn damaged(count: u64) -> u64 {
        let totals =
            Totals { versions: count, outcome_events: count, outcomes: count, ..Totals::default() };
        let mut report = Report::default();
        totals.compare(head(10), Some(head(15)), &mut report);
        report.damaged
    }

    #[test]
    fn what_is_missing_or_too_much_is_noticed_though_the_log_grows_meanwhile() {
        assert_eq!([9, 10, 12, 15, 16].map(damaged), [3, 0, 0, 0, 3]);
    }
}
