//! Tells whether one log has what another one has: event by event, outcome by outcome, blob by blob.

use std::sync::Arc;

use super::Part;
use super::arrive::is_again;
use super::check::Totals;
use super::standing::{self, Standings};
use crate::recorded::Stored;
use crate::store::{Damage, Error, Filter, LogReader, Outcome, PAGE_EVENTS_MAX};
use crate::stream::Position;

/// A log that is looked through for what another one has.
pub struct Comparison {
    target: Arc<dyn LogReader>,
    /// Whether positions must be the same.
    copy: bool,
    /// Events of the target, by position.
    page: Vec<Stored>,
    compared: Totals,
}

impl Comparison {
    /// Nothing was compared yet; in a `copy` positions must be the same.
    #[must_use]
    pub fn with(target: Arc<dyn LogReader>, copy: bool) -> Self {
        Self { target, copy, page: Vec::new(), compared: Totals::default() }
    }

    /// How much was found to be the same.
    #[must_use]
    pub fn compared(&self) -> Totals {
        self.compared
    }

    /// Looks for everything in a part; says what is not the same first.
    pub async fn part(&mut self, part: &Part) -> Result<Option<Damage>, Error> {
        for blob in &part.blobs {
            if self.target.blob(&blob.tenant, &blob.hash).await?.as_ref() != Some(&blob.bytes) {
                let what =
                    format!("the blob {} of {} is not in the target", blob.hash, blob.tenant);
                return Ok(Some(Damage::of(what)));
            }
            self.compared.blobs += 1;
        }
        let keys: Vec<_> = part
            .commands
            .iter()
            .map(|moved| (moved.kept.outcome.stream.tenant.clone(), moved.kept.command))
            .collect();
        for (moved, held) in part.commands.iter().zip(self.target.kept(&keys).await?) {
            let differs = |what| Ok(Some(Damage::at(moved.position(), what)));
            let Some(held) = held else {
                return differs("the outcome of its command is not in the target");
            };
            if is_again(&held, moved, self.copy).is_err() {
                return differs("the outcome of its command is another one in the target");
            }
            self.compared.outcomes += 1;
            if let Some(differs) = self.events(&moved.events, &held.outcome).await? {
                return Ok(Some(differs));
            }
        }
        Ok(None)
    }

    /// Looks for the consumers of a log in its copy; says which one is not there first.
    pub async fn consumers(&self, consumers: &Standings) -> Result<Option<Damage>, Error> {
        match self.copy {
            true => standing::missing(&*self.target, consumers).await,
            false => Ok(None),
        }
    }

    async fn events(&mut self, events: &[Stored], held: &Outcome) -> Result<Option<Damage>, Error> {
        let Some(span) = held.recorded else { return Ok(None) };
        for (event, nth) in events.iter().zip(0..) {
            let found = self.at(span.position.plus(nth)).await?;
            if !found.is_some_and(|found| has_bytes_of(found, event)) {
                return Ok(Some(Damage::at(event.position(), "it is another one in the target")));
            }
            self.compared.events += 1;
            self.compared.last_hash = Some(event.hash());
        }
        Ok(None)
    }

    /// The event at a position of the target; what moved together stands together.
    async fn at(&mut self, position: Position) -> Result<Option<&Stored>, Error> {
        let place = |page: &[Stored]| {
            let first = page.first()?.position().0;
            let nth = usize::try_from(position.0.checked_sub(first)?).ok()?;
            (nth < page.len()).then_some(nth)
        };
        if place(&self.page).is_none() {
            let all = Filter::default();
            self.page = self.target.read_all(position, &all, PAGE_EVENTS_MAX).await?.events;
        }
        Ok(place(&self.page).map(|nth| &self.page[nth]))
    }
}

fn has_bytes_of(found: &Stored, event: &Stored) -> bool {
    (found.hash(), found.header_bytes(), found.payload())
        == (event.hash(), event.header_bytes(), event.payload())
}
