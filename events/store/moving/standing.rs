//! Consumers on their way to another store: where they stand goes along with the whole of a log, so
//! that a copy goes on where the log stopped, and nothing runs or fires again.

use super::Imported;
use crate::id::{Consumer, LogId};
use crate::planted::{Bug, planted};
use crate::store::{
    Batch, Damage, Error, EventStore, LogReader, Owner, Reply, Save, Saved, Standing,
};
use crate::stream::Position;

/// What is kept of consumers, by name.
pub type Standings = Vec<(Consumer, Standing)>;

/// What a log keeps of its consumers, as far as it goes up to `last`: whoever has dealt with more has
/// dealt with all of that.
pub(super) async fn up_to(reader: &dyn LogReader, last: Position) -> Result<Standings, Error> {
    let mut all = reader.consumers().await?;
    for (_, standing) in &mut all {
        standing.position = standing.position.min(last);
        standing.parked.retain(|parked| parked.position <= last);
    }
    Ok(all)
}

/// Enters what came with a log that the target is a copy of. Who stands further on there stays.
pub(super) async fn enter(store: &dyn EventStore, came: Standings) -> Result<(), Error> {
    if came.is_empty() {
        return Ok(());
    }
    let reader = store.reader();
    let (held, epochs) = (reader.consumers().await?, store.epochs().await?);
    let owner = Owner { partition: 0, epoch: epochs[0] };
    let saves: Vec<Save> = came
        .into_iter()
        .map(|(consumer, standing)| {
            let held = held.iter().find(|(name, _)| *name == consumer);
            let parked = held.into_iter().flat_map(|(_, held)| &held.parked);
            let settled = parked.map(|parked| parked.position).collect();
            let Standing { position, parked } = standing;
            Save { consumer, owner, position, settled, parked }
        })
        .collect();
    let mut stamp = reader.head().await?.recorded_at;
    loop {
        let batch = Batch { stamp, appends: Vec::new(), saves: saves.clone() };
        match store.append(batch.into()).await? {
            Reply::Early(floor) => stamp = floor,
            Reply::Done { saved, .. } => return saved.into_iter().try_for_each(entered),
        }
    }
}

fn entered(saved: Result<Saved, Error>) -> Result<(), Error> {
    match saved? {
        Saved::Now | Saved::Behind(_) => Ok(()),
        Saved::Beyond(head) => {
            let what = format!("a consumer that came stands behind the end of the log, {head}");
            Err(Damage::of(what).into())
        }
        Saved::Stale { .. } => Err(Error::Unavailable("another process took the log over".into())),
    }
}

/// Says which consumer of a log its copy has not, or has at an earlier place, first.
pub(super) async fn missing(
    target: &dyn LogReader,
    came: &Standings,
) -> Result<Option<Damage>, Error> {
    let held = target.consumers().await?;
    let is_there = |(consumer, standing): &&(Consumer, Standing)| {
        held.iter().any(|(name, held)| {
            let further = held.position > standing.position;
            name == consumer && (further || held == standing)
        })
    };
    let missing = came.iter().find(|came| !is_there(came));
    let what =
        |(consumer, _): &(Consumer, _)| format!("the consumer {consumer} is not in the target");
    Ok(missing.map(|missing| Damage::of(what(missing))))
}

/// What a log's consumers do not deal with, since it was done where it was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoneElsewhere {
    begins: Position,
    /// By first position; no two of them meet.
    ranges: Vec<(Position, Position)>,
    /// Up to where all of them are known.
    known: Position,
}

impl DoneElsewhere {
    /// What a log passes over, as far as it goes now.
    pub async fn read(log: &dyn LogReader) -> Result<Self, Error> {
        // In this order: whatever has come up to there by now has its range by now.
        let known = log.head().await?.position;
        let imports = log.imports().await?;
        Ok(Self { known, ..Self::of(log.log_id(), &imports) })
    }

    /// What the log `log_id` passes over, by what it remembers of where events came from.
    #[must_use]
    pub fn of(log_id: LogId, imports: &[Imported]) -> Self {
        let (itself, others): (Vec<&Imported>, Vec<&Imported>) =
            imports.iter().filter(|range| !range.adopted).partition(|range| range.source == log_id);
        let begins = itself.iter().map(|range| range.last).max().unwrap_or_default();
        let mut all: Vec<_> = others.iter().map(|range| (range.first, range.last)).collect();
        all.sort_unstable();
        let mut ranges: Vec<(Position, Position)> = Vec::new();
        for (first, last) in all {
            match ranges.last_mut() {
                Some(before) if first <= before.1.next() => before.1 = before.1.max(last),
                _ => ranges.push((first, last)),
            }
        }
        Self { begins, ranges, known: Position::ZERO }
    }

    /// Up to where a consumer stands of which nothing is kept. In a copy that is where it was made:
    /// consumers that had dealt with less came along.
    #[must_use]
    pub fn begins(&self) -> Position {
        self.begins
    }

    /// Whether the event at this position is passed over by every consumer.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        if planted(Bug::ImportsNotPassedOver) {
            return false;
        }
        let begun = self.ranges.partition_point(|(first, _)| *first <= position);
        begun.checked_sub(1).is_some_and(|nearest| position <= self.ranges[nearest].1)
    }

    /// Whether that is known of this position.
    pub(super) fn knows(&self, position: Position) -> bool {
        position <= self.known
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::conformance::another::every_kind;

    const ITSELF: LogId = LogId(Uuid::from_u128(1));
    const OTHER: LogId = LogId(Uuid::from_u128(2));

    fn done(ranges: &[(u64, u64, LogId, bool)]) -> DoneElsewhere {
        let import = |(first, last, source, adopted): &(u64, u64, LogId, bool)| Imported {
            first: Position(*first),
            last: Position(*last),
            source: *source,
            source_first: Position(*first),
            adopted: *adopted,
        };
        DoneElsewhere::of(ITSELF, &ranges.iter().map(import).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_copy_has_each_consumer_at_its_place_or_further_on() {
        let log = every_kind(7).await;
        let came = log.reader().consumers().await.expect("read");
        let found = async |came: &Standings| missing(&*log.reader(), came).await.expect("read");
        assert_eq!(found(&came).await, None);
        let mut behind = came.clone();
        behind.iter_mut().for_each(|(_, standing)| standing.position.0 -= 1);
        assert_eq!(found(&behind).await, None);
        let mut before = came.clone();
        before[1].1.position.0 += 1;
        let said = found(&before).await.expect("it is behind").to_string();
        assert_eq!(said, "the consumer relay is not in the target");
        let mut other = came;
        other[0].1.parked.clear();
        let said = found(&other).await.expect("it has another event parked").to_string();
        assert_eq!(said, "the consumer react/report_to_parent is not in the target");
    }

    #[test]
    fn what_came_from_another_log_is_passed_over_unless_it_was_adopted() {
        let done = done(&[
            (30, 31, OTHER, false),
            (1, 4, OTHER, false),
            (5, 9, OTHER, false),
            (10, 19, OTHER, true),
        ]);
        let passed_over = [0, 1, 4, 5, 9, 10, 19, 20, 29, 30, 31, 32].map(Position);
        let passed_over = passed_over.into_iter().filter(|at| done.holds(*at));
        assert_eq!(passed_over.map(|at| at.0).collect::<Vec<_>>(), [1, 4, 5, 9, 30, 31]);
        assert_eq!(done.begins(), Position::ZERO);
    }

    #[test]
    fn a_copy_goes_on_where_it_was_made_and_passes_over_what_the_log_passed_over() {
        let done = done(&[(1, 9, ITSELF, false), (3, 4, OTHER, false)]);
        assert_eq!(done.begins(), Position(9));
        assert_eq!([2, 3, 4, 5].map(|n| done.holds(Position(n))), [false, true, true, false]);
    }

    #[test]
    fn an_adopted_copy_begins_at_the_beginning() {
        assert_eq!(done(&[(1, 9, ITSELF, true)]), DoneElsewhere::default());
    }
}
