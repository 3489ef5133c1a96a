//! Where events came from, so that what follows from them is not done twice: a log remembers each
//! range of its positions that came from another log, and the ranges which that one remembered.

use super::Imported;
use crate::id::LogId;
use crate::stream::Position;

/// Where a part comes from, and what the target is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The log it comes from.
    pub source: LogId,
    /// Whether the target is a copy of that log: then its identity, its positions and its times are
    /// kept. An empty log becomes one.
    pub copy: bool,
    /// Whether what follows from the events is the target's to do from now on.
    pub adopted: bool,
    /// What that log remembers of where its own events came from.
    pub imports: Vec<Imported>,
}

impl Origin {
    /// What is to be remembered of events that stood at `position`, from which log, at which place
    /// there, and whether they are adopted.
    pub(crate) fn of(
        &self,
        position: Position,
    ) -> impl Iterator<Item = (LogId, Position, bool)> + '_ {
        let before: Vec<&Imported> =
            self.imports.iter().filter(|range| range.holds(position)).collect();
        // What the source passed over stays passed over; a copy remembers it as the source does.
        let passed_over = !self.copy && before.iter().any(|range| !range.adopted);
        let itself = (self.source, position, self.adopted && !passed_over);
        let before = before.into_iter().filter(|_| self.copy).map(move |range| {
            let place = range.source_first.plus(position.0 - range.first.0);
            (range.source, place, range.adopted)
        });
        std::iter::once(itself).chain(before)
    }
}

/// Ranges that grow while commands are entered.
#[derive(Debug, Default)]
pub(crate) struct Ranges(Vec<Imported>);

impl Ranges {
    /// Adds events that stand at `first` now, and stood at `position` where they came from.
    pub(crate) fn add(
        &mut self,
        origin: &Origin,
        first: Position,
        position: Position,
        events: u64,
    ) {
        for (source, source_first, adopted) in origin.of(position) {
            let last = Position(first.0 + events - 1);
            let more = Imported { first, last, source, source_first, adopted };
            match self.0.iter_mut().rev().find(|range| goes_on(range, &more)) {
                Some(range) => range.last = last,
                None => self.0.push(more),
            }
        }
    }

    /// The ranges.
    pub(crate) fn all(&self) -> &[Imported] {
        &self.0
    }
}

/// Whether a range goes on with another one.
pub(crate) fn goes_on(range: &Imported, more: &Imported) -> bool {
    (range.source, range.adopted) == (more.source, more.adopted)
        && range.last.next() == more.first
        && range.source_last().next() == more.source_first
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ONE: LogId = LogId(Uuid::from_u128(1));
    const OTHER: LogId = LogId(Uuid::from_u128(2));

    fn range(first: u64, last: u64, source: LogId, source_first: u64, adopted: bool) -> Imported {
        let [first, last, source_first] = [first, last, source_first].map(Position);
        Imported { first, last, source, source_first, adopted }
    }

    fn ranges(origin: &Origin, commands: &[(u64, u64)]) -> Vec<Imported> {
        let mut ranges = Ranges::default();
        for (first, position) in commands {
            ranges.add(origin, Position(*first), Position(*position), 2);
        }
        ranges.all().to_vec()
    }

    #[test]
    fn what_stood_side_by_side_and_does_so_again_is_one_range() {
        let origin = Origin { source: ONE, copy: false, adopted: true, imports: Vec::new() };
        let found = ranges(&origin, &[(11, 1), (13, 3), (15, 7)]);
        assert_eq!(found, [range(11, 14, ONE, 1, true), range(15, 16, ONE, 7, true)]);
    }

    #[test]
    fn a_copy_remembers_what_the_log_remembered() {
        let imports = vec![range(3, 4, OTHER, 9, false)];
        let origin = Origin { source: ONE, copy: true, adopted: true, imports };
        let found = ranges(&origin, &[(1, 1), (3, 3), (5, 5)]);
        assert_eq!(found, [range(1, 6, ONE, 1, true), range(3, 4, OTHER, 9, false)]);
    }

    #[test]
    fn what_was_passed_over_before_is_not_adopted_by_another_log() {
        let imports = vec![range(3, 4, OTHER, 9, false)];
        let origin = Origin { source: ONE, copy: false, adopted: true, imports };
        let found = ranges(&origin, &[(21, 1), (23, 3), (25, 5)]);
        let expected = [
            range(21, 22, ONE, 1, true),
            range(23, 24, ONE, 3, false),
            range(25, 26, ONE, 5, true),
        ];
        assert_eq!(found, expected);
    }
}
