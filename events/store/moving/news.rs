//! What is recorded, for those who act on it: with each batch comes what of it was done elsewhere. What
//! this process has recorded itself is its own. Anything else may belong to an import that goes on
//! beside it, where a log is in a database. The range of an import is committed with its events, so
//! whoever has read the events, and asks then, finds it.

use std::sync::Arc;

use super::standing::DoneElsewhere;
use crate::planted::{Bug, planted};
use crate::recorded::Stored;
use crate::store::{Error, Filter, Follower, LogReader, Tail};
use crate::stream::Position;

/// A place in the log that moves on as events are recorded, for those who act on them.
pub struct News {
    follower: Follower,
    reader: Arc<dyn LogReader>,
    elsewhere: Arc<DoneElsewhere>,
    /// What was read, and whose it is was not yet.
    unsure: Vec<Arc<Stored>>,
}

/// Some events, and what is passed over up to the last of them.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The events, in order and without gaps; at least one.
    pub events: Vec<Arc<Stored>>,
    /// What was done elsewhere.
    pub elsewhere: Arc<DoneElsewhere>,
}

impl News {
    /// Begins at `from`, with what was known of the log before.
    #[must_use]
    pub fn new(
        reader: Arc<dyn LogReader>,
        tail: Tail,
        elsewhere: DoneElsewhere,
        from: Position,
    ) -> Self {
        let follower = Follower::new(Arc::clone(&reader), tail, Filter::default(), from);
        Self { follower, reader, elsewhere: Arc::new(elsewhere), unsure: Vec::new() }
    }

    /// What is recorded next; waits until something is. After an error it goes on where it was.
    pub async fn next(&mut self) -> Result<Heard, Error> {
        if self.unsure.is_empty() {
            self.unsure = self.follower.next().await?;
        }
        if !self.is_known() {
            self.elsewhere = Arc::new(DoneElsewhere::read(&*self.reader).await?);
        }
        let events = std::mem::take(&mut self.unsure);
        Ok(Heard { events, elsewhere: Arc::clone(&self.elsewhere) })
    }

    fn is_known(&self) -> bool {
        let last = self.unsure.last().map(|event| event.position()).unwrap_or_default();
        let is_known = self.follower.gave_own() || self.elsewhere.knows(last);
        is_known || planted(Bug::ImportsReadOnce)
    }
}
