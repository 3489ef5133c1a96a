//! Takes a log in, part by part: each is proven against the target and then entered in one
//! transaction. What was entered before is recognised, so that whoever was interrupted begins anew.

use std::sync::Arc;

use super::arrive::{Arrival, Arrived, Taken};
use super::check::Checked;
use super::meet::{self, NotMoved, Proven};
use super::origin::Origin;
use super::standing::{self, Standings};
use crate::store::{EventStore, LogReader};

/// A log that is being taken in.
pub struct Taking {
    store: Arc<dyn EventStore>,
    reader: Arc<dyn LogReader>,
    origin: Origin,
    taken: Taken,
}

impl Taking {
    /// Begins to take in what comes from there.
    #[must_use]
    pub fn from(store: Arc<dyn EventStore>, origin: Origin) -> Self {
        Self { reader: store.reader(), store, origin, taken: Taken::default() }
    }

    /// Takes in a part, all of it or nothing.
    pub async fn part(&mut self, checked: Checked) -> Result<(), NotMoved> {
        let part = meet::prove(&*self.reader, checked).await?;
        self.enter(part).await
    }

    /// Says how much was taken in, once all of it was. Consumers go along with a copy: in any other log
    /// they have no place, for what follows from what came is not its to do.
    pub async fn end(mut self, consumers: Standings) -> Result<Taken, NotMoved> {
        // A log without anything has no part, and its copy is a copy all the same.
        if self.origin.copy && self.taken == Taken::default() {
            self.enter(Proven::nothing()).await?;
        }
        if self.origin.copy {
            standing::enter(&*self.store, consumers).await?;
        }
        Ok(self.taken)
    }

    /// How much was taken in so far.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken
    }

    async fn enter(&mut self, part: Proven) -> Result<(), NotMoved> {
        let origin = self.origin.clone();
        match self.store.import(Arc::new(Arrival { origin, part })).await? {
            Arrived::Entered(taken) => {
                self.taken.add(&taken);
                Ok(())
            }
            Arrived::Refused(refused) => Err(refused.into()),
        }
    }
}
